/**
 * POST then GET: Resurs repeats a failed POST as a GET of the same URL at once. If the GET were accepted, the POST
 * would never be retried and its body would be lost. So the GET is deferred, for a minute from the POST and in bounded
 * memory. First the guard alone, with the clock as an argument; then real HTTP and Postgres, which a lock makes fail.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createGetFallbackGuard } from '../../../src/callbacks/ecom/get-fallback.ts';
import { waitUntil } from '../../harness/wait.ts';
import { send, target } from '../../helpers/callbacks.ts';
import { countRows, lockTables, storedEvents } from '../../helpers/database-state.ts';
import { openRequest } from '../../helpers/partial-request.ts';
import { assertAccepted, assertResponse } from '../../helpers/responses.ts';
import { startTestService } from '../../helpers/service.ts';

function setupGuard() {
  let elapsedMs = 1_000_000;
  const guard = createGetFallbackGuard({ now: () => 0, elapsed: () => elapsedMs });
  return {
    guard,
    fail: (paymentId: string, type = 'BOOKED') => guard.postFailed(type, paymentId, elapsedMs),
    isDeferred: (paymentId: string, type = 'BOOKED') => guard.shouldDefer(type, paymentId),
    pass(ms: number) {
      elapsedMs += ms;
    },
  };
}

test('a GET is deferred for 60 s from the arrival of the failed POST', () => {
  const { fail, isDeferred, pass } = setupGuard();
  fail('1');

  pass(59_999);
  const before = isDeferred('1');
  pass(1);

  assert.deepEqual([before, isDeferred('1')], [true, false]);
});

test('a POST that fails again defers the GET for 60 s again', () => {
  const { fail, isDeferred, pass } = setupGuard();
  fail('1');
  pass(59_000);
  fail('1');

  pass(59_000);

  assert.equal(isDeferred('1'), true);
});

test('a GET is deferred only for the same type and payment, and never for types without a body', () => {
  const { fail, isDeferred } = setupGuard();
  fail('1');
  fail('2', 'UNFREEZE');
  fail('3', 'UPDATE');

  const deferred = [isDeferred('1'), isDeferred('1', 'UPDATE'), isDeferred('2', 'UNFREEZE'), isDeferred('3', 'UPDATE')];

  assert.deepEqual(deferred, [true, false, false, true]);
});

test('an accepted callback ends the deferral', () => {
  const { guard, fail, isDeferred } = setupGuard();
  fail('1');

  guard.accepted('BOOKED', '1');

  assert.equal(isDeferred('1'), false);
});

test('the guard remembers 10 000 failed POSTs and drops the oldest', () => {
  const { fail, isDeferred } = setupGuard();

  for (let number = 0; number <= 10_000; number += 1) fail(String(number));

  assert.deepEqual([isDeferred('0'), isDeferred('1'), isDeferred('10000')], [false, true, true]);
});

const LINED = '{"addedPaymentSpecificationLines":[{"id":"7"}]}';
const TRY_AGAIN = { status: 503, reason: 'Try again.' };

/** Starts a service for which a POST of each type has just failed for payment 1; `release` makes it work again. */
async function setup(t: TestContext, types: readonly string[]) {
  const receiver = await startTestService(t);
  const lock = await lockTables(t, receiver.databaseUrl, 'identities');
  const post = (type: string, body = LINED) => send(receiver.url, target(type, '1'), { method: 'POST', body });
  const get = (type: string, paymentId = '1') => send(receiver.url, target(type, paymentId));
  const failed = await Promise.all(types.map((type) => post(type)));
  for (const { status } of failed) assert.equal(status, 503);
  return { receiver, post, get, release: lock.release };
}

for (const type of ['BOOKED', 'UPDATE']) {
  test(`after a failed ${type} POST, its GET gets 503 until the POST is retried`, async (t) => {
    const { receiver, post, get, release } = await setup(t, [type]);
    await release();

    const early = [await get(type), await get(type)];
    const retry = await post(type);
    const late = await get(type);

    for (const response of early) assertResponse(response, { ...TRY_AGAIN, actual: type });
    for (const response of [retry, late]) assertAccepted(response, type);
    const [event] = await storedEvents(receiver);
    assert.deepEqual([event?.method, event?.body?.toString()], ['POST', LINED]);
  });
}

test('a POST without a body is deferred as well, and other types and payments are not', async (t) => {
  const { receiver, get, release } = await setup(t, ['BOOKED', 'UNFREEZE']);
  await release();

  const bare = await send(receiver.url, target('BOOKED', '1'), { method: 'POST' });
  const others = await Promise.all([get('UPDATE'), get('BOOKED', '2'), get('UNFREEZE')]);

  assertResponse(bare, { ...TRY_AGAIN, actual: 'BOOKED' });
  for (const { status } of others) assert.equal(status, 204);
});

test('a GET that fails by itself defers nothing', async (t) => {
  const { receiver, get, release } = await setup(t, []);
  const failed = await get('BOOKED');
  await release();

  const retry = await get('BOOKED');

  assert.equal(failed.status, 503);
  assertAccepted(retry, 'BOOKED');
  assert.equal((await countRows(receiver)).events, 1);
});

test('a POST that was rejected by its digest defers nothing', async (t) => {
  const { receiver, get, release } = await setup(t, []);
  await release();
  const wrong = target('BOOKED', '1', { salt: 'not the salt of this shop' });
  const rejected = await send(receiver.url, wrong, { method: 'POST', body: LINED });

  const response = await get('BOOKED');

  assert.equal(rejected.status, 406);
  assertAccepted(response, 'BOOKED');
});

test('a POST whose client disconnects in the middle defers the GET', async (t) => {
  const { receiver, post, get, release } = await setup(t, []);
  await release();
  const headers = { 'content-length': 1_000, expect: '100-continue' };
  const partial = openRequest(t, { url: receiver.url, target: target('BOOKED', '1'), headers });
  await partial.continued;
  partial.write(LINED);
  partial.abort();
  assert.ok(await waitUntil(async () => receiver.log.some(({ outcome }) => outcome === 'body_too_slow')));

  const early = await get('BOOKED');
  const retry = await post('BOOKED');

  assertResponse(early, { ...TRY_AGAIN, actual: 'BOOKED' });
  assertAccepted(retry, 'BOOKED');
});
