/**
 * What reconciliation has to find after a simulation that lost callbacks: for each payment, the facts that what Resurs
 * shows in the end implies, and that no callback which came has reported. Written from docs/operations.md, and
 * independent of the receiver's own code on purpose: it is the oracle of tests. Pure.
 */
import type { Fact } from '../events/order-state.ts';
import type { PlannedCallback } from './callbacks.ts';
import type { IsLost } from './lost.ts';
import { createFakePayments, type FakePayment } from './payments.ts';
import type { CallbackSequence } from './scenario.ts';

/** The missed facts of one payment. */
export interface ExpectedMissed {
  readonly paymentId: string;
  readonly orderReference: string | null;
  /** Each once, in the order in which they happen to a payment. */
  readonly facts: readonly Fact[];
  /** The actions of the Merchant API among them, by their `actionId`; sorted. */
  readonly actions: readonly string[];
  /** False: no callback of the payment came. */
  readonly isKnown: boolean;
}

/** Returns the payments of eCom of which facts are missed, the first one first. */
export function expectedMissed(scenario: readonly CallbackSequence[], isLost: IsLost): readonly ExpectedMissed[] {
  const payments = createFakePayments(() => 0);
  payments.plan(scenario);
  const callbacks = scenario.flat();
  for (const callback of callbacks) payments.apply(callback);
  return payments.list().flatMap((payment) => {
    const owed = callbacks.filter(({ paymentId, expected }) => paymentId === payment.id && expected.status === 204);
    const came = owed.filter((callback) => !isLost(callback));
    const facts = missedFacts(payment, came);
    // Of an order of another shop nothing is owed.
    if (owed.length === 0 || facts.length === 0) return [];
    return [{ paymentId: payment.id, orderReference: payment.id, facts, actions: [], isKnown: came.length > 0 }];
  });
}

function missedFacts({ frozen, statuses }: FakePayment, came: readonly PlannedCallback[]): readonly Fact[] {
  const cameAs = (type: PlannedCallback['type'], change: string | null) =>
    came.some((callback) => callback.type === type || (change !== null && changeIn(callback) === change));
  const isShown = (status: string) => statuses.includes(status);
  const missed = {
    booked: came.length === 0,
    unfrozen: !frozen && came.map(freezeIn).findLast((state) => state !== null) === 'frozen',
    finalized: isShown('IS_DEBITED') && !cameAs('FINALIZATION', 'DEBIT'),
    refunded: isShown('IS_CREDITED') && !came.some((callback) => changeIn(callback) === 'CREDIT'),
    annulled: isShown('IS_ANNULLED') && !cameAs('ANNULMENT', 'ANNUL'),
  };
  return (['booked', 'unfrozen', 'finalized', 'refunded', 'annulled'] as const).filter((fact) => missed[fact]);
}

function freezeIn({ type, result }: PlannedCallback): 'frozen' | 'lifted' | null {
  if (type === 'UNFREEZE') return 'lifted';
  if (type !== 'AUTOMATIC_FRAUD_CONTROL') return null;
  return result === 'FROZEN' ? 'frozen' : 'lifted';
}

function changeIn({ type, body }: PlannedCallback): string | null {
  if (type !== 'UPDATE' || body === null) return null;
  const parsed: { readonly paymentDiff?: { readonly type?: string } } = JSON.parse(body);
  return parsed.paymentDiff?.type ?? null;
}
