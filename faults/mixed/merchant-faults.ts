/**
 * Faults of the merchant: a response of each class of the acknowledgement table, and incomplete or missing responses.
 */

import { between } from '../../test/harness/random.ts';
import { sleep, waitUntil } from '../../test/harness/wait.ts';
import type { Fault } from './fault.ts';
import type { Behaviour } from './faulty-merchant.ts';
import { LISTENER_FAULTS } from './merchant-listener-faults.ts';

const MISBEHAVING_MS = [300, 1_200] as const;
/** The share of requests that meet the fault; the others are answered 204. */
const SHARE = 0.7;

/** So that some are settled, although their receivers may be killed, and yet too few for a receiver to distrust them. */
const MIN_FINAL_REFUSALS = 3;
const HITS_LIMIT_MS = 10_000;

/**
 * Makes the merchant treat a share of the requests with `behaviour` for a while, and the first `minHits` requests in any
 * case: beside other faults few requests may arrive in that time.
 */
function misbehaving(name: string, behaviour: Behaviour, { share = SHARE, minHits = 1 } = {}): Fault {
  return {
    name,
    group: 'merchant',
    async inject({ merchant, signal }, random) {
      let hits = 0;
      merchant.setBehaviour(() => {
        if (random() >= share && hits >= minHits) return 204;
        hits += 1;
        return behaviour;
      });
      await sleep(between(random, MISBEHAVING_MS), signal);
      await waitUntil(async () => hits >= minHits, HITS_LIMIT_MS, signal);
      merchant.setBehaviour(() => 204);
      return 'survived';
    },
  };
}

const flapping: Fault = {
  name: 'merchant-flapping',
  group: 'merchant',
  async inject({ merchant, signal }, random) {
    for (let change = 0; change < 8; change += 1) {
      merchant.setBehaviour(() => (change % 2 === 0 ? 503 : 204));
      await sleep(between(random, [50, 250]), signal);
    }
    merchant.setBehaviour(() => 204);
    return 'survived';
  },
};

export const MERCHANT_FAULTS: readonly Fault[] = [
  misbehaving('merchant-409', 409),
  misbehaving('merchant-410', 410, { share: 0.2, minHits: MIN_FINAL_REFUSALS }),
  misbehaving('merchant-422', 422, { share: 0.2, minHits: MIN_FINAL_REFUSALS }),
  misbehaving('merchant-429', 429),
  misbehaving('merchant-500', 500, { share: 1 }),
  misbehaving('merchant-503', 503),
  misbehaving('merchant-301', 301),
  misbehaving('merchant-307', 307),
  misbehaving('merchant-401', 401),
  misbehaving('merchant-hang', 'hang'),
  misbehaving('merchant-hang-in-head', 'no_response_head'),
  misbehaving('merchant-reset', 'reset', { share: 1 }),
  misbehaving('merchant-trickle', 'trickle'),
  flapping,
  ...LISTENER_FAULTS,
];
