/**
 * A database that cannot be used as it is: no outage, so the receiver ends with what is wrong and what to do, and waits
 * for nothing. Real databases, roles and processes.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { migrateToLatest, requireCurrentSchema } from '../../src/db/migrate.ts';
import { TABLES } from '../../src/db/requirements.ts';
import { createDatabase, createEmptyDatabase, createEncodedDatabase } from '../helpers/postgres.ts';
import { runProgram } from '../helpers/program.ts';
import { createRole, withSearchPath } from '../helpers/schemas.ts';
import { queryOnce, startTestService } from '../helpers/service.ts';

const ENV = { HOST: '127.0.0.1', PORT: '0', DIGEST_SALT: 'a-salt-of-the-tests-7Jx2' };

test('serve exits 78 on a database with another encoding than UTF8, and names the fix', async (t) => {
  const { url, name } = await createEncodedDatabase(t, 'LATIN1');

  const { code, stdout } = await runProgram(t, ['serve'], { DATABASE_URL: url, ...ENV }).ended;

  assert.equal(code, 78);
  assert.match(stdout, new RegExp(`"service.failed","reason":"Database .*${name}.* has the encoding LATIN1`));
  assert.match(stdout, /encoding 'UTF8'/);
  assert.doesNotMatch(stdout, /database.unreachable|stack/);
});

for (const encoding of ['SQL_ASCII', 'WIN1252', 'LATIN9', 'EUC_JP']) {
  test(`the encoding ${encoding} ends the start`, async (t) => {
    const { url } = await createEncodedDatabase(t, encoding);

    await assert.rejects(startTestService(t, { databaseUrl: url }), new RegExp(`has the encoding ${encoding}, which`));
  });
}

test('migrate exits 1 on a database with another encoding and creates nothing', async (t) => {
  const { url } = await createEncodedDatabase(t, 'LATIN1');

  const { code, stderr } = await runProgram(t, ['migrate'], { DATABASE_URL: url, ...ENV }).ended;

  assert.equal(code, 1);
  assert.match(stderr, /The migration failed: Database .* has the encoding LATIN1/);
  assert.deepEqual(await queryOnce(url, `select from pg_tables where schemaname = 'public'`), []);
});

interface UnfitCase {
  readonly name: string;
  /** Returns settings of the service beside those of an empty database. */
  readonly prepare: (t: TestContext, url: string) => Promise<Record<string, string>>;
  readonly problem: RegExp;
  readonly fix: RegExp;
}

