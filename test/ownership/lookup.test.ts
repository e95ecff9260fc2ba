/**
 * ORDER_OWNERSHIP=lookup: the shop is asked about each callback's order. Its answer decides and is never remembered; what
 * is no answer sends Resurs away until later instead of a guess. Real HTTP on both sides, real Postgres and merchant.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { startMerchant } from '../harness/merchant.ts';
import { send, target } from '../helpers/callbacks.ts';
import { countStored, NOTHING } from '../helpers/database-state.ts';
import { webhookEnv } from '../helpers/deliveries.ts';
import { hang, type Reply, reply, startShop } from '../helpers/lookup-server.ts';
import { assertAnswer, assertTaken } from '../helpers/responses.ts';
import { startWorld } from '../helpers/service.ts';

const TOKEN = 'a-look-up-token-of-the-tests-2Kd8';
const TRY_AGAIN = { status: 503, reason: 'Try again.' };

async function setup(t: TestContext, env: Record<string, string> = {}) {
  const shop = await startShop(t);
  const lookup = { ORDER_OWNERSHIP: 'lookup', ORDER_LOOKUP_URL: shop.lookupUrl, ORDER_LOOKUP_TOKEN: TOKEN };
  const world = await startWorld(t, { env: { ...lookup, ...env } });
  const callBack = (paymentId: string, type = 'UNFREEZE') => send(world.url, target(type, paymentId));
  return { shop, world, callBack };
}

test('a callback comes through on the retry after the shop knows its order', async (t) => {
  const merchant = await startMerchant(t);
  const { shop, world, callBack } = await setup(t, webhookEnv(merchant.url));

  const early = await callBack('p1');
  const storedEarly = await countStored(world);
  shop.replyWith(reply(200));
  const retry = await callBack('p1');

  assertAnswer(early, { status: 410, reason: 'Order is not ours.', actual: 'UNFREEZE' });
  assert.deepEqual(storedEarly, NOTHING);
  assertTaken(retry, 'UNFREEZE');
  const [request] = await merchant.waitFor(1);
  assert.equal(JSON.parse(request?.body ?? '').data.paymentId, 'p1');
});

test('the shop is asked with GET, its token and the percent-encoded id', async (t) => {
  const { shop, callBack } = await setup(t);

  for (const paymentId of ['a/b', 'Malmö 12', '100%&x=1', '$&', '{paymentId}']) await callBack(paymentId);

  assert.deepEqual(
    shop.asked.map(({ method, target, authorization }) => [method, target, authorization]),
    ['a%2Fb', 'Malm%C3%B6%2012', '100%25%26x%3D1', '%24%26', '%7BpaymentId%7D'].map((id) => [
      'GET',
      `/orders/${id}?from=resurs`,
      `Bearer ${TOKEN}`,
    ]),
  );
});

test('without a token configured none is sent', async (t) => {
  const { shop, callBack } = await setup(t, { ORDER_LOOKUP_TOKEN: '' });

  await callBack('p1');

  assert.equal(shop.asked[0]?.authorization, undefined);
});

test('2xx means ours, 404 and 410 mean not ours, and any other status is no answer', async (t) => {
  const { shop, callBack } = await setup(t);
  const expected: readonly (readonly [number, readonly number[]])[] = [
    [204, [200, 201, 204, 299]],
    [410, [404, 410]],
    [503, [300, 304, 400, 401, 403, 405, 409, 418, 429, 451, 500, 502, 503, 504]],
  ];

  for (const [answered, statuses] of expected) {
    for (const status of statuses) {
      shop.replyWith(reply(status));
      const answer = await callBack(`p${status}`);
      assert.equal(answer.status, answered, `the shop answered ${status}`);
    }
  }
});

test('a redirect is not followed and is no answer', async (t) => {
  const { shop, callBack } = await setup(t);

  for (const status of [301, 302, 303, 307, 308]) {
    shop.replyWith(({ target: asked }, response) => {
      const isFirst = asked.startsWith('/orders/');
      response.writeHead(isFirst ? status : 200, { location: `${shop.origin}/elsewhere` }).end();
    });
    assertAnswer(await callBack(`p${status}`), { ...TRY_AGAIN, actual: 'UNFREEZE' });
  }

  assert.deepEqual(
    shop.asked.filter((question) => question.target === '/elsewhere'),
    [],
  );
});

const TROUBLE: Readonly<Record<string, Reply>> = {
  'a connection that is cut': (_question, response) => void response.destroy(),
  silence: hang,
  'a head that never ends': (_question, response) => void response.socket?.write('HTTP/1.1 200 OK\r\nx: '),
  'something that is not HTTP': (_question, response) => void response.socket?.end('220 mail.example ESMTP\r\n'),
};

test('trouble on the way is no answer, and the next answer counts', async (t) => {
  const { shop, world, callBack } = await setup(t, { ORDER_LOOKUP_TIMEOUT_MS: '150' });

  for (const [name, trouble] of Object.entries(TROUBLE)) {
    shop.replyWith(trouble);
    const first = await callBack(name);
    shop.replyWith(reply(200));
    const retry = await callBack(name);

    assert.deepEqual([first.status, first.reason, retry.status], [503, 'Try again.', 204], name);
    const line = world.log.find(({ paymentId, outcome }) => paymentId === name && outcome === 'try_again');
    assert.ok(Number(line?.durationMs) < 1_500, `${name}: ${line?.durationMs} ms`);
  }
});

test('a shop that does not listen is no answer', async (t) => {
  const { callBack } = await setup(t, { ORDER_LOOKUP_URL: 'http://127.0.0.1:1/{paymentId}' });

  assertAnswer(await callBack('p1'), { ...TRY_AGAIN, actual: 'UNFREEZE' });
});

test('the body of an answer is not waited for', async (t) => {
  const { shop, callBack } = await setup(t);
  shop.replyWith((_question, response) => void response.writeHead(200).write('a body that never ends'));

  assertTaken(await callBack('p1'), 'UNFREEZE');
});

test('no answer is remembered, neither a yes nor a no', async (t) => {
  const { shop, callBack } = await setup(t);
  const statuses: number[] = [];

  for (const status of [200, 200, 404, 404, 500, 200]) {
    shop.replyWith(reply(status));
    statuses.push((await callBack('p1')).status);
  }

  assert.deepEqual(statuses, [204, 204, 410, 410, 503, 204]);
  assert.equal(shop.asked.length, 6);
});

test('questions one after the other share one connection, as long as answers are small', async (t) => {
  const { shop, callBack } = await setup(t);

  for (const [n, body] of ['', '{"order": "known"}', '', '{"order": "known"}'.repeat(9)].entries()) {
    shop.replyWith((_question, response) => void response.writeHead(200).end(body));
    assertTaken(await callBack(`p${n}`), 'UNFREEZE');
  }

  assert.deepEqual(shop.connections(), { made: 1, most: 1 });
});

test('a callback that fails an earlier check asks nobody, and neither does TEST', async (t) => {
  const { shop, world } = await setup(t);

  const wrong = await send(world.url, target('UNFREEZE', 'p1', { salt: 'not the salt of this shop' }));
  const malformed = await send(world.url, '/callbacks/resurs?c=UNFREEZE');
  const unproven = await send(world.url, '/callbacks/resurs?c=TEST&param1=a');
  const proven = await send(world.url, target('TEST', ''));

  assert.deepEqual([wrong.status, malformed.status, unproven.status, proven.status], [406, 400, 204, 204]);
  assert.deepEqual(shop.asked, []);
});
