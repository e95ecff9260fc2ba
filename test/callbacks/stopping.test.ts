/**
 * A service that is stopped while callbacks are in flight: a callback that waits for its commit gets its response, a
 * later one gets 503, and none is left without a response. Real HTTP and Postgres.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitForStoring } from '../helpers/blocking-transaction.ts';
import { send, target } from '../helpers/callbacks.ts';
import { countRows, lockTables, NO_ROWS } from '../helpers/database-state.ts';
import { openRequest } from '../helpers/partial-request.ts';
import { assertAccepted, assertResponse } from '../helpers/responses.ts';
import { startTestService } from '../helpers/service.ts';

test('a callback that waits for its commit when the service stops is stored and gets its response', async (t) => {
  const receiver = await startTestService(t);
  const lock = await lockTables(t, receiver.databaseUrl, 'identities');
  const sending = send(receiver.url, target('UNFREEZE', '1'));
  await waitForStoring(receiver);

  const stopped = receiver.service.stop();
  await lock.release();
  const response = await sending;
  await stopped;

  assertAccepted(response, 'UNFREEZE');
  assert.equal((await countRows(receiver)).events, 1);
});

test('a callback whose body arrives after the stop gets 503', async (t) => {
  const receiver = await startTestService(t);
  const headers = { 'content-length': 2, expect: '100-continue' };
  const partial = openRequest(t, { url: receiver.url, target: target('BOOKED', '1'), headers });
  await partial.continued;

  const stopped = receiver.service.stop();
  partial.end('{}');
  const response = await partial.response;
  await stopped;

  assertResponse(response, { status: 503, reason: 'Try again.', actual: 'BOOKED' });
  assert.equal(response.headers.connection, 'close');
  assert.deepEqual(await countRows(receiver), NO_ROWS);
});
