/**
 * The search for payments (findPayments): its criteria, order and pages. Each page is of the payments as they are when
 * it is asked for, so a payment that changes in between moves, and moves others. Times are compared as they are sent,
 * in whole seconds.
 */
import type { FakePayment } from '../payments.ts';
import type { Quirks } from './quirks.ts';

export const TIMES = ['booked', 'modified', 'finalized'] as const;
export type TimeName = (typeof TIMES)[number];

/** Both ends are included; null: no limit. */
export interface TimeRange {
  readonly fromMs: number | null;
  readonly toMs: number | null;
}

export interface SearchCriteria extends Readonly<Record<TimeName, TimeRange>> {
  /** Null: whether or not. */
  readonly frozen: boolean | null;
  readonly statusSet: readonly string[];
  readonly statusNotSet: readonly string[];
}

export const SORT_COLUMNS = ['PAYMENT_ID', 'BOOKED_TIME', 'MODIFIED_TIME', 'FINALIZED_TIME'] as const;
export type SortColumn = (typeof SORT_COLUMNS)[number];

export interface SearchOperation {
  readonly name: 'search';
  readonly criteria: SearchCriteria;
  readonly pageNumber: number;
  readonly itemsPerPage: number;
  readonly isAscending: boolean;
  /** Without one the oldest payment is the first. */
  readonly columns: readonly SortColumn[];
}

export interface FoundPayments {
  readonly outcome: 'found';
  readonly payments: readonly FakePayment[];
  readonly modifiedFromBooking: boolean;
}

const OUT_OF_RANGE = {
  id: 1,
  name: 'ILLEGAL_ARGUMENT',
  message: 'pageNumber or itemsPerPage is out of range',
} as const;

/** The result of a search. */
export type SearchResult = FoundPayments | { readonly outcome: 'refused'; readonly error: typeof OUT_OF_RANGE };

type SearchQuirks = Pick<Quirks, 'pages' | 'modifiedFromBooking'>;

/** Searches. */
export function searchResult(
  { criteria, pageNumber, itemsPerPage, isAscending, columns }: SearchOperation,
  payments: readonly FakePayment[],
  quirks: SearchQuirks,
): SearchResult {
  const page = quirks.pages === 'from_0' ? pageNumber : pageNumber - 1;
  const isAnsweredAsFirst = page === -1 && quirks.pages === 'from_1_and_0_is_1';
  if (itemsPerPage < 1 || (page < 0 && !isAnsweredAsFirst)) {
    return { outcome: 'refused', error: OUT_OF_RANGE };
  }
  const { modifiedFromBooking } = quirks;
  const secondOf = secondsAs(modifiedFromBooking);
  const direction = isAscending ? 1 : -1;
  const found = payments
    .filter((payment) => matches(payment, criteria, secondOf))
    .toSorted((a, b) => direction * compare(a, b, { columns, secondOf }));
  const first = Math.max(0, page) * itemsPerPage;
  return { outcome: 'found', payments: found.slice(first, first + itemsPerPage), modifiedFromBooking };
}

/** Returns a time of a payment in seconds; null where it has none. */
type SecondOf = (payment: FakePayment, time: TimeName) => number | null;

function secondsAs(modifiedFromBooking: boolean): SecondOf {
  return (payment, time) => {
    const { bookedMs, modifiedMs, finalizedMs } = payment;
    const times = {
      booked: bookedMs,
      modified: modifiedMs ?? (modifiedFromBooking ? bookedMs : null),
      finalized: finalizedMs,
    };
    const ms = times[time];
    return ms === null ? null : Math.floor(ms / 1_000);
  };
}

function matches(payment: FakePayment, criteria: SearchCriteria, secondOf: SecondOf): boolean {
  const { frozen, statusSet, statusNotSet } = criteria;
  return (
    (frozen === null || payment.frozen === frozen) &&
    statusSet.every((status) => payment.statuses.includes(status)) &&
    !statusNotSet.some((status) => payment.statuses.includes(status)) &&
    TIMES.every((time) => isWithin(secondOf(payment, time), criteria[time]))
  );
}

function isWithin(second: number | null, { fromMs, toMs }: TimeRange): boolean {
  if (fromMs === null && toMs === null) return true;
  if (second === null) return false;
  return (fromMs === null || second * 1_000 >= fromMs) && (toMs === null || second * 1_000 <= toMs);
}

const TIME_OF = { BOOKED_TIME: 'booked', MODIFIED_TIME: 'modified', FINALIZED_TIME: 'finalized' } as const;

/** What has no such time comes first. */
function compare(
  a: FakePayment,
  b: FakePayment,
  { columns, secondOf }: { readonly columns: readonly SortColumn[]; readonly secondOf: SecondOf },
): number {
  for (const column of columns) {
    const [first, second] =
      column === 'PAYMENT_ID' ? [a.id, b.id] : [secondOf(a, TIME_OF[column]) ?? 0, secondOf(b, TIME_OF[column]) ?? 0];
    if (first !== second) return first < second ? -1 : 1;
  }
  return 0;
}
