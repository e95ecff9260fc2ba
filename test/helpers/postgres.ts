/**
 * A database of its own for a test, on the Postgres that `global.ts` started: a copy of the migrated template, or an
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

/** A migrated database without rows; 50 ms. Gone after the test's other `t.after` hooks have run. */
export function createDatabase(t: TestContext): Promise<TestDatabase> {
  return copyOf(TEMPLATE, t);
}

/** A database without any table, for tests of the migrations themselves. */
export function createEmptyDatabase(t: TestContext): Promise<TestDatabase> {
  return copyOf('template0', t);
}

/** `url` with another database's name. */
export function urlOf(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}

async function copyOf(template: string, t: TestContext): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await asAdmin((admin) => copy(admin, template, name));
  // Hooks run in the order they were added, so one added now would run before the test closes its pool. One that is
  // added while they run comes last.
  t.after(() => t.after(() => asAdmin((admin) => dropUnlessLeaked(admin, name))));
  return { name, url: urlOf(adminUrl(), name) };
}

async function copy(admin: pg.Client, template: string, name: string): Promise<void> {
  const isCopied = await waitUntil(async () => {
    try {
      await admin.query(`create database ${name} template ${template} strategy file_copy`);
      return true;
    } catch (error) {
      // object_in_use: somebody looks at the template just now.
      if (error instanceof pg.DatabaseError && error.code === '55006') return false;
      throw error;
    }
  });
  if (!isCopied) throw new Error(`somebody keeps a connection to ${template} open`);
}

/** A closed pool's backends end a little after the promise of its end; what stays longer was not closed. */
const GOODBYE_LIMIT_MS = 2_000;

async function dropUnlessLeaked(admin: pg.Client, name: string): Promise<void> {
  let open: string[] = [];
  await waitUntil(async () => {
    open = await connectionsTo(admin, name);
    return open.length === 0;
  }, GOODBYE_LIMIT_MS);
  await admin.query(`drop database ${name} with (force)`);
  if (open.length > 0) throw new Error(`the test left ${open.length} connection(s) open: ${open.join('; ')}`);
}

async function connectionsTo(admin: pg.Client, name: string): Promise<string[]> {
  const { rows } = await admin.query<{ what: string }>(
    `select concat_ws(', ', nullif(application_name, ''), state, 'last statement: ' || query) as what
     from pg_stat_activity
     where datname = $1 and backend_type = 'client backend'`,
    [name],
  );
  return rows.map((row) => row.what);
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
