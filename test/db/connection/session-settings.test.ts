/**
 * The settings that the promises rest on: whatever the URL, the role, the database or the server says, they hold on
 * every connection of the service; a connection on which one cannot hold is not used. Real Postgres, whose own default
 * here is `synchronous_commit=off`.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { sql } from 'kysely';
import { type Database, openDatabase } from '../../../src/db/client.ts';
import { UnsuitableServerError } from '../../../src/db/connection/unsuitable-server.ts';
import { migrateToLatest, pendingMigrations } from '../../../src/db/migrate.ts';
import { waitUntil } from '../../harness/wait.ts';
import { send, target } from '../../helpers/callbacks.ts';
import { setUpDoctor } from '../../helpers/doctor-context.ts';
import { createDatabase, createEmptyDatabase, urlOf } from '../../helpers/postgres.ts';
import { queryOnce, startTestService } from '../../helpers/service.ts';

const HELD = {
  synchronous_commit: 'on',
  default_transaction_isolation: 'read committed',
  TimeZone: 'UTC',
  DateStyle: 'ISO, MDY',
  statement_timeout: '2500ms',
  lock_timeout: '2s',
  idle_in_transaction_session_timeout: '2500ms',
  idle_session_timeout: '0',
  plan_cache_mode: 'force_generic_plan',
  enable_seqscan: 'off',
  enable_bitmapscan: 'off',
  array_nulls: 'on',
};

/** Each of them as it must not be. */
const OTHERS = {
  synchronous_commit: 'off',
  default_transaction_isolation: 'serializable',
  TimeZone: 'Europe/Stockholm',
  DateStyle: 'German',
  statement_timeout: '0',
  lock_timeout: '1ms',
  idle_in_transaction_session_timeout: '0',
  idle_session_timeout: '1s',
  plan_cache_mode: 'force_custom_plan',
  enable_seqscan: 'on',
  enable_bitmapscan: 'on',
  array_nulls: 'off',
};

function open(t: TestContext, connectionString: string): Database {
  const db = openDatabase({ connectionString, poolSize: 2, onConnectionError: () => undefined });
  t.after(() => db.close());
  return db;
}

async function settingsOf(db: Database): Promise<Record<string, string>> {
  const rows = await db.run(
    sql<{ name: string; value: string }>`
      select name, current_setting(name) as value from unnest(${Object.keys(HELD)}::text[]) as name`.compile(db.kysely),
  );
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
}

/** Makes settings of the database, for every connection that opens from now on. */
async function alterDatabase(url: string, settings: Readonly<Record<string, string>>): Promise<void> {
  const name = new URL(url).pathname.slice(1);
  const statements = Object.entries(settings).map(([key, value]) => `alter database ${name} set ${key} = '${value}'`);
  await queryOnce(urlOf(url, 'postgres'), statements.join('; '));
}

/** Creates a role of its own for a test and returns the URL with it. */
async function createRole(t: TestContext, url: string, settings: Readonly<Record<string, string>>): Promise<string> {
  const role = `role_${randomBytes(6).toString('hex')}`;
  const admin = urlOf(url, 'postgres');
  await queryOnce(admin, `create role ${role} login`);
  t.after(() => queryOnce(admin, `drop role ${role}`));
  const statements = Object.entries(settings).map(([key, value]) => `alter role ${role} set ${key} = '${value}'`);
  await queryOnce(admin, statements.join('; '));
  const changed = new URL(url);
  changed.username = role;
  return changed.href;
}

const ALL_OPTIONS = Object.entries(OTHERS)
  .map(([name, value]) => `-c ${name}=${value}`)
  .join(' ');

const SOURCES: readonly (readonly [string, (t: TestContext, url: string) => Promise<string> | string])[] = [
  ['options of the URL', (_, url) => `${url}&options=${encodeURIComponent(ALL_OPTIONS)}`],
  [
    'parameters of the URL',
    (_, url) => `${url}&statement_timeout=0&lock_timeout=0&idle_in_transaction_session_timeout=0`,
  ],
  ['the role', (t, url) => createRole(t, url, OTHERS)],
  ['the database', (_, url) => alterDatabase(url, OTHERS).then(() => url)],
  ['nothing but the server', (_, url) => url],
];

for (const [source, urlFor] of SOURCES) {
  test(`the settings hold on every connection when ${source} says otherwise`, async (t) => {
    const { url } = await createDatabase(t);
    const db = open(t, await urlFor(t, url));

    const [first, second] = await Promise.all([settingsOf(db), settingsOf(db)]);

    assert.deepEqual(first, HELD);
    assert.deepEqual(second, HELD);
  });
}

