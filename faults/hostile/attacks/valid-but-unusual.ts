/**
 * Callbacks that are odd but right: every guard passed, every digest true, over ids, parameters and bodies that nobody
 * expects. They must be taken, and stored exactly as they were sent: a receiver that hardens itself must not refuse
 * them.
 */
import { hash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { Random } from '../../../src/lib/clock.ts';
import { type Door, rightHeaders, signed } from '../endpoint.ts';
import { bytesOf, head, type Kind, type Shot, withBody } from '../request.ts';
import { garbage, pick, whole } from './generators.ts';
import { drawSaid, targetOf } from './unusual-callback.ts';

function drawOddity(random: Random, door: Door): Shot {
  const said = drawSaid(random, door);
  const type = said.type.toUpperCase();
  const values = type === 'AUTOMATIC_FRAUD_CONTROL' ? `${said.paymentId}${said.result}` : said.paymentId;
  const digest = signed(door, values, { type, t: said.t });
  const target = targetOf(random, { said, digest });
  const body = drawBody(random);
  const method = body === null || random() < 0.1 ? 'GET' : 'POST';
  const expect = body !== null && random() < 0.1 ? 'Expect: 100-continue\r\n' : '';
  const type2 = random() < 0.3 ? 'Content-Type: application/json; charset=x\r\nContent-Encoding: gzip\r\n' : '';
  const request = { method, target, headers: `${rightHeaders(random, door)}${expect}${type2}` };
  const parameters = Object.fromEntries([...said.parameters, ...(/\?z=1/.test(target) ? [['z', '1'] as const] : [])]);
  return {
    pieces: [body === null ? head(request) : withBody(request, body)],
    // A 503 is for a database that is too slow; then it may be stored or not.
    allowed: ['callback 204', 'callback 503'],
    keepsOpen: true,
    fact: {
      paymentId: said.paymentId,
      callback: type,
      result: said.result?.replaceAll('\0', '\ufffd') ?? null,
      method,
      parameters,
      body: body === null ? null : hash('sha256', Buffer.from(body, 'latin1'), 'hex'),
      registeredAt: dateOf(said.t),
    },
  };
}

const YEAR_10000_SECONDS = 253_402_300_800;

function dateOf(t: string | null): string | null {
  return t === null || Number(t) >= YEAR_10000_SECONDS ? null : new Date(Number(t) * 1000).toISOString();
}

function drawBody(random: Random): string | null {
  const bodies = [
    '{}',
    '[]',
    '{"a":1,"a":2}',
    '{"nul":"\\u0000","lone":"\\ud800"}',
    `${'['.repeat(200)}${']'.repeat(200)}`,
    '['.repeat(5_000),
    '{"n":1e999,"m":-0,"big":12345678901234567890.00}',
    bytesOf('{"å":"😀"}'),
    '\xef\xbb\xbf{}',
    '\xff\xfe{\0}\0',
    gzipSync(garbage(random, 40)).toString('latin1'),
    garbage(random, whole(random, 1, 300)),
    '\0',
    ' ',
    'null',
    'x'.repeat(whole(random, 1, 40_000)),
  ] as const;
  return random() < 0.5 ? null : pick(random, bodies);
}

export const oddityKinds: readonly Kind[] = [{ name: 'odd but right', weight: 2, draw: drawOddity }];
