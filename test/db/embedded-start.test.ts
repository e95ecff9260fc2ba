/**
 * A first start needs only a folder: the embedded Postgres creates its database there, keeps the data, and stops
 * without leftovers. Real binaries and real processes; nothing is replaced.
 */
import assert from 'node:assert/strict';
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { type TestContext, test } from 'node:test';
import { type EmbeddedOptions, startEmbeddedPostgres } from '../../src/db/embedded/embedded.ts';
import { waitUntil } from '../harness/wait.ts';
import {
  copyProgram,
  FAST_POSTGRES_SETTINGS,
  isAlive,
  makeFolder,
  makeUsedDataDir,
  query,
  startEmbeddedProcess,
} from '../helpers/embedded.ts';

async function setup(t: TestContext, options: EmbeddedOptions) {
  const postgres = await startEmbeddedPostgres(options);
  t.after(() => postgres.stop());
  return postgres;
}

/** Creates a folder and makes it the temporary folder of this process, which runs one test at a time. */
async function useTemporaryFolder(t: TestContext, name: string): Promise<string> {
  const folder = path.join(await makeFolder(t), name);
  await mkdir(folder);
  const { TMPDIR } = process.env;
  process.env.TMPDIR = folder;
  t.after(() => {
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
  });
  return folder;
}

test('a first start creates the folder and the database, durable and not reachable over the network', async (t) => {
  const dataDir = path.join(await makeFolder(t), 'a', 'new one');

  const { connectionString } = await setup(t, { dataDir });

  const [row] = await query(
    connectionString,
    `select current_database() as database, current_setting('server_encoding') as encoding,
       current_setting('fsync') as fsync, current_setting('listen_addresses') as addresses,
       (select datcollate from pg_database where datname = current_database()) as collation`,
  );
  assert.deepEqual(row, { database: 'receiver', encoding: 'UTF8', fsync: 'on', addresses: '', collation: 'C' });
  assert.equal((await stat(dataDir)).mode & 0o777, 0o700);
});

test('a second start has the data of the first one', async (t) => {
  const dataDir = await makeUsedDataDir(t);
  const first = await setup(t, { dataDir });
  await query(first.connectionString, 'create table kept as select 42 as answer');
  await first.stop();

  const second = await setup(t, { dataDir });

  assert.deepEqual(await query(second.connectionString, 'select answer from kept'), [{ answer: 42 }]);
});

test('stop, also when called twice, leaves no process, socket folder or saved path', async (t) => {
  const dataDir = await makeUsedDataDir(t);
  const postgres = await setup(t, { dataDir, settings: FAST_POSTGRES_SETTINGS });

  await Promise.all([postgres.stop(), postgres.stop()]);
  await postgres.stop();

  assert.equal(await isAlive(postgres.pid), false);
  await assert.rejects(stat(postgres.socketDir), { code: 'ENOENT' });
  assert.deepEqual(await readdir(dataDir), ['postgres']);
});

test('stop closes open connections', async (t) => {
  const postgres = await setup(t, { dataDir: await makeUsedDataDir(t), settings: FAST_POSTGRES_SETTINGS });
  const sleeping = query(postgres.connectionString, 'select pg_sleep(600)').catch((error) => error);

  const asleep = `select 1 from pg_stat_activity where wait_event = 'PgSleep'`;
  assert.ok(await waitUntil(async () => (await query(postgres.connectionString, asleep)).length > 0));
  await postgres.stop();

  assert.match(String(await sleeping), /terminating connection|Connection terminated|ECONN/);
});

test('two servers run side by side, each with its settings', async (t) => {
  const [one, other] = await Promise.all([
    setup(t, { dataDir: await makeUsedDataDir(t), settings: { ...FAST_POSTGRES_SETTINGS, max_connections: '7' } }),
    setup(t, { dataDir: await makeUsedDataDir(t), settings: { ...FAST_POSTGRES_SETTINGS, max_connections: '9' } }),
  ]);

  const limits = await Promise.all([
    query(one.connectionString, 'show max_connections'),
    query(other.connectionString, 'show max_connections'),
  ]);

  assert.deepEqual(limits, [[{ max_connections: '7' }], [{ max_connections: '9' }]]);
});

test('a second start on the same folder fails with a fix, and the first server keeps working', async (t) => {
  const dataDir = await makeUsedDataDir(t);
  const first = await setup(t, { dataDir, settings: FAST_POSTGRES_SETTINGS });

  const second = startEmbeddedPostgres({ dataDir, settings: FAST_POSTGRES_SETTINGS });

  await assert.rejects(second, { name: 'EmbeddedError', code: 'in_use', message: /DATA_DIR.*in use.*DATABASE_URL/ });
  assert.deepEqual(await query(first.connectionString, 'select 1 as one'), [{ one: 1 }]);
});

