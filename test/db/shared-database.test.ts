/**
 * One database for several: receivers with a schema each under one role, and another application that uses kysely too.
 * None takes the tables, locks or notifications of another for its own. Real Postgres, real services.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { promises as fs } from 'node:fs';
import * as path from 'node:path';
import { type TestContext, test } from 'node:test';
import { Kysely, PostgresDialect } from 'kysely';
import { FileMigrationProvider, Migrator } from 'kysely/migration';
import pg from 'pg';
import { openDatabase } from '../../src/db/client.ts';
import { migrateToLatest, pendingMigrations } from '../../src/db/migrate.ts';
import { createNotifier } from '../../src/db/notifier.ts';
import { createRetention } from '../../src/events/retention.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { seedEvents } from '../harness/seed-events.ts';
import { waitUntil } from '../harness/wait.ts';
import { beginBlocking } from '../helpers/blocking-transaction.ts';
import { sendCallback, waitForStates, webhookEnv } from '../helpers/deliveries.ts';
import { startMerchant } from '../helpers/merchant.ts';
import { createEmptyDatabase } from '../helpers/postgres.ts';
import { createRole, withSearchPath } from '../helpers/schemas.ts';
import { queryOnce, startTestService } from '../helpers/service.ts';

const FOLDER = path.resolve(import.meta.dirname, '..', '..', 'migrations');
/** The lock of every application that migrates with kysely. */
const KYSELY_LOCK = 'select pg_advisory_xact_lock(3853314791062309107)';

/** Creates what another application of the database has: its own migrations under kysely's default names. */
async function addOtherApplication(url: string): Promise<void> {
  await queryOnce(
    url,
    `create table kysely_migration (name varchar(255) primary key, timestamp varchar(255) not null);
     create table kysely_migration_lock (id varchar(255) primary key, is_locked integer not null default 0);
     insert into kysely_migration values ('2020_create_shop', '2020-01-01T00:00:00.000Z');
     insert into kysely_migration_lock values ('migration_lock', 0)`,
  );
}

/** Creates the database of two receivers, and their URLs. */
async function createTwoSchemas(t: TestContext) {
  const { url } = await createEmptyDatabase(t);
  await queryOnce(url, 'create schema shop_a; create schema "Shop-b"');
  return { url, a: withSearchPath(url, 'shop_a,public'), b: withSearchPath(url, '"Shop-b",shop_a,public') };
}

test('a receiver migrates beside another application that uses kysely, and leaves its tables alone', async (t) => {
  const { url } = await createEmptyDatabase(t);
  await addOtherApplication(url);
  const other = await beginBlocking(t, url, KYSELY_LOCK);

  const receiver = await startTestService(t, { databaseUrl: url });
  await sendCallback(receiver, 'UNFREEZE', 'p1');
  await other.release();

  assert.deepEqual(await queryOnce(url, 'select name from kysely_migration'), [{ name: '2020_create_shop' }]);
  assert.deepEqual(await pendingMigrations(url), []);
});

test('another application whose notes may not be read does not stop a start', async (t) => {
  const { url } = await createEmptyDatabase(t);
  await addOtherApplication(url);
  await queryOnce(url, 'create table identities (of_users int)');
  const role = await createRole(t, url);
  await queryOnce(url, `create schema authorization ${role.name}`);

  const pending = await pendingMigrations(withSearchPath(role.url, 'public'));
  const { applied } = await migrateToLatest(role.url);

  assert.deepEqual(applied, pending);
});

test('two receivers with a schema each store and deliver their own events alone', async (t) => {
  const { url, a, b } = await createTwoSchemas(t);
  const merchant = await startMerchant(t);

  const first = await startTestService(t, { databaseUrl: a, env: webhookEnv(merchant.url) });
  const second = await startTestService(t, { databaseUrl: b, env: webhookEnv(merchant.url) });
  await sendCallback(first, 'UNFREEZE', 'p1');
  await sendCallback(second, 'UNFREEZE', 'p1');
  await sendCallback(second, 'UNFREEZE', 'p2');
  await waitForStates(first, ['delivered'], 1);
  await waitForStates(second, ['delivered'], 2);

  assert.equal(merchant.received.length, 3);
  const rows = await queryOnce<{ a: number; b: number }>(
    url,
    'select (select count(*)::int from shop_a.events) as a, (select count(*)::int from "Shop-b".events) as b',
  );
  assert.deepEqual(rows, [{ a: 1, b: 2 }]);
});

