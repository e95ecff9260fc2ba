/** Callbacks that are valid except for the digest: guessed digests, and digests with a wrong salt. */

import type { Random } from '../../../src/lib/clock.ts';
import { computeDigest } from '../../../src/protocol/ecom/digest.ts';
import { type Endpoint, hasDigest, randomGuardHeaders, validDigest } from '../endpoint.ts';
import { type Attack, type HostileRequest, head, withBody } from '../request.ts';
import { CALLBACK_PATHS, choose, hex, randomInt, TYPES } from './generators.ts';

const WRONG_SALTS = ['', 'salt', '0', 'null', 'undefined', 'a-salt-of-the-tests-7Jx2'] as const;

function wrongDigest(
  random: Random,
  endpoint: Endpoint,
  { paymentId, type }: { paymentId: string; type: string },
): string {
  const neighbour = hasDigest(endpoint) ? (validDigest(endpoint, `${paymentId}0`, { type, t: null }) ?? '') : '';
  const digests: readonly [string, ...string[]] = [
    hex(random, 40),
    hex(random, 40),
    hex(random, 32),
    hex(random, randomInt(random, 1, 31)),
    hex(random, 64),
    computeDigest('sha1', paymentId, choose(random, WRONG_SALTS)),
    computeDigest('md5', paymentId, choose(random, WRONG_SALTS)),
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
  return choose(random, digests);
}

/** Always a wrong digest, so the response is 406 wherever one is required. */
function drawWrongDigest(random: Random, endpoint: Endpoint): HostileRequest {
  const { headers, refusal } = randomGuardHeaders(random, endpoint, true);
  const type = choose(random, TYPES);
  const paymentId = `stranger-${randomInt(random, 0, 1e9)}`;
  const digest = wrongDigest(random, endpoint, { paymentId, type });
  const t = random() < 0.3 ? `&t=${choose(random, ['0', '1700000000', '999999999999', '-0', '1e9'])}` : '';
  const path = choose(random, CALLBACK_PATHS);
  const target =
    random() < 0.5
      ? `${path}?c=${type}&p=${paymentId}${t}&d=${digest}`
      : `${path}/${type}/paymentId/${paymentId}/digest/${digest}?x=1${t}`;
  const body = random() < 0.3 ? `{"text":"${'x'.repeat(randomInt(random, 0, 600))}"}` : null;
  const request = { target, headers, method: body === null ? 'GET' : 'POST' };
  return {
    pieces: [body === null ? head(request) : withBody(request, body)],
    allowed: [refusal ?? 'callback 406'],
    keepsOpen: true,
  };
}

/**
 * Resurs registers TEST without a digest: it is answered 204 but not stored, unless it passed guards that authenticate
 * it.
 */
function drawUnauthenticatedTest(random: Random, endpoint: Endpoint): HostileRequest {
  // Valid Basic credentials would authenticate it.
  const { headers, refusal } =
    endpoint.secrets.username === null ? { headers: '', refusal: null } : wrongGuardHeaders(random, endpoint);
  const values = `param1=${hex(random, 32)}&param2=${randomInt(random, 0, 2e9)}&param5=${hex(random, 40)}`;
  const digest = random() < 0.5 ? `&d=${hex(random, 40)}` : '';
  const target = `${choose(random, CALLBACK_PATHS)}?c=TEST&${values}${digest}`;
  const outcome = digest === '' ? 'callback 204' : 'callback 406';
  return { pieces: [head({ target, headers })], allowed: [refusal ?? outcome], keepsOpen: true };
}

function wrongGuardHeaders(random: Random, endpoint: Endpoint) {
  for (;;) {
    const knocked = randomGuardHeaders(random, endpoint, true);
    if (knocked.refusal !== null) return knocked;
  }
}

export const digestAttacks: readonly Attack[] = [
  { name: 'wrong digest', weight: 30, draw: drawWrongDigest },
  { name: 'unauthenticated TEST', weight: 3, draw: drawUnauthenticatedTest },
];
