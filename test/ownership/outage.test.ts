/**
 * A shop whose order look-up hangs: every callback is answered in time, the process keeps its sockets, and all is well again
 * at once when the look-up is. What Resurs posts meanwhile must not lose its body. Real HTTP on both sides.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { send, target } from '../helpers/callbacks.ts';
import { assertAllPutOff, sendMany } from '../helpers/concurrent-callbacks.ts';
import { countStored, storedEvents } from '../helpers/database-state.ts';
import { hang, reply, startShop } from '../helpers/lookup-server.ts';
import { assertAnswer, assertTaken } from '../helpers/responses.ts';
import { startWorld } from '../helpers/service.ts';

const LINED = '{"addedPaymentSpecificationLines":[{"id":"7"}]}';
/** The service's own bound. */
const MOST_SOCKETS = 64;

async function setup(t: TestContext) {
  const shop = await startShop(t);
  const env = { ORDER_OWNERSHIP: 'lookup', ORDER_LOOKUP_URL: shop.lookupUrl };
  const world = await startWorld(t, { env });
  return { shop, world };
}

test('200 callbacks at once during a look-up that hangs are put off in time, and the next ones pass', async (t) => {
  const { shop, world } = await setup(t);
  shop.replyWith(hang);

  const during = await sendMany(world.url, 200);
  const { most } = shop.connections();
  shop.replyWith(reply(200));
  const after = await sendMany(world.url, 20, 1_000);

  assertAllPutOff(during, world.log);
  assert.ok(most <= MOST_SOCKETS, `${most} connections to the shop at a time`);
  for (const { answer, tookMs } of after) {
    assertTaken(answer, 'UNFREEZE');
    assert.ok(tookMs < 1_500, `${Math.round(tookMs)} ms`);
  }
  assert.equal((await countStored(world)).events, 20);
});

test('200 callbacks at once with a look-up that works all pass over few connections', async (t) => {
  const { shop, world } = await setup(t);
  shop.replyWith(reply(204));

  const results = await sendMany(world.url, 200);

  for (const { answer } of results) assertTaken(answer, 'UNFREEZE');
  assert.equal(shop.asked.length, 200);
  assert.ok(shop.connections().most <= MOST_SOCKETS);
});

test('after a BOOKED POST that the look-up put off, its GET waits for the POST and then passes', async (t) => {
  const { shop, world } = await setup(t);
  const get = () => send(world.url, target('BOOKED', 'p1'));
  const post = () => send(world.url, target('BOOKED', 'p1'), { method: 'POST', body: LINED });
  shop.replyWith(reply(500));

  const failed = await post();
  shop.replyWith(reply(200));
  const early = await get();
  const retry = await post();
  const late = await get();

  for (const answer of [failed, early]) {
    assertAnswer(answer, { status: 503, reason: 'Try again.', actual: 'BOOKED' });
  }
  for (const answer of [retry, late]) assertTaken(answer, 'BOOKED');
  const [event] = await storedEvents(world);
  assert.deepEqual([event?.method, event?.body?.toString()], ['POST', LINED]);
});
