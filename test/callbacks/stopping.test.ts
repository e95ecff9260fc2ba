/**
 * A service that is told to stop while callbacks are on their way: what waits for its commit gets its answer, what comes
 * too late is put off, and nobody is left without one. Real HTTP and Postgres.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitUntil } from '../harness/wait.ts';
import { send, target } from '../helpers/callbacks.ts';
import { countStored, lockTables, NOTHING } from '../helpers/database-state.ts';
import { begin } from '../helpers/partial-request.ts';
import { assertAnswer, assertTaken } from '../helpers/responses.ts';
import { startWorld } from '../helpers/service.ts';

const WAITING = `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;

test('a callback that waits for its commit when the stop comes is stored and answered', async (t) => {
  const world = await startWorld(t);
  const lock = await lockTables(t, world.databaseUrl, 'identities');
  const sending = send(world.url, target('UNFREEZE', '1'));
  assert.ok(await waitUntil(async () => (await world.query(WAITING)).length > 0));

  const stopped = world.service.stop();
  await lock.release();
  const answer = await sending;
  await stopped;

  assertTaken(answer, 'UNFREEZE');
  assert.equal((await countStored(world)).events, 1);
});

test('a callback whose body comes after the stop is put off', async (t) => {
  const world = await startWorld(t);
  const headers = { 'content-length': 2, expect: '100-continue' };
  const begun = begin(t, { url: world.url, target: target('BOOKED', '1'), headers });
  await begun.invited;

  const stopped = world.service.stop();
  begun.end('{}');
  const answer = await begun.answer;
  await stopped;

  assertAnswer(answer, { status: 503, reason: 'Try again.', actual: 'BOOKED' });
  assert.equal(answer.headers.connection, 'close');
  assert.deepEqual(await countStored(world), NOTHING);
});
