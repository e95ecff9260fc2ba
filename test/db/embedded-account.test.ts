/**
 * The embedded Postgres starts for every user: an ordinary user, root, root in a folder that only root may enter, and
 * root where user namespaces are forbidden, as in most containers. Real users and real namespaces; tests that this run
 * has no rights for are skipped with the reason.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { copyFile, stat, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import {
  copyProgram,
  IS_LINUX,
  IS_ROOT,
  makeFolder,
  makeUsedDataDir,
  query,
  sh,
  startEmbeddedProcess,
  waitForStart,
  waitUntilGone,
} from '../helpers/embedded.ts';

const ROOT_ON_LINUX = IS_ROOT && IS_LINUX ? false : 'only root can become another user';
const NOBODY = 65534;
/** A second exec becomes root of the new namespace once the users are mapped, and then forbids further namespaces. */
const FORBID_NAMESPACES = `echo namespace made >&2; read mapped
  exec sh -c 'echo 0 > /proc/sys/user/max_user_namespaces; exec "$0" "$@"' "$0" "$@"`;

/** A folder that only its owner may enter, with a copy of the program as if no install script had run. */
async function setup(t: TestContext) {
  const folder = await makeFolder(t);
  return { folder, program: await copyProgram(folder, { postgres: true }), dataDir: path.join(folder, 'data') };
}

async function assertWorks(connectionString: string) {
  assert.deepEqual(await query(connectionString, 'select 1 as one'), [{ one: 1 }]);
}

test('it starts in a folder that only its owner may enter, and creates the library links itself', async (t) => {
  const { program, dataDir } = await setup(t);

  const services = [1, 2].map((n) => startEmbeddedProcess(t, { dataDir: `${dataDir}${n}`, program }));
  const [one, other] = await Promise.all(services.map(waitForStart));

  // Two at once, so that both find the links missing.
  await assertWorks(one?.connectionString ?? '');
  await assertWorks(other?.connectionString ?? '');
});

/**
 * A program that belongs to `nobody`, and the command to run it; with a copy of Node if `nobody` cannot execute root's.
 */
async function setupForNobody(t: TestContext) {
  const { folder, program } = await setup(t);
  const prefix = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];
  const [setpriv = '', ...args] = prefix;
  const isReachable = await sh(setpriv, [...args, 'test', '-x', process.execPath]).catch(() => null);
  const node = isReachable === null ? path.join(folder, 'node') : process.execPath;
  if (isReachable === null) await copyFile(process.execPath, node);
  await giveTo(NOBODY, folder);
  return { program, prefix, node };
}

async function giveTo(uid: number, folder: string) {
  await sh('chown', ['-R', `${uid}:${uid}`, folder]);
}

test('an ordinary user', { skip: ROOT_ON_LINUX }, async (t) => {
  const nobody = await setupForNobody(t);

  await t.test('can start it, and a kill -9 of the service ends it', async (t) => {
    const service = startEmbeddedProcess(t, { dataDir: path.join(nobody.program, 'data'), ...nobody });
    const { connectionString, pid } = await waitForStart(service);

    await assertWorks(connectionString);
    service.child.kill('SIGKILL');
    await waitUntilGone(pid);
  });

  await t.test('gets an error for the data folder of another user', async (t) => {
    const dataDir = await makeUsedDataDir(t);
    await giveTo(NOBODY, path.dirname(dataDir));
    await giveTo(1, path.join(dataDir, 'postgres'));

    const event = await startEmbeddedProcess(t, { dataDir, ...nobody }).next();

    assert.ok(event.event === 'failed');
    assert.equal(event.code, 'forbidden');
    assert.match(event.message, /belongs to another user \(uid 1\)/);
  });
});

test('root on the folder of an ordinary user does not change its owner', { skip: ROOT_ON_LINUX }, async (t) => {
  const dataDir = await makeUsedDataDir(t);
  const clusterDir = path.join(dataDir, 'postgres');
  await giveTo(4711, clusterDir);

  const { connectionString } = await waitForStart(startEmbeddedProcess(t, { dataDir }));

  await assertWorks(connectionString);
  assert.equal((await stat(path.join(clusterDir, 'postmaster.pid'))).uid, 4711);
});

test('root can start it where user namespaces are forbidden, on an existing folder', {
  skip: ROOT_ON_LINUX,
}, async (t) => {
  const dataDir = await makeUsedDataDir(t);
  const service = startEmbeddedProcess(t, { dataDir, prefix: ['unshare', '--user', 'sh', '-c', FORBID_NAMESPACES] });
  // As root of a separate namespace, the service has root's rights over these users, and separate limits.
  const [line] = await once(createInterface({ input: service.child.stderr }), 'line');
  assert.equal(line, 'namespace made');
  await writeFile(`/proc/${service.pid}/uid_map`, '0 0 65536');
  await writeFile(`/proc/${service.pid}/gid_map`, '0 0 65536');
  service.child.stdin.write('mapped\n');

  const { connectionString, pid } = await waitForStart(service);

  await assertWorks(connectionString);
  assert.equal((await stat(path.join(dataDir, 'postgres', 'postmaster.pid'))).uid, NOBODY);
  service.child.kill('SIGKILL');
  await waitUntilGone(pid);
});
