/** Faults of the network between the receivers and Postgres. */

import { between } from '../../test/harness/random.ts';
import { sleep } from '../../test/harness/wait.ts';
import type { Fault } from './fault.ts';
import { hasCommitted } from './sync-points.ts';

const AWAY_MS = [200, 1_500] as const;
const SLOW_MS = [800, 2_000] as const;
const DELAY_MS = [50, 250] as const;
/** Up to more than the three seconds after which a receiver abandons a silent server. */
const SILENT_MS = [500, 4_000] as const;

const drop: Fault = {
  name: 'network-drop',
  group: 'database',
  async inject({ database, signal }, random) {
    database.proxy.cut(true);
    await sleep(between(random, AWAY_MS), signal);
    database.proxy.cut(false);
    return 'survived';
  },
};

const delay: Fault = {
  name: 'network-delay',
  group: 'database',
  async inject({ database, signal }, random) {
    database.proxy.delay(between(random, DELAY_MS));
    await sleep(between(random, SLOW_MS), signal);
    database.proxy.delay(0);
    return 'survived';
  },
};

const halfOpen: Fault = {
  name: 'network-half-open',
  group: 'database',
  async inject({ database, signal }, random) {
    database.proxy.halfOpen();
    await sleep(between(random, SILENT_MS), signal);
    return 'survived';
  },
};

/** The commit took effect but its response is lost, so the receiver cannot know the outcome. */
const cutInCommit: Fault = {
  name: 'network-cut-in-commit',
  group: 'database',
  async inject(testbed) {
    const { proxy } = testbed.database;
    const release = proxy.holdReplies();
    await hasCommitted(testbed);
    proxy.cut(false);
    release();
    return 'survived';
  },
};

export const NETWORK_FAULTS: readonly Fault[] = [drop, delay, halfOpen, cutInCommit];
