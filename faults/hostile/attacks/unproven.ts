/**
 * A request head that is rejected whatever comes behind it: a callback of eCom with a wrong digest, or one of the
 * Merchant API that nothing proves, with headers that may fail an earlier guard.
 */
import type { Random } from '../../../src/lib/clock.ts';
import { type Endpoint, randomGuardHeaders } from '../endpoint.ts';
import { mapiGuardHeaders, unprovenTarget } from '../mapi-endpoint.ts';
import { hex } from './generators.ts';

export interface Unproven {
  readonly target: string;
  readonly headers: string;
  /** Null: any that a callback may have. */
  readonly method: 'POST' | null;
  readonly outcome: string;
}

const SHARE_OF_MAPI = 0.3;

/** Draws one; `values` are the parameters of eCom. */
export function drawUnproven(random: Random, endpoint: Endpoint, values: string): Unproven {
  if (random() < SHARE_OF_MAPI) {
    const { headers, refusal } = mapiGuardHeaders(random, endpoint);
    return { target: unprovenTarget(random, endpoint), headers, method: 'POST', outcome: refusal ?? 'callback 401' };
  }
  const { headers, refusal } = randomGuardHeaders(random, endpoint, true);
  const target = `/callbacks/resurs?${values}&d=${hex(random, 40)}`;
  return { target, headers, method: null, outcome: refusal ?? 'callback 406' };
}
