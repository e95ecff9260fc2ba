/** Statements are counted by pg_stat_statements where Postgres can load it, else by commits. A real Postgres. */
import assert from 'node:assert/strict';
import * as path from 'node:path';
import { type TestContext, test } from 'node:test';
import pg from 'pg';
import { startPreloadedPostgres } from '../../bench/preloaded-postgres.ts';
import { countStatements, STATEMENTS_LIBRARY } from '../../bench/statements.ts';
import { FAST_POSTGRES_SETTINGS, makeUsedDataDir, query } from '../helpers/embedded.ts';

/** Starts Postgres with a library; resolves with its connection string. */
async function setup(t: TestContext, preload: string): Promise<string> {
  const dataDir = path.resolve(await makeUsedDataDir(t));
  // Their transactions would count as well.
  const settings = { ...FAST_POSTGRES_SETTINGS, autovacuum: 'off' };
  const postgres = await startPreloadedPostgres({ dataDir, settings, preload });
  t.after(() => postgres.stop());
  return postgres.connectionString;
}

test('pg_stat_statements counts each statement with its text, and nothing before or after', async (t) => {
  const connectionString = await setup(t, STATEMENTS_LIBRARY);
  await query(connectionString, 'select 1 as before');

  const count = await countStatements(connectionString, async () => {
    await query(connectionString, 'select 1 as counted');
    await query(connectionString, 'select 2 as counted');
    await query(connectionString, 'select  3,\n 4 as other');
  });

  assert.deepEqual(count, {
    by: STATEMENTS_LIBRARY,
    total: 3,
    calls: { 'select $1 as counted': 2, 'select $1, $2 as other': 1 },
  });
});

test('after counting, pg_stat_statements is off', async (t) => {
  const connectionString = await setup(t, STATEMENTS_LIBRARY);

  await countStatements(connectionString, async () => undefined);

  assert.deepEqual(await query(connectionString, 'show pg_stat_statements.track'), [
    { 'pg_stat_statements.track': 'none' },
  ]);
});

test('Postgres starts without a library that it does not have, and commits are counted', async (t) => {
  const connectionString = await setup(t, 'no_such_library');

  const { by, total, calls } = await countStatements(connectionString, async () => {
    const client = new pg.Client({ connectionString });
    await client.connect();
    for (let i = 0; i < 50; i += 1) await client.query('select 1');
    await client.end();
  });

  assert.deepEqual([by, calls], ['commits', {}]);
  // Each connection begins with a commit, that of the counter as well.
  assert.ok(total >= 50 && total <= 53, `${total} commits`);
});
