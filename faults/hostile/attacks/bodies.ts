/**
 * Bodies as weapons, all behind a wrong digest: they must be refused on the head alone, however large they say they
 * are.
 */
import { brotliCompressSync, gzipSync } from 'node:zlib';
import type { Random } from '../../../src/lib/clock.ts';
import { type Door, knock, rightHeaders, signed } from '../endpoint.ts';
import { head, type Kind, type Shot, withBody } from '../request.ts';
import { hex, pick, whole } from './generators.ts';

const PATH = '/callbacks/resurs';
const BOMB_BYTES = 4 * 1024 * 1024;
const LIMIT_BYTES = 256 * 1024;
const DEPTH = 20_000;

/** Made once: they are the same in every run. */
const bombs = {
  gzip: gzipSync(Buffer.alloc(BOMB_BYTES)).toString('latin1'),
  br: brotliCompressSync(Buffer.alloc(BOMB_BYTES)).toString('latin1'),
  deep: '['.repeat(DEPTH),
  keys: `{${'"a":'.repeat(DEPTH)}1`,
  numbers: `[${'1e999,'.repeat(DEPTH / 2)}-0]`,
};

function drawBomb(random: Random, door: Door): Shot {
  const { headers, refusal } = knock(random, door, true);
  const encoding = pick(random, ['gzip', 'br'] as const);
  const [line, body] = pick<readonly [line: string, body: string]>(random, [
    [`Content-Encoding: ${encoding}\r\n`, bombs[encoding]],
    ['Content-Encoding: gzip, gzip, gzip\r\n', bombs.gzip],
    ['Content-Type: application/json\r\n', bombs.deep],
    ['Content-Type: application/json\r\n', bombs.keys],
    ['', bombs.numbers],
    ['', '{"__proto__":{"polluted":true}}'],
  ]);
  const target = `${PATH}?c=UPDATE&p=bomb&d=${hex(random, 40)}`;
  return {
    pieces: [withBody({ method: 'POST', target, headers: headers + line }, body)],
    allowed: [refusal ?? 'callback 406'],
    keepsOpen: false,
  };
}

/** Announces what it never sends, or sends what it never announced. */
function drawNeverSent(random: Random, door: Door): Shot {
  const { headers, refusal } = knock(random, door, true);
  const announcements = [
    'Content-Length: 9007199254740991\r\n',
    'Content-Length: 262145\r\n',
    'Transfer-Encoding: chunked\r\n',
    'Expect: 100-continue\r\nContent-Length: 100000\r\n',
    'Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n',
  ] as const;
  const method = pick(random, ['POST', 'GET']);
  const target = `${PATH}?c=BOOKED&p=never&d=${hex(random, 40)}`;
  const start = random() < 0.5 ? 'x'.repeat(whole(random, 1, 300)) : '';
  const lines = pick(random, announcements);
  // What is no chunk would be another fault.
  const body = lines.includes('chunked') ? '' : start;
  return {
    pieces: [head({ method, target, headers: headers + lines }), ...(body === '' ? [] : [body])],
    allowed: [refusal ?? 'callback 406'],
    keepsOpen: false,
  };
}

/** With everything right but the size: refused after the limit, and nothing of it stored. */
function drawTooLarge(random: Random, door: Door): Shot {
  const headers = rightHeaders(random, door);
  const paymentId = `too-large-${whole(random, 0, 1e9)}`;
  const digest = signed(door, paymentId, { type: 'UPDATE', t: null });
  const target = `${PATH}?c=UPDATE&p=${paymentId}${digest === null ? '' : `&d=${digest}`}`;
  const size = LIMIT_BYTES + pick(random, [1, 2, 1_000]);
  const isChunked = random() < 0.5;
  const body = 'x'.repeat(size);
  const chunked = head({ method: 'POST', target, headers: `${headers}Transfer-Encoding: chunked\r\n` });
  const pieces = isChunked
    ? [chunked, `${size.toString(16)}\r\n${body}\r\n0\r\n\r\n`]
    : [withBody({ method: 'POST', target, headers }, body)];
  return { pieces, allowed: ['callback 413'], keepsOpen: false };
}

export const bodyKinds: readonly Kind[] = [
  { name: 'bomb in the body', weight: 1, draw: drawBomb },
  { name: 'body that never comes', weight: 2, draw: drawNeverSent },
  { name: 'signed, but too large', weight: 0.1, draw: drawTooLarge },
];
