/** Faults before the merchant has read a request: it does not listen, does not accept, or does not read. */

import { between } from '../../test/harness/random.ts';
import { sleep, waitUntil } from '../../test/harness/wait.ts';
import type { Fault } from './fault.ts';
import type { ListenerState } from './merchant-listener.ts';
import type { Testbed } from './testbed.ts';

/** Longer than WEBHOOK_TIMEOUT_MS, so that attempts time out. */
const BLOCKED_MS = [1_200, 2_200] as const;
/** Consecutive failed probes of one receiver; fewer could be the end of a burst. */
const FAILED_PROBES = 2;
const PROBED_WITHIN_MS = 45_000;

function blocked(name: string, state: ListenerState): Fault {
  return {
    name,
    group: 'merchant',
    async inject(testbed, random) {
      await whileIn(testbed, state, () => sleep(between(random, BLOCKED_MS), testbed.signal));
      return 'survived';
    },
  };
}

/** Lasts until a receiver considers the webhook down and its probes have failed: a longer outage is no different. */
const dead: Fault = {
  name: 'merchant-dead',
  group: 'merchant',
  async inject(testbed) {
    const isProbed = async () => testbed.replicas.some(({ log }) => log.failedProbes() >= FAILED_PROBES);
    const wasProbed = await whileIn(testbed, 'closed', () => waitUntil(isProbed, PROBED_WITHIN_MS, testbed.signal));
    if (!wasProbed) throw new Error(`no receiver probed ${FAILED_PROBES} times within ${PROBED_WITHIN_MS / 1_000} s`);
    return 'survived';
  },
};

async function whileIn<T>({ merchant }: Testbed, state: ListenerState, act: () => Promise<T>): Promise<T> {
  await merchant.listener.setState(state);
  try {
    return await act();
  } finally {
    await merchant.listener.setState('open');
  }
}

export const LISTENER_FAULTS: readonly Fault[] = [
  blocked('merchant-hang-before-accept', 'not_accepting'),
  blocked('merchant-hang-before-read', 'not_reading'),
  dead,
];
