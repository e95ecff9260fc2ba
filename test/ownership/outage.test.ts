/**
 * A shop whose order look-up hangs: every callback gets its response in time, the process keeps its sockets, and
 * callbacks pass again as soon as look-ups do. A POST that Resurs sends meanwhile must not lose its body. Real HTTP on
 * both sides.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { send, target } from '../helpers/callbacks.ts';
import { assertAllDeferred, sendConcurrently } from '../helpers/concurrent-callbacks.ts';
import { countRows, storedEvents } from '../helpers/database-state.ts';
import { hang, respondWith, startLookupServer } from '../helpers/lookup-server.ts';
import { assertAccepted, assertResponse } from '../helpers/responses.ts';
import { startTestService } from '../helpers/service.ts';

const LINED = '{"addedPaymentSpecificationLines":[{"id":"7"}]}';
/** The service's own limit. */
const MAX_CONNECTIONS = 64;

async function setup(t: TestContext) {
  const shop = await startLookupServer(t);
  const env = { ORDER_OWNERSHIP: 'lookup', ORDER_LOOKUP_URL: shop.lookupUrl };
  const receiver = await startTestService(t, { env });
  return { shop, receiver };
}

test('200 concurrent callbacks get 503 in time while look-ups hang, and the next ones are accepted', async (t) => {
  const { shop, receiver } = await setup(t);
  shop.setHandler(hang);

  const during = await sendConcurrently(receiver.url, 200);
  const { peak } = shop.connections();
  shop.setHandler(respondWith(200));
  const after = await sendConcurrently(receiver.url, 20, 1_000);

  assertAllDeferred(during, receiver.log);
  assert.ok(peak <= MAX_CONNECTIONS, `${peak} connections to the shop at a time`);
  // A look-up that waited for a hanging one would have timed out, and its callback would have got 503.
  for (const { response } of after) assertAccepted(response, 'UNFREEZE');
  assert.equal((await countRows(receiver)).events, 20);
});

test('200 concurrent callbacks are accepted over few connections while look-ups work', async (t) => {
  const { shop, receiver } = await setup(t);
  shop.setHandler(respondWith(204));

  const results = await sendConcurrently(receiver.url, 200);

  for (const { response } of results) assertAccepted(response, 'UNFREEZE');
  assert.equal(shop.requests.length, 200);
  assert.ok(shop.connections().peak <= MAX_CONNECTIONS);
});

test('after a BOOKED POST whose look-up failed, its GET gets 503 until the POST is retried', async (t) => {
  const { shop, receiver } = await setup(t);
  const get = () => send(receiver.url, target('BOOKED', 'p1'));
  const post = () => send(receiver.url, target('BOOKED', 'p1'), { method: 'POST', body: LINED });
  shop.setHandler(respondWith(500));

  const failed = await post();
  shop.setHandler(respondWith(200));
  const early = await get();
  const retry = await post();
  const late = await get();

  for (const response of [failed, early]) {
    assertResponse(response, { status: 503, reason: 'Try again.', actual: 'BOOKED' });
  }
  for (const response of [retry, late]) assertAccepted(response, 'BOOKED');
  const [event] = await storedEvents(receiver);
  assert.deepEqual([event?.method, event?.body?.toString()], ['POST', LINED]);
});
