/**
 * Callbacks of the Merchant API that are valid but unusual: with a right token, or about a payment that the account sees.
 * They must be accepted, and stored exactly as they were sent.
 */
import { hash } from 'node:crypto';
import type { Random } from '../../../src/lib/clock.ts';
import { type Endpoint, validSource } from '../endpoint.ts';
import { heldOrder, type Kind, MAPI_PATH, MAPI_PATHS, rightToken, SEGMENTS } from '../mapi-endpoint.ts';
import { type Attack, type HostileRequest, head, percentEncodeAll, withBody } from '../request.ts';
import { choose, randomInt } from './generators.ts';
import { drawCallback, drawTest } from './mapi-unusual-body.ts';
import { drawId, drawParameters, encode, type Parameter } from './unusual-text.ts';

/** Path and kind in more notations than any shop uses. A path of both interfaces must name the kind. */
function renderPath(random: Random, kind: Kind | 'TEST'): { path: string; query: string[] } {
  const named = kind === 'TEST' ? 'AUTHORIZATION' : kind;
  const segment = choose(random, [
    SEGMENTS[named],
    SEGMENTS[named].toUpperCase(),
    `/${SEGMENTS[named]}/`,
    `/${percentEncodeAll(SEGMENTS[named].slice(1))}`,
  ]);
  const word = choose(random, [named, named.toLowerCase(), named.replace('_', '-'), percentEncodeAll(named)]);
  const inQuery = `${choose(random, ['callback', 'Callback', 'amp;callback', '%63allback'])}=${word}`;
  const isByShape = random() < 0.3;
  const path = isByShape ? MAPI_PATH : choose(random, MAPI_PATHS);
  const start = choose(random, [
    path,
    path,
    `/${path}`,
    path.replace('/', '///'),
    `http://elsewhere.example:99${path}`,
  ]);
  if (isByShape) return { path: `${start}${choose(random, ['', '/'])}`, query: [] };
  return random() < 0.5 ? { path: start + segment, query: [] } : { path: start, query: [inQuery] };
}

function renderToken(random: Random, token: string): string {
  return choose(random, [
    `token=${token}`,
    `TOKEN=${token}`,
    `%74oken=${percentEncodeAll(token)}`,
    `amp;token=${token}`,
    `token=${token}&Token=${percentEncodeAll(token)}`,
  ]);
}

function drawUnusual(random: Random, endpoint: Endpoint): HostileRequest {
  const token = rightToken(random, endpoint);
  const { kind, body, event } = token !== null && random() < 0.3 ? drawTest(random) : drawCallback(random, endpoint);
  const order = random() < 0.5 ? drawId(random) : null;
  const parameters: Parameter[] = [
    // Postgres reads `test` below, and finds no member of a JSON text with an escaped NUL.
    ...drawParameters(random).filter(([, value]) => kind !== 'TEST' || value !== '\0'),
    ...(kind === 'TEST' ? [['test', event.paymentId] as const] : []),
  ];
  const { path, query } = renderPath(random, kind);
  const orderName = choose(random, ['order', 'Order', 'amp;order', 'o%72der']);
  const parts = [
    ...query,
    ...(token === null ? [] : [renderToken(random, token)]),
    ...(order === null ? [] : [`${orderName}=${encode(random, order, 'query')}`]),
    ...parameters.map(([name, value]) => `${encode(random, name, 'query')}=${encode(random, value, 'query')}`),
  ];
  const headers = `${validSource(random, endpoint)}${drawHeaders(random, body)}`;
  const held = token === null ? heldOrder(event.paymentId) : order;
  return {
    pieces: [renderRequest(random, { target: `${path}?${parts.join('&')}`, headers, body })],
    // A 503 means that the database was too slow; the event may be stored or not.
    allowed: ['callback 204', 'callback 503'],
    keepsOpen: true,
    expectedEvent: {
      ...event,
      provider: 'resurs-mapi',
      orderReference: kind === 'TEST' ? null : held,
      callback: kind,
      method: 'POST',
      parameters: Object.fromEntries(parameters),
      body: body === '' ? null : hash('sha256', Buffer.from(body, 'latin1'), 'hex'),
      registeredAt: null,
    },
  };
}

function drawHeaders(random: Random, body: string): string {
  const expect = body !== '' && random() < 0.1 ? 'Expect: 100-continue\r\n' : '';
  const types = [
    '',
    'Content-Type: application/json\r\n',
    'Content-Type: text/x; charset=y\r\nContent-Encoding: br\r\n',
  ];
  return expect + choose(random, types as [string, ...string[]]);
}

/** Sends the body whole, or in chunks of any sizes with extensions and trailers. */
function renderRequest(
  random: Random,
  { target, headers, body }: { readonly target: string; readonly headers: string; readonly body: string },
): string {
  const method = 'POST';
  if (random() < 0.7) return withBody({ method, target, headers }, body);
  let [left, chunks] = [body, ''];
  while (left !== '') {
    const size = randomInt(random, 1, Math.max(2, left.length));
    chunks += `${choose(random, ['', '000'])}${size.toString(16)}${choose(random, ['', ';a="b"'])}\r\n${left.slice(0, size)}\r\n`;
    left = left.slice(size);
  }
  const end = `0\r\n${choose(random, ['', 'X-Trailer: x\r\n'])}\r\n`;
  return `${head({ method, target, headers: `${headers}Transfer-Encoding: chunked\r\n` })}${chunks}${end}`;
}

export const mapiUnusualAttacks: readonly Attack[] = [
  { name: 'Merchant API, valid but unusual', weight: 1, draw: drawUnusual },
];
