/**
 * A separate database for a test, on the Postgres that `global.ts` started: a copy of the migrated template, or an
 * empty one. It is dropped after the test, and a test that leaves a connection open fails.
 */
import { randomBytes } from 'node:crypto';
import type { TestContext } from 'node:test';
import pg from 'pg';
import { waitUntil } from '../harness/wait.ts';

/** The migrated database that is copied. */
export const TEMPLATE = 'template_receiver';

export interface TestDatabase {
  readonly url: string;
  readonly name: string;
}

/** Creates a migrated database without rows, in 50 ms. It is dropped after the test's other `t.after` hooks. */
export function createDatabase(t: TestContext): Promise<TestDatabase> {
  return createCopy(TEMPLATE, t);
}

/** Creates a database without tables, for tests of the migrations. */
export function createEmptyDatabase(t: TestContext): Promise<TestDatabase> {
  return createCopy('template0', t);
}

/** Creates a database without tables that keeps its texts in this encoding. */
export function createEncodedDatabase(t: TestContext, encoding: string): Promise<TestDatabase> {
  return createCopy(`template0 encoding '${encoding}' lc_collate 'C' lc_ctype 'C'`, t);
}

/** Returns `url` with the name of another database. */
export function urlOf(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}

async function createCopy(template: string, t: TestContext): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await asAdmin((admin) => copyDatabase(admin, template, name));
  // Hooks run in the order in which they were added, so one added now would run before the test closes its pool. A hook
  // that is added while they run is the last one.
  t.after(() => t.after(() => asAdmin((admin) => dropUnlessLeaked(admin, name))));
  return { name, url: urlOf(adminUrl(), name) };
}

async function copyDatabase(admin: pg.Client, template: string, name: string): Promise<void> {
  const isCopied = await waitUntil(async () => {
    try {
      await admin.query(`create database ${name} template ${template} strategy file_copy`);
      return true;
    } catch (error) {
      // object_in_use: another connection uses the template now.
      if (error instanceof pg.DatabaseError && error.code === '55006') return false;
      throw error;
    }
  });
  if (!isCopied) throw new Error(`a connection to ${template} stays open`);
}

/**
 * The backends of a closed pool end a little after its promise resolves; a connection that stays longer was not closed.
 */
const CLOSE_TIMEOUT_MS = 2_000;

async function dropUnlessLeaked(admin: pg.Client, name: string): Promise<void> {
  let open: string[] = [];
  await waitUntil(async () => {
    open = await connectionsTo(admin, name);
    return open.length === 0;
  }, CLOSE_TIMEOUT_MS);
  await admin.query(`drop database ${name} with (force)`);
  if (open.length > 0) throw new Error(`the test left ${open.length} connection(s) open: ${open.join('; ')}`);
}

async function connectionsTo(admin: pg.Client, name: string): Promise<string[]> {
  const { rows } = await admin.query<{ connection: string }>(
    `select concat_ws(', ', nullif(application_name, ''), state, 'last statement: ' || query) as connection
     from pg_stat_activity
     where datname = $1 and backend_type = 'client backend'`,
    [name],
  );
  return rows.map((row) => row.connection);
}

async function asAdmin(work: (admin: pg.Client) => Promise<void>): Promise<void> {
  const admin = new pg.Client({ connectionString: adminUrl() });
  await admin.connect();
  try {
    await work(admin);
  } finally {
    await admin.end();
  }
}

function adminUrl(): string {
  const url = process.env.TEST_DATABASE_URL;
  if (url === undefined) throw new Error('TEST_DATABASE_URL is missing: run the tests with "npm test"');
  return url;
}
