/**
 * Which facts of an eCom payment were missed: what Resurs shows implies them, and no event has reported them. Pure. It
 * compares facts and not times, so a callback that was lost before another one came is found as well.
 */
import type { Fact } from '../events/order-state.ts';

/** What Resurs shows of a payment. */
export interface ShownPayment {
  readonly frozen: boolean;
  readonly statuses: readonly string[];
}

/** What the events of a payment have reported. */
export interface ReportedPayment {
  /** Each once, the one that was reported last at the end; null: there is no event. */
  readonly facts: readonly string[] | null;
  /** The kinds of changes that UPDATEs have reported, in lower case. */
  readonly changes: ReadonlySet<string>;
}

/** The last of them says whether the payment is on hold. */
const STATES: readonly string[] = ['frozen', 'thawed', 'unfrozen', 'authorized'] satisfies Fact[];

/** What a status implies, and the change of an UPDATE that reports the same. In the order of `missed.facts`. */
const IMPLIED: readonly { readonly status: string; readonly fact: Fact; readonly change: string }[] = [
  { status: 'IS_DEBITED', fact: 'finalized', change: 'debit' },
  { status: 'IS_CREDITED', fact: 'refunded', change: 'credit' },
  { status: 'IS_ANNULLED', fact: 'annulled', change: 'annul' },
];

/** All changes that report a fact. */
export const REPORTING_CHANGES: readonly string[] = IMPLIED.map(({ change }) => change);

/** Returns the facts that were missed, in the order in which they happen; empty when all were reported. */
export function missedFacts(shown: ShownPayment, { facts, changes }: ReportedPayment): readonly Fact[] {
  const known = facts ?? [];
  const isHeld = known.findLast((fact) => STATES.includes(fact)) === 'frozen';
  return [
    ...(facts === null ? (['booked'] as const) : []),
    ...(isHeld && !shown.frozen ? (['unfrozen'] as const) : []),
    ...IMPLIED.filter(
      ({ status, fact, change }) => shown.statuses.includes(status) && !known.includes(fact) && !changes.has(change),
    ).map(({ fact }) => fact),
  ];
}

/** Returns whether an UPDATE of the payment may have reported one of the facts: only then its bodies are read. */
export function mayBeInUpdates(missed: readonly Fact[], facts: readonly string[] | null): boolean {
  return facts?.includes('updated') === true && missed.some((fact) => IMPLIED.some((implied) => implied.fact === fact));
}
