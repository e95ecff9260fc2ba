/** What the merchant does instead of answering 204: each class of the acknowledgement table, and no whole answer at all. */

import { sleep } from '../../test/harness/wait.ts';
import { within } from '../random.ts';
import type { Fault } from './fault.ts';
import type { Mood } from './faulty-merchant.ts';
import { DOOR_FAULTS } from './merchant-listener-faults.ts';

const MOOD_MS = [300, 1_200] as const;
/** Of the requests meanwhile; the others are answered 204. */
const SHARE = 0.7;

/** `share` of the requests meet `mood` for a while. */
function badMood(name: string, mood: Mood, share = SHARE): Fault {
  return {
    name,
    lane: 'merchant',
    async happen({ merchant, signal }, random) {
      merchant.feel(() => (random() < share ? mood : 204));
      await sleep(within(random, MOOD_MS), signal);
      merchant.feel(() => 204);
      return 'survived';
    },
  };
}

const flapping: Fault = {
  name: 'merchant-flapping',
  lane: 'merchant',
  async happen({ merchant, signal }, random) {
    for (let turn = 0; turn < 8; turn += 1) {
      merchant.feel(() => (turn % 2 === 0 ? 503 : 204));
      await sleep(within(random, [50, 250]), signal);
    }
    merchant.feel(() => 204);
    return 'survived';
  },
};

export const MERCHANT_FAULTS: readonly Fault[] = [
  badMood('merchant-409', 409),
  badMood('merchant-410', 410, 0.2),
  badMood('merchant-422', 422, 0.2),
  badMood('merchant-429', 429),
  badMood('merchant-500', 500, 1),
  badMood('merchant-503', 503),
  badMood('merchant-301', 301),
  badMood('merchant-307', 307),
  badMood('merchant-401', 401),
  badMood('merchant-hang', 'hang'),
  badMood('merchant-hang-in-head', 'headless'),
  badMood('merchant-reset', 'reset', 1),
  badMood('merchant-trickle', 'trickle'),
  flapping,
  ...DOOR_FAULTS,
];
