/**
 * Whatever is killed, and however, the next start works, and nothing is left running meanwhile: an operator who finds
 * the machine rebooted or the service killed must not have to know what a postmaster.pid is. Real processes, real kills.
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
  IS_LINUX,
  isAlive,
  makeFolder,
  makeUsedDataDir,
  QUICK,
  query,
  startService,
  waitForStart,
  waitUntilGone,
} from '../helpers/embedded.ts';

const ONLY_LINUX = IS_LINUX ? false : 'a process outlives its parent elsewhere';

async function setup(t: TestContext, options: EmbeddedOptions) {
  const postgres = await startEmbeddedPostgres({ settings: QUICK, ...options });
  t.after(() => postgres.stop());
  return postgres;
}

/** A data folder whose Postgres was killed with a row committed and nothing tidied up. */
async function makeCrashedDataDir(t: TestContext) {
  const dataDir = await makeUsedDataDir(t);
  const postgres = await setup(t, { dataDir });
  await query(postgres.connectionString, 'create table kept as select 42 as answer');
  process.kill(postgres.pid, 'SIGKILL');
  await postgres.stop();
  return { dataDir, pidFile: path.join(dataDir, 'postgres', 'postmaster.pid') };
}

async function assertKept(connectionString: string) {
  assert.deepEqual(await query(connectionString, 'select answer from kept'), [{ answer: 42 }]);
}

async function putPid(pidFile: string, pid: number) {
  const lines = (await readFile(pidFile, 'utf8')).split('\n');
  await writeFile(pidFile, [String(pid), ...lines.slice(1)].join('\n'));
}

test('after kill -9 of Postgres the next start recovers what was committed', async (t) => {
  const { dataDir } = await makeCrashedDataDir(t);

  const { connectionString } = await setup(t, { dataDir });

  await assertKept(connectionString);
});

test('a stale pid that now belongs to another program does not prevent a start, nor is that program touched', async (t) => {
  const { dataDir, pidFile } = await makeCrashedDataDir(t);
  const stranger = spawn('sleep', ['600'], { stdio: 'ignore' });
  t.after(() => stranger.kill());
  await putPid(pidFile, stranger.pid ?? 0);

  const { connectionString } = await setup(t, { dataDir });

  await assertKept(connectionString);
  assert.equal(await isAlive(stranger.pid ?? 0), true);
});

test('a stale pid that now belongs to a Postgres elsewhere does not prevent a start', async (t) => {
  const { dataDir, pidFile } = await makeCrashedDataDir(t);
  const elsewhere = await setup(t, { dataDir: await makeUsedDataDir(t) });
  await putPid(pidFile, elsewhere.pid);

  const { connectionString } = await setup(t, { dataDir });

  await assertKept(connectionString);
  assert.deepEqual(await query(elsewhere.connectionString, 'select 1 as one'), [{ one: 1 }]);
});

test('a stale pid whose process has ended but was not collected does not prevent a start', async (t) => {
  const { dataDir, pidFile } = await makeCrashedDataDir(t);
  // sleep does not collect the child it inherits from the shell.
  const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 600'], { stdio: ['ignore', 'pipe', 'ignore'] });
  t.after(() => parent.kill());
  const [line] = await once(createInterface({ input: parent.stdout }), 'line');
  await waitUntilGone(Number(line));
  await putPid(pidFile, Number(line));

  const { connectionString } = await setup(t, { dataDir });

  await assertKept(connectionString);
});

test('a pid file that a power cut left empty does not prevent a start', async (t) => {
  const { dataDir, pidFile } = await makeCrashedDataDir(t);
  await writeFile(pidFile, '');
  await utimes(pidFile, 0, 0);

  const { connectionString } = await setup(t, { dataDir });

  await assertKept(connectionString);
});

test('what a first start that was cut off left behind is removed and made anew', async (t) => {
  const dataDir = await makeFolder(t);
  await mkdir(path.join(dataDir, 'postgres.new-abc123', 'base'), { recursive: true });
  await writeFile(path.join(dataDir, 'postgres.new-abc123', 'PG_VERSION'), '18\n');

  const { connectionString } = await setup(t, { dataDir });

  assert.deepEqual(await query(connectionString, 'select 1 as one'), [{ one: 1 }]);
  assert.deepEqual((await readdir(dataDir)).sort(), ['postgres', 'socket-folder']);
});

test('kill -9 of the service ends Postgres too, and the next start removes its socket folder', {
  skip: ONLY_LINUX,
}, async (t) => {
  const dataDir = await makeUsedDataDir(t);
  const service = startService(t, { dataDir });
  const killed = await waitForStart(service);

  service.child.kill('SIGKILL');
  await waitUntilGone(killed.pid);

  await setup(t, { dataDir });
  await assert.rejects(stat(killed.socketDir), { code: 'ENOENT' });
});

test('a service that is restarted at once after kill -9 waits for the Postgres that is still leaving', async (t) => {
  const dataDir = await makeUsedDataDir(t);
  const service = startService(t, { dataDir });
  const killed = await waitForStart(service);
  await query(killed.connectionString, 'create table kept as select 42 as answer');
  // Stopped, it cannot leave before the second start has looked at it.
  process.kill(killed.pid, 'SIGSTOP');
  service.child.kill('SIGKILL');
  await once(service.child, 'close');

  const start = setup(t, { dataDir });
  process.kill(killed.pid, 'SIGCONT');

  await assertKept((await start).connectionString);
  assert.equal(await isAlive(killed.pid), false);
});

test('Ctrl-C reaches the service alone: Postgres works until the service stops it', async (t) => {
  const service = startService(t, { dataDir: await makeUsedDataDir(t) });
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

test('a service in another process on the same folder is refused, and the first one goes on', async (t) => {
  const dataDir = await makeUsedDataDir(t);
  const first = await setup(t, { dataDir });

  const event = await startService(t, { dataDir }).next();

  assert.ok(event.event === 'refused');
  assert.equal(event.code, 'in_use');
  assert.match(event.message, /DATA_DIR .* in use .*DATABASE_URL/);
  assert.deepEqual(await query(first.connectionString, 'select 1 as one'), [{ one: 1 }]);
});
