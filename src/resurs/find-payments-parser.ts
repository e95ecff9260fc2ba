/**
 * Parses a page of findPayments: of a payment only its id, its times, whether it is frozen, and its statuses, never the
 * customer. A payment that cannot be read does not spoil the page; a page in another order than asked for does, because
 * a search that goes on from its last time would skip payments.
 */
import { readBoolean, readStatuses } from './payment-parser.ts';
import type { ResponseElement } from './soap-call.ts';
import { childrenNamed, textOf } from './xml.ts';

const ID = /^[^\p{Cc}]{1,255}$/u;

/** By which time is searched and sorted. */
export const SEARCH_TIMES = ['modified', 'booked'] as const;
export type SearchTime = (typeof SEARCH_TIMES)[number];

/** A payment of a page. `at` is the time by which the page is sorted; null where there is none that can be read. */
export type ListedPayment =
  | {
      readonly outcome: 'read';
      readonly paymentId: string;
      readonly at: Date | null;
      /** Null where there is none that can be read. */
      readonly bookedAt: Date | null;
      /** The latest of its times. */
      readonly lastChangeAt: Date;
      readonly frozen: boolean;
      readonly statuses: readonly string[];
    }
  | { readonly outcome: 'unreadable'; readonly paymentId: string | null; readonly at: Date | null };

/** `problem` completes "the response …". */
export type ParsedPage =
  | { readonly outcome: 'read'; readonly payments: readonly ListedPayment[] }
  | { readonly outcome: 'unreadable'; readonly problem: string };

/** Parses the response. Never throws. */
export function parsePayments(response: ResponseElement, time: SearchTime): ParsedPage {
  try {
    const payments = childrenNamed(response, 'return').map((element) => paymentOf(element, time));
    if (isSorted(payments)) return { outcome: 'read', payments };
    return { outcome: 'unreadable', problem: 'is not sorted by the time that was asked for' };
  } catch (error) {
    // Elements that are nested too deeply for the parser's own recursion.
    if (error instanceof RangeError) return { outcome: 'unreadable', problem: 'is nested too deeply' };
    throw error;
  }
}

function paymentOf(element: ResponseElement, time: SearchTime): ListedPayment {
  const paymentId = idIn(element);
  const at = parseTime(textOf(element, time))?.earliest ?? null;
  const frozen = readBoolean(textOf(element, 'frozen'));
  const changes = ['booked', 'modified', 'finalized'].flatMap((name) => parseTime(textOf(element, name)) ?? []);
  if (paymentId === null || frozen === null || changes.length === 0) return { outcome: 'unreadable', paymentId, at };
  const lastChangeAt = new Date(Math.max(...changes.map(({ latest }) => latest.getTime())));
  const bookedAt = parseTime(textOf(element, 'booked'))?.latest ?? null;
  return { outcome: 'read', paymentId, at, bookedAt, lastChangeAt, frozen, statuses: readStatuses(element) };
}

/** As the id of a callback: no other one has been reported, and Postgres keeps not every text. */
function idIn(element: ResponseElement): string | null {
  const id = textOf(element, 'paymentId')?.trim() ?? '';
  return ID.test(id) && id.isWellFormed() ? id : null;
}

function isSorted(payments: readonly ListedPayment[]): boolean {
  const times = payments.flatMap(({ at }) => (at === null ? [] : [at.getTime()]));
  return times.every((ms, index) => ms >= (times[index - 1] ?? ms));
}

/** When it was, at the earliest and at the latest; the same where the text has a zone. */
interface ReadTime {
  readonly earliest: Date;
  readonly latest: Date;
}

const DATE_TIME = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9})\d*)?(Z|[+-]\d{2}:\d{2})?$/;
/** Sweden's summer time, the zone of Resurs that is furthest from UTC. */
const MAX_ZONE_MS = 7_200_000;

/**
 * Parses an xsd:dateTime to the millisecond below. Resurs' times have a zone. One without is UTC or Sweden's time, and
 * no page of Resurs says which: a search goes on from the earlier of the two, so that it skips nothing, and a payment is as young
 * as the later one says.
 */
function parseTime(text: string | null): ReadTime | null {
  const match = DATE_TIME.exec(text?.trim() ?? '');
  if (match === null) return null;
  const [, whole, fraction = '', zone] = match;
  const latest = new Date(`${whole}.${fraction.slice(0, 3).padEnd(3, '0')}${zone ?? 'Z'}`);
  if (Number.isNaN(latest.getTime())) return null;
  return { latest, earliest: zone === undefined ? new Date(latest.getTime() - MAX_ZONE_MS) : latest };
}
