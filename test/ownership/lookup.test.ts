/**
 * ORDER_OWNERSHIP=lookup: the service asks the shop about the order of each callback. The shop's response decides and
 * is never cached; without a clear one the callback gets 503 and Resurs retries, instead of a guess. Real HTTP on both
 * sides, real Postgres and merchant.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { send, target } from '../helpers/callbacks.ts';
import { countRows, NO_ROWS } from '../helpers/database-state.ts';
import { webhookEnv } from '../helpers/deliveries.ts';
import { hang, type LookupHandler, respondWith, startLookupServer } from '../helpers/lookup-server.ts';
import { startMerchant } from '../helpers/merchant.ts';
import { assertAccepted, assertResponse } from '../helpers/responses.ts';
import { startTestService } from '../helpers/service.ts';
import { startStopwatch } from '../helpers/stopwatch.ts';

const TOKEN = 'a-look-up-token-of-the-tests-2Kd8';
const TRY_AGAIN = { status: 503, reason: 'Try again.' };

async function setup(t: TestContext, env: Record<string, string> = {}) {
  const shop = await startLookupServer(t);
  const lookup = { ORDER_OWNERSHIP: 'lookup', ORDER_LOOKUP_URL: shop.lookupUrl, ORDER_LOOKUP_TOKEN: TOKEN };
  const receiver = await startTestService(t, { env: { ...lookup, ...env } });
  const sendCallback = (paymentId: string, type = 'UNFREEZE') => send(receiver.url, target(type, paymentId));
  return { shop, receiver, sendCallback };
}

test('a callback is accepted on the retry after the shop knows its order', async (t) => {
  const merchant = await startMerchant(t);
  const { shop, receiver, sendCallback } = await setup(t, webhookEnv(merchant.url));

  const early = await sendCallback('p1');
  const storedEarly = await countRows(receiver);
  shop.setHandler(respondWith(200));
  const retry = await sendCallback('p1');

  assertResponse(early, { status: 410, reason: 'Order is not ours.', actual: 'UNFREEZE' });
  assert.deepEqual(storedEarly, NO_ROWS);
  assertAccepted(retry, 'UNFREEZE');
  const [request] = await merchant.waitFor(1);
  assert.equal(JSON.parse(request?.body ?? '').data.paymentId, 'p1');
});

test('a look-up is a GET with the token and the percent-encoded id', async (t) => {
  const { shop, sendCallback } = await setup(t);

  for (const paymentId of ['a/b', 'Malmö 12', '100%&x=1', '$&', '{paymentId}']) await sendCallback(paymentId);

  assert.deepEqual(
    shop.requests.map(({ method, target, authorization }) => [method, target, authorization]),
    ['a%2Fb', 'Malm%C3%B6%2012', '100%25%26x%3D1', '%24%26', '%7BpaymentId%7D'].map((id) => [
      'GET',
      `/orders/${id}?from=resurs`,
      `Bearer ${TOKEN}`,
    ]),
  );
});

test('without a configured token none is sent', async (t) => {
  const { shop, sendCallback } = await setup(t, { ORDER_LOOKUP_TOKEN: '' });

  await sendCallback('p1');

  assert.equal(shop.requests[0]?.authorization, undefined);
});

test('2xx means ours, 404 and 410 mean not ours, and for any other status the callback gets 503', async (t) => {
  const { shop, sendCallback } = await setup(t);
  const expected: readonly (readonly [number, readonly number[]])[] = [
    [204, [200, 201, 204, 299]],
    [410, [404, 410]],
    [503, [300, 304, 400, 401, 403, 405, 409, 418, 429, 451, 500, 502, 503, 504]],
  ];

  for (const [expectedStatus, statuses] of expected) {
    for (const status of statuses) {
      shop.setHandler(respondWith(status));
      const response = await sendCallback(`p${status}`);
      assert.equal(response.status, expectedStatus, `the shop responded ${status}`);
    }
  }
});

test('a redirect is not followed, and the callback gets 503', async (t) => {
  const { shop, sendCallback } = await setup(t);

  for (const status of [301, 302, 303, 307, 308]) {
    shop.setHandler(({ target: requested }, response) => {
      const isFirst = requested.startsWith('/orders/');
      response.writeHead(isFirst ? status : 200, { location: `${shop.origin}/elsewhere` }).end();
    });
    assertResponse(await sendCallback(`p${status}`), { ...TRY_AGAIN, actual: 'UNFREEZE' });
  }

  assert.deepEqual(
    shop.requests.filter((request) => request.target === '/elsewhere'),
    [],
  );
});

const FAILURES: Readonly<Record<string, LookupHandler>> = {
  'a connection that is cut': (_request, response) => void response.destroy(),
  silence: hang,
  'a head that never ends': (_request, response) => void response.socket?.write('HTTP/1.1 200 OK\r\nx: '),
  'something that is not HTTP': (_request, response) => void response.socket?.end('220 mail.example ESMTP\r\n'),
};

test('a callback whose look-up fails gets 503, and its next look-up counts', async (t) => {
  const { shop, receiver, sendCallback } = await setup(t, { ORDER_LOOKUP_TIMEOUT_MS: '150' });

  for (const [name, handler] of Object.entries(FAILURES)) {
    shop.setHandler(handler);
    const watch = startStopwatch();
    const first = await sendCallback(name);
    const stalledMs = watch.stalledMs();
    shop.setHandler(respondWith(200));
    const retry = await sendCallback(name);

    assert.deepEqual([first.status, first.reason, retry.status], [503, 'Try again.', 204], name);
    const line = receiver.log.find(({ paymentId, outcome }) => paymentId === name && outcome === 'try_again');
    assert.ok(Number(line?.durationMs) - stalledMs < 1_500, `${name}: ${line?.durationMs} ms`);
  }
});

test('a callback gets 503 while the shop does not listen', async (t) => {
  const { sendCallback } = await setup(t, { ORDER_LOOKUP_URL: 'http://127.0.0.1:1/{paymentId}' });

  assertResponse(await sendCallback('p1'), { ...TRY_AGAIN, actual: 'UNFREEZE' });
});

test('the body of the look-up response is not awaited', async (t) => {
  const { shop, sendCallback } = await setup(t);
  shop.setHandler((_request, response) => void response.writeHead(200).write('a body that never ends'));

  assertAccepted(await sendCallback('p1'), 'UNFREEZE');
});

test('no look-up is cached, whatever its result', async (t) => {
  const { shop, sendCallback } = await setup(t);
  const statuses: number[] = [];

  for (const status of [200, 200, 404, 404, 500, 200]) {
    shop.setHandler(respondWith(status));
    statuses.push((await sendCallback('p1')).status);
  }

  assert.deepEqual(statuses, [204, 204, 410, 410, 503, 204]);
  assert.equal(shop.requests.length, 6);
});

test('consecutive look-ups share one connection while their responses are small', async (t) => {
  const { shop, sendCallback } = await setup(t);

  for (const [n, body] of ['', '{"order": "known"}', '', '{"order": "known"}'.repeat(9)].entries()) {
    shop.setHandler((_request, response) => void response.writeHead(200).end(body));
    assertAccepted(await sendCallback(`p${n}`), 'UNFREEZE');
  }

  assert.deepEqual(shop.connections(), { opened: 1, peak: 1 });
});

test('a callback that fails an earlier check makes no look-up, and neither does TEST', async (t) => {
  const { shop, receiver } = await setup(t);

  const wrong = await send(receiver.url, target('UNFREEZE', 'p1', { salt: 'not the salt of this shop' }));
  const malformed = await send(receiver.url, '/callbacks/resurs?c=UNFREEZE');
  const unauthenticated = await send(receiver.url, '/callbacks/resurs?c=TEST&param1=a');
  const authenticated = await send(receiver.url, target('TEST', ''));

  assert.deepEqual(
    [wrong.status, malformed.status, unauthenticated.status, authenticated.status],
    [406, 400, 204, 204],
  );
  assert.deepEqual(shop.requests, []);
});
