/**
 * What an event means for its order: `data.order` of the webhook. Pure. The order's state follows from the facts that
 * were reported of its payment, in the order in which they were stored. Resurs repeats a callback for 36 hours, so an
 * older fact may come after a newer one: where facts contradict each other the state is the careful one, and it is not
 * certain.
 *
 * The state before is known only under the lock that stores the event (inbox/record.ts). So an event brings the
 * transition for each state before, and the statement takes the one that applies.
 */
import type { Verification } from '../db/schema.ts';
import type { PaymentState } from '../payments/payment.ts';

/** `on_hold`: not to be shipped now. `cancelled` and `paid` are never left for `may_ship`. */
export const ORDER_STATES = ['on_hold', 'may_ship', 'paid', 'cancelled'] as const;
export type OrderState = (typeof ORDER_STATES)[number];

/** The event types that report a fact of a payment, by the fact's name. */
export const FACT_TYPES = {
  booked: 'payment.booked',
  frozen: 'payment.frozen',
  thawed: 'payment.thawed',
  unfrozen: 'payment.unfrozen',
  finalized: 'payment.finalized',
  annulled: 'payment.annulled',
  authorized: 'payment.authorized',
  captured: 'payment.captured',
  refunded: 'payment.refunded',
  rejected: 'payment.rejected',
  updated: 'payment.updated',
} as const;
export type Fact = keyof typeof FACT_TYPES;

export interface OrderView {
  readonly state: OrderState;
  /** False where facts contradict each other or may be late: Resurs has to be asked. */
  readonly certain: boolean;
  /** The facts that were stored before the event, each once, the one that was reported last at the end. */
  readonly earlier: readonly string[];
}

/** The parts of an event that decide. */
export interface ReportedFact {
  readonly type: string;
  /** The type as Resurs names it. */
  readonly callback: string;
  readonly paymentId: string | null;
  readonly verified: Verification;
  /** What Resurs held of the payment, where reconciliation found it; missing for a callback. */
  readonly found?: { readonly payment: { readonly state: PaymentState } };
}

/** The state after an event; `certain` is null where it is the one before. */
export interface Transition {
  readonly state: OrderState;
  readonly certain: boolean | null;
}

/** The transition from each state before; `none`: nothing of the payment was stored. */
export type Transitions = Readonly<Record<OrderState | 'none', Transition>>;

const STAYS: Transitions = {
  none: { state: 'on_hold', certain: false },
  on_hold: { state: 'on_hold', certain: null },
  may_ship: { state: 'may_ship', certain: null },
  paid: { state: 'paid', certain: null },
  cancelled: { state: 'cancelled', certain: null },
};
const ON_HOLD: Transition = { state: 'on_hold', certain: true };
const MAY_SHIP: Transition = { state: 'may_ship', certain: true };
const PAID: Transition = { state: 'paid', certain: true };
const CANCELLED: Transition = { state: 'cancelled', certain: true };

/** The table of docs/delivery.md, "What an event means for the order". */
const TRANSITIONS = {
  booked: STAYS,
  frozen: {
    ...STAYS,
    none: ON_HOLD,
    on_hold: ON_HOLD,
    may_ship: uncertain(ON_HOLD),
    paid: uncertain(PAID),
  },
  lifted: { ...STAYS, none: MAY_SHIP, on_hold: MAY_SHIP },
  perhapsLifted: { ...STAYS, none: uncertain(MAY_SHIP), on_hold: uncertain(MAY_SHIP) },
  finalized: { ...STAYS, none: PAID, on_hold: PAID, may_ship: PAID, cancelled: uncertain(CANCELLED) },
  annulled: { ...STAYS, none: CANCELLED, on_hold: CANCELLED, may_ship: CANCELLED, paid: uncertain(CANCELLED) },
  other: allUncertain(STAYS),
} as const satisfies Record<string, Transitions>;

const UNCERTAIN = {
  frozen: allUncertain(TRANSITIONS.frozen),
  lifted: allUncertain(TRANSITIONS.lifted),
  finalized: allUncertain(TRANSITIONS.finalized),
  annulled: allUncertain(TRANSITIONS.annulled),
} as const satisfies Partial<Record<keyof typeof TRANSITIONS, Transitions>>;

