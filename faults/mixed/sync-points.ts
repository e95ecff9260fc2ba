/** Moments at which something can be struck: an event is committed, a request of a receiver has reached the merchant. */

import { waitUntil } from '../../test/harness/wait.ts';
import type { Replica } from '../replica.ts';
import type { World } from './testbed.ts';

const COMMIT_WITHIN_MS = 1_000;
const ARRIVAL_WITHIN_MS = 2_000;

/** True when an event was committed since; false when none was, or Postgres cannot be asked at the moment. */
export async function commitSeen({ database, signal }: World): Promise<boolean> {
  const count = async (): Promise<number> =>
    (await database.query<{ top: number }>('select coalesce(max(sequence), 0)::int as top from events'))[0]?.top ?? 0;
  try {
    const before = await count();
    return await waitUntil(async () => (await count()) > before, COMMIT_WITHIN_MS, signal);
  } catch {
    return false;
  }
}

/** `before-answer`: the merchant has read the request and not answered it; `answered`: its 204 was just written. */
export type Moment = 'before-answer' | 'answered';

export interface Strike {
  readonly moment: Moment;
  /** How long the merchant holds an answer back that is due after the strike. */
  readonly holdMs: number;
  /** Called at most once, in the very moment. */
  act(victim: Replica): void;
}

/**
 * Strikes the receiver whose request reaches the merchant next and that nobody hits at the moment; it is busy from then on,
 * until the caller says otherwise. Null when none came; then it did not act.
 */
export async function strikeNextSender(world: World, strike: Strike): Promise<Replica | null> {
  const { replicas, busy, merchant, signal } = world;
  let victim: Replica | null = null;
  let state: 'waiting' | 'struck' | 'over' = 'waiting';
  const act = (struck: Replica): void => {
    if (state !== 'waiting') return;
    state = 'struck';
    strike.act(struck);
  };
  const stop = merchant.interfere((arrival, answer) => {
    const sender = replicas.find(({ name }) => name === arrival.replica);
    if (victim !== null || sender === undefined || busy.has(sender)) return false;
    victim = sender;
    busy.add(sender);
    if (strike.moment === 'answered') answer(204, () => act(sender));
    else {
      arrival.fate = 204;
      act(sender);
      setTimeout(() => answer(204), strike.holdMs);
    }
    return true;
  });
  // An answer that is never written, since its connection broke, is no moment.
  const isStruck = await waitUntil(async () => state === 'struck', ARRIVAL_WITHIN_MS, signal);
  stop();
  if (isStruck) return victim;
  state = 'over';
  if (victim !== null) busy.delete(victim);
  return null;
}
