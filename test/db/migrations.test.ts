/**
 * Migrations as operators run them: from several processes at once, manually before a start, and beside a newer version
 * during an update. Real processes on an empty database.
 */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import * as path from 'node:path';
import { test } from 'node:test';
import { migrateToLatest, pendingMigrations } from '../../src/db/migrate.ts';
import { createDatabase, createEmptyDatabase } from '../helpers/postgres.ts';
import { runProgram } from '../helpers/program.ts';
import { dumpSchema } from '../helpers/schema-dump.ts';
import { queryOnce, startTestService } from '../helpers/service.ts';

const SALT = { DIGEST_SALT: 'a-salt-of-the-tests-7Jx2' };

async function migrationNames(): Promise<string[]> {
  const files = await readdir(path.resolve(import.meta.dirname, '..', '..', 'migrations'));
  return files.filter((file) => file.endsWith('.ts')).map((file) => file.replace('.ts', ''));
}

test('two processes that migrate an empty database at once apply each migration once', async (t) => {
  const { url } = await createEmptyDatabase(t);

  const runs = [1, 2].map(() => runProgram(t, ['migrate'], { DATABASE_URL: url, ...SALT }));
  const results = await Promise.all(runs.map((run) => run.ended));

  assert.deepEqual(
    results.map(({ code }) => code),
    [0, 0],
    JSON.stringify(results),
  );
  const applied = results.flatMap(({ stdout }) => stdout.match(/(?<=^applied ).*$/gm) ?? []);
  assert.deepEqual(applied.toSorted(), (await migrationNames()).toSorted());
  assert.equal(await dumpSchema(url), await dumpSchema((await createDatabase(t)).url));
});

test('a second run applies nothing', async (t) => {
  const { url } = await createEmptyDatabase(t);

  const first = await migrateToLatest(url);
  const second = await migrateToLatest(url);

  assert.deepEqual(first.applied.toSorted(), (await migrationNames()).toSorted());
  assert.deepEqual([second.applied, await pendingMigrations(url)], [[], []]);
});

test('with MIGRATE_ON_START=false serve names the missing migrations, exits 78 and does not change the database', async (t) => {
  const { url } = await createEmptyDatabase(t);
  const env = { DATABASE_URL: url, MIGRATE_ON_START: 'false', HOST: '127.0.0.1', PORT: '0', ...SALT };

  const { code, stdout } = await runProgram(t, ['serve'], env).ended;

  assert.equal(code, 78);
  for (const name of await migrationNames()) assert.ok(stdout.includes(name), stdout);
  assert.match(stdout, /migrate/);
  assert.equal(await dumpSchema(url), '\n');
});

test('with MIGRATE_ON_START=false serve starts on a current database', async (t) => {
  const receiver = await startTestService(t, { env: { MIGRATE_ON_START: 'false' } });

  assert.equal((await receiver.status('/status')).status, 200);
});

test('serve migrates an empty database at start', async (t) => {
  const { url } = await createEmptyDatabase(t);

  const receiver = await startTestService(t, { databaseUrl: url });

  assert.deepEqual(
    receiver.log.filter((line) => line.event === 'database.migrated').map((line) => line.migration),
    (await migrationNames()).toSorted(),
  );
});

test('serve starts on a database newer than the program and does not change it', async (t) => {
  const { url } = await createDatabase(t);
  await queryOnce(url, `insert into receiver_migration values ('9999_of_the_next_version', '2030-01-01T00:00:00Z')`);
  await queryOnce(url, 'alter table events add column of_the_next_version text');

  const receiver = await startTestService(t, { databaseUrl: url });
  const { applied } = await migrateToLatest(url);

  assert.equal((await receiver.status('/status')).status, 200);
  assert.deepEqual(applied, []);
});

test('a migration that fails exits 1 and keeps no changes', async (t) => {
  const { url } = await createEmptyDatabase(t);
  await queryOnce(url, 'create table outbox (in_the_way text)');

  const { code, stderr } = await runProgram(t, ['migrate'], { DATABASE_URL: url, ...SALT }).ended;

  assert.equal(code, 1);
  assert.match(stderr, /The migration failed: .*outbox/);
  assert.equal((await dumpSchema(url)).split('\n')[0], 'table outbox');
  assert.doesNotMatch(await dumpSchema(url), /table events/);
});
