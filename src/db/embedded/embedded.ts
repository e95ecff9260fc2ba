/**
 * A Postgres of our own under DATA_DIR, for a first start, development and the tests: real binaries from npm, started
 * and stopped with the service, so that everything runs on Postgres even where nobody has installed one.
 *
 * What each step takes is left to the files in `embedded/`. A maintainer must keep the order: nothing is written into
 * a data folder, nor tidied up in it, that a living server of somebody else might use.
 */
import { access, constants, mkdir, realpath } from 'node:fs/promises';
import * as path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { findBinaries } from './binaries.ts';
import {
  chownCluster,
  clusterDirOf,
  DATABASE_NAME,
  DATABASE_USER,
  ensureCluster,
  findClusterOwner,
  removeUnfinishedClusters,
} from './cluster.ts';
import { reclaimDataDir } from './data-dir.ts';
import { EmbeddedError } from './error.ts';
import { chooseRunAs } from './run-as.ts';
import { PORT, type PostgresServer, type PostgresServerOptions, startPostgresServer } from './server.ts';
import { findSocketDir, makeSocketDir, removeFolder, removeSocketDir, saveSocketDir } from './socket-dir.ts';

export interface EmbeddedOptions {
  /** The folder for everything; made when it does not exist. Relative to the working directory. */
  readonly dataDir: string;
  /** Postgres settings beside its defaults. Without one for `fsync` every commit is safe on disk. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Told each line of Postgres' log. */
  readonly onLog?: (line: string) => void;
}

export interface EmbeddedPostgres {
  /** A URL for `pg` and `psql`, through the socket to the database `receiver`. */
  readonly connectionString: string;
  readonly socketDir: string;
  readonly pid: number;
  /**
   * Ends every connection and Postgres itself; resolves when all its processes and the socket's folder are gone.
   * Safe to call again. Close the pool before: a connection that is cut off reports an error.
   */
  stop(): Promise<void>;
}

/**
 * Starts Postgres on `dataDir` and resolves when it takes connections; the first start also makes the database, in
 * about a second. Recovers by itself from whatever a kill -9 left. If the service dies, Postgres ends with it. A second
 * start on a folder in use is refused. Throws `EmbeddedError`, whose message is for the operator. Main thread only.
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const { settings = {}, onLog = () => undefined } = options;
  const binaries = await findBinaries();
  const dataDir = await openDataDir(options.dataDir);
  const owner = await findClusterOwner(dataDir);
  const choice = await chooseRunAs({ postgres: binaries.postgres, dataDir, owner });
  await ensureCluster(dataDir, choice, { binaries, sync: settings.fsync !== 'off' });

  const socketDir = await makeSocketDir(choice.account);
  try {
    const { account } = choice;
    const place = { account, postgres: binaries.postgres, clusterDir: clusterDirOf(dataDir), socketDir };
    return await settleIn(await startWhenVacant({ ...place, settings, onLog }), dataDir, socketDir);
  } catch (error) {
    await removeFolder(socketDir);
    throw error;
  }
}

/** The URL of a Postgres that another process runs on `dataDir`, or null when none seems to run. */
export async function findRunningEmbedded(dataDir: string): Promise<string | null> {
  const socketDir = await findSocketDir(path.resolve(dataDir));
  return socketDir === null ? null : connectionStringOf(socketDir);
}

function connectionStringOf(socketDir: string): string {
  return `postgresql://${DATABASE_USER}@localhost:${PORT}/${DATABASE_NAME}?host=${encodeURIComponent(socketDir)}&sslmode=disable`;
}

async function openDataDir(dataDir: string): Promise<string> {
  const folder = path.resolve(dataDir);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    return await realpath(folder);
  } catch (cause) {
    throw new EmbeddedError(
      'forbidden',
      `DATA_DIR (${folder}) cannot be used: ${String(cause)}. Choose another folder, or set DATABASE_URL.`,
      { cause },
    );
  }
}

/** Enough for the Postgres of a service that was killed to finish its shutdown; it is usually gone in 50 ms. */
const VACATING_LIMIT_MS = 15_000;
const VACATING_POLL_MS = 50;

async function startWhenVacant(options: PostgresServerOptions): Promise<PostgresServer> {
  for (let waitedMs = 0; waitedMs < VACATING_LIMIT_MS; waitedMs += VACATING_POLL_MS) {
    const occupancy = await reclaimDataDir(options.clusterDir);
    if (occupancy.outcome === 'held') throw inUse(options.clusterDir, `process ${occupancy.pid}`);
    if (occupancy.outcome === 'vacant') {
      await chownCluster(options.clusterDir, options.account);
      const start = await startPostgresServer(options);
      if (start.outcome === 'ready') return start.server;
      if (start.outcome === 'failed') throw new EmbeddedError('failed', `Postgres does not start: ${start.log}`);
    }
    await setTimeout(VACATING_POLL_MS);
  }
  throw inUse(options.clusterDir, 'it does not end');
}

function inUse(clusterDir: string, which: string): EmbeddedError {
  return new EmbeddedError(
    'in_use',
    `DATA_DIR (${clusterDir}) is in use by the Postgres of another receiver (${which}). ` +
      'Stop that one, give this one its own DATA_DIR, or set DATABASE_URL to share one Postgres.',
  );
}

/** The folder is ours now: what earlier starts left in it can go. */
async function settleIn(server: PostgresServer, dataDir: string, socketDir: string): Promise<EmbeddedPostgres> {
  const stop = async () => {
    await server.stop();
    await removeSocketDir(dataDir, socketDir);
  };
  try {
    await removeUnfinishedClusters(dataDir);
    await saveSocketDir(dataDir, socketDir);
  } catch (error) {
    await server.stop();
    throw error;
  }
  let stopping: Promise<void> | undefined;
  return {
    connectionString: connectionStringOf(socketDir),
    socketDir,
    pid: server.pid,
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
  };
}