/** What a payment that was read means, whatever was reported before; a refund is no state of events alone. */
const FOUND: Readonly<Record<PaymentState, Transitions>> = {
  pending: always(ON_HOLD),
  inspection: always(ON_HOLD),
  frozen: always(ON_HOLD),
  authorized: always(MAY_SHIP),
  partially_captured: always(MAY_SHIP),
  captured: always(PAID),
  partially_refunded: always(PAID),
  refunded: TRANSITIONS.other,
  annulled: always(CANCELLED),
  rejected: always(CANCELLED),
  unknown: TRANSITIONS.other,
};

/** Returns the event's transitions; null for an event that has no payment, and so no order. */
export function transitionsOf({ type, callback, paymentId, verified, found }: ReportedFact): Transitions | null {
  if (paymentId === null) return null;
  if (found !== undefined) return FOUND[found.payment.state];
  // Resurs knows the payment, but anyone who knows its id may have written what happened to it.
  const isUnproven = verified.api === true && verified.token !== true;
  // MANAGEMENT names no amount: it may be about a part of the order.
  const mayBePart = callback === 'MANAGEMENT';
  switch (type) {
    case FACT_TYPES.booked:
      return TRANSITIONS.booked;
    case FACT_TYPES.frozen:
      return isUnproven ? UNCERTAIN.frozen : TRANSITIONS.frozen;
    case FACT_TYPES.authorized:
      return isUnproven ? UNCERTAIN.lifted : TRANSITIONS.lifted;
    case FACT_TYPES.unfrozen:
      return TRANSITIONS.lifted;
    case FACT_TYPES.thawed: {
      // The digest is right and does not cover the result, which anyone who saw another URL may have written. A forged
      // FROZEN needs no such rule: it holds an order back, and after a thaw it is uncertain anyway.
      const mayBeForged = verified.digest && !verified.result;
      return mayBeForged ? TRANSITIONS.perhapsLifted : TRANSITIONS.lifted;
    }
    case FACT_TYPES.finalized:
    case FACT_TYPES.captured:
      return isUnproven || mayBePart ? UNCERTAIN.finalized : TRANSITIONS.finalized;
    case FACT_TYPES.annulled:
    case FACT_TYPES.rejected:
      return isUnproven || mayBePart ? UNCERTAIN.annulled : TRANSITIONS.annulled;
    default:
      return TRANSITIONS.other;
  }
}

/** An event with the view of its order. */
export interface OrderedFact {
  readonly type: string;
  readonly order: OrderView;
  /** The facts of an event of reconciliation; null or missing for a callback. */
  readonly missed?: { readonly facts: readonly Fact[] } | null;
}

/**
 * Returns the view of an event whose payment's previous event is `previous` (null: it has none); null for an event
 * that has no payment. It is what the database decides when it stores the event.
 */
export function viewAfter(previous: OrderedFact | null, event: ReportedFact): OrderView | null {
  const transitions = transitionsOf(event);
  if (transitions === null) return null;
  const { state, certain } = transitions[previous?.order.state ?? 'none'];
  const earlier = previous === null ? [] : factsUntil(previous);
  // What was changed may have been debited and credited in full, so a thaw that comes later lifts nothing for certain.
  const isChanged = (state === 'on_hold' || state === 'may_ship') && earlier.includes('updated');
  return { state, certain: !isChanged && (certain ?? previous?.order.certain ?? false), earlier };
}

/** Returns the facts that were reported until an event, its own included. */
export function factsUntil({ type, order, missed }: OrderedFact): readonly string[] {
  const fact = factOf(type);
  const own: readonly Fact[] = missed?.facts ?? (fact === null ? [] : [fact]);
  return [...order.earlier.filter((known) => !own.some((one) => one === known)), ...own];
}

/** Returns the fact that an event of this type reports; null if it reports none. */
export function factOf(type: string): Fact | null {
  const facts = Object.keys(FACT_TYPES).filter(isFact);
  return facts.find((fact) => FACT_TYPES[fact] === type) ?? null;
}

/** True if the text names a fact. */
export function isFact(text: string): text is Fact {
  return Object.hasOwn(FACT_TYPES, text);
}

function always(transition: Transition): Transitions {
  return { none: transition, on_hold: transition, may_ship: transition, paid: transition, cancelled: transition };
}

function uncertain({ state }: Transition): Transition {
  return { state, certain: false };
}

function allUncertain({ none, on_hold, may_ship, paid, cancelled }: Transitions): Transitions {
  return {
    none: uncertain(none),
    on_hold: uncertain(on_hold),
    may_ship: uncertain(may_ship),
    paid: uncertain(paid),
    cancelled: uncertain(cancelled),
  };
}
