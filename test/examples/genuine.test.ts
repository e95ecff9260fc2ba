/**
 * The examples for shops accept only requests signed by the service's own code, with either secret during a rotation. A
 * refused request leaves nothing behind, and the example keeps running.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import * as path from 'node:path';
import { test } from 'node:test';
import { renderPayload } from '../../src/deliveries/payload.ts';
import { send } from '../helpers/callbacks.ts';
import { openRequest } from '../helpers/partial-request.ts';
import { CURRENT, eventOf, PREVIOUS, sign, statusOf, UNKNOWN } from './sender.ts';
import { EXAMPLES, startShop, testEach } from './shops.ts';

const ROOT = path.join(import.meta.dirname, '..', '..');
const EVENT = eventOf('payment.unfrozen');

test('there is an example for each language', () => {
  assert.deepEqual(
    EXAMPLES.map(({ language }) => language),
    ['TypeScript', 'PHP', 'Python'],
  );
});

test('the TypeScript example names the versions that are tested here', async () => {
  const read = async (name: string) => JSON.parse(await readFile(path.join(ROOT, name), 'utf8'));
  const ours = await read('package.json');
  const { dependencies } = await read('examples/typescript-fastify/package.json');

  for (const [name, version] of Object.entries(dependencies)) {
    assert.equal(version, ours.dependencies[name] ?? ours.devDependencies[name], name);
  }
});

testEach('a request signed by the service is accepted, whichever side rotates its secret first', async (t, example) => {
  const [early, late, changing] = await Promise.all([
    startShop(t, example, { secrets: [CURRENT] }),
    startShop(t, example, { secrets: [PREVIOUS] }),
    startShop(t, example, { secrets: [CURRENT, PREVIOUS] }),
  ]);

  const both = { secrets: [CURRENT, PREVIOUS] };
  const answers = await Promise.all([
    statusOf(early, EVENT),
    statusOf(early, EVENT, both),
    statusOf(late, EVENT, both),
    statusOf(changing, EVENT, both),
    statusOf(changing, EVENT, { secrets: [PREVIOUS] }),
    statusOf(changing, EVENT, { secrets: [UNKNOWN, CURRENT] }),
  ]);

  assert.deepEqual(answers, [204, 204, 204, 204, 204, 204]);
  assert.deepEqual(await changing.waitForHandled(1), ['payment.unfrozen']);
});

testEach('a secret without a key authenticates nothing', async (t, example) => {
  const empty = 'whsec_';
  const shop = await startShop(t, example, { secrets: [CURRENT, empty] });
  const body = renderPayload(EVENT, 'test');

  const forged = await send(shop.url, '/webhook', { method: 'POST', headers: sign(body, { secret: empty }), body });

  assert.equal(forged.status, 401);
  assert.equal(await statusOf(shop, EVENT), 204);
});

testEach('an unauthentic request is answered 401 and leaves nothing', async (t, example) => {
  const shop = await startShop(t, example, { secrets: [CURRENT, PREVIOUS] });
  const body = renderPayload(EVENT, 'test');
  const signed = sign(body);
  const post = async (headers: Record<string, string>, bytes = body) =>
    (await send(shop.url, '/webhook', { method: 'POST', headers, body: bytes })).status;

  const answers = {
    'another secret': await statusOf(shop, EVENT, { secrets: [UNKNOWN] }),
    'too old': await statusOf(shop, EVENT, { clockOffBySeconds: -310 }),
    'too far ahead': await statusOf(shop, EVENT, { clockOffBySeconds: 310 }),
    'another body': await post(signed, Buffer.from(body.toString().replace('p-1', 'p-2'))),
    'another id': await post({ ...signed, 'webhook-id': 'evt_another' }),
    'another version': await post({ ...signed, 'webhook-signature': `v2${signed['webhook-signature']?.slice(2)}` }),
    'half a signature': await post({
      ...signed,
      'webhook-signature': String(signed['webhook-signature']?.slice(0, 9)),
    }),
    'no signature': await post({ 'webhook-id': 'evt_1', 'webhook-timestamp': '1' }),
    'odd headers': await post({ 'webhook-id': '\xff', 'webhook-timestamp': '1e9', 'webhook-signature': 'v1,\xe5 ,,' }),
    'no headers': await post({}),
    'no body': await post(signed, Buffer.alloc(0)),
  };

  for (const [what, status] of Object.entries(answers)) assert.equal(status, 401, what);
  assert.equal(await statusOf(shop, EVENT, { clockOffBySeconds: -240 }), 204, 'four minutes are within the tolerance');
  assert.deepEqual([await shop.waitForHandled(1), shop.orders()], [['payment.unfrozen'], { 'p-1': 'processing' }]);
});

const NO_EVENTS: readonly (string | Buffer)[] = [
  '{"type":"payment.unfrozen"',
  '[]',
  'null',
  '"payment.unfrozen"',
  '{"type":"payment.unfrozen","data":null}',
  '{"type":"payment.unfrozen","data":{"sequence":"1","paymentId":"p-1"}}',
  '{"type":"payment.unfrozen","data":{"sequence":1,"paymentId":7}}',
  '{"type":"payment.unfrozen","data":{"sequence":1}}',
  '{"type":["payment.unfrozen"],"data":{"sequence":1,"paymentId":"p-1"}}',
  '['.repeat(100_000),
];

testEach('a signed body that is not an event is answered 400 and leaves nothing', async (t, example) => {
  const shop = await startShop(t, example);

  const answers: number[] = [];
  for (const text of NO_EVENTS) {
    const body = Buffer.from(text);
    answers.push((await send(shop.url, '/webhook', { method: 'POST', headers: sign(body), body })).status);
  }

  assert.deepEqual(answers, Array(NO_EVENTS.length).fill(400));
  assert.equal(await statusOf(shop, EVENT), 204);
  assert.deepEqual(await shop.waitForHandled(1), ['payment.unfrozen']);
});

testEach(
  'other methods, oversized bodies and non-HTTP bytes are refused, and the example keeps running',
  async (t, example) => {
    const shop = await startShop(t, example);
    // PHP's own server passes a request on when it is complete; the others refuse it by its headers.
    const much = Buffer.alloc(2 * 1024 * 1024 + 1, ' ');
    const headers = { ...sign(much), 'content-length': much.length };
    const request = openRequest(t, { url: shop.url, target: '/webhook', headers });
    if (example.language === 'PHP') request.end(much);

    const refused = [
      (await request.response).status,
      (await send(shop.url, '/webhook')).status,
      (await send(shop.url, '/webhook', { method: 'PUT', body: '{}' })).status,
    ];
    await sayNoise(shop.url);

    assert.deepEqual(refused, [413, 405, 405]);
    assert.equal((await send(shop.url, '/webhook')).headers.allow, 'POST');
    assert.equal(await statusOf(shop, EVENT), 204);
    assert.deepEqual(await shop.waitForHandled(1), ['payment.unfrozen']);
  },
);

/** The largest body that a callback can have, in its longest outgoing form. */
testEach('the largest event that the service can send is accepted', async (t, example) => {
  const shop = await startShop(t, example);

  const status = await statusOf(shop, { ...EVENT, method: 'POST', body: Buffer.alloc(256 * 1024, 1) });

  assert.equal(status, 204);
  assert.deepEqual(await shop.waitForHandled(1), ['payment.unfrozen']);
});

async function sayNoise(url: string): Promise<void> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  const closed = once(socket, 'close');
  socket.on('error', () => undefined).resume();
  socket.end('\x16\x03\x01\x02 garbage \x00\xff\r\n\r\n');
  await closed;
}
