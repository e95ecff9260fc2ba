/**
 * A migration that Postgres aborts to resolve a deadlock, as beside a running version, is run again and succeeds. The
 * other side is a transaction that locks a table the migration needs, and then requests a table the migration has
 * locked.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import pg from 'pg';
import { migrateToLatest, pendingMigrations } from '../../src/db/migrate.ts';
import { waitUntil } from '../harness/wait.ts';
import { createEmptyDatabase } from '../helpers/postgres.ts';
import { queryOnce } from '../helpers/service.ts';

const WAITING = `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
const DEADLOCKS = 'select deadlocks::int from pg_stat_database where datname = current_database()';

test('a migration that loses a deadlock is run again', async (t) => {
  const { url, name } = await createEmptyDatabase(t);
  // The first waiter checks for a deadlock after this time, which leaves time to create it.
  await queryOnce(url, `alter database ${name} set deadlock_timeout = '3s'`);
  const other = new pg.Client({ connectionString: url });
  await other.connect();
  t.after(() => other.end());
  await other.query(`set deadlock_timeout = '60s'`);
  await other.query('begin');
  await other.query('create table orders (in_the_way text)');

  const migrating = migrateToLatest(url);
  assert.ok(await waitUntil(async () => (await queryOnce(url, WAITING)).length === 1));
  await other.query('create table events (in_the_way text)');
  await other.query('rollback');
  const { applied } = await migrating;

  assert.ok(applied.length > 0);
  assert.deepEqual(await pendingMigrations(url), []);
  assert.ok(await waitUntil(async () => (await queryOnce<{ deadlocks: number }>(url, DEADLOCKS))[0]?.deadlocks === 1));
});
