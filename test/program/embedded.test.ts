/**
 * `serve` with only DATA_DIR: it starts an embedded Postgres, which stops with it, also when it is killed, and the
 * stored events exist at the next start. Real processes.
 */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import { type TestContext, test } from 'node:test';
import { readVersion } from '../../src/lib/version.ts';
import { SALT, send, target } from '../helpers/callbacks.ts';
import { isAlive, makeUsedDataDir, waitUntilGone } from '../helpers/embedded.ts';
import { runProgram } from '../helpers/program.ts';
import { STATUS_TOKEN } from '../helpers/service.ts';

/** As the image sets it. */
const REVISION = '0123456789abcdef0123456789abcdef01234567';

async function start(t: TestContext, dataDir: string) {
  const env = {
    DATA_DIR: dataDir,
    HOST: '127.0.0.1',
    PORT: '0',
    DIGEST_SALT: SALT,
    STATUS_TOKEN,
    RECEIVER_REVISION: REVISION,
  };
  const run = runProgram(t, ['serve'], env);
  await run.line('service.ready');
  const url = String((await run.line('service.listening')).callbacks);
  const pidFile = await readFile(path.join(dataDir, 'postgres', 'postmaster.pid'), 'utf8');
  return { run, url, postgres: Number(pidFile.split('\n')[0]) };
}

async function countEvents(url: string): Promise<number> {
  const headers = { authorization: `Bearer ${STATUS_TOKEN}` };
  const { body } = await send(url, '/events', { headers });
  return JSON.parse(body).events.length;
}

test('SIGTERM exits 0 and leaves no Postgres, and the next start has the stored events', async (t) => {
  const dataDir = await makeUsedDataDir(t);
  const first = await start(t, dataDir);
  assert.equal((await send(first.url, target('UNFREEZE', 'p1'))).status, 204);

  first.run.child.kill('SIGTERM');
  const { code } = await first.run.ended;
  const isPostgresAlive = await isAlive(first.postgres);
  const second = await start(t, dataDir);

  assert.deepEqual([code, isPostgresAlive], [0, false]);
  assert.equal(await countEvents(second.url), 1);
  second.run.child.kill('SIGTERM');
  assert.equal((await second.run.ended).code, 0);
});

test('the log and GET /status say which version and revision run', async (t) => {
  const { run, url } = await start(t, await makeUsedDataDir(t));

  const line = await run.line('service.listening');
  const { body } = await send(url, '/status', { headers: { authorization: `Bearer ${STATUS_TOKEN}` } });

  const { version, revision } = JSON.parse(body);
  assert.deepEqual([line.version, line.revision], [readVersion(), REVISION]);
  assert.deepEqual([version, revision], [readVersion(), REVISION]);
  run.child.kill('SIGTERM');
  assert.equal((await run.ended).code, 0);
});

test('kill -9 leaves no Postgres, and a restart has the events that got a 204', async (t) => {
  const dataDir = await makeUsedDataDir(t);
  const first = await start(t, dataDir);
  assert.equal((await send(first.url, target('UNFREEZE', 'p1'))).status, 204);

  first.run.child.kill('SIGKILL');
  await first.run.ended;
  await waitUntilGone(first.postgres);
  const second = await start(t, dataDir);

  assert.equal(await countEvents(second.url), 1);
  second.run.child.kill('SIGTERM');
  assert.equal((await second.run.ended).code, 0);
  assert.equal(await isAlive(second.postgres), false);
});

test('a folder that another service uses exits 1 with a fix', async (t) => {
  const dataDir = await makeUsedDataDir(t);
  const first = await start(t, dataDir);

  const second = runProgram(t, ['serve'], { DATA_DIR: dataDir, HOST: '127.0.0.1', PORT: '0', DIGEST_SALT: SALT });
  const { code } = await second.ended;

  assert.equal(code, 1);
  assert.match(String(second.log().at(-1)?.reason), /DATA_DIR .* is in use .*DATABASE_URL/);
  assert.equal((await send(first.url, '/readyz')).status, 200);
  first.run.child.kill('SIGTERM');
  assert.equal((await first.run.ended).code, 0);
});
