/** Locks receivers for faults: two faults of the service run at the same time, but never on the same receiver. */
import type { Random } from '../../src/lib/clock.ts';
import { pick } from '../../test/harness/random.ts';
import { waitUntil } from '../../test/harness/wait.ts';
import type { Replica } from '../replica.ts';
import { hitNextSender, type OnSend } from './sync-points.ts';
import type { Testbed } from './testbed.ts';

const FREE_WITHIN_MS = 60_000;

/** Runs `act` with one random receiver, locked for the duration. */
export async function withReplica<T>(
  testbed: Testbed,
  random: Random,
  act: (replica: Replica) => Promise<T>,
): Promise<T> {
  return withReplicas(
    testbed,
    (free) => [pick(random, free)].filter((one) => one !== undefined),
    async ([replica]) => {
      if (replica === undefined) throw new Error('no receiver is free');
      return act(replica);
    },
  );
}

/** Runs `act` with the receivers that `choose` picks among the unlocked ones, of which there is at least one. */
export async function withReplicas<T>(
  { busy, replicas, signal }: Testbed,
  choose: (free: readonly Replica[]) => readonly Replica[],
  act: (chosen: readonly Replica[]) => Promise<T>,
): Promise<T> {
  const free = (): readonly Replica[] => replicas.filter((replica) => !busy.has(replica));
  await waitUntil(async () => free().length > 0, FREE_WITHIN_MS, signal);
  const chosen = choose(free());
  for (const replica of chosen) busy.add(replica);
  try {
    return await act(chosen);
  } finally {
    for (const replica of chosen) busy.delete(replica);
  }
}

/** Hits the next receiver that sends to the merchant, at the sync point; a random one when none sends. */
export async function withNextSendingReplica(
  testbed: Testbed,
  random: Random,
  { after, ...onSend }: OnSend & { after(replica: Replica, isAtSyncPoint: boolean): Promise<void> },
): Promise<void> {
  const sender = await hitNextSender(testbed, onSend);
  if (sender === null) {
    return withReplica(testbed, random, (replica) => {
      onSend.act(replica);
      return after(replica, false);
    });
  }
  await after(sender, true).finally(() => testbed.busy.delete(sender));
}
