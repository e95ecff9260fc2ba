/** What is done to the receivers beside killing them: asked to stop under load, stopped and continued, replaced. */

import { sleep } from '../../test/harness/wait.ts';
import { within } from '../random.ts';
import { LEASE_MS } from '../receiver-env.ts';
import type { Replica } from '../replica.ts';
import type { Fault } from './fault.ts';
import { KILLS } from './kills.ts';
import { withNextSender, withVictim } from './replica-lock.ts';

const DEAD_MS = [50, 800] as const;
const FROZEN_MS = [200, 1_500] as const;
/** What a long stop has beyond the claim: another receiver looks for expired claims once a second. */
const BEYOND_CLAIM_MS = [1_200, 2_500] as const;
const HOLD_MS = 50;

const terminate: Fault = {
  name: 'terminate',
  lane: 'service',
  async happen(world, random) {
    await withVictim(world, random, async (victim) => {
      await stopProperly(victim);
      await sleep(within(random, DEAD_MS), world.signal);
      await victim.start();
    });
    return 'survived';
  },
};

const freeze: Fault = {
  name: 'freeze',
  lane: 'service',
  async happen(world, random) {
    await withVictim(world, random, async (victim) => {
      victim.freeze();
      await sleep(within(random, FROZEN_MS), world.signal);
      victim.thaw();
    });
    return 'survived';
  },
};

/** Its claims expire while it cannot know it: another receiver sends again, and it meets the fence when it wakes up. */
const freezeBeyondClaim: Fault = {
  name: 'freeze-beyond-claim',
  lane: 'service',
  // It takes as long as several kills.
  timesARound: 1 / 3,
  async happen(world, random) {
    await withNextSender(world, random, {
      moment: 'before-answer',
      holdMs: HOLD_MS,
      act: (victim) => victim.freeze(),
      async after(victim) {
        await sleep(LEASE_MS + within(random, BEYOND_CLAIM_MS), world.signal);
        victim.thaw();
      },
    });
    return 'survived';
  },
};

/** As in a rolling update, and back again at another time: both versions are at work on one database meanwhile. */
const otherVersion: Fault = {
  name: 'other-version',
  lane: 'service',
  async happen(world, random) {
    await withVictim(world, random, async (victim) => {
      await stopProperly(victim);
      const version = world.versions.swap(victim.name);
      await victim.start();
      const started = victim.log.version();
      if (started !== version) throw new Error(`${victim.name} runs version ${started} instead of ${version}`);
    });
    return 'survived';
  },
};

async function stopProperly(victim: Replica): Promise<void> {
  const exitCode = await victim.stop();
  if (exitCode !== 0) throw new Error(`${victim.name} was asked to stop: exit code ${exitCode ?? 'none, it did not'}`);
}

export const SERVICE_FAULTS: readonly Fault[] = [...KILLS, terminate, freeze, freezeBeyondClaim, otherVersion];
