/** Bodies of the Merchant API that are valid but unusual, with what the event must say of them. */
import type { Random } from '../../../src/lib/clock.ts';
import type { Endpoint } from '../endpoint.ts';
import type { ExpectedEvent } from '../expected-event.ts';
import { hasToken, type Kind, KNOWN_PREFIX, uuidFrom } from '../mapi-endpoint.ts';
import { utf8AsLatin1 } from '../request.ts';
import { choose, randomBytes, randomInt } from './generators.ts';

const DEEP = 5_000;
const nested = `${'['.repeat(DEEP)}${']'.repeat(DEEP)}`;

/** Words of any content; new ones come without notice. */
const WORDS: readonly [string, ...string[]] = [
  'AUTHORIZED',
  'FROZEN',
  'CAPTURE',
  'authorized',
  'NEW WORD',
  'å',
  '😀',
  '__proto__',
  '<b>',
  '%00',
  'x'.repeat(64),
];
/** Members that must not matter. */
const MEMBERS: readonly [string, ...string[]] = [
  '',
  '',
  ',"created":null',
  ',"created":1e999',
  ',"created":"\\u0000"',
  ',"created":"\\ud800"',
  ',"created":{"a":[1]}',
  `,"created":${nested}`,
  ',"checkoutId":"x"',
  ',"x":"\\ud800\\u0000"',
  ',"x":1,"x":2',
  ',"x":{"status":1,"status":2}',
  `,"x":${nested}`,
  ',"__proto__":{"status":"REJECTED"},"constructor":{"prototype":{}}',
  ',"token":"a-token-of-a-stranger"',
];

export interface UnusualBody {
  readonly kind: Kind | 'TEST';
  readonly body: string;
  /** What the event must say of it. */
  readonly event: Pick<ExpectedEvent, 'paymentId' | 'result'>;
}

/** Draws a callback, whose id no other one of this run has. */
export function drawCallback(random: Random, endpoint: Endpoint): UnusualBody {
  const isProven = hasToken(endpoint);
  const kinds = ['AUTHORIZATION', 'MANAGEMENT', 'CREDIT_APPLICATION'] as const;
  const kind = choose<Kind>(random, isProven ? kinds : ['AUTHORIZATION', 'MANAGEMENT']);
  const [a, b] = [randomInt(random, 0, 1e9), randomInt(random, 0, 1e9)];
  // With a token an id need not be a UUID; either case is one id.
  const id = isProven && random() < 0.5 ? `${choose(random, ['M-', '-', 'x'])}${a}-${b}` : uuidFrom(KNOWN_PREFIX, a, b);
  const given = random() < 0.3 ? id.toUpperCase() : id;
  const word = choose(random, WORDS);
  const idName = kind === 'CREDIT_APPLICATION' ? 'applicationId' : choose(random, ['paymentId', 'p\\u0061ymentId']);
  const wordName = kind === 'MANAGEMENT' ? 'action' : 'status';
  const action = kind === 'MANAGEMENT' ? `,"actionId":"${word}"` : '';
  const text = `{"${idName}":"${given}","${wordName}":"${word}"${action}${choose(random, MEMBERS)}}`;
  const padded = choose(random, [text, text, `\ufeff${text}`, ` \r\n\t${text}\n`, text.replaceAll(',"', ' ,\n"')]);
  const paymentId = kind === 'CREDIT_APPLICATION' ? `\u0001APPLICATION:${id.toLowerCase()}` : id.toLowerCase();
  return { kind, body: utf8AsLatin1(padded), event: { paymentId, result: word } };
}

/** A body that names neither a payment nor an application. */
export function drawTest(random: Random): UnusualBody {
  const body = choose(random, [
    '',
    '{}',
    '[]',
    'null',
    '{"paymentId":null,"status":"FROZEN"}',
    '{"__proto__":{"paymentId":"1","status":"FROZEN"}}',
    '[{"paymentId":"1","status":"FROZEN"}]',
    '{"paymentId":"1","status":"FROZEN"',
    '{"paymentId":"1","status":"FROZEN"}{}',
    '{"paymentId":"1","status":"\xff"}',
    Buffer.from('{"paymentId":"1","status":"FROZEN"}', 'utf16le').toString('latin1'),
    '\xef\xbb\xbf',
    '\0',
    nested,
    '['.repeat(DEEP),
    `{${'"a":'.repeat(DEEP)}1`,
    randomBytes(random, randomInt(random, 1, 300)),
    ' '.repeat(randomInt(random, 1, 40_000)),
  ]);
  const paymentId = `test-${randomInt(random, 0, 1e9)}-${randomInt(random, 0, 1e9)}`;
  return { kind: 'TEST', body, event: { paymentId, result: null } };
}
