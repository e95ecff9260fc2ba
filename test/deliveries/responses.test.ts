/**
 * How much of a merchant's response is read and stored: its first KiB. No response, however long or slow, delays the
 * service. Real sockets.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { attempts, sendCallback, waitForAttempts, waitForStates, webhookEnv } from '../helpers/deliveries.ts';
import { type Answer, startMerchant, status } from '../helpers/merchant.ts';
import { startTestService } from '../helpers/service.ts';

async function setup(t: TestContext, behaviour: Answer, timeoutMs = '20000') {
  const merchant = await startMerchant(t);
  merchant.answerWith(behaviour);
  const env = webhookEnv(merchant.url, { WEBHOOK_TIMEOUT_MS: timeoutMs, WEBHOOK_RETRY_SCHEDULE: '1h' });
  const receiver = await startTestService(t, { env });
  await sendCallback(receiver, 'UNFREEZE', 'p1');
  return receiver;
}

test('a response of exactly 1 KiB is stored whole', async (t) => {
  const receiver = await setup(t, status(200, {}, 'x'.repeat(1024)));

  await waitForStates(receiver, ['delivered']);

  const [attempt] = await attempts(receiver);
  assert.equal(attempt?.answer, 'x'.repeat(1024));
});

test('the first KiB of a longer response is stored', async (t) => {
  const receiver = await setup(t, status(200, {}, 'x'.repeat(1024) + 'y'.repeat(5000)));

  await waitForStates(receiver, ['delivered']);

  const [attempt] = await attempts(receiver);
  assert.equal(attempt?.answer, 'x'.repeat(1024));
});

test('an endless response is dropped after 1 KiB, and its status decides', async (t) => {
  const { promise: dropped, resolve } = Promise.withResolvers<void>();
  const receiver = await setup(t, (_request, response) => {
    response.once('close', resolve);
    response.writeHead(500);
    const pour = () => {
      while (!response.destroyed && response.write('endless '.repeat(100)));
    };
    response.on('drain', pour);
    pour();
  });

  const [attempt] = await waitForAttempts(receiver, 1);

  await dropped;
  assert.deepEqual([attempt?.outcome, attempt?.status], ['refused', 500]);
  assert.equal(attempt?.answer, 'endless '.repeat(128));
});

test('a response that pauses after 1 KiB is not waited for', async (t) => {
  const { promise: dropped, resolve } = Promise.withResolvers<void>();
  const receiver = await setup(t, (_request, response) => {
    response.once('close', resolve);
    response.writeHead(200).write('x'.repeat(1024));
  });

  await waitForStates(receiver, ['delivered']);

  await dropped;
});

test('a shorter response that hangs in its body is timed out, whatever its status', async (t) => {
  const receiver = await setup(t, (_request, response) => void response.writeHead(200).write('almost'), '150');

  const [attempt] = await waitForAttempts(receiver, 1);

  assert.deepEqual([attempt?.outcome, attempt?.status, attempt?.answer], ['timed_out', null, null]);
  assert.ok((attempt?.durationMs ?? 0) >= 149, `${attempt?.durationMs} ms`);
});

test('a response that trickles forever is timed out as a whole', async (t) => {
  const receiver = await setup(
    t,
    (_request, response) => {
      response.writeHead(200);
      const drip = setInterval(() => response.write('.'), 20);
      response.once('close', () => clearInterval(drip));
    },
    '200',
  );

  const [attempt] = await waitForAttempts(receiver, 1);

  assert.equal(attempt?.outcome, 'timed_out');
  assert.ok((attempt?.durationMs ?? 9999) < 5000, `${attempt?.durationMs} ms`);
});

test('a response with NUL and bytes that are not UTF-8 is stored as text', async (t) => {
  const receiver = await setup(t, (_request, response) => void response.end(Buffer.from([0x61, 0, 0xff, 0x62])));

  await waitForStates(receiver, ['delivered']);

  const [attempt] = await attempts(receiver);
  assert.equal(attempt?.answer, 'a\ufffd\ufffdb');
});

test('a response whose letters the database refuses is settled with ? in their place, and sent once', async (t) => {
  const merchant = await startMerchant(t);
  merchant.answerWith(status(200, {}, 'mottagen på жук \u{1f600}'));
  const receiver = await startTestService(t, { env: webhookEnv(merchant.url) });
  // As a database of another encoding refuses them.
  await receiver.query(`alter table deliveries add constraint ascii check (first_answer !~ '[^ -~]')`);

  await sendCallback(receiver, 'UNFREEZE', 'p1');
  await waitForStates(receiver, ['delivered']);

  const [attempt] = await attempts(receiver);
  assert.equal(attempt?.answer, 'mottagen p? ??? ??');
  assert.equal(merchant.received.length, 1);
});

test('a body of 200 KB is sent whole', async (t) => {
  const merchant = await startMerchant(t);
  merchant.answerWith(status(204));
  const receiver = await startTestService(t, { env: webhookEnv(merchant.url) });
  const body = JSON.stringify({ text: 'x'.repeat(200_000) });

  await sendCallback(receiver, 'UPDATE', 'p1', { method: 'POST', body });
  await waitForStates(receiver, ['delivered']);

  const data = JSON.parse(merchant.received[0]?.body ?? '').data;
  assert.equal(JSON.stringify(data.body), body);
});

test('the connection is reused for the next event', async (t) => {
  const merchant = await startMerchant(t);
  const sockets = new Set<unknown>();
  merchant.answerWith((_request, response) => {
    sockets.add(response.socket);
    response.writeHead(204).end();
  });
  const receiver = await startTestService(t, { env: webhookEnv(merchant.url, { WEBHOOK_CONCURRENCY: '1' }) });

  await sendCallback(receiver, 'UNFREEZE', 'p1');
  await sendCallback(receiver, 'UNFREEZE', 'p2');
  await waitForStates(receiver, ['delivered'], 2);

  assert.equal(sockets.size, 1);
});
