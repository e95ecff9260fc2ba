/** The queries of the status API. None writes, and every list is bounded or belongs to one payment. */
import { sql } from 'kysely';
import type { Database } from '../db/client.ts';
import { type EventRow, eventRows } from '../events/queries.ts';
import { isIndexOnly, lastScanned, matchingSequences } from '../events/scan.ts';
import type { EventFilter, EventScan } from '../events/scan-driver.ts';

/** Index entries read for one page where some of them may not match. */
const WINDOW = 2_000;
/** More than the longest page. */
const PAGE_WINDOW = 256;
/** For a time range, which lies somewhere in a wider range of sequences (events/scan.ts). */
const TIMED_WINDOW = 25_000;
/** With a reason, for which attempts are read as well. */
const TIMED_REASON_WINDOW = 5_000;

export interface PageFilter extends EventFilter {
  /** Only events of a lower sequence. */
  readonly before?: number;
}

export interface EventPage {
  readonly rows: readonly EventRow[];
  /** The sequence behind which the next page begins; null when there is none. */
  readonly next: number | null;
}

/**
 * Finds a page of events, newest first, at most `limit`, of a lower sequence than `before`. The page may be shorter,
 * even empty, with more to come: its cost is bounded by its window, however rare a match is.
 */
export async function findEvents(db: Database, { before, ...filter }: PageFilter, limit: number): Promise<EventPage> {
  const walk: EventScan = { filter, direction: 'desc', after: before, window: windowFor(filter) };
  // One row more than `limit` shows whether there is a next page; the end of the window is queried only if there is
  // none.
  const rows = await db.run(
    sql<(EventRow | { readonly id: null }) & { readonly windowEnd: number | null }>`
      with page as materialized (
        ${matchingSequences(walk)} limit ${limit + 1}
      ), ending as (
        select case when (select count(*) from page) <= ${limit} then (${lastScanned(walk)}) end as sequence
      )
      select ending.sequence as "windowEnd", shown.*
      from ending left join (${eventRows(sql`(
        select v.* from page p cross join lateral (select * from events where sequence = p.sequence offset 0) v
      )`)}) shown on true
      order by shown.sequence desc`.compile(db.kysely),
  );
  const shown = rows.filter((row) => row.id !== null).map(({ windowEnd: _, ...row }) => row);
  if (shown.length > limit) return { rows: shown.slice(0, limit), next: shown[limit - 1]?.sequence ?? null };
  return { rows: shown, next: rows[0]?.windowEnd ?? null };
}

function windowFor(filter: EventFilter): number {
  if (isIndexOnly({ filter })) return PAGE_WINDOW;
  const isTimed = filter.from !== undefined || filter.to !== undefined;
  if (!isTimed) return WINDOW;
  return filter.reason === undefined ? TIMED_WINDOW : TIMED_REASON_WINDOW;
}

/** Which end of a payment's events a page begins at, and so the direction of its cursor. */
export type PaymentOrder = 'oldest' | 'newest';

export interface PaymentPage {
  readonly order: PaymentOrder;
  /** The event behind which the page begins; null: it is the first page. */
  readonly behind: number | null;
  readonly limit: number;
}

/** Finds events of a payment, in their order or from the newest on, at most `limit`. */
export async function findPaymentPage(
  db: Database,
  paymentId: string,
  { order, behind, limit }: PaymentPage,
): Promise<EventPage> {
  const [low, high] = order === 'oldest' ? [behind ?? 0, null] : [0, behind];
  const direction = order === 'oldest' ? sql`asc` : sql`desc`;
  const rows = await db.run(
    sql<EventRow>`
      with page as materialized (
        select sequence from events
        where (payment_key, sequence) > (${paymentId}, ${low}::bigint)
          and (payment_key, sequence) < (${paymentId}, coalesce(${high}::bigint, 9223372036854775807))
        order by payment_key ${direction}, sequence ${direction} limit ${limit + 1}
      )
      select shown.* from (${eventRows(sql`(
        select v.* from page p cross join lateral (select * from events where sequence = p.sequence offset 0) v
      )`)}) shown
      order by shown.sequence ${direction}`.compile(db.kysely),
  );
  const shown = rows.slice(0, limit);
  return { rows: shown, next: rows.length > limit ? (shown.at(-1)?.sequence ?? null) : null };
}

/** True if the event is to be delivered, or was. */
export async function hasDelivery(db: Database, sequence: number): Promise<boolean> {
  const rows = await db.run(
    sql`select from outbox where sequence = ${sequence} union all select from deliveries where sequence = ${sequence}`.compile(
      db.kysely,
    ),
  );
  return rows.length > 0;
}
