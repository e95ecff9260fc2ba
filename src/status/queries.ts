/** The queries of the status API. None writes, and every list is bounded or belongs to one payment. */
import { sql } from 'kysely';
import type { Database } from '../db/client.ts';
import type { AttemptOutcome } from '../db/schema.ts';
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

/** Finds events of a payment, oldest first, at most `limit`, of a higher sequence than `after`. */
export async function findPaymentPage(
  db: Database,
  paymentId: string,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<EventPage> {
  const rows = await db.run(
    sql<EventRow>`
      with page as materialized (
        select sequence from events
        where (payment_key, sequence) > (${paymentId}, ${after}::bigint)
          and (payment_key, sequence) < (${paymentId}, 9223372036854775807)
        order by payment_key, sequence limit ${limit + 1}
      )
      select shown.* from (${eventRows(sql`(
        select v.* from page p cross join lateral (select * from events where sequence = p.sequence offset 0) v
      )`)}) shown
      order by shown.sequence`.compile(db.kysely),
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

/** Finds the attempts of an event's delivery, in order. */
export async function findAttempts(db: Database, sequence: number): Promise<AttemptRow[]> {
  return db.run(
    sql<AttemptRow>`
      select 1 as number, first_started_at as "startedAt", first_duration_ms as "durationMs",
             first_outcome as outcome, first_status as status, first_error as error, first_answer as answer
      from deliveries where sequence = ${sequence} and first_outcome is not null
      union all
      select number, started_at, duration_ms, outcome, status, error, answer from attempts where sequence = ${sequence}
      order by number`.compile(db.kysely),
  );
}

/** Finds the last attempt of an event's delivery; null before the first one has ended. */
export async function findLastAttempt(
  db: Database,
  sequence: number,
): Promise<Pick<AttemptRow, 'number' | 'startedAt'> | null> {
  const rows = await db.run(
    sql<Pick<AttemptRow, 'number' | 'startedAt'>>`
      select l.number, l.started_at as "startedAt" from (
        select 1 as number, first_started_at as started_at
        from deliveries where sequence = ${sequence} and first_outcome is not null
        union all
        (select number, started_at from attempts where sequence = ${sequence} order by number desc limit 1)
      ) l order by l.number desc limit 1`.compile(db.kysely),
  );
  return rows[0] ?? null;
}

export interface AttemptRow {
  readonly number: number;
  readonly startedAt: Date;
  readonly durationMs: number;
  readonly outcome: AttemptOutcome;
  readonly status: number | null;
  readonly error: string | null;
  readonly answer: string | null;
}
