/**
 * Replay: an operator's wish to deliver again what is delivered or dead. A replayed delivery starts a fresh schedule, keeps
 * its attempts and the number they count from, and stands in an ordering group of its own, where it holds back no new event.
 *
 * Many are replayed in steps that each commit, so what was put back stays so whatever comes after it. A delivery that is
 * unfinished is never touched, so asking twice does no harm.
 */
import { sql } from 'kysely';
import { retryOnConflict } from '../db/batcher.ts';
import type { Database } from '../db/client.ts';
import { classifyDatabaseError } from '../db/errors.ts';
import { type EventFilter, lastLookedAt, matching, type Walk } from '../events/walk.ts';
import { errorCode } from '../lib/errors.ts';

/** `unfinished`: it is pending or delivering already. `undeliverable`: the event is never passed on. `absent`: no event. */
export type Replayed = 'replayed' | 'unfinished' | 'undeliverable' | 'absent';

/** Puts one finished delivery back; see the file's promise. Call the dispatcher after it. */
export async function replayDelivery(db: Database, eventId: string): Promise<Replayed> {
  const rows = await db.run(
    sql<{ readonly sequence: number; readonly isFinished: boolean; readonly isUnfinished: boolean }>`
      select e.sequence, (select true from deliveries d where d.sequence = e.sequence) is not null as "isFinished",
             (select true from outbox o where o.sequence = e.sequence) is not null as "isUnfinished"
      from events e where e.id = ${eventId}`.compile(db.kysely),
  );
  const row = rows[0];
  if (row === undefined) return 'absent';
  if (!row.isFinished) return row.isUnfinished ? 'unfinished' : 'undeliverable';
  // Somebody else may have put it back meanwhile.
  return (await putBack(db, [row.sequence])) === 1 ? 'replayed' : 'unfinished';
}

/** Which finished deliveries to replay; what is left out does not limit. */
export interface ReplayFilter extends Omit<EventFilter, 'state' | 'callback'> {
  /** Both finished states when left out. */
  readonly state?: 'delivered' | 'dead_letter';
}

export interface ReplayCount {
  readonly count: number;
  /** There are more than that. */
  readonly atLeast: boolean;
}

/** Counts are exact up to this, and say that there are more beyond it. */
export const MAX_COUNTED = 100_000;
/** A statement of it takes some tens of milliseconds. */
const COUNT_WINDOW = 20_000;
/** A rare kind among millions: what was counted until then is told. */
const MAX_COUNT_STEPS = 100;
const MAX_COUNT_MS = 2_000;

/** How many deliveries a replay with this filter would put back now. */
export async function countReplayable(
  db: Database,
  filter: ReplayFilter,
  clock: { elapsed(): number },
): Promise<ReplayCount> {
  const endsAtMs = clock.elapsed() + MAX_COUNT_MS;
  let after: number | undefined;
  let count = 0;
  for (let step = 0; step < MAX_COUNT_STEPS && clock.elapsed() < endsAtMs; step += 1) {
    const walk = walkOf(filter, after, COUNT_WINDOW);
    const rows = await db.run(
      sql<{ readonly count: number; readonly last: number | null }>`
        select (select count(*)::int from (${matching(walk)}) m) as count, (${lastLookedAt(walk)}) as last`.compile(
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

/** Small enough for a statement to stay far below its time-out, and for claims to go on beside it. */
const STEP_WINDOWS = [1_000, 100, 10, 1] as const;
/** Tries of a step that the database cannot do now, before the replay ends. */
const MAX_TRIES = 5;
const RETRY_MS = 500;

export interface ReplayOptions {
  /** Waits so many milliseconds. */
  sleep(ms: number): Promise<unknown>;
  /** Told after each step; deliveries are due. */
  onStep(): void;
}

export interface ReplayResult {
  /** Put back. */
  readonly count: number;
  /** Left as they are, because the database refused them. */
  readonly failed: number;
  /** Why the replay ended before it had looked at everything; null when it has. Asking again goes on. */
  readonly error: unknown;
}

/** Puts back every finished delivery that matches and was stored before this call, oldest first. Never rejects. */
export async function replayMatching(
  db: Database,
  filter: ReplayFilter,
  options: ReplayOptions,
): Promise<ReplayResult> {
  let count = 0;
  let failed = 0;
  try {
    const upTo = await retried(() => newestSequence(db), options);
    let after: number | undefined;
    for (;;) {
      const step = await replayStep(db, walkOf(filter, after, STEP_WINDOWS[0]), upTo, options);
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

interface ReplayStep extends Pick<ReplayResult, 'count' | 'failed'> {
  /** Where to go on; null at the end. */
  readonly last: number | null;
}

async function replayStep(db: Database, walk: Walk, upTo: number, options: ReplayOptions): Promise<ReplayStep> {
  const rows = await retried(() => {
    return db.run(
      sql<{ readonly found: readonly number[]; readonly last: number | null }>`
        select array(${matching(walk)})::float8[] as found, (${lastLookedAt(walk)}) as last`.compile(db.kysely),
    );
  }, options);
  const { found = [], last = null } = rows[0] ?? {};
  const { count, failed } = await putBackAll(
    db,
    found.filter((sequence) => sequence <= upTo),
    options,
  );
  return { count, failed, last };
}

/** In ever smaller pieces where one fails, so that a row which the database refuses costs only itself. */
async function putBackAll(
  db: Database,
  sequences: readonly number[],
  options: ReplayOptions,
): Promise<Pick<ReplayResult, 'count' | 'failed'>> {
  if (sequences.length === 0) return { count: 0, failed: 0 };
  try {
    return { count: await retried(() => putBack(db, sequences), options), failed: 0 };
  } catch (error) {
    if (isAway(error)) throw error;
    if (sequences.length === 1) return { count: 0, failed: 1 };
  }
  const size = STEP_WINDOWS.find((window) => window < sequences.length) ?? 1;
  let [count, failed] = [0, 0];
  for (let start = 0; start < sequences.length; start += size) {
    const piece = await putBackAll(db, sequences.slice(start, start + size), options);
    count += piece.count;
    failed += piece.failed;
  }
  return { count, failed };
}

/** Puts back those that are finished, in one commit; how many that were. */
async function putBack(db: Database, sequences: readonly number[]): Promise<number> {
  const rows = await retryOnConflict(() =>
    db.run(
      sql<{ readonly count: number }>`
        select cardinality(replay_deliveries_v1(${[...sequences]}::bigint[])) as count`.compile(db.kysely),
    ),
  );
  return rows[0]?.count ?? 0;
}

/** Does again what the database cannot do now; what it refuses, or has no time for, is thrown at once. */
async function retried<T>(work: () => Promise<T>, { sleep }: ReplayOptions): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt === MAX_TRIES || !isAway(error)) throw error;
    }
    await sleep(RETRY_MS * attempt);
  }
}

/** SQLSTATE of a statement that took too long: smaller pieces may pass. */
const QUERY_CANCELED = '57014';

function isAway(error: unknown): boolean {
  return classifyDatabaseError(error) === 'unavailable' && errorCode(error) !== QUERY_CANCELED;
}

function walkOf({ state = undefined, ...filter }: ReplayFilter, after: number | undefined, window: number): Walk {
  return { filter: { ...filter, state: state ?? 'finished' }, direction: 'asc', after, window };
}

async function newestSequence(db: Database): Promise<number> {
  const rows = await db.run(
    sql<{ readonly sequence: number }>`select sequence from events order by sequence desc limit 1`.compile(db.kysely),
  );
  return rows[0]?.sequence ?? 0;
}
