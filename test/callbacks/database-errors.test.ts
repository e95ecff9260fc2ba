/**
 * Whatever the database does, every response leaves within 4 s, since Resurs gives up at 5 s; and the service works
 * again as soon as the database does. Real Postgres, locked or silent behind a broken network.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { waitForStoring } from '../helpers/blocking-transaction.ts';
import { send, target } from '../helpers/callbacks.ts';
import { assertAllDeferred, sendConcurrently } from '../helpers/concurrent-callbacks.ts';
import { lockTables } from '../helpers/database-state.ts';
import { createDatabase } from '../helpers/postgres.ts';
import { startDatabaseProxy } from '../helpers/postgres-proxy.ts';
import { assertAccepted } from '../helpers/responses.ts';
import { queryOnce, startTestService } from '../helpers/service.ts';

const ALL_TABLES = 'events, identities, receipts, outbox, deliveries, attempts';

/** Starts a service whose database is behind a network that the test breaks. */
async function setup(t: TestContext, env: Record<string, string> = {}) {
  const database = await createDatabase(t);
  const proxy = await startDatabaseProxy(t, database.url);
  const receiver = await startTestService(t, { databaseUrl: proxy.url, env });
  const countEvents = async () => (await queryOnce(database.url, 'select 1 from events')).length;
  return { receiver, proxy, database, countEvents };
}

test('with all tables locked every response leaves in time, and 255 waiting callbacks are no overload', async (t) => {
  const { receiver, database } = await setup(t);
  const lock = await lockTables(t, database.url, ALL_TABLES);

  const results = await sendConcurrently(receiver.url, 255);
  await lock.release();
  const after = await send(receiver.url, target('UNFREEZE', '100000'));

  assertAllDeferred(results, receiver.log);
  assert.equal(
    receiver.log.some(({ reason }) => String(reason).includes('queue is full')),
    false,
  );
  assertAccepted(after, 'UNFREEZE');
});

test('a lock that is released in time fails no callback', async (t) => {
  const { receiver, database, countEvents } = await setup(t);
  const lock = await lockTables(t, database.url, ALL_TABLES);
  const sending = sendConcurrently(receiver.url, 255);
  await waitForStoring({ query: (text) => queryOnce(database.url, text) });
  await lock.release();

  const results = await sending;

  for (const { response } of results) assertAccepted(response, 'UNFREEZE');
  assert.equal(await countEvents(), 255);
});

test('with the only connection of the pool stuck every response leaves in time', async (t) => {
  const { receiver, database } = await setup(t, { DATABASE_POOL_SIZE: '1' });
  const lock = await lockTables(t, database.url, ALL_TABLES);

  const first = sendConcurrently(receiver.url, 20);
  const second = first.then(() => sendConcurrently(receiver.url, 20, 20));
  const results = [...(await first), ...(await second)];
  await lock.release();
  const after = await send(receiver.url, target('UNFREEZE', '100000'));

  assertAllDeferred(results, receiver.log);
  assertAccepted(after, 'UNFREEZE');
});

test('with a silent database every response leaves in time, and callbacks are accepted once it responds again', async (t) => {
  const { receiver, proxy, countEvents } = await setup(t);
  assertAccepted(await send(receiver.url, target('UNFREEZE', 'before')), 'UNFREEZE');
  proxy.silence();

  const results = await sendConcurrently(receiver.url, 40);
  proxy.speak();
  const [after] = await sendConcurrently(receiver.url, 1);

  assertAllDeferred(results, receiver.log);
  assert.equal(after?.response.status, 204);
  assert.ok((await countEvents()) >= 2);
});
