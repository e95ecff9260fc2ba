/**
 * A receiver that starts while its connection to Postgres breaks or becomes unresponsive keeps waiting for the
 * database. A failure of the connection during the schema check is an error of that check. It must neither end the
 * process nor keep it waiting forever.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import pg from 'pg';
import { pendingMigrations } from '../../src/db/migrate.ts';
import { waitUntil } from '../harness/wait.ts';
import { createDatabase } from '../helpers/postgres.ts';
import { type DatabaseProxy, startDatabaseProxy } from '../helpers/postgres-proxy.ts';
import { queryOnce } from '../helpers/service.ts';

/** Queried on a separate connection, because the view does not change within a transaction. */
const WAITING = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;

/** Starts a schema check through the proxy, with a statement that waits for its response. */
async function startCheck(
  t: TestContext,
): Promise<{ readonly proxy: DatabaseProxy; readonly result: Promise<string> }> {
  const { url } = await createDatabase(t);
  const proxy = await startDatabaseProxy(t, url);
  const blocker = new pg.Client({ connectionString: url });
  await blocker.connect();
  t.after(() => blocker.end());
  await blocker.query('begin');
  await blocker.query('lock table receiver_migration in access exclusive mode');
  const result = pendingMigrations(proxy.url).then(
    () => 'the check succeeded',
    (error: Error) => error.message,
  );
  assert.ok(await waitUntil(async () => (await queryOnce(url, WAITING)).length === 1));
  return { proxy, result };
}

test('a connection that breaks during the schema check is an error of the check, and ends nothing else', async (t) => {
  const { proxy, result } = await startCheck(t);

  await proxy.leave();

  // Without its error listener, the client of the pool would end this process here.
  assert.equal(await result, 'Connection terminated unexpectedly');
});

test('a server that becomes unresponsive during the schema check is an error of the check', {
  timeout: 60_000,
}, async (t) => {
  const { proxy, result } = await startCheck(t);

  proxy.silence();

  assert.equal(await result, 'Query read timeout');
});
