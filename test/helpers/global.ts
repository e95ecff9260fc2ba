/**
 * Global setup: starts one Postgres for the whole run, in its own folder, with a migrated template database of which
 * every test gets a copy (`postgres.ts`). Global teardown removes everything.
 *
 * This Postgres is not durable and need not be: other tests verify durability.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, chmod, constants, mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import pg from 'pg';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/db/embedded/embedded.ts';
import { migrateToLatest } from '../../src/db/migrate.ts';
import { dropPostgresVariables } from '../harness/postgres-variables.ts';
import { TEMPLATE, urlOf } from './postgres.ts';

const SETTINGS = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  shared_buffers: '16MB',
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_connections: '200',
  // Its workers sometimes connect to the template, which would delay a copy.
  autovacuum: 'off',
};

/**
 * A test's database is three hundred files, created and removed within a second. A file system on disk can be slow at
 * this (ext4 checks every inode that was freed in the last seconds). Containers may have only 64 MiB here.
 */
const MEMORY = '/dev/shm';
const NEEDED_BYTES = 2 ** 31;

/** The steps of `globalTeardown`; the last one runs first. */
const undo: (() => Promise<void>)[] = [];

/**
 * Sets TEST_DATABASE_URL, which the processes of the test files inherit, and makes the folder of the run their
 * temporary folder, so that an interrupted run leaves nothing.
 */
export async function globalSetup(): Promise<void> {
  dropPostgresVariables();
  const folder = await makeFolder(tmpdir());
  const memory = (await hasRoom(MEMORY)) ? await makeFolder(MEMORY) : folder;
  try {
    const postgres = await startEmbeddedPostgres({ dataDir: path.join(memory, 'data'), settings: SETTINGS });
    undo.push(() => postgres.stop());
    process.env.TMPDIR = folder;
    // For tests that commit often, and would wait for the disk.
    process.env.TEST_MEMORY = memory;
    // A hundred processes load the same files.
    process.env.NODE_COMPILE_CACHE = path.join(folder, 'compiled');
    precompile();
    // The mode of /tmp, for tests that run as another user.
    await chmod(folder, 0o1777);
    process.env.TEST_DATABASE_URL = await makeTemplate(postgres);
  } catch (error) {
    await globalTeardown();
    throw error;
  }
}

/** Fills the compile cache beside the first tests, which need not wait for it. */
function precompile(): void {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'precompile.ts')], { stdio: 'inherit' });
  const ended = once(child, 'exit');
  undo.push(async () => {
    child.kill();
    await ended;
  });
}

/** Creates a folder that is removed after the run. */
async function makeFolder(parent: string): Promise<string> {
  const folder = await mkdtemp(path.join(parent, 'receiver-run-'));
  // Interrupted tests may still be writing.
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

/** Undoes the setup. Safe to call again, which the test runner does when a signal ends the run. */
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
    // A connection to it would fail every copy (55006), so connections are forbidden.
    await admin.query(`alter database ${TEMPLATE} with is_template true allow_connections false`);
  } finally {
    await admin.end();
  }
  return adminUrl;
}
