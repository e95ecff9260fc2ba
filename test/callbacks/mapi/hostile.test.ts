/**
 * Hostile requests on the paths of the Merchant API: none of them is answered 5xx, stores a row that no check has passed,
 * or costs more than others. Real HTTP and Postgres.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { parseMapiUrl } from '../../../src/protocol/mapi/url.ts';
import { matchCallbackPath } from '../../../src/protocol/url/callback-path.ts';
import { send } from '../../helpers/callbacks.ts';
import { countRows, NO_ROWS, storedEvents } from '../../helpers/database-state.ts';
import { authorization, MAPI_PATH, MAPI_TOKEN, mapiTarget, post, WITH_TOKEN } from '../../helpers/mapi.ts';
import { sendRaw, statusesOf } from '../../helpers/raw-connection.ts';
import { startTestService } from '../../helpers/service.ts';

const DEEP = 100_000;
const nested = `${'['.repeat(DEEP)}${']'.repeat(DEEP)}`;
const ID = '0b0d5a57-6d5b-4f0e-9b7b-0d2a4c6f1a11';
const member = (name: string, json: string) => `{"paymentId":"${ID}","status":"FROZEN","${name}":${json}}`;

/** Bodies with the statuses they get: as a callback, as a test, or malformed. */
const BODIES: readonly [string, string | Buffer, number][] = [
  ['an unknown member nested deep', member('x', nested), 204],
  ['a time nested deep', member('created', nested), 204],
  ['a time that is a number', member('created', '1e999'), 204],
  ['a time with NUL', member('created', '"\\u0000"'), 204],
  ['a time with a lone surrogate', member('created', '"\\ud800"'), 204],
  ['an unknown member with a lone surrogate', member('x', '"\\ud800\\u0000"'), 204],
  ['an unknown member twice', member('x', '1,"x":2'), 204],
  ['a known member twice within another', member('x', '{"status":1,"status":2}'), 204],
  ['a prototype', member('__proto__', '{"status":"AUTHORIZED"}'), 204],
  ['a byte order mark', `\ufeff${member('x', '1')}`, 204],
  ['a known member twice', member('status', '"AUTHORIZED"'), 400],
  ['a known member twice, once escaped', member('st\\u0061tus', '"AUTHORIZED"'), 400],
  ['a known member twice behind a deep one', member('x', `${nested},"paymentId":"${randomUUID()}"`), 400],
  ['a status with NUL', `{"paymentId":"${ID}","status":"\\u0000"}`, 400],
  ['a status with a lone surrogate', `{"paymentId":"${ID}","status":"\\udc00"}`, 400],
  ['a status that is too long', `{"paymentId":"${ID}","status":"${'A'.repeat(65)}"}`, 400],
  ['an id in a list', `{"paymentId":["${ID}"],"status":"FROZEN"}`, 400],
  ['an id with a blank', `{"paymentId":"${ID} ","status":"FROZEN"}`, 400],
  ['an id that is an empty text', '{"paymentId":"","status":"FROZEN"}', 400],
  ['a member of the prototype alone', '{"__proto__":{"paymentId":"1","status":"FROZEN"}}', 204],
  ['a list of callbacks', `[${authorization(ID)}]`, 204],
  ['a list nested deep', nested, 204],
  ['no UTF-8', Buffer.from(`{"paymentId":"${ID}","status":"\xff"}`, 'latin1'), 204],
  ['UTF-16', Buffer.from(authorization(ID), 'utf16le'), 204],
  ['NUL bytes', Buffer.alloc(1_000), 204],
  ['JSON that is cut off', authorization(ID).slice(0, -1), 204],
  ['two documents', authorization(ID) + authorization(ID), 204],
  ['256 KiB', member('x', `"${'x'.repeat(256 * 1024 - 90)}"`), 204],
  ['one byte more than 256 KiB', Buffer.alloc(256 * 1024 + 1, '{'), 413],
];

test('a hostile body with the right token gets its status, and is kept byte for byte if it is taken', async (t) => {
  const receiver = await startTestService(t, { env: WITH_TOKEN });

  for (const [name, body, status] of BODIES) {
    const before = await countRows(receiver);
    const response = await post(receiver, mapiTarget(), body);
    assert.equal(response.status, status, name);
    const stored = (await countRows(receiver)).receipts - before.receipts;
    assert.equal(stored, status === 204 ? 1 : 0, name);
  }

  const events = await storedEvents(receiver);
  for (const { body } of events) assert.ok(BODIES.some(([, sent]) => body?.equals(Buffer.from(sent))));
});

