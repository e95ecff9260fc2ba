/**
 * MAX_EVENTS_PER_PAYMENT: a leaked URL lets anyone invent bodies, and each would be an event. The limit stops that
 * without losing a genuine event, because Resurs retries. Over HTTP, with real rows.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { send, target } from '../helpers/callbacks.ts';
import { countRows } from '../helpers/database-state.ts';
import { assertAccepted, assertResponse } from '../helpers/responses.ts';
import { startTestService } from '../helpers/service.ts';

async function setup(t: TestContext, max: number) {
  const receiver = await startTestService(t, { env: { MAX_EVENTS_PER_PAYMENT: String(max) } });
  const update = (number: number, paymentId = '100000016') =>
    send(receiver.url, target('UPDATE', paymentId), { method: 'POST', body: `{"number":${number}}` });
  return { receiver, update };
}

test('beyond the limit a new event gets 503 with an error line, and a repeat still gets 204', async (t) => {
  const { receiver, update } = await setup(t, 2);
  await update(1);
  await update(2);

  const beyond = await update(3);
  const repeats = [await update(1), await update(2)];

  assertResponse(beyond, { status: 503, reason: 'Try again.', actual: 'UPDATE' });
  for (const repeat of repeats) assertAccepted(repeat, 'UPDATE');
  assert.deepEqual(await countRows(receiver), { events: 2, receipts: 4, deliveries: 2, identities: 2 });
  const line = receiver.log.find(({ outcome }) => outcome === 'try_again');
  assert.deepEqual([line?.level, line?.paymentId], ['error', '100000016']);
  assert.match(String(line?.reason), /MAX_EVENTS_PER_PAYMENT/);
});

test('the limit covers all types of a payment, and another payment has its own', async (t) => {
  const { receiver, update } = await setup(t, 2);
  await update(1);
  await send(receiver.url, target('UNFREEZE', '100000016'));

  const other = await send(receiver.url, target('ANNULMENT', '100000016'));
  const elsewhere = await update(1, '100000017');

  assert.deepEqual([other.status, elsewhere.status], [503, 204]);
});

test('many concurrent new events do not exceed the limit', async (t) => {
  const { receiver, update } = await setup(t, 5);

  const responses = await Promise.all(Array.from({ length: 20 }, (_, number) => update(number)));

  const statuses = responses.map(({ status }) => status).sort();
  assert.deepEqual(statuses, [...Array(5).fill(204), ...Array(15).fill(503)]);
  assert.equal((await countRows(receiver)).events, 5);
});

test('events older than a day do not count', async (t) => {
  const { receiver, update } = await setup(t, 2);
  await update(1);
  await update(2);
  await receiver.query(`update events set received_at = received_at - interval '24 hours'`);

  const responses = [await update(3), await update(4), await update(5)];

  assert.deepEqual(
    responses.map(({ status }) => status),
    [204, 204, 503],
  );
});

test('TEST has no limit', async (t) => {
  const receiver = await startTestService(t, {
    env: { MAX_EVENTS_PER_PAYMENT: '1', DIGEST_SALT: '', ALLOW_UNAUTHENTICATED: 'true' },
  });

  const responses = await Promise.all(
    Array.from({ length: 5 }, (_, n) => send(receiver.url, `/callbacks/resurs?c=TEST&param1=${n}`)),
  );

  for (const response of responses) assertAccepted(response, 'TEST');
  assert.equal((await countRows(receiver)).events, 5);
});

test('0 means no limit', async (t) => {
  const { receiver, update } = await setup(t, 0);

  const responses = await Promise.all(Array.from({ length: 30 }, (_, number) => update(number)));

  for (const response of responses) assertAccepted(response, 'UPDATE');
  assert.equal((await countRows(receiver)).events, 30);
});