test('options of the URL that are not ours take effect', async (t) => {
  const { url } = await createDatabase(t);
  const db = open(t, `${url}&options=${encodeURIComponent('-c search_path=receiver -c work_mem=7MB')}`);

  const rows = await db.run(
    sql`select current_setting('search_path') as path, current_setting('work_mem') as memory`.compile(db.kysely),
  );

  assert.deepEqual(rows, [{ path: 'receiver', memory: '7MB' }]);
});

test('remote_apply promises more than on, and stays', async (t) => {
  const { url } = await createDatabase(t);
  await alterDatabase(url, { synchronous_commit: 'remote_apply' });

  assert.equal((await settingsOf(open(t, url))).synchronous_commit, 'remote_apply');
});

for (const weaker of ['off', 'local', 'remote_write']) {
  test(`synchronous_commit=${weaker} becomes on`, async (t) => {
    const { url } = await createDatabase(t);
    await alterDatabase(url, { synchronous_commit: weaker });

    assert.equal((await settingsOf(open(t, url))).synchronous_commit, 'on');
  });
}

test('a database whose statements may take 20 ms can be opened', async (t) => {
  const { url } = await createDatabase(t);
  await alterDatabase(url, { statement_timeout: '20ms' });

  assert.deepEqual(await settingsOf(open(t, url)), HELD);
});

test('migrations run on a database that limits statements and locks to 20 ms', async (t) => {
  const { url } = await createEmptyDatabase(t);
  await alterDatabase(url, {
    statement_timeout: '20ms',
    lock_timeout: '20ms',
    default_transaction_isolation: 'serializable',
  });

  const { applied } = await migrateToLatest(url);

  assert.ok(applied.length > 0);
  assert.deepEqual(await pendingMigrations(url), []);
});

test('callbacks are stored and answered 204 when the database says otherwise about everything', async (t) => {
  const { url } = await createDatabase(t);
  await alterDatabase(url, OTHERS);
  const receiver = await startTestService(t, { databaseUrl: url });

  const response = await send(receiver.url, target('UNFREEZE', 'p1'));

  assert.equal(response.status, 204);
  assert.equal((await receiver.query('select 1 from events')).length, 1);
});

test('a connection that does not hold what is asked is not used, and says which setting and what to do', async (t) => {
  const { url } = await createDatabase(t);
  await alterDatabase(url, { session_replication_role: 'replica' });
  const db = open(t, url);

  const error = await settingsOf(db).catch((reason: unknown) => reason);

  assert.ok(error instanceof UnsuitableServerError, String(error));
  assert.match(error.problem, /session_replication_role is replica instead of origin/);
  assert.match(error.fix, /alter database … reset/);
  assert.equal(db.usage().total, 0);
});

test('one line an outage names the setting and the fix, and one line its end', async (t) => {
  const receiver = await startTestService(t);
  await alterDatabase(receiver.databaseUrl, { session_replication_role: 'replica' });
  await disconnectAll(receiver.databaseUrl);
  const statuses = await Promise.all([1, 2, 3].map((n) => send(receiver.url, target('UNFREEZE', `p${n}`))));
  await alterDatabase(receiver.databaseUrl, { session_replication_role: 'origin' });
  const isBack = async () => (await send(receiver.url, target('UNFREEZE', 'p4'))).status === 204;
  assert.ok(await waitUntil(isBack));

  const lines = (event: string) => receiver.log.filter((line) => line.event === event);
  assert.deepEqual(
    statuses.map(({ status }) => status),
    [503, 503, 503],
  );
  const [unsuitable, ...more] = lines('database.unsuitable');
  assert.match(String(unsuitable?.reason), /session_replication_role is replica/);
  assert.match(String(unsuitable?.fix), /alter role/);
  assert.deepEqual(more, []);
  assert.equal(lines('database.suitable').length, 1);
});

async function disconnectAll(url: string): Promise<void> {
  await queryOnce(
    url,
    `select pg_terminate_backend(pid, 5000) from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid()`,
  );
}

test('doctor names the setting that a connection does not hold', async (t) => {
  const { check } = await setUpDoctor(t);
  const { url } = await createDatabase(t);
  await alterDatabase(url, { session_replication_role: 'replica' });

  const database = await check('database', { DATABASE_URL: url });
  const durability = await check('durability', { DATABASE_URL: url });

  assert.equal(database.status, 'fail');
  assert.match(database.reason, /session_replication_role is replica instead of origin/);
  assert.match(database.fix ?? '', /alter database … reset/);
  assert.equal(durability.status, 'skip');
});
