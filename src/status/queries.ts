/** What the status API reads. Nothing here writes, and every list is bounded or belongs to one payment. */
import { sql } from 'kysely';
import type { Database } from '../db/client.ts';
import type { AttemptOutcome } from '../db/schema.ts';
import { type EventRow, eventRows } from '../events/queries.ts';
import { type EventFilter, isDrivenOnly, lastLookedAt, matching, type Walk } from '../events/scan.ts';

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

/** The attempts of an event's delivery, in order. */
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

export interface AttemptRow {
  readonly number: number;
  readonly startedAt: Date;
  readonly durationMs: number;
  readonly outcome: AttemptOutcome;
  readonly status: number | null;
  readonly error: string | null;
  readonly answer: string | null;
}
