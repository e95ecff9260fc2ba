/**
 * `PG*` variables of the environment, as an operator's shell or a container image may have them, change nothing: neither
 * where the program connects, nor as which role, nor with which settings. Real processes.
 */
import assert from 'node:assert/strict';
import * as path from 'node:path';
import { test } from 'node:test';
import { send, target } from '../../helpers/callbacks.ts';
import { makeFolder } from '../../helpers/embedded.ts';
import { createDatabase, createEmptyDatabase } from '../../helpers/postgres.ts';
import { startProcess } from '../../helpers/process.ts';
import { runProgram } from '../../helpers/program.ts';
import { queryOnce } from '../../helpers/service.ts';

const HOSTILE = {
  PGHOST: 'no-such-host.invalid',
  PGHOSTADDR: '192.0.2.1',
  PGPORT: '1',
  PGUSER: 'somebody',
  PGPASSWORD: 'wrong',
  PGPASSFILE: '/no/such/file',
  PGDATABASE: 'elsewhere',
  PGSERVICE: 'elsewhere',
  PGOPTIONS: '-c default_transaction_read_only=on -c synchronous_commit=off -c search_path=elsewhere',
  PGAPPNAME: 'somebody',
  PGSSLMODE: 'require',
  PGSSLNEGOTIATION: 'nonsense',
  PGSSLROOTCERT: '/no/such/file',
  PGREPLICATION: 'database',
  PGBINARY: '1',
  PGCLIENTENCODING: 'LATIN1',
  PGTZ: 'Asia/Tokyo',
  PGDATESTYLE: 'German',
  PGCONNECT_TIMEOUT: '1',
  PGTARGETSESSIONATTRS: 'standby',
  PGDATA: '/no/such/folder',
};

test('the service stores callbacks in the database of DATABASE_URL', async (t) => {
  const { url } = await createDatabase(t);
  const receiver = await startProcess(t, url, HOSTILE);

  const response = await send(receiver.url, target('UNFREEZE', 'p1'));

  assert.equal(response.status, 204);
  assert.equal((await queryOnce(url, 'select 1 from events')).length, 1);
  const names = await queryOnce<{ name: string }>(
    url,
    `select distinct application_name as name from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid() order by 1`,
  );
  assert.deepEqual(
    names.map(({ name }) => name),
    ['resurs-callback-receiver', 'resurs-callback-receiver notices'],
  );
});

test('the embedded Postgres starts and stores callbacks', async (t) => {
  const folder = await makeFolder(t);
  const TMPDIR = process.env.TMPDIR ?? '/tmp';
  const env = { ...HOSTILE, DATABASE_URL: '', DATA_DIR: path.join(folder, 'data'), TMPDIR };
  const receiver = await startProcess(t, '', env);

  const response = await send(receiver.url, target('UNFREEZE', 'p1'));

  assert.equal(response.status, 204);
});

test('migrate and doctor use the database of DATABASE_URL', async (t) => {
  const { url } = await createEmptyDatabase(t);
  const env = { ...HOSTILE, DATABASE_URL: url, DIGEST_KEY: 'k7Qm2xVt9RbLw4ZsYc8NpJd5HfGa3Tue' };

  const migrated = await runProgram(t, ['migrate'], env).ended;
  const checked = await runProgram(t, ['doctor', '--only', 'database,schema'], env).ended;

  assert.equal(migrated.code, 0, migrated.stderr);
  assert.equal(checked.code, 0, checked.stdout);
});
