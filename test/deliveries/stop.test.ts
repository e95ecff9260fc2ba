/**
 * A graceful stop: attempts in flight are finished within SHUTDOWN_TIMEOUT_MS and settled; longer ones are abandoned
 * and sent again by the next process. A deploy loses no delivery and no try. Real service and sockets.
 */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import * as net from 'node:net';
import { type TestContext, test } from 'node:test';
import { attempts, deliveries, sendCallback, waitForStates, webhookEnv } from '../helpers/deliveries.ts';
import { listenForTest } from '../helpers/listen.ts';
import { startMerchant, status } from '../helpers/merchant.ts';
import { startTestService } from '../helpers/service.ts';

async function setup(t: TestContext, shutdownTimeoutMs: string) {
  const merchant = await startMerchant(t);
  const env = webhookEnv(merchant.url, { SHUTDOWN_TIMEOUT_MS: shutdownTimeoutMs, WEBHOOK_TIMEOUT_MS: '60000' });
  return { merchant, env, receiver: await startTestService(t, { env }) };
}

test('a stop waits for the attempt in flight and settles it', async (t) => {
  const { merchant, receiver } = await setup(t, '10000');
  const { promise: requested, resolve } = Promise.withResolvers<() => void>();
  merchant.answerWith((_request, response) => resolve(() => response.writeHead(204).end()));
  await sendCallback(receiver, 'UNFREEZE', 'p1');
  const respond = await requested;

  const stopped = receiver.service.stop();
  const again = receiver.service.stop();
  respond();
  await stopped;

  assert.equal(again, stopped);
  assert.deepEqual(
    (await deliveries(receiver)).map((row) => [row.state, row.attemptCount]),
    [['delivered', 1]],
  );
  assert.equal(receiver.log.at(-1)?.event, 'service.stopped');
});

test('an attempt longer than SHUTDOWN_TIMEOUT_MS is abandoned, uses no try and is sent again after the next start', async (t) => {
  const { merchant, receiver, env } = await setup(t, '100');
  merchant.answerWith(() => undefined);
  await sendCallback(receiver, 'BOOKED', 'p1');
  await sendCallback(receiver, 'UNFREEZE', 'p1');
  await merchant.waitFor(1);

  await receiver.service.stop();
  const [abandoned, waiting] = await deliveries(receiver);
  merchant.answerWith(status(204));
  const next = await startTestService(t, { env, databaseUrl: receiver.databaseUrl });
  await waitForStates(next, ['delivered'], 2);

  assert.deepEqual([abandoned?.state, abandoned?.triesUsed, abandoned?.abandonedInRow], ['pending', 0, 1]);
  assert.deepEqual([waiting?.state, waiting?.attemptCount], ['pending', 0]);
  assert.deepEqual(
    (await attempts(receiver)).map((row) => [row.number, row.outcome, row.error]),
    [
      [1, 'abandoned', 'stopped'],
      [2, 'accepted', null],
      [1, 'accepted', null],
    ],
  );
  assert.deepEqual(
    merchant.received.map((one) => one.attempt),
    [1, 2, 1],
  );
});

test('a stop does not wait for a connection that is still being opened', async (t) => {
  // Accepts the connection and never responds to the TLS handshake, as a firewall may.
  const server = net.createServer();
  const url = `https://127.0.0.1:${(await listenForTest(t, server)).port}/`;
  const env = webhookEnv(url, { SHUTDOWN_TIMEOUT_MS: '100', WEBHOOK_TIMEOUT_MS: '60000' });
  const receiver = await startTestService(t, { env });
  const connected = once(server, 'connection');
  await sendCallback(receiver, 'UNFREEZE', 'p1');
  await connected;

  const startedAt = performance.now();
  await receiver.service.stop();
  const tookMs = performance.now() - startedAt;

  assert.ok(tookMs < 50_000, `${Math.round(tookMs)} ms`);
  assert.deepEqual(
    (await attempts(receiver)).map((row) => row.outcome),
    ['abandoned'],
  );
});

test('after a stop nothing more is claimed or sent', async (t) => {
  const { merchant, receiver } = await setup(t, '1000');
  merchant.answerWith(status(500));
  await sendCallback(receiver, 'UNFREEZE', 'p1');
  await merchant.waitFor(1);

  await receiver.service.stop();

  const count = merchant.received.length;
  const [delivery] = await deliveries(receiver);
  assert.equal(delivery?.attemptCount, count);
  assert.notEqual(delivery?.state, 'delivering');
});
