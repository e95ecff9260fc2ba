/**
 * The data folder: made on the first start, checked on every later one.
 *
 * A new cluster is made under a temporary name, with its database, and renamed when it is complete. So a folder
 * `postgres` is a whole one, whatever ended the first start, and of two first starts at once one simply comes second.
 */
import { chown, lchown, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import * as path from 'node:path';
import type { Binaries } from './binaries.ts';
import { EmbeddedError } from './error.ts';
import { runToEnd } from './processes.ts';
import type { FileOwner, RunAs, RunAsChoice } from './run-as.ts';

/** The database the service works in. */
export const DATABASE_NAME = 'receiver';
/** The only user there is; the folders around the cluster and the socket keep others out. */
export const DATABASE_USER = 'postgres';
const UNFINISHED_PREFIX = 'postgres.new-';

export function clusterDirOf(dataDir: string): string {
  return path.join(dataDir, 'postgres');
}

/** Whom the cluster in `dataDir` belongs to, or null when there is none. */
export async function findClusterOwner(dataDir: string): Promise<FileOwner | null> {
  const found = await stat(clusterDirOf(dataDir)).catch(() => null);
  return found && { uid: found.uid, gid: found.gid };
}

export interface ClusterOptions {
  readonly binaries: Binaries;
  /** False leaves the writing to the operating system: for tests. */
  readonly sync: boolean;
}

/** Makes the cluster when there is none. Throws `wrong_version`, `forbidden` or `failed`. */
export async function ensureCluster(dataDir: string, choice: RunAsChoice, make: ClusterOptions): Promise<void> {
  const clusterDir = clusterDirOf(dataDir);
  await refuseForeign(clusterDir, choice.account);
  const version = await readVersion(clusterDir);
  if (version === null) return createCluster(dataDir, choice.account, make);
  if (version !== choice.majorVersion) {
    throw new EmbeddedError(
      'wrong_version',
      `DATA_DIR (${clusterDir}) was made by PostgreSQL ${version}, this program brings ${choice.majorVersion}. ` +
        'Move that folder away to begin anew, or set DATABASE_URL to a Postgres that holds its data.',
    );
  }
}

/**
 * Gives root's cluster to `account`, since Postgres wants to own its files: where namespaces were allowed before and
 * no longer are. Only while no server runs on it.
 */
export async function chownCluster(clusterDir: string, account: RunAs): Promise<void> {
  const { uid } = await stat(clusterDir);
  if (uid === account.uid) return;
  const entries = await readdir(clusterDir, { recursive: true });
  await Promise.all(entries.map((entry) => lchown(path.join(clusterDir, entry), account.uid, account.gid)));
  await chown(clusterDir, account.uid, account.gid);
}

/** Removes what first starts that were cut off left behind. Only for the process whose Postgres runs on `dataDir`. */
export async function removeUnfinishedClusters(dataDir: string): Promise<void> {
  const names = await readdir(dataDir);
  const unfinished = names.filter((name) => name.startsWith(UNFINISHED_PREFIX));
  await Promise.all(unfinished.map((name) => discard(path.join(dataDir, name))));
}

/** Somebody who starts at the same time may be removing it too, or still filling it; a later start finishes the work. */
async function discard(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true }).catch(() => undefined);
}

async function readVersion(clusterDir: string): Promise<string | null> {
  try {
    return (await readFile(path.join(clusterDir, 'PG_VERSION'), 'utf8')).trim();
  } catch {
    return null;
  }
}

async function createCluster(dataDir: string, account: RunAs, make: ClusterOptions): Promise<void> {
  const clusterDir = clusterDirOf(dataDir);
  const unfinishedDir = await mkdtemp(path.join(dataDir, UNFINISHED_PREFIX));
  try {
    await chown(unfinishedDir, account.uid, account.gid);
    await initialise(unfinishedDir, account, make);
    await rename(unfinishedDir, clusterDir);
  } catch (cause) {
    await discard(unfinishedDir);
    // Somebody else's first start was quicker; theirs is as good.
    if ((await readVersion(clusterDir)) !== null) return;
    if (cause instanceof EmbeddedError) throw cause;
    throw new EmbeddedError('failed', `DATA_DIR (${clusterDir}) cannot be made: ${String(cause)}`, { cause });
  }
}

async function initialise(folder: string, account: RunAs, { binaries, sync }: ClusterOptions): Promise<void> {
  const made = await runToEnd([
    ...account.prefix,
    ...[binaries.initdb, '-D', folder, '-U', DATABASE_USER, '-A', 'trust', '-E', 'UTF8', '--no-locale'],
    ...(sync ? [] : ['--no-sync']),
  ]);
  if (made.exitCode !== 0) throw new EmbeddedError('failed', `initdb failed in ${folder}: ${made.output}`);

  // Without a server: so that the cluster is never seen without its database.
  const single = [binaries.postgres, '--single', '-D', folder, '-c', 'exit_on_error=on', ...(sync ? [] : ['-F'])];
  const created = await runToEnd([...account.prefix, ...single, 'postgres'], `create database ${DATABASE_NAME}\n`);
  if (created.exitCode !== 0) throw new EmbeddedError('failed', `no database could be made: ${created.output}`);
}

async function refuseForeign(clusterDir: string, account: RunAs): Promise<void> {
  const found = await stat(clusterDir).catch(() => null);
  if (found === null || found.uid === account.uid || process.getuid?.() === 0) return;
  throw new EmbeddedError(
    'forbidden',
    `DATA_DIR (${clusterDir}) belongs to another user (uid ${found.uid}). Start as that user, ` +
      'give this one its own DATA_DIR, or set DATABASE_URL.',
  );
}
