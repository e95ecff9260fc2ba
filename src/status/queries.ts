/** What the status API reads. Nothing here writes, and every list is bounded or belongs to one payment. */
import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../db/client.ts';
import { type EventFilter, isDrivenOnly, lastLookedAt, matching, type Walk } from '../events/walk.ts';
import type { AttemptRow, EventRow } from './render.ts';

/** Index entries looked at for one page where some of them may not match. */
const WINDOW = 2_000;
/** Above the longest page. */
const PAGE_WINDOW = 256;
/** A span of time begins somewhere in a span of sequences that is wider on both sides (events/walk.ts). */
const TIMED_WINDOW = 25_000;

export interface PageFilter extends EventFilter {
  /** Only events of a lower sequence. */
  readonly before?: number;
}

export interface EventPage {
  /** Newest first. */
  readonly rows: readonly EventRow[];
  /** The sequence below which the next page begins; null when there is none. */
  readonly next: number | null;
}

/**
 * A page of events newest first, at most `limit`, of a lower sequence than `before`. It may be shorter, even empty, with more
 * to come: a page costs what its window holds, however rare a match is.
 */
export async function findEvents(db: Database, { before, ...filter }: PageFilter, limit: number): Promise<EventPage> {
  const isTimed = filter.from !== undefined || filter.to !== undefined;
  const window = isDrivenOnly({ filter }) ? PAGE_WINDOW : isTimed ? TIMED_WINDOW : WINDOW;
  const walk: Walk = { filter, direction: 'desc', after: before, window };
  // One more than asked for tells whether there is a next page; where the window ends is asked only if there is not.
  const rows = await db.run(
    sql<(EventRow | { readonly id: null }) & { readonly windowEnd: number | null }>`
      with page as materialized (
        ${matching(walk)} limit ${limit + 1}
      ), ending as (
        select case when (select count(*) from page) <= ${limit} then (${lastLookedAt(walk)}) end as sequence
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

/** All events of a payment, oldest first. */
export async function paymentEvents(db: Database, paymentId: string): Promise<EventRow[]> {
  return db.run(
    sql<EventRow>`${eventRows(sql`events`)} where e.payment_key = ${paymentId} order by e.sequence`.compile(db.kysely),
  );
}

export async function findEvent(db: Database, id: string): Promise<(EventRow & { body: Buffer | null }) | null> {
  const rows = await db.run(
    sql<EventRow & { body: Buffer | null }>`
      select shown.*, b.body from (${eventRows(sql`events`)} where e.id = ${id}) shown join events b on b.id = shown.id`.compile(
      db.kysely,
    ),
  );
  return rows[0] ?? null;
}

/** The attempts of an event's delivery, in order. */
export async function attemptsOf(db: Database, sequence: number): Promise<AttemptRow[]> {
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

/** Events from a table or a select, with what is shown beside them. Looked up row by row, whatever the statistics say. */
function eventRows(events: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`
  select e.id, e.sequence, e.type, e.callback, e.payment_id as "paymentId", e.result, e.method,
         e.registered_at as "registeredAt", e.received_at as "receivedAt", e.parameters, e.verified,
         coalesce(r.count, 1) as "receiptCount", coalesce(r.last_at, e.received_at) as "lastReceiptAt",
         coalesce(case o.state when 'blocked' then 'pending' else o.state end, d.state) as state,
         coalesce(o.attempt_count, d.attempt_count) as "attemptCount",
         case o.state when 'pending' then o.wake_at end as "nextAttemptAt",
         case d.state when 'delivered' then d.finished_at end as "deliveredAt",
         coalesce(a.outcome, d.first_outcome) as "lastOutcome",
         case when a.outcome is null then d.first_status else a.status end as "lastStatus"
  from ${events} e
  left join lateral (select count, last_at from receipts where event_id = e.id offset 0) r on true
  left join lateral (select state, attempt_count, wake_at from outbox where sequence = e.sequence offset 0) o on true
  left join lateral (
    select state, attempt_count, finished_at, first_outcome, first_status
    from deliveries where sequence = e.sequence offset 0
  ) d on true
  left join lateral (
    select outcome, status from attempts where sequence = e.sequence order by number desc limit 1
  ) a on true`;
}
