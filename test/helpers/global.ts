/**
 * Before the first test: one Postgres for the whole run, in a folder of its own, with a migrated template database
 * from which every test gets a copy (`postgres.ts`). After the last: all of it is gone again.
 *
 * Nothing is safe on this disk and nothing needs to be: what is proved about durability is proved elsewhere.
 */
import { access, chmod, constants, mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import pg from 'pg';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/db/embedded/embedded.ts';
import { migrateToLatest } from '../../src/db/migrate.ts';
import { TEMPLATE, urlOf } from './postgres.ts';

const SETTINGS = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  shared_buffers: '16MB',
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_connections: '200',
  // Its workers connect to the template now and then, which would hold up a copy.
  autovacuum: 'off',
};

/**
 * A test's database is three hundred files, made and removed within a second, at which a file system on disk can be slow
 * (ext4 looks at every inode that was freed in the last seconds). Containers may have only 64 MiB here.
 */
const MEMORY = '/dev/shm';
const NEEDED_BYTES = 2 ** 31;

/** What `globalTeardown` has to undo, the last thing first. */
const undo: (() => Promise<void>)[] = [];

/**
 * Sets TEST_DATABASE_URL, which the test files' processes inherit, and makes the run's folder their temporary one, so
 * that nothing is left of a run that was interrupted.
 */
export async function globalSetup(): Promise<void> {
  const folder = await makeFolder(tmpdir());
  const memory = (await hasRoom(MEMORY)) ? await makeFolder(MEMORY) : folder;
  try {
    const postgres = await startEmbeddedPostgres({ dataDir: path.join(memory, 'data'), settings: SETTINGS });
    undo.push(() => postgres.stop());
    process.env.TMPDIR = folder;
    // A hundred processes read the same files.
    process.env.NODE_COMPILE_CACHE = path.join(folder, 'compiled');
    // As /tmp itself, for tests that become another user.
    await chmod(folder, 0o1777);
    process.env.TEST_DATABASE_URL = await makeTemplate(postgres);
  } catch (error) {
    await globalTeardown();
    throw error;
  }
}

/** Gone after the run. */
async function makeFolder(parent: string): Promise<string> {
  const folder = await mkdtemp(path.join(parent, 'receiver-run-'));
  // Tests that were interrupted may still be writing.
  undo.push(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

async function hasRoom(folder: string): Promise<boolean> {
  try {
    await access(folder, constants.W_OK);
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize >= NEEDED_BYTES;
  } catch {
    return false;
  }
}

/** Safe to call again: the runner does so when a signal ends the run. */
export async function globalTeardown(): Promise<void> {
  for (const step of undo.toReversed()) await step();
}

async function makeTemplate({ connectionString }: EmbeddedPostgres): Promise<string> {
  const adminUrl = urlOf(connectionString, 'postgres');
  const admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  try {
    await admin.query(`create database ${TEMPLATE} template template0`);
    await migrateToLatest(urlOf(connectionString, TEMPLATE));
    // A connection to it would fail every copy (55006), so there can be none.
    await admin.query(`alter database ${TEMPLATE} with is_template true allow_connections false`);
  } finally {
    await admin.end();
  }
  return adminUrl;
}
