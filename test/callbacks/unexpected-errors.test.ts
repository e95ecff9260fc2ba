/**
 * Unexpected errors: here a column that the store needs is gone. Resurs gets 500 and retries, the operator gets the
 * reason in the log, and no internals leak. Real HTTP and Postgres.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { send, target } from '../helpers/callbacks.ts';
import { countRows, NO_ROWS } from '../helpers/database-state.ts';
import { assertAccepted, assertResponse } from '../helpers/responses.ts';
import { startTestService } from '../helpers/service.ts';

test('an unexpected error gets 500 without internals', async (t) => {
  const receiver = await startTestService(t);
  await receiver.query('alter table identities rename column expires_at to renamed');

  const response = await send(receiver.url, target('UNFREEZE', '100000016'));

  assertResponse(response, { status: 500, reason: 'Unhandled error.', actual: 'UNFREEZE' });
  const text = JSON.stringify(response).toLowerCase();
  for (const word of ['expires_at', 'identities', 'column', 'select', 'src/', 'stack', '42703', 'postgres']) {
    assert.equal(text.includes(word), false, word);
  }
  assert.deepEqual(await countRows(receiver), NO_ROWS);
});

test('the log has the reason and the stack, and the service keeps working', async (t) => {
  const receiver = await startTestService(t);
  await receiver.query('alter table identities rename column expires_at to renamed');
  await send(receiver.url, target('UNFREEZE', '100000016'));
  await receiver.query('alter table identities rename column renamed to expires_at');

  const response = await send(receiver.url, target('UNFREEZE', '100000016'));

  const line = receiver.log.find(({ outcome }) => outcome === 'unhandled');
  assert.deepEqual([line?.event, line?.level, line?.status], ['callback.received', 'error', 500]);
  assert.match(String(line?.reason), /^42703 column .*expires_at.* does not exist$/);
  assert.deepEqual([line?.type, line?.paymentId], ['UNFREEZE', '100000016']);
  assert.match(String(line?.stack), /\bat /);
  assertAccepted(response, 'UNFREEZE');
});

test('many callbacks in one failing batch each get their own response', async (t) => {
  const receiver = await startTestService(t);
  await receiver.query('alter table events drop column verified');
  const ids = Array.from({ length: 20 }, (_, n) => `10000${n}`);

  const responses = await Promise.all(ids.map((id) => send(receiver.url, target('UNFREEZE', id))));

  for (const { status, reason } of responses) assert.deepEqual([status, reason], [500, 'Unhandled error.']);
  assert.deepEqual(await countRows(receiver), NO_ROWS);
});

test('a row that Postgres rejects does not fail the other rows of its batch', async (t) => {
  const receiver = await startTestService(t);
  await receiver.query(`alter table events add constraint rejected check (payment_id <> '10000rejected')`);
  const ids = [...Array.from({ length: 30 }, (_, n) => `10000${n}`), '10000rejected'];

  const responses = await Promise.all(ids.map((id) => send(receiver.url, target('UNFREEZE', id))));

  const statuses = responses.map(({ status }) => status);
  assert.deepEqual(statuses, [...Array(30).fill(204), 500]);
  assert.deepEqual(await countRows(receiver), { events: 30, receipts: 30, deliveries: 30, identities: 30 });
  assert.equal(receiver.logText().includes('Failing row'), false);
});
