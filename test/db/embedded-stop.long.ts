/**
 * Stopping Postgres always ends: a process of the server that has lost its postmaster and does not end by itself must
 * not keep the service from stopping. Real binaries and real signals.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../src/db/embedded/embedded.ts';
import { FAST_POSTGRES_SETTINGS, IS_LINUX, makeUsedDataDir } from '../helpers/embedded.ts';

const SKIP = IS_LINUX ? false : 'on other systems a process outlives its parent';

test('stop ends although a backend outlives a killed postmaster', { skip: SKIP, timeout: 90_000 }, async (t) => {
  const dataDir = await makeUsedDataDir(t);
  const postgres = await startEmbeddedPostgres({ dataDir, settings: FAST_POSTGRES_SETTINGS });
  const client = new pg.Client({ connectionString: postgres.connectionString });
  client.on('error', () => undefined);
  await client.connect();
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  const backend = rows[0]?.pid ?? 0;
  assert.ok(backend > 0);
  process.kill(backend, 'SIGSTOP');
  t.after(() => process.kill(backend, 'SIGKILL'));

  process.kill(postgres.pid, 'SIGKILL');
  await postgres.stop();

  assert.doesNotThrow(() => process.kill(backend, 0), 'the backend must still exist');
});
