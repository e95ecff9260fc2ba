/** What is done to the receivers: killed at any moment and at chosen ones, asked to stop under load, stopped and continued. */
import { oneOf, within } from '../random.ts';
import type { Replica } from '../replica.ts';
import { pause, waitFor } from '../waiting.ts';
import type { Fault } from './fault.ts';
import type { World } from './world.ts';

const DEAD_MS = [50, 800] as const;
const FROZEN_MS = [200, 1_500] as const;
const HOLD_MS = [20, 200] as const;
const MOMENT_WITHIN_MS = 4_000;

async function killAndStart(world: World, replica: Replica, deadMs: number): Promise<void> {
  await replica.kill();
  world.kills.total += 1;
  await pause(deadMs, world.signal);
  await replica.start();
}

const kill: Fault = {
  name: 'kill',
  lane: 'service',
  async happen(world, random) {
    const victims = random() < 0.15 ? world.replicas : [oneOf(random, world.replicas)];
    const deadMs = within(random, DEAD_MS);
    await Promise.all(victims.map((one) => one && killAndStart(world, one, deadMs)));
    return 'survived';
  },
};

const terminate: Fault = {
  name: 'terminate',
  lane: 'service',
  async happen({ replicas, signal }, random) {
    const replica = oneOf(random, replicas);
    const deadMs = within(random, DEAD_MS);
    const exitCode = await replica?.stop();
    if (exitCode !== 0) throw new Error(`${replica?.name} was asked to stop: exit code ${exitCode}`);
    await pause(deadMs, signal);
    await replica?.start();
    return 'survived';
  },
};

const freeze: Fault = {
  name: 'freeze',
  lane: 'service',
  async happen({ replicas, signal }, random) {
    const replica = oneOf(random, replicas);
    replica?.freeze();
    await pause(within(random, FROZEN_MS), signal);
    replica?.thaw();
    return 'survived';
  },
};

/** Whether the event is there shows on a connection past the proxy, while its answer waits in the proxy. */
const killAfterCommit: Fault = {
  name: 'kill-after-commit',
  lane: 'service',
  async happen(world, random) {
    const { database, signal } = world;
    const replica = oneOf(random, world.replicas);
    const deadMs = within(random, DEAD_MS);
    database.proxy.holdReplies(true);
    try {
      const isMet = await commitSeen(world);
      const gone = replica?.kill();
      if (isMet) world.kills.chosen += 1;
      world.kills.total += 1;
      await gone;
    } finally {
      database.proxy.holdReplies(false);
    }
    await pause(deadMs, signal);
    await replica?.start();
    return 'survived';
  },
};

/** The merchant has the request and has not answered it: `held`; or has just written its answer. */
function killAtMerchant(name: string, isAnswered: boolean): Fault {
  return {
    name,
    lane: 'service',
    async happen(world, random) {
      const replica = oneOf(random, world.replicas);
      const [deadMs, holdMs] = [within(random, DEAD_MS), within(random, HOLD_MS)];
      if (replica === undefined) return { skipped: 'nobody is there' };
      let gone: Promise<void> | null = null;
      const strike = () => {
        gone ??= replica.kill();
      };
      const stop = world.merchant.interfere((arrival, answer) => {
        if (gone !== null || arrival.replica !== replica.name) return false;
        if (isAnswered) answer(204, strike);
        else {
          arrival.fate = 204;
          strike();
          setTimeout(() => answer(204), holdMs);
        }
        return true;
      });
      const isMet = await waitFor(async () => gone !== null, MOMENT_WITHIN_MS, world.signal);
      stop();
      if (isMet) world.kills.chosen += 1;
      world.kills.total += 1;
      await (gone ?? replica.kill());
      await pause(deadMs, world.signal);
      await replica.start();
      return 'survived';
    },
  };
}

/** True when an event was committed since; false when none was, or Postgres cannot be asked at the moment. */
export async function commitSeen({ database, signal }: World): Promise<boolean> {
  const count = async (): Promise<number> =>
    (await database.query<{ top: number }>('select coalesce(max(sequence), 0)::int as top from events'))[0]?.top ?? 0;
  try {
    const before = await count();
    return await waitFor(async () => (await count()) > before, MOMENT_WITHIN_MS / 4, signal);
  } catch {
    return false;
  }
}

export const SERVICE_FAULTS: readonly Fault[] = [
  kill,
  killAfterCommit,
  killAtMerchant('kill-before-answer', false),
  killAtMerchant('kill-before-settling', true),
  terminate,
  freeze,
];
