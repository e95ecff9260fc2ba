/**
 * The next start works after every kind of kill, and no process is left running meanwhile. After a reboot or a kill of
 * the service, an operator must not need to know what a postmaster.pid is. Real processes, real kills.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { type EmbeddedOptions, startEmbeddedPostgres } from '../../src/db/embedded/embedded.ts';
import {
  FAST_POSTGRES_SETTINGS,
  IS_LINUX,
  isAlive,
  makeFolder,
  makeUsedDataDir,
  query,
  startEmbeddedProcess,
  waitForStart,
  waitUntilGone,
} from '../helpers/embedded.ts';

const ONLY_LINUX = IS_LINUX ? false : 'on other systems a process outlives its parent';

async function setup(t: TestContext, options: EmbeddedOptions) {
  const postgres = await startEmbeddedPostgres({ settings: FAST_POSTGRES_SETTINGS, ...options });
  t.after(() => postgres.stop());
  return postgres;
}

/** A data folder whose Postgres was killed after a commit, without any cleanup. */
async function makeCrashedDataDir(t: TestContext) {
  const dataDir = await makeUsedDataDir(t);
  const postgres = await setup(t, { dataDir });
  await query(postgres.connectionString, 'create table kept as select 42 as answer');
  process.kill(postgres.pid, 'SIGKILL');
  await postgres.stop();
  return { dataDir, pidFile: path.join(dataDir, 'postgres', 'postmaster.pid') };
}

async function assertRecovered(connectionString: string) {
  assert.deepEqual(await query(connectionString, 'select answer from kept'), [{ answer: 42 }]);
}

async function putPid(pidFile: string, pid: number) {
  const lines = (await readFile(pidFile, 'utf8')).split('\n');
  await writeFile(pidFile, [String(pid), ...lines.slice(1)].join('\n'));
}

test('after kill -9 of Postgres the next start recovers the committed rows', async (t) => {
  const { dataDir } = await makeCrashedDataDir(t);

  const { connectionString } = await setup(t, { dataDir });

  await assertRecovered(connectionString);
});

test('a stale pid of another program neither prevents a start nor affects that program', async (t) => {
  const { dataDir, pidFile } = await makeCrashedDataDir(t);
  const otherProgram = spawn('sleep', ['600'], { stdio: 'ignore' });
  t.after(() => otherProgram.kill());
  await putPid(pidFile, otherProgram.pid ?? 0);

  const { connectionString } = await setup(t, { dataDir });

  await assertRecovered(connectionString);
  assert.equal(await isAlive(otherProgram.pid ?? 0), true);
});

test('a stale pid of a Postgres on another folder does not prevent a start', async (t) => {
  const { dataDir, pidFile } = await makeCrashedDataDir(t);
  const elsewhere = await setup(t, { dataDir: await makeUsedDataDir(t) });
  await putPid(pidFile, elsewhere.pid);

  const { connectionString } = await setup(t, { dataDir });

  await assertRecovered(connectionString);
  assert.deepEqual(await query(elsewhere.connectionString, 'select 1 as one'), [{ one: 1 }]);
});

test('a stale pid of a process that has ended but was not reaped does not prevent a start', async (t) => {
  const { dataDir, pidFile } = await makeCrashedDataDir(t);
  // sleep does not reap the child that it inherits from the shell.
  const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 600'], { stdio: ['ignore', 'pipe', 'ignore'] });
  t.after(() => parent.kill());
  const [line] = await once(createInterface({ input: parent.stdout }), 'line');
  await waitUntilGone(Number(line));
  await putPid(pidFile, Number(line));

  const { connectionString } = await setup(t, { dataDir });

  await assertRecovered(connectionString);
});

test('an empty pid file after a power failure does not prevent a start', async (t) => {
  const { dataDir, pidFile } = await makeCrashedDataDir(t);
  await writeFile(pidFile, '');
  await utimes(pidFile, 0, 0);

  const { connectionString } = await setup(t, { dataDir });

  await assertRecovered(connectionString);
});

test('the remains of an interrupted first start are removed and the cluster is created again', async (t) => {
  const dataDir = await makeFolder(t);
  await mkdir(path.join(dataDir, 'postgres.new-abc123', 'base'), { recursive: true });
  await writeFile(path.join(dataDir, 'postgres.new-abc123', 'PG_VERSION'), '18\n');

  const { connectionString } = await setup(t, { dataDir });

  assert.deepEqual(await query(connectionString, 'select 1 as one'), [{ one: 1 }]);
  assert.deepEqual((await readdir(dataDir)).sort(), ['postgres', 'socket-folder']);
});

test('kill -9 of the service stops Postgres too, and the next start removes its socket folder', {
  skip: ONLY_LINUX,
}, async (t) => {
  const dataDir = await makeUsedDataDir(t);
  const service = startEmbeddedProcess(t, { dataDir });
  const killed = await waitForStart(service);

  service.child.kill('SIGKILL');
  await waitUntilGone(killed.pid);

  await setup(t, { dataDir });
  await assert.rejects(stat(killed.socketDir), { code: 'ENOENT' });
});

test('a service that is restarted at once after kill -9 waits for the Postgres that is still stopping', async (t) => {
  const dataDir = await makeUsedDataDir(t);
  const service = startEmbeddedProcess(t, { dataDir });
  const killed = await waitForStart(service);
  await query(killed.connectionString, 'create table kept as select 42 as answer');
  // While it is stopped, it cannot end before the second start has checked it.
  process.kill(killed.pid, 'SIGSTOP');
  service.child.kill('SIGKILL');
  await once(service.child, 'close');

  const start = setup(t, { dataDir });
  process.kill(killed.pid, 'SIGCONT');

  await assertRecovered((await start).connectionString);
  assert.equal(await isAlive(killed.pid), false);
});

test('Ctrl-C reaches only the service: Postgres runs until the service stops it', async (t) => {
  const service = startEmbeddedProcess(t, { dataDir: await makeUsedDataDir(t) });
  const { connectionString, pid } = await waitForStart(service);

  process.kill(-service.pid, 'SIGINT');
  const event = await service.next();

  assert.deepEqual(event, { event: 'interrupted' });
  assert.deepEqual(await query(connectionString, 'select 1 as one'), [{ one: 1 }]);
  service.child.kill('SIGTERM');
  const [exitCode] = await once(service.child, 'close');
  assert.equal(exitCode, 0);
  assert.equal(await isAlive(pid), false);
});

test('a service in another process on the same folder gets an error, and the first one keeps working', async (t) => {
  const dataDir = await makeUsedDataDir(t);
  const first = await setup(t, { dataDir });

  const event = await startEmbeddedProcess(t, { dataDir }).next();

  assert.ok(event.event === 'failed');
  assert.equal(event.code, 'in_use');
  assert.match(event.message, /DATA_DIR .* in use .*DATABASE_URL/);
  assert.deepEqual(await query(first.connectionString, 'select 1 as one'), [{ one: 1 }]);
});
