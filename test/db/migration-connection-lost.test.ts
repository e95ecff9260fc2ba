/**
 * A receiver that starts while its connection to Postgres breaks or falls silent goes on waiting for the database: what
 * happens to the connection in the middle of the look at the schema is an error of that look, which must neither end the
 * process nor keep it waiting for ever.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import pg from 'pg';
import { pendingMigrations } from '../../src/db/migrate.ts';
import { type DatabaseProxy, startDatabaseProxy } from '../harness/postgres-proxy.ts';
import { waitUntil } from '../harness/wait.ts';
import { createDatabase } from '../helpers/postgres.ts';
import { queryOnce } from '../helpers/service.ts';

/** Asked on a connection of its own: in a transaction the view stays as it was at first. */
const WAITING = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;

/** A look at the schema through the proxy, with a statement that waits for its answer. */
async function startLooking(t: TestContext): Promise<{ readonly proxy: DatabaseProxy; readonly end: Promise<string> }> {
  const { url } = await createDatabase(t);
  const proxy = await startDatabaseProxy(t, url);
  const holder = new pg.Client({ connectionString: url });
  await holder.connect();
  t.after(() => holder.end());
  await holder.query('begin');
  await holder.query('lock table kysely_migration in access exclusive mode');
  const end = pendingMigrations(proxy.url).then(
    () => 'it has looked',
    (error: Error) => error.message,
  );
  assert.ok(await waitUntil(async () => (await queryOnce(url, WAITING)).length === 1));
  return { proxy, end };
}

test('a connection that breaks during the look at the schema is an error of that look, and ends nothing else', async (t) => {
  const { proxy, end } = await startLooking(t);

  await proxy.leave();

  // Without its listener the client of the pool ends this process here.
  assert.equal(await end, 'Connection terminated unexpectedly');
});

test('a server that falls silent during the look at the schema is an error of that look', {
  timeout: 30_000,
}, async (t) => {
  const { proxy, end } = await startLooking(t);

  proxy.silence();

  assert.equal(await end, 'Query read timeout');
});
