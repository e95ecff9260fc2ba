/**
 * Does one step of a replay: finds the next deliveries that match and puts them back. Each step commits by itself, with
 * the position, so a later failure undoes nothing, and the replay goes on wherever it was left.
 */
import { sql } from 'kysely';
import { retryOnConflict } from '../db/batcher.ts';
import type { Database } from '../db/client.ts';
import { classifyDatabaseError } from '../db/errors.ts';
import { type ReplayFilter, scanFor } from '../deliveries/replay.ts';
import { parseReplayRequest, type ReplayRequest, requestOf } from '../deliveries/replay-request.ts';
import { lastScanned, matchingSequences } from '../events/scan.ts';
import { errorCode } from '../lib/errors.ts';
import { type Move, moveOn, type RunningReplay } from './replay-position.ts';

/** Small enough for a statement to stay far below its timeout, and for claims to continue beside it. */
const STEP_WINDOWS = [1_000, 100, 10, 1] as const;

/** Called when so many deliveries are due again. */
export type OnReplayed = (count: number) => void;

/**
 * Does the next step. Resolves as well when another process has done it, or the replay has ended meanwhile. Rejects when
 * the database cannot do it now; repeat it then.
 */
export async function replayStep(db: Database, replay: RunningReplay, onReplayed: OnReplayed): Promise<void> {
  const { id, request, upTo, position } = replay;
  const scan = scanFor(filterOf(request), { after: position, upTo }, STEP_WINDOWS[0]);
  // One that was unfinished when the replay was asked for, or has been sent again since, is no part of it.
  const rows = await db.run(
    sql<{ readonly found: readonly number[]; readonly last: number | null }>`
      select array(
        select m.sequence from (${matchingSequences(scan)}) m
        where (select v.finished_at from deliveries v where v.sequence = m.sequence)
              <= (select created_at from replays where id = ${id})
        order by m.sequence
      )::float8[] as found, (${lastScanned(scan)}) as last`.compile(db.kysely),
  );
  const { found = [], last = null } = rows[0] ?? {};
  const isLast = last === null || last >= upTo;
  const to = isLast ? upTo : last;
  await moveInPieces(db, { id, from: position, to, isLast, sequences: found, failed: 0 }, onReplayed);
}

/** Reads a stored filter. One of a later version must not be read as a wider one. */
function filterOf(request: ReplayRequest): ReplayFilter {
  const read = parseReplayRequest(request);
  if (read.outcome === 'read' && JSON.stringify(requestOf(read.filter)) === JSON.stringify(request)) return read.filter;
  throw new Error('this version does not understand the filter of the replay');
}

/**
 * Moves in ever smaller pieces where one fails, so that a row which the database refuses costs only itself. False: the
 * replay is no longer where it was.
 */
async function moveInPieces(db: Database, move: Move, onReplayed: OnReplayed): Promise<boolean> {
  try {
    return await commit(db, move, onReplayed);
  } catch (error) {
    if (isUnavailable(error) || move.sequences.length === 0) throw error;
  }
  if (move.sequences.length === 1) return commit(db, { ...move, sequences: [], failed: 1 }, onReplayed);
  for (const piece of piecesOf(move)) {
    if (!(await moveInPieces(db, piece, onReplayed))) return false;
  }
  return true;
}

/** Splits a move; each piece ends at its last delivery, and the last one where the whole ends. */
function piecesOf(move: Move): Move[] {
  const { sequences, to, isLast } = move;
  const size = STEP_WINDOWS.find((window) => window < sequences.length) ?? 1;
  const pieces: Move[] = [];
  let { from } = move;
  for (let start = 0; start < sequences.length; start += size) {
    const piece = sequences.slice(start, start + size);
    const isEnd = start + size >= sequences.length;
    const end = isEnd ? to : (piece.at(-1) ?? to);
    pieces.push({ ...move, from, to: end, isLast: isEnd && isLast, sequences: piece });
    from = end;
  }
  return pieces;
}

async function commit(db: Database, move: Move, onReplayed: OnReplayed): Promise<boolean> {
  const moved = await retryOnConflict(() => moveOn(db, move));
  if (moved !== null && moved.replayed > 0) onReplayed(moved.replayed);
  return moved !== null;
}

/** SQLSTATE of a statement timeout: smaller pieces may pass. */
const QUERY_CANCELED = '57014';

function isUnavailable(error: unknown): boolean {
  return classifyDatabaseError(error) === 'unavailable' && errorCode(error) !== QUERY_CANCELED;
}