test('of two simultaneous first starts one works and the other fails', async (t) => {
  const dataDir = await makeFolder(t);

  const starts = await Promise.allSettled([
    setup(t, { dataDir, settings: FAST_POSTGRES_SETTINGS }),
    setup(t, { dataDir, settings: FAST_POSTGRES_SETTINGS }),
  ]);

  const [winner] = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
  const errorCodes = starts.flatMap((start) => (start.status === 'rejected' ? [start.reason.code] : []));
  assert.deepEqual(errorCodes, ['in_use']);
  assert.deepEqual(await query(winner?.connectionString ?? '', 'select 1 as one'), [{ one: 1 }]);
});

test('a folder of another major version is an error that names both versions', async (t) => {
  const dataDir = await makeFolder(t);
  await mkdir(path.join(dataDir, 'postgres'));
  await writeFile(path.join(dataDir, 'postgres', 'PG_VERSION'), '16\n');

  const start = startEmbeddedPostgres({ dataDir });

  await assert.rejects(start, {
    code: 'wrong_version',
    message: /DATA_DIR .* was created by PostgreSQL 16, but this program has PostgreSQL 18/,
  });
});

test('a DATA_DIR that is not a folder is an error', async (t) => {
  const dataDir = path.join(await makeFolder(t), 'file');
  await writeFile(dataDir, '');

  const start = startEmbeddedPostgres({ dataDir });

  await assert.rejects(start, { code: 'forbidden', message: /DATA_DIR .* cannot be used.*DATABASE_URL/ });
});

test('an unknown Postgres setting fails the start with the message of Postgres and leaves no socket folder', async (t) => {
  const dataDir = await makeUsedDataDir(t);
  const temporary = await useTemporaryFolder(t, 'ordinary');
  const lines: string[] = [];

  const start = startEmbeddedPostgres({
    dataDir,
    settings: { no_such_setting: '1' },
    onLog: (line) => lines.push(line),
  });

  await assert.rejects(start, { code: 'failed', message: /no_such_setting/ });
  assert.match(lines.join('\n'), /no_such_setting/);
  assert.deepEqual(await readdir(temporary), []);
});

test('the socket can be in a temporary folder with a comma and a blank in its name', async (t) => {
  const dataDir = await makeUsedDataDir(t);
  const temporary = await useTemporaryFolder(t, 'odd, but allowed');

  const { socketDir, connectionString } = await setup(t, { dataDir, settings: FAST_POSTGRES_SETTINGS });

  assert.equal(path.dirname(socketDir), temporary);
  assert.deepEqual(await query(connectionString, 'select 1 as one'), [{ one: 1 }]);
});

test('a temporary folder whose path is too long for a socket is not used', async (t) => {
  const dataDir = await makeUsedDataDir(t);
  await useTemporaryFolder(t, 'long'.repeat(25));

  const { socketDir, connectionString } = await setup(t, { dataDir, settings: FAST_POSTGRES_SETTINGS });

  assert.equal(path.dirname(socketDir), '/tmp');
  assert.deepEqual(await query(connectionString, 'select 1 as one'), [{ one: 1 }]);
});

test('a temporary folder that does not exist is an error that names it', async (t) => {
  const dataDir = await makeUsedDataDir(t);
  await rm(await useTemporaryFolder(t, 'gone'), { recursive: true });

  const start = startEmbeddedPostgres({ dataDir });

  await assert.rejects(start, { code: 'forbidden', message: /socket .*gone.*Set TMPDIR/ });
});

test('the error about a missing package names DATABASE_URL', async (t) => {
  const folder = await makeFolder(t);
  const program = await copyProgram(folder, { postgres: false });

  const service = startEmbeddedProcess(t, { dataDir: path.join(folder, 'data'), program });

  const event = await service.next();
  assert.ok(event.event === 'failed');
  assert.equal(event.code, 'unavailable');
  assert.match(event.message, /is not installed\. Set DATABASE_URL/);
});

test('Postgres gets none of our environment variables', async (t) => {
  const dataDir = await makeUsedDataDir(t);
  process.env.DIGEST_SALT = 'not for child processes';
  t.after(() => delete process.env.DIGEST_SALT);
  const { connectionString } = await setup(t, { dataDir, settings: FAST_POSTGRES_SETTINGS });

  // A superuser may run programs on the server, and those inherit its environment.
  await query(connectionString, 'create table environment (line text)');
  await query(connectionString, "copy environment from program 'env | tr -d [:cntrl:]'");
  const [row] = await query<{ line: string }>(connectionString, 'select line from environment');

  assert.match(row?.line ?? '', /PATH=/);
  assert.doesNotMatch(row?.line ?? '', /DIGEST_SALT|not for child processes/);
});
