/** `kill -9` of receivers, as by a power cut: at any moment, and at the chosen ones where something may be lost. */
import type { Random } from '../../src/lib/clock.ts';
import { sleep } from '../../test/harness/wait.ts';
import { within } from '../random.ts';
import type { Replica } from '../replica.ts';
import type { Fault } from './fault.ts';
import { withNextSender, withVictim, withVictims } from './replica-lock.ts';
import { commitSeen, type Moment } from './sync-points.ts';
import type { World } from './testbed.ts';

const DEAD_MS = [20, 400] as const;
const HOLD_MS = [20, 200] as const;
const SHARE_OF_ALL = 0.1;
/** Kills are what most could be lost by. */
const TIMES_A_ROUND = 3;

const kill: Fault = {
  name: 'kill',
  lane: 'service',
  timesARound: TIMES_A_ROUND,
  async happen(world, random) {
    const isForAll = random() < SHARE_OF_ALL;
    const nth = random();
    const choose = (free: readonly Replica[]) =>
      isForAll ? free : free.filter((_, index) => index === Math.floor(nth * free.length));
    await withVictims(world, choose, async (victims) => {
      await Promise.all(victims.map((victim) => victim.kill()));
      count(world, { times: victims.length, isChosen: false });
      await startLater(world, random, victims);
    });
    return 'survived';
  },
};

/** Whether the event is there shows on a connection past the proxy, while its answer waits in the proxy. */
const killAfterCommit: Fault = {
  name: 'kill-after-commit',
  lane: 'service',
  timesARound: TIMES_A_ROUND,
  async happen(world, random) {
    await withVictim(world, random, async (victim) => {
      const passOn = world.database.proxy.holdReplies();
      try {
        const isMet = await commitSeen(world);
        const gone = victim.kill();
        count(world, { times: 1, isChosen: isMet });
        await gone;
      } finally {
        passOn();
      }
      await startLater(world, random, [victim]);
    });
    return 'survived';
  },
};

function killAtMerchant(name: string, moment: Moment): Fault {
  return {
    name,
    lane: 'service',
    timesARound: TIMES_A_ROUND,
    async happen(world, random) {
      await withNextSender(world, random, {
        moment,
        holdMs: within(random, HOLD_MS),
        act: (victim) => void victim.kill(),
        async after(victim, isMet) {
          count(world, { times: 1, isChosen: isMet });
          // It was sent already; this waits for the end.
          await victim.kill();
          await startLater(world, random, [victim]);
        },
      });
      return 'survived';
    },
  };
}

function count({ kills }: World, { times, isChosen }: { readonly times: number; readonly isChosen: boolean }): void {
  kills.total += times;
  if (isChosen) kills.chosen += times;
}

async function startLater(world: World, random: Random, victims: readonly Replica[]): Promise<void> {
  await sleep(within(random, DEAD_MS), world.signal);
  await Promise.all(victims.map((victim) => victim.start()));
}

export const KILLS: readonly Fault[] = [
  kill,
  killAfterCommit,
  killAtMerchant('kill-before-answer', 'before-answer'),
  killAtMerchant('kill-before-settling', 'answered'),
];
