/** Who is hit: two faults of the service go on at the same time, and never on the same receiver. */
import type { Random } from '../../src/lib/clock.ts';
import { waitUntil } from '../../test/harness/wait.ts';
import { oneOf } from '../random.ts';
import type { Replica } from '../replica.ts';
import { type Strike, strikeNextSender } from './sync-points.ts';
import type { World } from './testbed.ts';

const FREE_WITHIN_MS = 60_000;

/** Does it to one receiver that nobody else hits meanwhile, chosen by chance. */
export async function withVictim<T>(world: World, random: Random, act: (replica: Replica) => Promise<T>): Promise<T> {
  return withVictims(
    world,
    (free) => [oneOf(random, free)].filter((one) => one !== undefined),
    async ([victim]) => {
      if (victim === undefined) throw new Error('no receiver is free');
      return act(victim);
    },
  );
}

/** Does it to those that `choose` picks among the free ones; there is at least one. */
export async function withVictims<T>(
  { busy, replicas, signal }: World,
  choose: (free: readonly Replica[]) => readonly Replica[],
  act: (victims: readonly Replica[]) => Promise<T>,
): Promise<T> {
  const free = (): readonly Replica[] => replicas.filter((replica) => !busy.has(replica));
  await waitUntil(async () => free().length > 0, FREE_WITHIN_MS, signal);
  const victims = choose(free());
  for (const victim of victims) busy.add(victim);
  try {
    return await act(victims);
  } finally {
    for (const victim of victims) busy.delete(victim);
  }
}

/** Strikes the next receiver that sends to the merchant, in that moment; any other one when none sends. */
export async function withNextSender(
  world: World,
  random: Random,
  { after, ...strike }: Strike & { after(victim: Replica, isMet: boolean): Promise<void> },
): Promise<void> {
  const sender = await strikeNextSender(world, strike);
  if (sender === null) {
    return withVictim(world, random, (victim) => {
      strike.act(victim);
      return after(victim, false);
    });
  }
  await after(sender, true).finally(() => world.busy.delete(sender));
}