test('a receiver of a schema is migrated while another one migrates in its own', async (t) => {
  const { url, a, b } = await createTwoSchemas(t);
  await migrateToLatest(a);
  // As during a long migration: shop_a's lock is held.
  const lock = `hashtextextended('resurs-callback-receiver migration shop_a', 0)`;
  const migrating = await beginBlocking(t, url, `select pg_advisory_xact_lock(${lock})`);

  const { applied } = await migrateToLatest(b);
  await migrating.release();

  assert.ok(applied.length > 0);
});

test('a notification wakes the replicas of its schema and no others', async (t) => {
  const { a, b } = await createTwoSchemas(t);
  const listen = (connectionString: string) => {
    const state = { received: 0 };
    const notifier = createNotifier({
      connectionString,
      senderId: randomUUID(),
      clock: systemClock,
      onNotification() {
        state.received += 1;
      },
    });
    t.after(() => notifier.stop());
    notifier.start();
    return { notifier, state };
  };
  const [a1, a2, b1, b2] = [listen(a), listen(a), listen(b), listen(b)];
  const all = [a1, a2, b1, b2];
  assert.ok(await waitUntil(async () => all.every(({ state }) => state.received === 1)));

  a1.notifier.notify();
  assert.ok(await waitUntil(async () => a2.state.received === 2));
  b1.notifier.notify();
  assert.ok(await waitUntil(async () => b2.state.received === 2));

  assert.deepEqual(
    all.map(({ state }) => state.received),
    [1, 2, 1, 2],
  );
});

test('while the receiver of one schema prunes, that of another prunes too', async (t) => {
  const { url, a, b } = await createTwoSchemas(t);
  for (const one of [a, b]) await migrateToLatest(one);
  await seedEvents({ query: (text, values) => queryOnce(b, text, values) }, { count: 1, ageDays: 401 });
  const other = await beginBlocking(
    t,
    url,
    `select pg_advisory_xact_lock(7263541001),
            pg_advisory_xact_lock(hashtextextended('resurs-callback-receiver retention shop_a', 0))`,
  );
  const db = openDatabase({ connectionString: b, poolSize: 1, onConnectionError: () => undefined });
  t.after(() => db.close());

  const { events } = await createRetention(db, 400).pruneBatch();
  await other.release();

  assert.equal(events, 1);
});

/** Migrates as early versions did: under kysely's default names, and only up to the fifth migration. */
async function migrateAsBefore(url: string): Promise<void> {
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: url }) }) });
  const migrator = new Migrator({ db, provider: new FileMigrationProvider({ fs, path, migrationFolder: FOLDER }) });
  const { error } = await migrator.migrateTo('0005_create_delivery_functions');
  await db.destroy();
  assert.equal(error, undefined);
}

test('a database that an early version has migrated is carried over with its events, by two processes at once', async (t) => {
  const { url } = await createEmptyDatabase(t);
  await migrateAsBefore(url);
  await seedEvents({ query: (text, values) => queryOnce(url, text, values) }, { count: 3, ageDays: 1 });

  const pending = await pendingMigrations(url);
  const results = await Promise.all([migrateToLatest(url), migrateToLatest(url)]);

  assert.deepEqual(results.flatMap(({ applied }) => applied).toSorted(), pending);
  assert.ok(pending.length > 0 && pending.every((name) => name > '0005'), pending.join());
  assert.deepEqual(
    await queryOnce(url, `select tablename from pg_tables where tablename like '%migration%' order by 1`),
    [{ tablename: 'receiver_migration' }, { tablename: 'receiver_migration_lock' }],
  );
  assert.equal((await queryOnce(url, 'select from events')).length, 3);
  await startTestService(t, { databaseUrl: url, env: { MIGRATE_ON_START: 'false' } });
});
