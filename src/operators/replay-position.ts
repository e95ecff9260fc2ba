/**
 * How far a replay is. The position moves in the same statement that puts deliveries back, and only from where it was
 * read. So however often it is moved, also at once, each delivery is put back at most once: one that was sent again meanwhile
 * lies behind the position, and is not looked at any more.
 */
import { sql } from 'kysely';
import type { Database } from '../db/client.ts';
import { replayOf } from '../deliveries/replay.ts';
import type { ReplayRequest } from '../deliveries/replay-request.ts';
import type { Replay } from './replay-store.ts';

/** One that is to go on. */
export interface RunningReplay {
  readonly id: string;
  /** The filter as it was stored. */
  readonly request: ReplayRequest;
  readonly upTo: number;
  /** Everything until this sequence was done. */
  readonly position: number;
}

/** More than are ever asked for at a time; the others go on when these have ended. */
const MAX_RUNNING = 100;

/** Those that are to go on, the oldest first. */
export async function findRunning(db: Database, signal?: AbortSignal): Promise<RunningReplay[]> {
  return db.run(
    sql<RunningReplay>`
      select id, filter as request, up_to as "upTo", position from replays where state = 'running'
      order by created_at limit ${sql.lit(MAX_RUNNING)}`.compile(db.kysely),
    signal,
  );
}

/** What is put back, and where the position moves with it. */
export interface Move {
  readonly id: string;
  readonly from: number;
  readonly to: number;
  /** Whether nothing is left behind it. */
  readonly isLast: boolean;
  readonly sequences: readonly number[];
  /** How many before `to` the database has refused. */
  readonly failed: number;
}

/** Puts deliveries back and moves the position; null and nothing is done when it has moved, or the replay has ended. */
export async function moveOn(db: Database, move: Move): Promise<Pick<Replay, 'replayed' | 'state'> | null> {
  const { id, from, to, isLast, sequences, failed } = move;
  const rows = await db.run(
    sql<Pick<Replay, 'replayed' | 'state'>>`
      with held as materialized (
        select id from replays where id = ${id} and state = 'running' and position = ${from} for update
      ), put_back as materialized (
        select ${replayOf(sequences)} as count from held
      )
      update replays r
      set position = ${to}, replayed = r.replayed + p.count, failed = r.failed + ${failed}::int,
          state = case when ${isLast}::bool then 'done' else r.state end,
          finished_at = case when ${isLast}::bool then now() end
      from put_back p where r.id = ${id}
      returning p.count as replayed, r.state`.compile(db.kysely),
  );
  return rows[0] ?? null;
}
