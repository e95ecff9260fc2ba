/**
 * Takes the request for a replay of many: counts what matches, refuses more than was expected, and creates the task.
 * The same request under the same key creates nothing more, also when both come at the same moment.
 */
import { hash, randomUUID } from 'node:crypto';
import type { Database } from '../db/client.ts';
import { countReplayable, newestSequence, type ReplayCount, type ReplayFilter } from '../deliveries/replay.ts';
import { requestOf } from '../deliveries/replay-request.ts';
import { withStoredId } from '../events/payment-lookup.ts';
import type { Clock } from '../lib/clock.ts';
import { createReplay, findByKey } from './replay-store.ts';

export interface AskedReplay {
  readonly filter: ReplayFilter;
  /** Refuse when more match, or when it cannot be seen that no more do; null: however many they are. */
  readonly expected: number | null;
  /** Null: each request is one of its own. */
  readonly key: string | null;
  readonly operator: string;
}

export type StartedReplay =
  | ({ readonly outcome: 'started'; readonly id: string } & ReplayCount)
  | ({ readonly outcome: 'more_than_expected' } & ReplayCount)
  /** The key came with another request. */
  | { readonly outcome: 'key_reused' };

/** Starts it; nothing is replayed on return. Wake what does replays afterwards. */
export async function startReplay(
  db: Database,
  { filter: asked, expected, key, operator }: AskedReplay,
  clock: Pick<Clock, 'elapsed'>,
): Promise<StartedReplay> {
  const identity = { key, hash: hash('sha256', JSON.stringify([requestOf(asked), expected])) };
  const earlier = key === null ? null : await findEarlier(db, key, identity.hash);
  if (earlier !== null) return earlier;

  // First, so that what is stored during the count is neither counted nor replayed.
  const upTo = await newestSequence(db);
  const filter = await withStoredId(db, asked);
  const counted = await countReplayable(db, filter, { upTo, clock });
  if (expected !== null && (counted.count > expected || counted.atLeast)) {
    return { outcome: 'more_than_expected', ...counted };
  }
  const id = randomUUID();
  if (await createReplay(db, { ...counted, ...identity, id, filter, upTo, operator })) {
    return { outcome: 'started', id, ...counted };
  }
  // The same key came meanwhile.
  return (await findEarlier(db, key ?? '', identity.hash)) ?? { outcome: 'key_reused' };
}

async function findEarlier(db: Database, key: string, requestHash: string): Promise<StartedReplay | null> {
  const found = await findByKey(db, key);
  if (found === null) return null;
  if (found.hash !== requestHash) return { outcome: 'key_reused' };
  const { id, count, atLeast } = found;
  return { outcome: 'started', id, count, atLeast };
}

/** Counts what a replay would replay now; nothing is kept. */
export async function countReplay(
  db: Database,
  filter: ReplayFilter,
  clock: Pick<Clock, 'elapsed'>,
): Promise<ReplayCount> {
  const upTo = await newestSequence(db);
  return countReplayable(db, await withStoredId(db, filter), { upTo, clock });
}
