/**
 * What reconciliation has to find of payments of the Merchant API; see ../expected-missed.ts. A payment of which no
 * callback came (`isKnown` is false) can be found only where the shop has registered its order. Pure.
 */
import type { Fact } from '../../events/order-state.ts';
import type { ExpectedMissed } from '../expected-missed.ts';
import type { IsLost } from '../lost.ts';
import type { PlannedMapiCallback } from './callbacks.ts';
import { createFakeMapiPayments, type FakeMapiAction, type FakeMapiPayment } from './payments.ts';
import type { MapiSequence } from './run.ts';

/** Returns the payments of which facts are missed, the first one first. */
export function expectedMapiMissed(scenario: readonly MapiSequence[], isLost: IsLost): readonly ExpectedMissed[] {
  const payments = createFakeMapiPayments();
  const callbacks = scenario.flat();
  for (const callback of callbacks) payments.apply(callback);
  return payments.search(null).flatMap((payment) => {
    const owed = callbacks.filter(({ paymentId, expected }) => paymentId === payment.id && expected.status === 204);
    const came = owed.filter((callback) => !isLost(callback));
    const missed = missedOf(payment, came);
    if (owed.length === 0 || missed.facts.length === 0) return [];
    return [{ paymentId: payment.id, orderReference: payment.orderReference, ...missed, isKnown: came.length > 0 }];
  });
}

const FACT_OF_ACTION = {
  CAPTURE: 'captured',
  MODIFY_ORDER: 'updated',
  REFUND: 'refunded',
  CANCEL: 'annulled',
} as const;
const ORDER = ['frozen', 'unfrozen', 'authorized', 'rejected', 'captured', 'updated', 'refunded', 'annulled'] as const;

function missedOf(
  { status, actions }: FakeMapiPayment,
  came: readonly PlannedMapiCallback[],
): Pick<ExpectedMissed, 'facts' | 'actions'> {
  const words = came.filter(({ type }) => type === 'AUTHORIZATION').map(({ result }) => result ?? '');
  const unreported = actions.filter((action) => isUnreported(action, { actions, came }));
  const facts = new Set<Fact>([...missedStates(status, words), ...unreported.map(factOf)]);
  return {
    facts: ORDER.filter((fact) => facts.has(fact)),
    actions: unreported.map(({ actionId }) => actionId).toSorted(),
  };
}

/** An inspection is a freeze. CAPTURED says that the payment was authorised as well. */
const STATES = new Map([
  ['FROZEN', 'frozen'],
  ['INSPECTION', 'frozen'],
  ['REJECTED', 'rejected'],
  ['AUTHORIZED', 'lifted'],
  ['CAPTURED', 'lifted'],
]);

function missedStates(status: string, words: readonly string[]): readonly Fact[] {
  const last = words.findLast((word) => STATES.has(word));
  const lastState = last === undefined ? null : STATES.get(last);
  switch (status) {
    case 'ACCEPTED': {
      const isAuthorized = words.includes('AUTHORIZED') || words.includes('CAPTURED');
      const unfrozen = lastState === 'frozen' ? (['unfrozen'] as const) : [];
      return [...unfrozen, ...(isAuthorized ? [] : (['authorized'] as const))];
    }
    case 'REJECTED':
      return words.includes('REJECTED') ? [] : ['rejected'];
    case 'FROZEN':
    case 'INSPECTION':
      return lastState === 'frozen' ? [] : ['frozen'];
    default:
      return [];
  }
}

interface Reports {
  readonly actions: readonly FakeMapiAction[];
  readonly came: readonly PlannedMapiCallback[];
}

function isUnreported(action: FakeMapiAction, { actions, came }: Reports): boolean {
  if (action.type === 'CREATE') return false;
  const isFirstCapture = actions.find(({ type }) => type === 'CAPTURE') === action;
  return !came.some(
    ({ actionId, result }) => actionId === action.actionId || (isFirstCapture && result === 'CAPTURED'),
  );
}

function factOf({ type }: FakeMapiAction): Fact {
  return type === 'CREATE' ? 'booked' : FACT_OF_ACTION[type];
}
