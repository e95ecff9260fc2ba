/**
 * A rotated password: the file of DATABASE_URL_FILE is read again when the server refuses the login, without a restart.
 * A real Postgres that asks for passwords, and the service as a process of its own.
 */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { type TestContext, test } from 'node:test';
import { startEmbeddedPostgres } from '../../../src/db/embedded/embedded.ts';
import { waitUntil } from '../../harness/wait.ts';
import { send, target } from '../../helpers/callbacks.ts';
import { FAST_POSTGRES_SETTINGS, makeFolder, makeUsedDataDir, query } from '../../helpers/embedded.ts';
import { startProcess } from '../../helpers/process.ts';

/** Starts a Postgres that asks every role but its superuser for a password. */
async function setup(t: TestContext) {
  const dataDir = await makeUsedDataDir(t);
  const rules = ['local all postgres trust', 'local all all scram-sha-256', ''];
  await writeFile(path.join(dataDir, 'postgres', 'pg_hba.conf'), rules.join('\n'));
  const postgres = await startEmbeddedPostgres({ dataDir, settings: FAST_POSTGRES_SETTINGS });
  t.after(() => t.after(() => postgres.stop()));
  const admin = (text: string) => query(postgres.connectionString, text);
  await admin(`create role shop login password 'first-7Qx'`);
  await admin('grant all on schema public to shop');
  const file = path.join(await makeFolder(t), 'url');
  return {
    file,
    postgres,
    writeUrl: (password: string) =>
      writeFile(
        file,
        `postgres://shop:${password}@localhost/receiver?host=${encodeURIComponent(postgres.socketDir)}\n`,
      ),
    async rotate(password: string) {
      await admin(`alter role shop password '${password}'`);
      await admin(`select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = 'shop'`);
    },
  };
}

test('a password that was changed in the file is used as soon as the server refuses the old one', async (t) => {
  const { file, writeUrl, rotate } = await setup(t);
  await writeUrl('first-7Qx');
  const receiver = await startProcess(t, '', { DATABASE_URL: '', DATABASE_URL_FILE: file });
  const before = await send(receiver.url, target('UNFREEZE', 'p1'));

  await rotate('second-7Qx');
  const meanwhile = await send(receiver.url, target('UNFREEZE', 'p2'));
  await writeUrl('second-7Qx');
  const isAccepted = async () => (await send(receiver.url, target('UNFREEZE', 'p2'))).status === 204;
  assert.ok(await waitUntil(isAccepted));

  assert.equal(before.status, 204);
  assert.equal(meanwhile.status, 503);
  const reread = () =>
    receiver.log.filter(({ event }) => event === 'database.url_reread').map(({ setting }) => setting);
  // The line may come after the response.
  await waitUntil(async () => reread().length > 0);
  assert.deepEqual(reread(), ['DATABASE_URL_FILE']);
  assert.doesNotMatch(JSON.stringify(receiver.log), /7Qx/);
});

test('a file that is not valid meanwhile changes nothing, and is read at the next refusal', async (t) => {
  const { file, writeUrl, rotate } = await setup(t);
  await writeUrl('first-7Qx');
  const receiver = await startProcess(t, '', { DATABASE_URL: '', DATABASE_URL_FILE: file });

  await rotate('second-7Qx');
  await writeFile(file, '');
  const meanwhile = await send(receiver.url, target('UNFREEZE', 'p1'));
  await writeUrl('second-7Qx');

  assert.equal(meanwhile.status, 503);
  assert.ok(await waitUntil(async () => (await send(receiver.url, target('UNFREEZE', 'p1'))).status === 204));
});
