/**
 * Connections to the merchant that do not behave: a delivery is delivered at its first try all the same. Real sockets,
 * the whole service.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startForwardProxy } from '../harness/forward-proxy.ts';
import { attempts, deliveries, sendCallback, waitForStates, webhookEnv } from '../helpers/deliveries.ts';
import { startMerchant } from '../helpers/merchant.ts';
import { NO_CONTENT, startRawServer } from '../helpers/raw-server.ts';
import { startTestService } from '../helpers/service.ts';

const RETRY_NEVER = { WEBHOOK_RETRY_SCHEDULE: '1h', WEBHOOK_CONCURRENCY: '1' };

test('interim responses before the real one are passed over: one request, one attempt, delivered', async (t) => {
  const merchant = await startMerchant(t);
  merchant.answerWith((_request, response) => {
    response.writeContinue();
    response.writeProcessing();
    response.writeEarlyHints({ link: '</style.css>; rel=preload' });
    response.writeHead(200).end('taken');
  });
  const receiver = await startTestService(t, { env: webhookEnv(merchant.url, RETRY_NEVER) });

  await sendCallback(receiver, 'UNFREEZE', 'p1');
  await waitForStates(receiver, ['delivered']);

  const [attempt, ...others] = await attempts(receiver);
  assert.deepEqual([attempt?.outcome, attempt?.status, attempt?.answer], ['accepted', 200, 'taken']);
  assert.deepEqual([others.length, merchant.received.length], [0, 1]);
});

test('a reset of a reused connection before the response uses no try and makes no second attempt', async (t) => {
  const merchant = await startRawServer(t, ({ socket, numberOnConnection }) => {
    if (numberOnConnection === 1) socket.write(NO_CONTENT);
    else socket.resetAndDestroy();
  });
  const receiver = await startTestService(t, { env: webhookEnv(merchant.url, RETRY_NEVER) });

  await sendCallback(receiver, 'UNFREEZE', 'p1');
  await waitForStates(receiver, ['delivered']);
  await sendCallback(receiver, 'UNFREEZE', 'p2');
  await waitForStates(receiver, ['delivered'], 2);

  const rows = await deliveries(receiver);
  assert.deepEqual(
    rows.map(({ attemptCount, triesUsed }) => [attemptCount, triesUsed]),
    [
      [1, 1],
      [1, 1],
    ],
  );
  const ids = merchant.requests.map(({ text }) => /^webhook-id: (.*)\r$/m.exec(text)?.[1]);
  assert.deepEqual([ids.length, ids[1]], [3, ids[2]]);
});

test('deliveries and order lookups go through the proxy, except to what NO_PROXY names', async (t) => {
  const merchant = await startMerchant(t);
  const shop = await startRawServer(t, ({ socket }) => void socket.write(NO_CONTENT));
  const proxy = await startForwardProxy();
  t.after(proxy.close);
  const env = webhookEnv(merchant.url, {
    ORDER_OWNERSHIP: 'lookup',
    ORDER_LOOKUP_URL: `http://localhost:${shop.port}/orders/{paymentId}`,
    HTTP_PROXY: proxy.url,
  });
  const proxied = await startTestService(t, { env });
  const direct = await startTestService(t, { env: { ...env, NO_PROXY: 'localhost,127.0.0.0/8' } });

  await sendCallback(direct, 'UNFREEZE', 'p1');
  await waitForStates(direct, ['delivered']);
  const before = proxy.requests.length;
  await sendCallback(proxied, 'UNFREEZE', 'p1');
  await waitForStates(proxied, ['delivered']);

  assert.equal(before, 0);
  assert.deepEqual(proxy.requests, [`GET http://localhost:${shop.port}/orders/p1`, `POST ${merchant.url}`]);
});
