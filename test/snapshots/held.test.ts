/**
 * Events that wait for Resurs: they outlive a stop and a crash, hold up no other payment and no probe of a webhook that
 * is down, and use no try. Real service, Postgres, merchant and HTTP.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { waitUntil } from '../harness/wait.ts';
import { attempts, deliveries, sendCallback, waitForLine, waitForStates } from '../helpers/deliveries.ts';
import { status } from '../helpers/merchant.ts';
import { createDatabase } from '../helpers/postgres.ts';
import { startDatabaseProxy } from '../helpers/postgres-proxy.ts';
import { queryOnce } from '../helpers/service.ts';
import { requestStatusApi } from '../helpers/status.ts';
import { startStopwatch } from '../helpers/stopwatch.ts';
import { dataOf, setup, storeMapiEvents } from './snapshots.ts';

test('a stop does not wait for Resurs, and the next process reads and sends as if nothing had been', async (t) => {
  const { merchant, ecom, receiver, next } = await setup(t);
  ecom.answerWith(() => undefined);
  await sendCallback(receiver, 'UNFREEZE', 'p1');
  assert.ok(await waitUntil(async () => ecom.requests.length === 1));

  const watch = startStopwatch();
  await receiver.service.stop();
  const tookMs = watch.elapsedMs();
  const [released] = await deliveries(receiver);
  ecom.answerWith(null);
  await next();
  const [request] = await merchant.waitFor(1);

  assert.ok(tookMs < 4_000, `${Math.round(tookMs)} ms`);
  assert.deepEqual([released?.state, released?.attemptCount], ['pending', 0]);
  assert.ok(request !== undefined);
  assert.deepEqual([request.attempt, dataOf(request).payment?.state], [1, 'authorized']);
});

test('after a crash while Resurs was asked, the next process asks again and sends the payment', async (t) => {
  const { merchant, ecom, receiver, next } = await setup(t);
  ecom.answerWith(() => undefined);
  await sendCallback(receiver, 'BOOKED', 'p1');
  await sendCallback(receiver, 'UNFREEZE', 'p1');
  assert.ok(await waitUntil(async () => ecom.requests.length === 1));
  await receiver.service.stop();
  // What a crash leaves: the claim of a process that is gone.
  await receiver.query(`
    update outbox set state = 'delivering', attempt_count = 1, claim_token = gen_random_uuid(),
      claimed_at = now() - interval '10 s', wake_at = now() - interval '1 s' where state = 'pending'`);
  ecom.answerWith(null);

  const later = await next();
  await waitForStates(later, ['delivered'], 2);

  assert.deepEqual(
    merchant.received.map((one) => [one.attempt, dataOf(one).payment?.state]),
    [
      [2, 'authorized'],
      [1, 'authorized'],
    ],
  );
  const [first] = await deliveries(later);
  assert.equal(first?.triesUsed, 1);
});

test('a payment that was read while the database was away is kept when it is back, and not read again', async (t) => {
  const database = await createDatabase(t);
  const proxy = await startDatabaseProxy(t, database.url);
  const { merchant, ecom, receiver } = await setup(t, {}, { databaseUrl: proxy.url, directUrl: database.url });
  let answer = () => undefined as unknown;
  ecom.answerWith((response) => {
    answer = () => ecom.answerKnown(response);
  });
  await sendCallback(receiver, 'UNFREEZE', 'p1');
  assert.ok(await waitUntil(async () => ecom.requests.length === 1));

  await proxy.leave();
  answer();
  await waitForLine(receiver, 'outbox.unreachable');
  await proxy.comeBack();
  const [request] = await merchant.waitFor(1);
  // Before the proxy is gone.
  await receiver.service.stop();

  assert.ok(request !== undefined);
  assert.deepEqual([request.attempt, dataOf(request).payment?.state], [1, 'authorized']);
  assert.equal(ecom.requests.length, 1);
});

test('a payment that Resurs is slow to tell holds up no other interface', async (t) => {
  const { merchant, ecom, mapi, receiver } = await setup(t);
  ecom.answerWith(() => undefined);
  const paymentId = randomUUID();
  mapi.hold(paymentId);

  for (let n = 0; n < 12; n += 1) await sendCallback(receiver, 'UNFREEZE', `p${n}`);
  await storeMapiEvents(receiver, paymentId);
  const [request] = await merchant.waitFor(1);

  assert.ok(request !== undefined);
  assert.equal(dataOf(request).paymentId, paymentId);
});

test('while Resurs hangs, events go out with a line that says so, and use no try', async (t) => {
  const { merchant, ecom, receiver } = await setup(t);
  ecom.answerWith(() => undefined);
  const watch = startStopwatch();

  for (let n = 0; n < 20; n += 1) await sendCallback(receiver, 'UNFREEZE', `p${n}`);
  await waitForStates(receiver, ['delivered'], 20);
  const tookMs = watch.elapsedMs();

  // Two time-outs, since the second reads begin with the first failure; then nothing is asked any more.
  assert.ok(tookMs < 30_000, `${Math.round(tookMs)} ms`);
  const errors = new Set(merchant.received.map((one) => dataOf(one).paymentError));
  assert.ok(
    [...errors].every((error) => /did not answer within 5 s|was not asked/.test(error ?? '')),
    [...errors].join(),
  );
  assert.ok(merchant.received.every((one) => dataOf(one).payment === null));
  assert.deepEqual(await queryOnce(receiver.databaseUrl, 'select distinct tries_used from deliveries'), [
    { tries_used: 1 },
  ]);
  assert.equal(receiver.log.filter(({ event }) => event === 'snapshot.not_read').length, 1);
  const { body } = await requestStatusApi(receiver, 'GET', '/metrics');
  assert.match(body, /resurs_snapshots_total\{provider="resurs-ecom",outcome="paused"\} [1-9]/);
  assert.match(body, /resurs_payment_read_duration_seconds_count\{provider="resurs-ecom"\} [1-9]/);
});

test('when the webhook goes down meanwhile, the claims are released with their snapshot, and probes still go out', async (t) => {
  const { merchant, ecom, receiver } = await setup(t, { WEBHOOK_RETRY_SCHEDULE: '1s' });
  merchant.answerWith(status(503));
  const held: (() => void)[] = [];
  ecom.answerWith((response) => {
    if (ecom.requests.at(-1)?.body.includes('>slow<')) held.push(() => response.destroy());
    else response.destroy();
  });
  await sendCallback(receiver, 'UNFREEZE', 'slow');
  assert.ok(await waitUntil(async () => held.length === 1));
  for (let n = 0; n < 5; n += 1) await sendCallback(receiver, 'UNFREEZE', `p${n}`);
  await waitForLine(receiver, 'webhook.down');

  merchant.answerWith(status(204));
  ecom.answerWith(null);
  for (const end of held) end();
  await waitForStates(receiver, ['delivered'], 6);

  await waitForLine(receiver, 'webhook.up');
  const slow = merchant.received.filter((one) => dataOf(one).paymentId === 'slow');
  assert.deepEqual(
    slow.map(({ attempt }) => attempt),
    [1],
  );
  assert.ok((await attempts(receiver)).every(({ outcome }) => outcome !== 'abandoned'));
});
