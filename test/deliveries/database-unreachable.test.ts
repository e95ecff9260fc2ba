/**
 * The database becomes unreachable while events are being delivered: a known result is not lost, the outage is logged
 * once, and deliveries continue when the database is back. A real database behind a proxy that cuts its connections.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deliveries, sendCallback, waitForLine, waitForStates, webhookEnv } from '../helpers/deliveries.ts';
import { startMerchant } from '../helpers/merchant.ts';
import { createDatabase } from '../helpers/postgres.ts';
import { startDatabaseProxy } from '../helpers/postgres-proxy.ts';
import { queryOnce, startTestService } from '../helpers/service.ts';

test('a response received during a database outage is settled when the database is back', async (t) => {
  const { url } = await createDatabase(t);
  const proxy = await startDatabaseProxy(t, url);
  const merchant = await startMerchant(t);
  const { promise: requested, resolve } = Promise.withResolvers<() => void>();
  merchant.answerWith((_request, response) => resolve(() => response.writeHead(204).end()));
  const receiver = await startTestService(t, { env: webhookEnv(merchant.url), databaseUrl: proxy.url });
  await sendCallback(receiver, 'UNFREEZE', 'p1');
  const respond = await requested;

  await proxy.leave();
  respond();
  await waitForLine(receiver, 'outbox.unreachable');
  const during = await deliveries({ query: (text, values) => queryOnce(url, text, values) });
  await proxy.comeBack();
  await waitForStates(receiver, ['delivered']);
  await waitForLine(receiver, 'outbox.reachable');

  assert.deepEqual([during[0]?.state, during[0]?.attemptCount], ['delivering', 1]);
  assert.equal(merchant.received.length, 1);
  const outages = receiver.log.filter((line) => line.event === 'outbox.unreachable');
  assert.equal(outages.length, 1);
});
