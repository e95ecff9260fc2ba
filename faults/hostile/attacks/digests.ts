/** Callbacks that look right but for the proof: what somebody sends who guesses, and what a wrong salt looks like. */

import type { Random } from '../../../src/lib/clock.ts';
import { computeDigest } from '../../../src/protocol/ecom/digest.ts';
import { type Door, hasDigest, knock, signed } from '../endpoint.ts';
import { head, type Kind, type Shot, withBody } from '../request.ts';
import { CALLBACK_PATHS, hex, pick, TYPES, whole } from './generators.ts';

const WRONG_SALTS = ['', 'salt', '0', 'null', 'undefined', 'a-salt-of-the-tests-7Jx2'] as const;

function wrongDigest(random: Random, door: Door, { paymentId, type }: { paymentId: string; type: string }): string {
  const neighbour = hasDigest(door) ? (signed(door, `${paymentId}0`, { type, t: null }) ?? '') : '';
  const digests: readonly [string, ...string[]] = [
    hex(random, 40),
    hex(random, 40),
    hex(random, 32),
    hex(random, whole(random, 1, 31)),
    hex(random, 64),
    computeDigest('sha1', paymentId, pick(random, WRONG_SALTS)),
    computeDigest('md5', paymentId, pick(random, WRONG_SALTS)),
    neighbour,
    neighbour.slice(0, -1),
    `${neighbour}0`,
    `+${neighbour}`,
    `${'0'.repeat(40)}`,
    `0x${hex(random, 38)}`,
    `${hex(random, 39)}g`,
    `%00${hex(random, 40)}`,
    '%F0%9F%98%80'.repeat(10),
  ];
  return pick(random, digests);
}

/** Only ever a wrong digest, so that the answer is 406 wherever one is asked for. */
function drawWrongDigest(random: Random, door: Door): Shot {
  const { headers, refusal } = knock(random, door, true);
  const type = pick(random, TYPES);
  const paymentId = `stranger-${whole(random, 0, 1e9)}`;
  const digest = wrongDigest(random, door, { paymentId, type });
  const t = random() < 0.3 ? `&t=${pick(random, ['0', '1700000000', '999999999999', '-0', '1e9'])}` : '';
  const path = pick(random, CALLBACK_PATHS);
  const target =
    random() < 0.5
      ? `${path}?c=${type}&p=${paymentId}${t}&d=${digest}`
      : `${path}/${type}/paymentId/${paymentId}/digest/${digest}?x=1${t}`;
  const body = random() < 0.3 ? `{"text":"${'x'.repeat(whole(random, 0, 600))}"}` : null;
  const request = { target, headers, method: body === null ? 'GET' : 'POST' };
  return {
    pieces: [body === null ? head(request) : withBody(request, body)],
    allowed: [refusal ?? 'callback 406'],
    keepsOpen: true,
  };
}

/**
 * Resurs registers TEST without a digest: it is answered as taken and stored nowhere, unless guards were passed that
 * prove it.
 */
function drawUnprovenTest(random: Random, door: Door): Shot {
  // With right Basic credentials it would be proven.
  const { headers, refusal } =
    door.keys.username === null ? { headers: '', refusal: null } : knockWrongly(random, door);
  const values = `param1=${hex(random, 32)}&param2=${whole(random, 0, 2e9)}&param5=${hex(random, 40)}`;
  const digest = random() < 0.5 ? `&d=${hex(random, 40)}` : '';
  const target = `${pick(random, CALLBACK_PATHS)}?c=TEST&${values}${digest}`;
  const answer = digest === '' ? 'callback 204' : 'callback 406';
  return { pieces: [head({ target, headers })], allowed: [refusal ?? answer], keepsOpen: true };
}

function knockWrongly(random: Random, door: Door) {
  for (;;) {
    const knocked = knock(random, door, true);
    if (knocked.refusal !== null) return knocked;
  }
}

export const digestKinds: readonly Kind[] = [
  { name: 'wrong digest', weight: 30, draw: drawWrongDigest },
  { name: 'unproven TEST', weight: 3, draw: drawUnprovenTest },
];
