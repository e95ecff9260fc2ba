/**
 * However many people look at the status API, it uses two connections and never keeps them waiting: a query that takes
 * longer is given up. Real service and Postgres, whose locks hold the queries.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { beginBlocking, waitForBlocked } from '../helpers/blocking-transaction.ts';
import { sendCallback } from '../helpers/deliveries.ts';
import { startTestService } from '../helpers/service.ts';
import { requestStatusApi } from '../helpers/status.ts';
import { startStopwatch } from '../helpers/stopwatch.ts';

test('twenty requests to a locked table use two connections, and answer 503 in time', async (t) => {
  const receiver = await startTestService(t);
  await sendCallback(receiver, 'UNFREEZE', 'p1');
  const lock = await beginBlocking(t, receiver.databaseUrl, 'lock table events in access exclusive mode');
  const stopwatch = startStopwatch();

  const asked = Array.from({ length: 20 }, (_, n) => requestStatusApi(receiver, 'GET', `/events?limit=${n + 1}`));
  await waitForBlocked(receiver, 2);
  // What is not the status API's goes on meanwhile.
  const [other] = await receiver.query<{ count: number }>('select count(*)::int as count from outbox');
  const responses = await Promise.all(asked);
  const durationMs = stopwatch.elapsedMs();
  await lock.release();

  assert.equal(other?.count, 1);
  assert.deepEqual([...new Set(responses.map(({ status }) => status))], [503]);
  for (const { body } of responses) assert.match(body, /"code":"database","message":"The database cannot answer now: /);
  assert.ok(durationMs < 6_000, `${durationMs} ms`);
  assert.equal((await requestStatusApi(receiver, 'GET', '/events')).status, 200);
});

test('queries that wait get their turn when others end', async (t) => {
  const receiver = await startTestService(t);
  await sendCallback(receiver, 'UNFREEZE', 'p1');
  const lock = await beginBlocking(t, receiver.databaseUrl, 'lock table events in access exclusive mode');

  const asked = Array.from({ length: 20 }, (_, n) => requestStatusApi(receiver, 'GET', `/events?limit=${n + 1}`));
  await waitForBlocked(receiver, 2);
  await lock.release();
  const responses = await Promise.all(asked);

  assert.deepEqual([...new Set(responses.map(({ status }) => status))], [200]);
});
