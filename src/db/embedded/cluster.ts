/**
 * The cluster in the data folder: created on the first start, checked on every later one.
 *
 * A new cluster is created under a temporary name, with its database, and renamed when it is complete. So a folder
 * `postgres` is always complete, even if the first start was interrupted. If two first starts run at once, the second
 * one uses the cluster of the first.
 */
import { chown, lchown, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import * as path from 'node:path';
import type { Binaries } from './binaries.ts';
import { EmbeddedError } from './error.ts';
import { runToEnd } from './processes.ts';
import type { FileOwner, RunAs, RunAsChoice } from './run-as.ts';

/** The database of the service. */
export const DATABASE_NAME = 'receiver';
/** The only user. The permissions of the cluster's and the socket's folders keep other users of the machine out. */
export const DATABASE_USER = 'postgres';
const UNFINISHED_PREFIX = 'postgres.new-';

/** Returns the path of the cluster in `dataDir`. */
export function clusterDirOf(dataDir: string): string {
  return path.join(dataDir, 'postgres');
}

/** Returns the owner of the cluster in `dataDir`, or null if there is no cluster. */
export async function findClusterOwner(dataDir: string): Promise<FileOwner | null> {
  const found = await stat(clusterDirOf(dataDir)).catch(() => null);
  return found && { uid: found.uid, gid: found.gid };
}

export interface ClusterOptions {
  readonly binaries: Binaries;
  /** False leaves syncing to the operating system: for tests. */
  readonly sync: boolean;
}

/** Creates the cluster if there is none, else checks it. Throws `wrong_version`, `forbidden` or `failed`. */
export async function ensureCluster(dataDir: string, choice: RunAsChoice, options: ClusterOptions): Promise<void> {
  const clusterDir = clusterDirOf(dataDir);
  await checkOwner(clusterDir, choice.runAs);
  const version = await readVersion(clusterDir);
  if (version === null) return createCluster(dataDir, choice.runAs, options);
  if (version !== choice.majorVersion) {
    throw new EmbeddedError(
      'wrong_version',
      `DATA_DIR (${clusterDir}) was created by PostgreSQL ${version}, but this program has PostgreSQL ${choice.majorVersion}. ` +
        'Move that folder away to start with an empty database, or set DATABASE_URL to a Postgres with its data.',
    );
  }
}

/**
 * Changes the owner of root's cluster to `runAs`, because Postgres must own its files. This is needed where namespaces
 * were allowed before and no longer are. Only call it while no server runs on the cluster.
 */
export async function chownCluster(clusterDir: string, runAs: RunAs): Promise<void> {
  const { uid } = await stat(clusterDir);
  if (uid === runAs.uid) return;
  const entries = await readdir(clusterDir, { recursive: true });
  await Promise.all(entries.map((entry) => lchown(path.join(clusterDir, entry), runAs.uid, runAs.gid)));
  await chown(clusterDir, runAs.uid, runAs.gid);
}

/** Removes the remains of interrupted first starts. Only call it in the process whose Postgres runs on `dataDir`. */
export async function removeUnfinishedClusters(dataDir: string): Promise<void> {
  const names = await readdir(dataDir);
  const unfinished = names.filter((name) => name.startsWith(UNFINISHED_PREFIX));
  await Promise.all(unfinished.map((name) => removeUnfinished(path.join(dataDir, name))));
}

/**
 * Another process that starts at the same time may be removing the folder too, or still filling it; a later start then
 * removes it.
 */
async function removeUnfinished(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true }).catch(() => undefined);
}

async function readVersion(clusterDir: string): Promise<string | null> {
  try {
    return (await readFile(path.join(clusterDir, 'PG_VERSION'), 'utf8')).trim();
  } catch {
    return null;
  }
}

async function createCluster(dataDir: string, runAs: RunAs, options: ClusterOptions): Promise<void> {
  const clusterDir = clusterDirOf(dataDir);
  const unfinishedDir = await mkdtemp(path.join(dataDir, UNFINISHED_PREFIX));
  try {
    await chown(unfinishedDir, runAs.uid, runAs.gid);
    await initialise(unfinishedDir, runAs, options);
    await rename(unfinishedDir, clusterDir);
  } catch (cause) {
    await removeUnfinished(unfinishedDir);
    // Another process's first start was faster, and its cluster is as good.
    if ((await readVersion(clusterDir)) !== null) return;
    if (cause instanceof EmbeddedError) throw cause;
    throw new EmbeddedError('failed', `DATA_DIR (${clusterDir}) cannot be created: ${String(cause)}`, { cause });
  }
}

async function initialise(folder: string, runAs: RunAs, { binaries, sync }: ClusterOptions): Promise<void> {
  const initdb = await runToEnd([
    ...runAs.prefix,
    ...[binaries.initdb, '-D', folder, '-U', DATABASE_USER, '-A', 'trust', '-E', 'UTF8', '--no-locale'],
    ...(sync ? [] : ['--no-sync']),
  ]);
  if (initdb.exitCode !== 0) throw new EmbeddedError('failed', `initdb failed in ${folder}: ${initdb.output}`);

  // Single-user mode creates the database before any server runs, so the cluster never exists without it.
  const single = [binaries.postgres, '--single', '-D', folder, '-c', 'exit_on_error=on', ...(sync ? [] : ['-F'])];
  const created = await runToEnd([...runAs.prefix, ...single, 'postgres'], `create database ${DATABASE_NAME}\n`);
  if (created.exitCode !== 0) throw new EmbeddedError('failed', `the database cannot be created: ${created.output}`);
}

async function checkOwner(clusterDir: string, runAs: RunAs): Promise<void> {
  const found = await stat(clusterDir).catch(() => null);
  if (found === null || found.uid === runAs.uid || process.getuid?.() === 0) return;
  throw new EmbeddedError(
    'forbidden',
    `DATA_DIR (${clusterDir}) belongs to another user (uid ${found.uid}). Start as that user, ` +
      'use a different DATA_DIR, or set DATABASE_URL.',
  );
}
