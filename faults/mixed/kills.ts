/**
 * Kills receivers with `kill -9`, as a power cut would: at any time, and at the sync points where an event could be
 * lost.
 */
import type { Random } from '../../src/lib/clock.ts';
import { between } from '../../test/harness/random.ts';
import { sleep } from '../../test/harness/wait.ts';
import type { Replica } from '../replica.ts';
import type { Fault } from './fault.ts';
import { withNextSendingReplica, withReplica, withReplicas } from './replica-lock.ts';
import { hasCommitted, type SyncPoint } from './sync-points.ts';
import type { Testbed } from './testbed.ts';

const DEAD_MS = [20, 400] as const;
const HOLD_MS = [20, 200] as const;
const SHARE_OF_ALL = 0.1;
/** Kills are the faults that could lose most. */
const WEIGHT = 3;

const kill: Fault = {
  name: 'kill',
  group: 'service',
  weight: WEIGHT,
  async inject(testbed, random) {
    const hitsAll = random() < SHARE_OF_ALL;
    const nth = random();
    const choose = (free: readonly Replica[]) =>
      hitsAll ? free : free.filter((_, index) => index === Math.floor(nth * free.length));
    await withReplicas(testbed, choose, async (replicas) => {
      await Promise.all(replicas.map((replica) => replica.kill()));
      count(testbed, { times: replicas.length, isAtSyncPoint: false });
      await restartLater(testbed, random, replicas);
    });
    return 'survived';
  },
};

/**
 * A connection that bypasses the proxy shows whether the event is committed, while the proxy withholds the response.
 */
const killAfterCommit: Fault = {
  name: 'kill-after-commit',
  group: 'service',
  weight: WEIGHT,
  async inject(testbed, random) {
    await withReplica(testbed, random, async (replica) => {
      const release = testbed.database.proxy.holdReplies();
      try {
        const isAtSyncPoint = await hasCommitted(testbed);
        const gone = replica.kill();
        count(testbed, { times: 1, isAtSyncPoint });
        await gone;
      } finally {
        release();
      }
      await restartLater(testbed, random, [replica]);
    });
    return 'survived';
  },
};

function killAtMerchant(name: string, syncPoint: SyncPoint): Fault {
  return {
    name,
    group: 'service',
    weight: WEIGHT,
    async inject(testbed, random) {
      await withNextSendingReplica(testbed, random, {
        syncPoint,
        holdMs: between(random, HOLD_MS),
        act: (replica) => void replica.kill(),
        async after(replica, isAtSyncPoint) {
          count(testbed, { times: 1, isAtSyncPoint });
          // The signal was sent already; this waits for the exit.
          await replica.kill();
          await restartLater(testbed, random, [replica]);
        },
      });
      return 'survived';
    },
  };
}

function count(
  { kills }: Testbed,
  { times, isAtSyncPoint }: { readonly times: number; readonly isAtSyncPoint: boolean },
): void {
  kills.total += times;
  if (isAtSyncPoint) kills.atSyncPoint += times;
}

async function restartLater(testbed: Testbed, random: Random, replicas: readonly Replica[]): Promise<void> {
  await sleep(between(random, DEAD_MS), testbed.signal);
  await Promise.all(replicas.map((replica) => replica.start()));
}

export const KILL_FAULTS: readonly Fault[] = [
  kill,
  killAfterCommit,
  killAtMerchant('kill-before-answer', 'before-response'),
  killAtMerchant('kill-before-settling', 'responded'),
];
