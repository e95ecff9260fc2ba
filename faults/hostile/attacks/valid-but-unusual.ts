/**
 * Callbacks that are valid but unusual: they pass every guard and have a valid digest, over unexpected ids, parameters
 * and bodies. They must be accepted, and stored exactly as they were sent: hardening must not reject them.
 */
import { hash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { Random } from '../../../src/lib/clock.ts';
import { type Endpoint, validDigest, validGuardHeaders } from '../endpoint.ts';
import { type Attack, type HostileRequest, head, utf8AsLatin1, withBody } from '../request.ts';
import { choose, randomBytes, randomInt } from './generators.ts';
import { randomUnusualCallback, renderTarget } from './unusual-callback.ts';

function drawUnusual(random: Random, endpoint: Endpoint): HostileRequest {
  const callback = randomUnusualCallback(random, endpoint);
  const type = callback.type.toUpperCase();
  const values = type === 'AUTOMATIC_FRAUD_CONTROL' ? `${callback.paymentId}${callback.result}` : callback.paymentId;
  const digest = validDigest(endpoint, values, { type, t: callback.t });
  const target = renderTarget(random, { callback, digest });
  const body = drawBody(random);
  const method = body === null || random() < 0.1 ? 'GET' : 'POST';
  const expect = body !== null && random() < 0.1 ? 'Expect: 100-continue\r\n' : '';
  const contentHeaders =
    random() < 0.3 ? 'Content-Type: application/json; charset=x\r\nContent-Encoding: gzip\r\n' : '';
  const request = { method, target, headers: `${validGuardHeaders(random, endpoint)}${expect}${contentHeaders}` };
  const parameters = Object.fromEntries([
    ...callback.parameters,
    ...(/\?z=1/.test(target) ? [['z', '1'] as const] : []),
  ]);
  return {
    pieces: [body === null ? head(request) : withBody(request, body)],
    // A 503 means that the database was too slow; the event may be stored or not.
    allowed: ['callback 204', 'callback 503'],
    keepsOpen: true,
    expectedEvent: {
      provider: 'resurs-ecom',
      orderReference: null,
      paymentId: callback.paymentId,
      callback: type,
      result: callback.result?.replaceAll('\0', '\ufffd') ?? null,
      method,
      parameters,
      body: body === null ? null : hash('sha256', Buffer.from(body, 'latin1'), 'hex'),
      registeredAt: registrationTime(callback.t),
    },
  };
}

const YEAR_10000_SECONDS = 253_402_300_800;

function registrationTime(t: string | null): string | null {
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
    utf8AsLatin1('{"å":"😀"}'),
    '\xef\xbb\xbf{}',
    '\xff\xfe{\0}\0',
    gzipSync(randomBytes(random, 40)).toString('latin1'),
    randomBytes(random, randomInt(random, 1, 300)),
    '\0',
    ' ',
    'null',
    'x'.repeat(randomInt(random, 1, 40_000)),
  ] as const;
  return random() < 0.5 ? null : choose(random, bodies);
}

export const unusualAttacks: readonly Attack[] = [{ name: 'valid but unusual', weight: 2, draw: drawUnusual }];
