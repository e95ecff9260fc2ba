/** What is done to the network between the receivers and Postgres. */

import { sleep } from '../../test/harness/wait.ts';
import { within } from '../random.ts';
import type { Fault } from './fault.ts';
import { commitSeen } from './sync-points.ts';

const AWAY_MS = [200, 1_500] as const;
const SLOW_MS = [800, 2_000] as const;
const DELAY_MS = [50, 250] as const;
/** Beyond the three seconds after which a receiver gives up a silent server. */
const SILENT_MS = [500, 4_000] as const;

const drop: Fault = {
  name: 'network-drop',
  lane: 'database',
  async happen({ database, signal }, random) {
    database.proxy.cut(true);
    await sleep(within(random, AWAY_MS), signal);
    database.proxy.cut(false);
    return 'survived';
  },
};

const delay: Fault = {
  name: 'network-delay',
  lane: 'database',
  async happen({ database, signal }, random) {
    database.proxy.delay(within(random, DELAY_MS));
    await sleep(within(random, SLOW_MS), signal);
    database.proxy.delay(0);
    return 'survived';
  },
};

const halfOpen: Fault = {
  name: 'network-half-open',
  lane: 'database',
  async happen({ database, signal }, random) {
    database.proxy.halfOpen();
    await sleep(within(random, SILENT_MS), signal);
    return 'survived';
  },
};

/** The commit took effect, its answer is lost: the receiver cannot know. */
const cutInCommit: Fault = {
  name: 'network-cut-in-commit',
  lane: 'database',
  async happen(world) {
    const { proxy } = world.database;
    const passOn = proxy.holdReplies();
    await commitSeen(world);
    proxy.cut(false);
    passOn();
    return 'survived';
  },
};

export const NETWORK_FAULTS: readonly Fault[] = [drop, delay, halfOpen, cutInCommit];
