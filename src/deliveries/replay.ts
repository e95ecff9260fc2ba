/**
 * Replays finished deliveries (delivered or dead-lettered) at an operator's request. A replayed delivery starts a fresh
 * schedule and keeps its attempts and their numbering. It is in an ordering group of its own, where it delays no new
 * event. An unfinished delivery is never changed, so a second replay does no harm.
 *
 * Many are replayed by a task, in steps (operators/replay-step.ts); here is which deliveries match.
 */
import { type RawBuilder, sql } from 'kysely';
import { retryOnConflict } from '../db/batcher.ts';
import type { Database } from '../db/client.ts';
import { lastScanned, matchingSequences } from '../events/scan.ts';
import type { EventFilter, EventScan } from '../events/scan-driver.ts';

/**
 * `unfinished`: it is already pending or delivering. `undeliverable`: the event has no delivery. `absent`: no such
 * event.
 */
export type ReplayResult = 'replayed' | 'unfinished' | 'undeliverable' | 'absent';

/** Replays one finished delivery. Wake the dispatcher afterwards. */
export async function replayDelivery(db: Database, eventId: string): Promise<ReplayResult> {
  const rows = await db.run(
    sql<{ readonly sequence: number; readonly isFinished: boolean; readonly isUnfinished: boolean }>`
      select e.sequence, (select true from deliveries d where d.sequence = e.sequence) is not null as "isFinished",
             (select true from outbox o where o.sequence = e.sequence) is not null as "isUnfinished"
      from events e where e.id = ${eventId}`.compile(db.kysely),
  );
  const row = rows[0];
  if (row === undefined) return 'absent';
  if (!row.isFinished) return row.isUnfinished ? 'unfinished' : 'undeliverable';
  const [replayed] = await retryOnConflict(() =>
    db.run(sql<{ readonly count: number }>`select ${replayOf([row.sequence])} as count`.compile(db.kysely)),
  );
  // Another request may have replayed it meanwhile.
  return replayed?.count === 1 ? 'replayed' : 'unfinished';
}

/** Replays those that are finished, all or none; its value is how many. */
export function replayOf(sequences: readonly number[]): RawBuilder<number> {
  return sql<number>`cardinality(replay_deliveries_v1(${[...sequences]}::bigint[]))`;
}

/** Which finished deliveries to replay; an absent field does not limit. */
export interface ReplayFilter extends Omit<EventFilter, 'state' | 'callback'> {
  /** Both finished states when absent. */
  readonly state?: 'delivered' | 'dead_letter';
}

/** Where a replay looks. */
export interface ReplaySpan {
  /** Nothing until this sequence. */
  readonly after: number;
  /** Nothing beyond this one. */
  readonly upTo: number;
}

/** Entries of an index that one statement scans; from a short list, as of EventScan. */
export type ReplayWindow = 1_000 | 5_000 | 20_000;

/** The scan for the matching deliveries, oldest first. */
export function scanFor(
  { state = undefined, ...filter }: ReplayFilter,
  { after, upTo }: ReplaySpan,
  window: ReplayWindow,
): EventScan {
  return { filter: { ...filter, state: state ?? 'finished' }, direction: 'asc', after, upTo, window };
}

export interface ReplayCount {
  readonly count: number;
  /** There are more than that. */
  readonly atLeast: boolean;
}

/** Counts are exact up to this number, and say `atLeast` beyond it. */
export const MAX_COUNTED = 100_000;
/** For rare matches among millions of events: then the count so far is returned, with `atLeast`. */
const MAX_COUNT_STEPS = 100;
const MAX_COUNT_MS = 2_000;

/** Counts the deliveries of the events until `upTo` that a replay with this filter would replay now. */
export async function countReplayable(
  db: Database,
  filter: ReplayFilter,
  { upTo, clock }: Pick<ReplaySpan, 'upTo'> & { readonly clock: { elapsed(): number } },
): Promise<ReplayCount> {
  const endsAtMs = clock.elapsed() + MAX_COUNT_MS;
  // A statement over such a window takes some tens of milliseconds. With a reason it looks at attempts as well.
  const window = filter.reason === undefined ? 20_000 : 5_000;
  let after = 0;
  let count = 0;
  for (let step = 0; step < MAX_COUNT_STEPS && clock.elapsed() < endsAtMs; step += 1) {
    const scan = scanFor(filter, { after, upTo }, window);
    const rows = await db.run(
      sql<{ readonly count: number; readonly last: number | null }>`
        select (select count(*)::int from (${matchingSequences(scan)}) m) as count, (${lastScanned(scan)}) as last`.compile(
        db.kysely,
      ),
    );
    const { count: found = 0, last = null } = rows[0] ?? {};
    count += found;
    if (count > MAX_COUNTED) return { count: MAX_COUNTED, atLeast: true };
    if (last === null) return { count, atLeast: false };
    after = last;
  }
  return { count, atLeast: true };
}

/** The sequence of the newest event; 0 when there is none. */
export async function newestSequence(db: Database): Promise<number> {
  const rows = await db.run(
    sql<{ readonly sequence: number }>`select sequence from events order by sequence desc limit 1`.compile(db.kysely),
  );
  return rows[0]?.sequence ?? 0;
}