test('without the token no hostile body or URL is stored, and none is answered 5xx', async (t) => {
  const receiver = await startTestService(t, { env: WITH_TOKEN });
  const rests = [
    '?token=',
    '?token=%00',
    `?token=${'x'.repeat(8_000)}`,
    `?${'token=a&'.repeat(1_000)}`,
    `?${'a&'.repeat(5_000)}`,
    `?token[]=${MAPI_TOKEN}`,
    `?__proto__=${MAPI_TOKEN}`,
    `?token%00=${MAPI_TOKEN}`,
    `?token=${MAPI_TOKEN}%00`,
    `?token=%20${MAPI_TOKEN}`,
    '/authorization?callback=%ff&order=%ff%fe',
    '/%00',
    `/${'%2f'.repeat(1_000)}`,
    '/..%2f..%2fstatus',
    '/authorization/../management',
  ];

  for (const rest of rests) {
    const responses = await Promise.all(
      BODIES.slice(0, 3).map(([, body]) => post(receiver, `${MAPI_PATH}${rest}`, body)),
    );
    for (const { status } of responses) assert.ok([401, 404].includes(status), `${rest}: ${status}`);
  }
  assert.deepEqual(await countRows(receiver), NO_ROWS);
});

test('parameters of any content are stored as they came', async (t) => {
  const receiver = await startTestService(t, { env: WITH_TOKEN });
  const rest = '/authorization?order=%f6rder&__proto__=1&constructor=2&nul=%00&x=%ed%a0%80&order2=&amp;y=a+b';

  const response = await post(receiver, mapiTarget(rest), authorization(ID));

  assert.equal(response.status, 204);
  const [event] = await receiver.query<{ parameters: object; order_reference: string }>(
    `select order_reference, parameters::text::json as parameters from events`,
  );
  assert.equal(event?.order_reference, 'örder');
  assert.deepEqual(Object.keys(event?.parameters ?? {}).sort(), [
    '__proto__',
    'constructor',
    'nul',
    'order2',
    'x',
    'y',
  ]);
});

test('a smuggled or broken request never reaches the route as a callback', async (t) => {
  const receiver = await startTestService(t, { env: WITH_TOKEN });
  const body = authorization(ID);
  const head = `POST ${mapiTarget()} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n`;
  const requests = [
    `${head}content-length: ${body.length}\r\ntransfer-encoding: chunked\r\n\r\n${body}`,
    `${head}content-length: 5\r\ncontent-length: 6\r\n\r\n${body}`,
    `${head}content-length: -1\r\n\r\n${body}`,
    `${head}transfer-encoding: chunked\r\n\r\nZZ\r\n${body}\r\n0\r\n\r\n`,
  ];

  for (const request of requests) {
    const [status = 0] = statusesOf(await sendRaw(t, receiver.url, request));
    assert.ok(status >= 400 && status < 500, `${status}`);
  }
  assert.deepEqual(await countRows(receiver), NO_ROWS);
});

test('a client that leaves before the end of its body stores nothing, and the next one is served', async (t) => {
  const receiver = await startTestService(t, { env: WITH_TOKEN });
  const body = authorization(ID);
  const head = `POST ${mapiTarget()} HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n`;

  await sendRaw(t, receiver.url, head + body.slice(0, 20), { isHalfClosed: true });
  const next = await send(receiver.url, mapiTarget(), { method: 'POST', body });

  assert.equal(next.status, 204);
  assert.equal((await countRows(receiver)).receipts, 1);
});

test('a long query takes less than a second of processor time', () => {
  const parse = (names: number) => {
    const target = `${MAPI_PATH}?${Array.from({ length: names }, (_, n) => `a${n}=%f6`).join('&')}`;
    const match = matchCallbackPath(target, [MAPI_PATH]);
    const before = process.cpuUsage();
    if (match !== null) parseMapiUrl(match);
    const { user, system } = process.cpuUsage(before);
    return user + system;
  };
  parse(1_000);

  // A linear parser takes a few milliseconds.
  assert.ok(parse(10_000) < 1_000_000);
});
