/** Faults of the receivers beside kills: SIGTERM under load, stop and continue, another version. */

import { between } from '../../test/harness/random.ts';
import { sleep } from '../../test/harness/wait.ts';
import { LEASE_MS } from '../receiver-env.ts';
import type { Replica } from '../replica.ts';
import type { Fault } from './fault.ts';
import { KILL_FAULTS } from './kills.ts';
import { withNextSendingReplica, withReplica } from './replica-lock.ts';

const DEAD_MS = [50, 800] as const;
const FROZEN_MS = [200, 1_500] as const;
/** How much longer than a claim a long stop lasts: another receiver looks for expired claims once a second. */
const BEYOND_CLAIM_MS = [1_200, 2_500] as const;
const HOLD_MS = 50;

const terminate: Fault = {
  name: 'terminate',
  group: 'service',
  async inject(testbed, random) {
    await withReplica(testbed, random, async (replica) => {
      await stopProperly(replica);
      await sleep(between(random, DEAD_MS), testbed.signal);
      await replica.start();
    });
    return 'survived';
  },
};

const freeze: Fault = {
  name: 'freeze',
  group: 'service',
  async inject(testbed, random) {
    await withReplica(testbed, random, async (replica) => {
      replica.freeze();
      await sleep(between(random, FROZEN_MS), testbed.signal);
      replica.thaw();
    });
    return 'survived';
  },
};

/**
 * The receiver's claims expire while it is stopped: another one sends again, and its own settlement is then rejected.
 */
const freezeBeyondClaim: Fault = {
  name: 'freeze-beyond-claim',
  group: 'service',
  // It takes as long as several kills.
  weight: 1 / 3,
  async inject(testbed, random) {
    await withNextSendingReplica(testbed, random, {
      syncPoint: 'before-response',
      holdMs: HOLD_MS,
      act: (replica) => replica.freeze(),
      async after(replica) {
        await sleep(LEASE_MS + between(random, BEYOND_CLAIM_MS), testbed.signal);
        replica.thaw();
      },
    });
    return 'survived';
  },
};

/** Switches versions as in a rolling update, and back at another time: meanwhile both versions work on one database. */
const otherVersion: Fault = {
  name: 'other-version',
  group: 'service',
  async inject(testbed, random) {
    await withReplica(testbed, random, async (replica) => {
      await stopProperly(replica);
      const version = testbed.versions.swap(replica.name);
      await replica.start();
      const started = replica.log.version();
      if (started !== version) throw new Error(`${replica.name} runs version ${started} instead of ${version}`);
    });
    return 'survived';
  },
};

async function stopProperly(replica: Replica): Promise<void> {
  const exitCode = await replica.stop();
  if (exitCode !== 0)
    throw new Error(`${replica.name} got SIGTERM: ${exitCode === null ? 'it did not stop' : `exit code ${exitCode}`}`);
}

export const SERVICE_FAULTS: readonly Fault[] = [...KILL_FAULTS, terminate, freeze, freezeBeyondClaim, otherVersion];