const CASES: readonly UnfitCase[] = [
  {
    name: 'a role that may not create tables',
    prepare: async (t, url) => ({ DATABASE_URL: (await createRole(t, url)).url }),
    problem: /Role "role_\w+" may not migrate schema "public" of database "test_\w+": permission denied/,
    fix: /grant usage, create on schema "public" to "role_\w+"; or set MIGRATION_DATABASE_URL/,
  },
  {
    name: 'a search_path without a schema',
    prepare: async (_, url) => ({ DATABASE_URL: withSearchPath(url, 'nowhere') }),
    problem: /No schema of search_path \(nowhere\) exists in database/,
    fix: /Create the schema, or run: grant usage/,
  },
  {
    name: 'a schema that the role may not use',
    async prepare(t, url) {
      const { url: roleUrl } = await createRole(t, url);
      await queryOnce(url, 'create schema closed');
      return { DATABASE_URL: withSearchPath(roleUrl, 'closed') };
    },
    problem: /No schema of search_path \(closed\)/,
    fix: /grant usage on schema/,
  },
  {
    name: 'a table of another application with one of our names',
    async prepare(_, url) {
      await queryOnce(url, 'create table events (id int)');
      return {};
    },
    problem: /something that is not the receiver's is in the way: .*"events" already exists/,
    fix: /a database of its own, or a schema/,
  },
  {
    name: 'a function of another application with one of our names',
    async prepare(_, url) {
      await queryOnce(url, 'create function probe_storing_v1() returns void language sql as $$ select $$');
      return {};
    },
    problem: /is in the way: .*probe_storing_v1/,
    fix: /a database of its own, or a schema/,
  },
  {
    name: 'noted migrations that this version does not have, while it lacks some',
    async prepare(_, url) {
      await migrateToLatest(url);
      await queryOnce(url, `update receiver_migration set name = '0003_of_a_branch' where name like '0003%'`);
      return {};
    },
    problem: /Table receiver_migration in schema "public" .* does not fit this version: .*0003_of_a_branch is missing/,
    fix: /Start the version that has these migrations/,
  },
  {
    name: 'a table that was dropped by hand',
    async prepare(_, url) {
      await migrateToLatest(url);
      await queryOnce(url, 'drop table orders, rejections');
      return {};
    },
    problem: /lacks orders, rejections, though its migrations have run/,
    fix: /Restore the database/,
  },
  {
    name: 'a role without rights on the tables',
    async prepare(t, url) {
      await migrateToLatest(url);
      const { name, url: roleUrl } = await createRole(t, url);
      await queryOnce(url, `grant select, insert, update, delete on all tables in schema public to ${name}`);
      await queryOnce(url, `revoke insert, delete on outbox from ${name}; revoke update on events from ${name}`);
      return { DATABASE_URL: roleUrl };
    },
    problem: /may not: update on events; insert, delete on outbox \(schema/,
    fix: /deploy\/roles\.sql/,
  },
  {
    name: 'a role that may not run a function',
    async prepare(t, url) {
      await migrateToLatest(url);
      const { name, url: roleUrl } = await createRole(t, url);
      await queryOnce(url, `grant select, insert, update, delete on all tables in schema public to ${name}`);
      await queryOnce(url, 'revoke execute on all functions in schema public from public');
      return { DATABASE_URL: roleUrl };
    },
    problem: /may not: .*execute on store_events_v1/,
    fix: /deploy\/roles\.sql/,
  },
  {
    name: 'a role that may not read which migrations have run',
    async prepare(t, url) {
      await migrateToLatest(url);
      return { DATABASE_URL: (await createRole(t, url)).url };
    },
    problem: /permission denied for table receiver_migration/,
    fix: /grant|MIGRATION_DATABASE_URL/,
  },
  {
    name: 'a MIGRATION_DATABASE_URL that leads to another schema',
    async prepare(_, url) {
      await queryOnce(url, 'create schema elsewhere');
      return { MIGRATION_DATABASE_URL: withSearchPath(url, 'elsewhere') };
    },
    problem: /Schema "public" of database .* lacks 0001_create_events, .* after the migration/,
    fix: /lead to the same database and schema/,
  },
];

for (const { name, prepare, problem, fix } of CASES) {
  test(`${name} ends the start with the reason and the fix`, async (t) => {
    const { url } = await createEmptyDatabase(t);
    const env = await prepare(t, url);

    const failure = startTestService(t, { databaseUrl: env.DATABASE_URL ?? url, env });

    await assert.rejects(failure, (error: Error) => {
      assert.equal(error.name, 'UnfitDatabaseError', error.stack);
      assert.match(error.message, problem);
      assert.match(error.message, fix);
      return true;
    });
  });
}

test('a missing right ends serve with 78 and one line that names role, schema and fix', async (t) => {
  const { url } = await createEmptyDatabase(t);
  const { url: roleUrl } = await createRole(t, url);

  const { code, stdout } = await runProgram(t, ['serve'], { DATABASE_URL: roleUrl, ...ENV }).ended;

  assert.equal(code, 78);
  assert.match(stdout, /"service.failed","reason":"Role .* may not migrate schema .*public.* grant usage, create/);
  assert.doesNotMatch(stdout, /database.unreachable|"stack"/);
});

test('the rights of every table are looked at', async (t) => {
  const { url } = await createDatabase(t);

  const rows = await queryOnce<{ name: string }>(
    url,
    `select tablename as name from pg_tables where schemaname = 'public' and tablename not like 'receiver\\_migration%'`,
  );

  assert.deepEqual(TABLES.toSorted(), rows.map(({ name }) => name).toSorted());
  await requireCurrentSchema(url);
});
