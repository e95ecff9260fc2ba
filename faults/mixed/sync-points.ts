/** Sync points of faults: an event was committed, or a receiver's request has reached the merchant. */

import { waitUntil } from '../../test/harness/wait.ts';
import type { Replica } from '../replica.ts';
import type { Testbed } from './testbed.ts';

const COMMIT_WITHIN_MS = 1_000;
const REQUEST_WITHIN_MS = 2_000;

/** Waits for a new commit; false when there is none in time, or when Postgres cannot be queried. */
export async function hasCommitted({ database, signal }: Testbed): Promise<boolean> {
  const count = async (): Promise<number> =>
    (await database.query<{ top: number }>('select coalesce(max(sequence), 0)::int as top from events'))[0]?.top ?? 0;
  try {
    const before = await count();
    return await waitUntil(async () => (await count()) > before, COMMIT_WITHIN_MS, signal);
  } catch {
    return false;
  }
}

/**
 * `before-response`: the merchant has read the request and not yet responded; `responded`: its 204 was just written.
 */
export type SyncPoint = 'before-response' | 'responded';

export interface OnSend {
  readonly syncPoint: SyncPoint;
  /** How long the merchant delays its response after `before-response`. */
  readonly holdMs: number;
  /** Called at most once, at the sync point. */
  act(replica: Replica): void;
}

/**
 * Calls `act` for the next receiver whose request reaches the merchant, unless a fault is in progress on it. Marks that
 * receiver busy; the caller releases it. Resolves with null, without having called `act`, when no request came in time.
 */
export async function hitNextSender(testbed: Testbed, onSend: OnSend): Promise<Replica | null> {
  const { replicas, busy, merchant, signal } = testbed;
  let chosen: Replica | null = null;
  let state: 'waiting' | 'acted' | 'over' = 'waiting';
  const act = (sender: Replica): void => {
    if (state !== 'waiting') return;
    state = 'acted';
    onSend.act(sender);
  };
  const stop = merchant.intercept((received, respond) => {
    const sender = replicas.find(({ name }) => name === received.replica);
    if (chosen !== null || sender === undefined || busy.has(sender)) return false;
    chosen = sender;
    busy.add(sender);
    if (onSend.syncPoint === 'responded') respond(204, () => act(sender));
    else {
      received.responseOutcome = 204;
      act(sender);
      setTimeout(() => respond(204), onSend.holdMs);
    }
    return true;
  });
  // A response that cannot be written, since its connection broke, does not count.
  const hasActed = await waitUntil(async () => state === 'acted', REQUEST_WITHIN_MS, signal);
  stop();
  if (hasActed) return chosen;
  state = 'over';
  if (chosen !== null) busy.delete(chosen);
  return null;
}
