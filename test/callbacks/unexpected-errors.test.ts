/**
 * Faults nobody foresaw: here a column that the store needs is gone. Resurs gets 500 and comes again, the operator gets
 * the reason in the log, and nothing of the inside gets out. Real HTTP and Postgres.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { send, target } from '../helpers/callbacks.ts';
import { countStored, NOTHING } from '../helpers/database-state.ts';
import { assertAnswer, assertTaken } from '../helpers/responses.ts';
import { startWorld } from '../helpers/service.ts';

test('a fault nobody foresaw is answered 500, and the inside stays inside', async (t) => {
  const world = await startWorld(t);
  await world.query('alter table identities rename column expires_at to renamed');

  const answer = await send(world.url, target('UNFREEZE', '100000016'));

  assertAnswer(answer, { status: 500, reason: 'Unhandled error.', actual: 'UNFREEZE' });
  const said = JSON.stringify(answer).toLowerCase();
  for (const word of ['expires_at', 'identities', 'column', 'select', 'src/', 'stack', '42703', 'postgres']) {
    assert.equal(said.includes(word), false, word);
  }
  assert.deepEqual(await countStored(world), NOTHING);
});

test('the log has the reason and the stack, and the service goes on', async (t) => {
  const world = await startWorld(t);
  await world.query('alter table identities rename column expires_at to renamed');
  await send(world.url, target('UNFREEZE', '100000016'));
  await world.query('alter table identities rename column renamed to expires_at');

  const answer = await send(world.url, target('UNFREEZE', '100000016'));

  const line = world.log.find(({ outcome }) => outcome === 'unhandled');
  assert.deepEqual(
    [line?.event, line?.level, line?.status, line?.reason],
    ['callback.received', 'error', 500, '42703'],
  );
  assert.deepEqual([line?.type, line?.paymentId], ['UNFREEZE', '100000016']);
  assert.match(String(line?.stack), /\bat /);
  assertTaken(answer, 'UNFREEZE');
});

test('many callbacks in one faulty group each get their own answer', async (t) => {
  const world = await startWorld(t);
  await world.query('alter table events drop column verified');
  const ids = Array.from({ length: 20 }, (_, n) => `10000${n}`);

  const answers = await Promise.all(ids.map((id) => send(world.url, target('UNFREEZE', id))));

  for (const { status, reason } of answers) assert.deepEqual([status, reason], [500, 'Unhandled error.']);
  assert.deepEqual(await countStored(world), NOTHING);
});

test('a row that Postgres refuses does not fail its neighbours in the same commit', async (t) => {
  const world = await startWorld(t);
  await world.query(`alter table events add constraint refused check (payment_id <> '10000refused')`);
  const ids = [...Array.from({ length: 30 }, (_, n) => `10000${n}`), '10000refused'];

  const answers = await Promise.all(ids.map((id) => send(world.url, target('UNFREEZE', id))));

  const statuses = answers.map(({ status }) => status);
  assert.deepEqual(statuses, [...Array(30).fill(204), 500]);
  assert.deepEqual(await countStored(world), { events: 30, receipts: 30, deliveries: 30, identities: 30 });
  assert.equal(world.logText().includes('Failing row'), false);
});
