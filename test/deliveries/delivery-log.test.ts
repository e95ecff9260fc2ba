/**
 * The log of deliveries: one line for each attempt, with the fields an operator searches by and nothing secret. Real
 * service; the test reads the lines that the service writes.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitUntil } from '../harness/wait.ts';
import { target } from '../helpers/callbacks.ts';
import { deliveries, sendCallback, waitForStates, webhookEnv } from '../helpers/deliveries.ts';
import { startMerchant } from '../helpers/merchant.ts';
import { STATUS_TOKEN, startTestService, WEBHOOK_SECRET } from '../helpers/service.ts';

test('each attempt is one line, and its level depends on the next step', async (t) => {
  const merchant = await startMerchant(t);
  merchant.answerWith((request, response) => response.writeHead(request.attempt === 1 ? 500 : 204).end());
  const receiver = await startTestService(t, { env: webhookEnv(merchant.url) });

  await sendCallback(receiver, 'UNFREEZE', 'p1');
  const [delivery] = await waitForStates(receiver, ['delivered']);
  const lines = () => receiver.log.filter((line) => line.event === 'delivery.attempted');
  await waitUntil(async () => lines().length >= 2);

  const [failed, succeeded, ...more] = lines();
  assert.deepEqual(more, []);
  const same = { event: 'delivery.attempted', eventId: delivery?.id, type: 'payment.unfrozen', paymentId: 'p1' };
  const { time, durationMs, nextAttemptInMs, ...facts } = failed ?? {};
  assert.deepEqual(facts, {
    ...same,
    level: 'warn',
    sequence: 1,
    attempt: 1,
    outcome: 'refused',
    status: 500,
    error: 'HTTP 500',
    settled: 'settled',
    state: 'pending',
  });
  assert.match(String(time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.ok(Number.isInteger(durationMs));
  assert.ok(Number(nextAttemptInMs) >= 20 && Number(nextAttemptInMs) <= 24, String(nextAttemptInMs));
  assert.deepEqual(
    { ...succeeded, time: 0, durationMs: 0 },
    {
      ...same,
      time: 0,
      durationMs: 0,
      level: 'info',
      sequence: 1,
      attempt: 2,
      outcome: 'accepted',
      status: 204,
      error: null,
      settled: 'settled',
      state: 'delivered',
      nextAttemptInMs: null,
    },
  );
});

test('a dead letter is logged as an error', async (t) => {
  const merchant = await startMerchant(t);
  merchant.answerWith((_request, response) => response.writeHead(410).end());
  const receiver = await startTestService(t, { env: webhookEnv(merchant.url) });

  await sendCallback(receiver, 'UNFREEZE', 'p1');
  await waitForStates(receiver, ['dead_letter']);
  await waitUntil(async () => receiver.log.some((line) => line.state === 'dead_letter'));

  const [line] = receiver.log.filter((one) => one.state === 'dead_letter');
  assert.deepEqual([line?.level, line?.nextAttemptInMs], ['error', null]);
});

test('no line contains a secret, credential, digest, body or response', async (t) => {
  const merchant = await startMerchant(t);
  merchant.answerWith((_request, response) => response.writeHead(500).end('answer-of-the-shop'));
  const env = {
    WEBHOOK_AUTHORIZATION: 'Bearer of-the-shop-4711',
    WEBHOOK_SECRET_PREVIOUS: `whsec_${Buffer.alloc(32, 'previous').toString('base64')}`,
    WEBHOOK_URL: `${merchant.url}?key=in-the-url`,
    LOG_LEVEL: 'trace',
  };
  const receiver = await startTestService(t, { env: webhookEnv(merchant.url, env) });

  const body = '{"text":"body-of-the-callback"}';
  await sendCallback(receiver, 'UPDATE', 'p1', { method: 'POST', body, headers: { cookie: 'header-of-resurs' } });
  await waitForStates(receiver, ['dead_letter']);
  await receiver.status(`/events/${(await deliveries(receiver))[0]?.id}`);
  await waitUntil(async () => receiver.log.filter((line) => line.event === 'delivery.attempted').length === 3);

  const digest = new URLSearchParams(target('UPDATE', 'p1').split('?')[1]).get('d') ?? assert.fail();
  const never = [
    ...[WEBHOOK_SECRET, env.WEBHOOK_SECRET_PREVIOUS].map((secret) => secret.slice('whsec_'.length)),
    ...['of-the-shop', 'in-the-url', 'body-of-the-callback', 'header-of-resurs', 'answer-of-the-shop'],
    ...[STATUS_TOKEN, digest, digest.toLowerCase(), 'a-salt-of-the-tests', 'v1,'],
  ];
  for (const text of never) assert.ok(!receiver.logText().includes(text), text);
});
