/**
 * A database for requests of which any number may come: few of its statements run at once, the others wait in line. So
 * people who look at the status API leave connections for replays, alerts and retention, however many they are.
 */
import type { CompiledQuery } from 'kysely';
import { abortable } from '../lib/abortable.ts';
import { createTurns, type Turns } from '../lib/turns.ts';
import type { Database } from './client.ts';
import { markDatabaseError } from './errors.ts';

export interface LimitedDatabases {
  /** Gives a statement up that takes longer than the time. */
  readonly reading: Database;
  /** Leaves that to the database: what is cancelled there has surely not happened. */
  readonly writing: Database;
}

export interface DatabaseLimits {
  readonly atOnce: number;
  /** How long a statement may wait for its turn, and then take. */
  readonly timeoutMs: number;
}

/** Beyond all connections that a listener may have; more than that is a flood, and is not waited for. */
const MAX_WAITING = 1_000;

/** Creates both. They share their turns, and leave the database itself as it is. */
export function limitDatabase(db: Database, limits: DatabaseLimits): LimitedDatabases {
  const turns = createTurns({ atOnce: limits.atOnce, waiting: MAX_WAITING });
  return {
    reading: {
      ...db,
      run: (query, signal) => runReading({ db, turns, timeoutMs: limits.timeoutMs }, query, signal),
    },
    writing: {
      ...db,
      run: async (query, signal) => {
        const release = await takeTurn(turns, limits.timeoutMs);
        return db.run(query, signal).finally(release);
      },
    },
  };
}

interface Line {
  readonly db: Database;
  readonly turns: Turns;
  readonly timeoutMs: number;
}

async function runReading<Row>(line: Line, query: CompiledQuery<Row>, signal?: AbortSignal): Promise<Row[]> {
  const { db, turns, timeoutMs } = line;
  const release = await takeTurn(turns, timeoutMs);
  const late = new AbortController();
  const timer = setTimeout(() => {
    late.abort(markDatabaseError(new Error(`no answer within ${timeoutMs} ms`)));
  }, timeoutMs);
  const either = signal === undefined ? late.signal : AbortSignal.any([late.signal, signal]);
  // A statement that still waits for a connection of the pool keeps its turn.
  const work = db.run(query, either).finally(() => {
    clearTimeout(timer);
    release();
  });
  return abortable(work, either);
}

/** Throws an error like that of a database which is unavailable. */
async function takeTurn(turns: Turns, timeoutMs: number): Promise<() => void> {
  const turn = await turns.take(timeoutMs);
  if (turn.outcome === 'taken') return turn.release;
  throw markDatabaseError(new Error(`too many queries wait for others (${turn.outcome})`));
}
