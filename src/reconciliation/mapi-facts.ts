/**
 * Compares a payment of the Merchant API: which of the facts that it shows were never reported. Pure. Facts are compared,
 * not times: a state of the payment with the last state that was reported, an action with the events of its id.
 */
import type { Missed } from '../events/missed.ts';
import type { Fact } from '../events/order-state.ts';
import type { MapiAction, MapiPayment } from '../payments/mapi-payment.ts';

/** What was reported of a payment, by callbacks and by reconciliation. */
export interface MapiReported {
  readonly facts: ReadonlySet<Fact>;
  /** The state that was reported last; `authorized` after a freeze that was lifted. */
  readonly lastState: 'frozen' | 'authorized' | 'rejected' | null;
  /** The id of the last event that reported a freeze. */
  readonly lastFreezeId: string | null;
  readonly lastEventId: string | null;
  readonly lastEventAt: Date | null;
  readonly actionIds: ReadonlySet<string>;
  /** The types of actions of which there is an event. */
  readonly actionTypes: ReadonlySet<string>;
  /** By type, how many events do not tell the id of their action, as after an erasure. */
  readonly eventsWithoutId: ReadonlyMap<string, number>;
  /** An AUTHORIZATION CAPTURED came: it reports the first capture. */
  readonly isCaptureAuthorized: boolean;
}

export interface MapiComparison {
  readonly missed: Missed;
  /** As in MissedPayment. */
  readonly follows: string | null;
  /** Whether Resurs tells no time of one of the facts, so that it may be a moment old. */
  readonly isUndated: boolean;
}

/** The facts of actions; CREATE is none, and neither are words that were added since. */
export const FACTS_OF_ACTIONS = {
  CAPTURE: 'captured',
  MODIFY_ORDER: 'updated',
  REFUND: 'refunded',
  CANCEL: 'annulled',
} as const satisfies Readonly<Record<string, Fact>>;
export type FactAction = keyof typeof FACTS_OF_ACTIONS;

const ORDER: readonly Fact[] = [
  'frozen',
  'unfrozen',
  'authorized',
  'rejected',
  'captured',
  'updated',
  'refunded',
  'annulled',
];
/** A time that lies further ahead is a mistake, and tells nothing. */
const MAX_AHEAD_MS = 86_400_000;

/** Returns what was missed; no facts: all was reported. */
export function compareMapi(payment: MapiPayment, reported: MapiReported): MapiComparison {
  const states = missedStates(payment, reported);
  const actions = missedActions(payment.order?.actionLog ?? [], reported);
  const found = new Set<Fact>([...states, ...actions.map(({ type }) => FACTS_OF_ACTIONS[type])]);
  return {
    missed: {
      facts: ORDER.filter((fact) => found.has(fact)),
      actions: actions.flatMap(({ actionId }) => (actionId === null ? [] : [actionId])),
    },
    follows: followedBy(states, reported),
    isUndated: actions.some(({ createdAt }) => createdAt === null) || (states.length > 0 && !isDated(payment)),
  };
}

/** Returns when the payment last changed, as far as Resurs tells: a change of its status alone has no time. */
export function lastChangeMs({ createdAt, order }: MapiPayment, nowMs: number): number | null {
  const times = [createdAt, ...(order?.actionLog ?? []).map((action) => action.createdAt)];
  const known = times.flatMap((time) => (time === null ? [] : [time.getTime()]));
  const past = known.filter((timeMs) => timeMs <= nowMs + MAX_AHEAD_MS);
  return past.length === 0 ? null : Math.max(...past);
}

/** True if the action reports a fact. */
export function isFactAction(type: string): type is FactAction {
  return Object.hasOwn(FACTS_OF_ACTIONS, type);
}

function missedStates({ status, order, rejectedReason }: MapiPayment, { facts, lastState }: MapiReported): Fact[] {
  switch (status) {
    case 'ACCEPTED': {
      const lifted: Fact[] = lastState === 'frozen' ? ['unfrozen'] : [];
      return facts.has('authorized') ? lifted : [...lifted, 'authorized'];
    }
    case 'FROZEN':
    case 'INSPECTION':
      return lastState === 'frozen' ? [] : ['frozen'];
    case 'REJECTED': {
      // The shop itself has cancelled it, which its CANCEL reports.
      const isCancelled = rejectedReason === 'CANCELED';
      const hasCancel = facts.has('annulled') || (order?.actionLog ?? []).some(({ type }) => type === 'CANCEL');
      return facts.has('rejected') || (isCancelled && hasCancel) ? [] : ['rejected'];
    }
    default:
      return [];
  }
}

/** What was done to an accepted payment was done after it was accepted, and has its time. */
function isDated({ status, order }: MapiPayment): boolean {
  if (status !== 'ACCEPTED') return false;
  return (order?.actionLog ?? []).some(({ type, createdAt }) => isFactAction(type) && createdAt !== null);
}

function followedBy(states: readonly Fact[], { lastState, lastFreezeId, lastEventId }: MapiReported): string | null {
  if (states.includes('unfrozen')) return lastFreezeId;
  // A freeze of a payment that had another state before is not the first one.
  return states.includes('frozen') && lastState !== null ? lastEventId : null;
}

function missedActions(log: readonly MapiAction[], reported: MapiReported) {
  const withoutId = new Map(reported.eventsWithoutId);
  const seen = new Set<string>();
  const [firstCapture] = log.filter(({ type }) => type === 'CAPTURE');

  function isReported(action: MapiAction): boolean {
    const { actionId, type } = action;
    if (reported.isCaptureAuthorized && action === firstCapture) return true;
    if (actionId === null) return reported.actionTypes.has(type);
    if (reported.actionIds.has(actionId)) return true;
    const left = withoutId.get(type) ?? 0;
    if (left > 0) withoutId.set(type, left - 1);
    return left > 0;
  }

  return log.flatMap((action) => {
    const { actionId, type, createdAt } = action;
    if (!isFactAction(type) || (actionId !== null && seen.has(actionId))) return [];
    if (actionId !== null) seen.add(actionId);
    return isReported(action) ? [] : [{ actionId, type, createdAt }];
  });
}
