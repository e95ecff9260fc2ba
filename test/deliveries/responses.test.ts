/**
 * How much of a merchant's answer is read and kept: its first KiB, and no answer, however long or slow, holds up the
 * service. Real sockets.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Answer, startMerchant, status } from '../harness/merchant.ts';
import { attempts, callBack, waitForAttempts, waitForStates, webhookEnv } from '../helpers/deliveries.ts';
import { startWorld } from '../helpers/service.ts';

async function setup(t: TestContext, answer: Answer, timeoutMs = '20000') {
  const merchant = await startMerchant(t);
  merchant.answerWith(answer);
  const env = webhookEnv(merchant.url, { WEBHOOK_TIMEOUT_MS: timeoutMs, WEBHOOK_RETRY_SCHEDULE: '1h' });
  const world = await startWorld(t, { env });
  await callBack(world, 'UNFREEZE', 'p1');
  return world;
}

test('an answer of exactly a KiB is kept whole', async (t) => {
  const world = await setup(t, status(200, {}, 'x'.repeat(1024)));

  await waitForStates(world, ['delivered']);

  const [attempt] = await attempts(world);
  assert.equal(attempt?.answer, 'x'.repeat(1024));
});

test('of a longer answer the first KiB is kept', async (t) => {
  const world = await setup(t, status(200, {}, 'x'.repeat(1024) + 'y'.repeat(5000)));

  await waitForStates(world, ['delivered']);

  const [attempt] = await attempts(world);
  assert.equal(attempt?.answer, 'x'.repeat(1024));
});

test('an answer without end is dropped after a KiB, and its status decides', async (t) => {
  const { promise: dropped, resolve } = Promise.withResolvers<void>();
  const world = await setup(t, (_request, response) => {
    response.once('close', resolve);
    response.writeHead(500);
    const pour = () => {
      while (!response.destroyed && response.write('endless '.repeat(100)));
    };
    response.on('drain', pour);
    pour();
  });

  const [attempt] = await waitForAttempts(world, 1);

  await dropped;
  assert.deepEqual([attempt?.outcome, attempt?.status], ['refused', 500]);
  assert.equal(attempt?.answer, 'endless '.repeat(128));
});

test('an answer that stops after a KiB without an end is not waited for', async (t) => {
  const { promise: dropped, resolve } = Promise.withResolvers<void>();
  const world = await setup(t, (_request, response) => {
    response.once('close', resolve);
    response.writeHead(200).write('x'.repeat(1024));
  });

  await waitForStates(world, ['delivered']);

  await dropped;
});

test('a shorter answer that hangs in its body is timed out, whatever its status', async (t) => {
  const world = await setup(t, (_request, response) => void response.writeHead(200).write('almost'), '150');

  const [attempt] = await waitForAttempts(world, 1);

  assert.deepEqual([attempt?.outcome, attempt?.status, attempt?.answer], ['timed_out', null, null]);
  assert.ok((attempt?.durationMs ?? 0) >= 149, `${attempt?.durationMs} ms`);
});

test('an answer that trickles for ever is timed out as a whole', async (t) => {
  const world = await setup(
    t,
    (_request, response) => {
      response.writeHead(200);
      const drip = setInterval(() => response.write('.'), 20);
      response.once('close', () => clearInterval(drip));
    },
    '200',
  );

  const [attempt] = await waitForAttempts(world, 1);

  assert.equal(attempt?.outcome, 'timed_out');
  assert.ok((attempt?.durationMs ?? 9999) < 5000, `${attempt?.durationMs} ms`);
});

test('an answer with NUL and bytes that are no text is kept all the same', async (t) => {
  const world = await setup(t, (_request, response) => void response.end(Buffer.from([0x61, 0, 0xff, 0x62])));

  await waitForStates(world, ['delivered']);

  const [attempt] = await attempts(world);
  assert.equal(attempt?.answer, 'a\ufffd\ufffdb');
});

test('a body of 200 KB goes out whole', async (t) => {
  const merchant = await startMerchant(t);
  merchant.answerWith(status(204));
  const world = await startWorld(t, { env: webhookEnv(merchant.url) });
  const body = JSON.stringify({ text: 'x'.repeat(200_000) });

  await callBack(world, 'UPDATE', 'p1', { method: 'POST', body });
  await waitForStates(world, ['delivered']);

  const data = JSON.parse(merchant.received[0]?.body ?? '').data;
  assert.equal(JSON.stringify(data.body), body);
});

test('the connection is used again for the next event', async (t) => {
  const merchant = await startMerchant(t);
  const sockets = new Set<unknown>();
  merchant.answerWith((_request, response) => {
    sockets.add(response.socket);
    response.writeHead(204).end();
  });
  const world = await startWorld(t, { env: webhookEnv(merchant.url, { WEBHOOK_CONCURRENCY: '1' }) });

  await callBack(world, 'UNFREEZE', 'p1');
  await callBack(world, 'UNFREEZE', 'p2');
  await waitForStates(world, ['delivered'], 2);

  assert.equal(sockets.size, 1);
});
