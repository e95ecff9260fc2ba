/**
 * Replays finished deliveries (delivered or dead-lettered) at an operator's request. A replayed delivery starts a fresh
 * schedule and keeps its attempts and their numbering. It is in an ordering group of its own, where it delays no new
 * event.
 *
 * Many are replayed in steps that each commit, so a later failure undoes nothing. An unfinished delivery is never
 * changed, so a second replay does no harm.
 */
import { sql } from 'kysely';
import { retryOnConflict } from '../db/batcher.ts';
import type { Database } from '../db/client.ts';
import { classifyDatabaseError } from '../db/errors.ts';
import { lastScanned, matchingSequences } from '../events/scan.ts';
import type { EventFilter, EventScan } from '../events/scan-driver.ts';
import { errorCode } from '../lib/errors.ts';

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
  // Another request may have replayed it meanwhile.
  return (await replaySequences(db, [row.sequence])) === 1 ? 'replayed' : 'unfinished';
}

/** Which finished deliveries to replay; an absent field does not limit. */
export interface ReplayFilter extends Omit<EventFilter, 'state' | 'callback'> {
  /** Both finished states when absent. */
  readonly state?: 'delivered' | 'dead_letter';
}

export interface ReplayCount {
  readonly count: number;
  /** There are more than that. */
  readonly atLeast: boolean;
}

/** Counts are exact up to this number, and say `atLeast` beyond it. */
export const MAX_COUNTED = 100_000;
/** A statement over such a window takes some tens of milliseconds. */
const COUNT_WINDOW = 20_000;
/** For rare matches among millions of events: then the count so far is returned, with `atLeast`. */
const MAX_COUNT_STEPS = 100;
const MAX_COUNT_MS = 2_000;

/** Counts the deliveries that a replay with this filter would replay now. */
export async function countReplayable(
  db: Database,
  filter: ReplayFilter,
  clock: { elapsed(): number },
): Promise<ReplayCount> {
  const endsAtMs = clock.elapsed() + MAX_COUNT_MS;
  let after: number | undefined;
  let count = 0;
  for (let step = 0; step < MAX_COUNT_STEPS && clock.elapsed() < endsAtMs; step += 1) {
    const scan = scanFor(filter, after, COUNT_WINDOW);
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

/** Small enough for a statement to stay far below its timeout, and for claims to continue beside it. */
const STEP_WINDOWS = [1_000, 100, 10, 1] as const;
/** Tries of a step while the database is unavailable, before the replay ends. */
const MAX_TRIES = 5;
const RETRY_MS = 500;

export interface ReplayOptions {
  /** Resolves after `ms` milliseconds. */
  sleep(ms: number): Promise<unknown>;
  /** Called after each step that replayed something; deliveries are due. */
  onStep(): void;
}

export interface BulkReplayResult {
  /** How many were replayed. */
  readonly count: number;
  /** How many are unchanged, because the database refused them. */
  readonly failed: number;
  /** Why the replay ended early; null when it is complete. A second replay continues. */
  readonly error: unknown;
}

/** Replays every finished delivery that matches and was stored before this call, oldest first. Never rejects. */
export async function replayMatching(
  db: Database,
  filter: ReplayFilter,
  options: ReplayOptions,
): Promise<BulkReplayResult> {
  let count = 0;
  let failed = 0;
  try {
    const upTo = await withRetry(() => newestSequence(db), options);
    let after: number | undefined;
    for (;;) {
      const step = await replayStep(db, scanFor(filter, after, STEP_WINDOWS[0]), upTo, options);
      count += step.count;
      failed += step.failed;
      if (step.count > 0) options.onStep();
      if (step.last === null || step.last >= upTo) return { count, failed, error: null };
      after = step.last;
    }
  } catch (error) {
    return { count, failed, error };
  }
}

interface ReplayStep extends Pick<BulkReplayResult, 'count' | 'failed'> {
  /** Where to continue; null at the end. */
  readonly last: number | null;
}

async function replayStep(db: Database, scan: EventScan, upTo: number, options: ReplayOptions): Promise<ReplayStep> {
  const rows = await withRetry(() => {
    return db.run(
      sql<{ readonly found: readonly number[]; readonly last: number | null }>`
        select array(${matchingSequences(scan)})::float8[] as found, (${lastScanned(scan)}) as last`.compile(db.kysely),
    );
  }, options);
  const { found = [], last = null } = rows[0] ?? {};
  const { count, failed } = await replayInPieces(
    db,
    found.filter((sequence) => sequence <= upTo),
    options,
  );
  return { count, failed, last };
}

/** Replays in ever smaller pieces where one fails, so that a row which the database refuses costs only itself. */
async function replayInPieces(
  db: Database,
  sequences: readonly number[],
  options: ReplayOptions,
): Promise<Pick<BulkReplayResult, 'count' | 'failed'>> {
  if (sequences.length === 0) return { count: 0, failed: 0 };
  try {
    return { count: await withRetry(() => replaySequences(db, sequences), options), failed: 0 };
  } catch (error) {
    if (isUnavailable(error)) throw error;
    if (sequences.length === 1) return { count: 0, failed: 1 };
  }
  const size = STEP_WINDOWS.find((window) => window < sequences.length) ?? 1;
  let [count, failed] = [0, 0];
  for (let start = 0; start < sequences.length; start += size) {
    const piece = await replayInPieces(db, sequences.slice(start, start + size), options);
    count += piece.count;
    failed += piece.failed;
  }
  return { count, failed };
}

/** Replays those that are finished, in one commit; returns how many. */
async function replaySequences(db: Database, sequences: readonly number[]): Promise<number> {
  const rows = await retryOnConflict(() =>
    db.run(
      sql<{ readonly count: number }>`
        select cardinality(replay_deliveries_v1(${[...sequences]}::bigint[])) as count`.compile(db.kysely),
    ),
  );
  return rows[0]?.count ?? 0;
}

/** Retries while the database is unavailable; throws a refusal or a statement timeout at once. */
async function withRetry<T>(work: () => Promise<T>, { sleep }: ReplayOptions): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt === MAX_TRIES || !isUnavailable(error)) throw error;
    }
    await sleep(RETRY_MS * attempt);
  }
}

/** SQLSTATE of a statement timeout: smaller pieces may pass. */
const QUERY_CANCELED = '57014';

function isUnavailable(error: unknown): boolean {
  return classifyDatabaseError(error) === 'unavailable' && errorCode(error) !== QUERY_CANCELED;
}

function scanFor({ state = undefined, ...filter }: ReplayFilter, after: number | undefined, window: number): EventScan {
  return { filter: { ...filter, state: state ?? 'finished' }, direction: 'asc', after, window };
}

async function newestSequence(db: Database): Promise<number> {
  const rows = await db.run(
    sql<{ readonly sequence: number }>`select sequence from events order by sequence desc limit 1`.compile(db.kysely),
  );
  return rows[0]?.sequence ?? 0;
}
