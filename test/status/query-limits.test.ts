/**
 * However many people look at the status API, a database that does not answer keeps none of them waiting, and what is not
 * the status API's goes on. Real service and Postgres, whose locks hold the queries. How many of them run at once:
 * test/db/limited.test.ts.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitUntil } from '../harness/wait.ts';
import { beginBlocking } from '../helpers/blocking-transaction.ts';
import { sendCallback } from '../helpers/deliveries.ts';
import { startTestService } from '../helpers/service.ts';
import { requestStatusApi } from '../helpers/status.ts';

test('requests to a locked table are answered 503 while it is locked, and 200 afterwards', async (t) => {
  const receiver = await startTestService(t);
  await sendCallback(receiver, 'UNFREEZE', 'p1');
  const lock = await beginBlocking(t, receiver.databaseUrl, 'lock table events in access exclusive mode');

  const responses = await Promise.all(
    Array.from({ length: 20 }, (_, n) => requestStatusApi(receiver, 'GET', `/events?limit=${n + 1}`)),
  );
  const { status } = await receiver.status('/healthz');
  await lock.release();
  const isAnswered = await waitUntil(async () => (await requestStatusApi(receiver, 'GET', '/events')).status === 200);

  assert.deepEqual([...new Set(responses.map((response) => response.status))], [503]);
  for (const { body } of responses) assert.match(body, /"code":"database","message":"The database cannot answer now: /);
  const reasons = responses.map(({ body }) => body);
  assert.ok(reasons.some((reason) => reason.includes('no answer within 2000 ms')));
  assert.ok(reasons.some((reason) => reason.includes('too many queries wait for others')));
  assert.deepEqual([status, isAnswered], [200, true]);
});
