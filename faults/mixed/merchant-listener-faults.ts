/** What goes wrong before the merchant has read a request: nobody listens, nobody accepts, nobody reads. */

import { sleep, waitUntil } from '../../test/harness/wait.ts';
import { within } from '../random.ts';
import type { Fault } from './fault.ts';
import type { DoorState } from './merchant-listener.ts';
import type { World } from './testbed.ts';

/** Longer than WEBHOOK_TIMEOUT_MS, so that attempts run into it. */
const SHUT_MS = [1_200, 2_200] as const;
/** Of one receiver in a row, so that it is the outage and not the end of a burst. */
const FAILED_PROBES = 2;
const PROBED_WITHIN_MS = 45_000;

function shut(name: string, state: DoorState): Fault {
  return {
    name,
    lane: 'merchant',
    async happen(world, random) {
      await shutFor(world, state, () => sleep(within(random, SHUT_MS), world.signal));
      return 'survived';
    },
  };
}

/** Until a receiver counts the webhook as down, and has probed it in vain: from then on hours are no different. */
const dead: Fault = {
  name: 'merchant-dead',
  lane: 'merchant',
  async happen(world) {
    const isProbed = async () => world.replicas.some(({ log }) => log.failedProbes() >= FAILED_PROBES);
    const wasProbed = await shutFor(world, 'closed', () => waitUntil(isProbed, PROBED_WITHIN_MS, world.signal));
    if (!wasProbed)
      throw new Error(`no receiver has probed ${FAILED_PROBES} times within ${PROBED_WITHIN_MS / 1_000} s`);
    return 'survived';
  },
};

async function shutFor<T>({ merchant }: World, state: DoorState, meanwhile: () => Promise<T>): Promise<T> {
  await merchant.door.be(state);
  try {
    return await meanwhile();
  } finally {
    await merchant.door.be('open');
  }
}

export const DOOR_FAULTS: readonly Fault[] = [
  shut('merchant-hang-before-accept', 'unaccepted'),
  shut('merchant-hang-before-read', 'unread'),
  dead,
];
