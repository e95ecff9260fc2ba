/** Harmful bodies, all behind a wrong digest or token: they must be rejected on the head alone, whatever size they announce. */
import { brotliCompressSync, gzipSync } from 'node:zlib';
import type { Random } from '../../../src/lib/clock.ts';
import { type Endpoint, validDigest, validGuardHeaders, validSource } from '../endpoint.ts';
import { MAPI_PATH, withToken } from '../mapi-endpoint.ts';
import { type Attack, type HostileRequest, head, withBody } from '../request.ts';
import { choose, randomInt } from './generators.ts';
import { drawUnproven } from './unproven.ts';

const PATH = '/callbacks/resurs';
const BOMB_BYTES = 4 * 1024 * 1024;
const LIMIT_BYTES = 256 * 1024;
const DEPTH = 20_000;

/** Made once, as they are the same in every run. */
const bombs = {
  gzip: gzipSync(Buffer.alloc(BOMB_BYTES)).toString('latin1'),
  br: brotliCompressSync(Buffer.alloc(BOMB_BYTES)).toString('latin1'),
  deep: '['.repeat(DEPTH),
  keys: `{${'"a":'.repeat(DEPTH)}1`,
  numbers: `[${'1e999,'.repeat(DEPTH / 2)}-0]`,
};

function drawBomb(random: Random, endpoint: Endpoint): HostileRequest {
  const { target, headers, outcome } = drawUnproven(random, endpoint, 'c=UPDATE&p=bomb');
  const encoding = choose(random, ['gzip', 'br'] as const);
  const [line, body] = choose<readonly [line: string, body: string]>(random, [
    [`Content-Encoding: ${encoding}\r\n`, bombs[encoding]],
    ['Content-Encoding: gzip, gzip, gzip\r\n', bombs.gzip],
    ['Content-Type: application/json\r\n', bombs.deep],
    ['Content-Type: application/json\r\n', bombs.keys],
    ['', bombs.numbers],
    ['', '{"__proto__":{"polluted":true}}'],
  ]);
  return {
    pieces: [withBody({ method: 'POST', target, headers: headers + line }, body)],
    allowed: [outcome],
    keepsOpen: false,
  };
}

/** Announces a body that is never sent, or sends one that was not announced. */
function drawNeverSent(random: Random, endpoint: Endpoint): HostileRequest {
  const { target, headers, method: only, outcome } = drawUnproven(random, endpoint, 'c=BOOKED&p=never');
  const announcements = [
    'Content-Length: 9007199254740991\r\n',
    'Content-Length: 262145\r\n',
    'Transfer-Encoding: chunked\r\n',
    'Expect: 100-continue\r\nContent-Length: 100000\r\n',
    'Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n',
  ] as const;
  const method = only ?? choose(random, ['POST', 'GET']);
  const start = random() < 0.5 ? 'x'.repeat(randomInt(random, 1, 300)) : '';
  const lines = choose(random, announcements);
  // A body that is no chunk would be another attack.
  const body = lines.includes('chunked') ? '' : start;
  return {
    pieces: [head({ method, target, headers: headers + lines }), ...(body === '' ? [] : [body])],
    allowed: [outcome],
    keepsOpen: false,
  };
}

function provenEcom(random: Random, endpoint: Endpoint) {
  const paymentId = `too-large-${randomInt(random, 0, 1e9)}`;
  const digest = validDigest(endpoint, paymentId, { type: 'UPDATE', t: null });
  const target = `${PATH}?c=UPDATE&p=${paymentId}${digest === null ? '' : `&d=${digest}`}`;
  return { headers: validGuardHeaders(random, endpoint), target };
}

function provenMapi(random: Random, endpoint: Endpoint) {
  return { headers: validSource(random, endpoint), target: withToken(random, endpoint, `${MAPI_PATH}/authorization`) };
}

/** Valid except for the size: rejected after the limit, and not stored. */
function drawTooLarge(random: Random, endpoint: Endpoint): HostileRequest {
  const { headers, target } = random() < 0.5 ? provenMapi(random, endpoint) : provenEcom(random, endpoint);
  const size = LIMIT_BYTES + choose(random, [1, 2, 1_000]);
  const isChunked = random() < 0.5;
  const body = 'x'.repeat(size);
  const chunked = head({ method: 'POST', target, headers: `${headers}Transfer-Encoding: chunked\r\n` });
  const pieces = isChunked
    ? [chunked, `${size.toString(16)}\r\n${body}\r\n0\r\n\r\n`]
    : [withBody({ method: 'POST', target, headers }, body)];
  return { pieces, allowed: ['callback 413'], keepsOpen: false };
}

export const bodyAttacks: readonly Attack[] = [
  { name: 'bomb in the body', weight: 1, draw: drawBomb },
  { name: 'body that never comes', weight: 2, draw: drawNeverSent },
  { name: 'signed, but too large', weight: 0.1, draw: drawTooLarge },
];
