/**
 * The embedded Postgres in DATA_DIR, for a first start, development and the tests: real binaries from npm, started and
 * stopped with the service, so that everything runs on Postgres even where none is installed.
 *
 * The other files of this folder implement the steps. Keep their order: nothing may be written or removed in a data
 * folder that a running server of another process might use.
 */
import { access, constants, mkdir, realpath, rm } from 'node:fs/promises';
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
import { findSocketDir, makeSocketDir, removeSocketDir, saveSocketDir } from './socket-dir.ts';

export interface EmbeddedOptions {
  /** The data folder; created if it does not exist. Relative to the working directory. */
  readonly dataDir: string;
  /** Postgres settings that replace its defaults. Unless `fsync` is set, every commit is durable. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Called with each line of Postgres' log. */
  readonly onLog?: (line: string) => void;
}

export interface EmbeddedPostgres {
  /** A URL for `pg` and `psql`, through the socket to the database `receiver`. */
  readonly connectionString: string;
  readonly socketDir: string;
  readonly pid: number;
  /**
   * Closes every connection and stops Postgres; resolves when all its processes and the socket's folder are gone. Safe
   * to call again. Close the pool first, because a connection that the server closes reports an error.
   */
  stop(): Promise<void>;
}

/**
 * Starts Postgres on `dataDir` and resolves when it accepts connections; the first start also creates the database, in
 * about a second. Recovers by itself after a kill -9. If the service dies, Postgres stops as well. A second start on a
 * folder in use fails. Throws `EmbeddedError`, whose message is for the operator. Main thread only.
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const { settings = {}, onLog = () => undefined } = options;
  const binaries = await findBinaries();
  const dataDir = await openDataDir(options.dataDir);
  const owner = await findClusterOwner(dataDir);
  const choice = await chooseRunAs({ postgres: binaries.postgres, dataDir, owner });
  await ensureCluster(dataDir, choice, { binaries, sync: settings.fsync !== 'off' });

  const socketDir = await makeSocketDir(choice.runAs);
  try {
    const { runAs } = choice;
    const paths = { postgres: binaries.postgres, clusterDir: clusterDirOf(dataDir), socketDir };
    const server = await startWhenFree({ runAs, ...paths, settings, onLog });
    return await finishStart(server, dataDir, socketDir);
  } catch (error) {
    await rm(socketDir, { recursive: true, force: true });
    throw error;
  }
}

/** Returns the URL of a Postgres that another process runs on `dataDir`, or null if none seems to run. */
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
      `DATA_DIR (${folder}) cannot be used: ${String(cause)}. Set DATA_DIR to another folder, or set DATABASE_URL.`,
      { cause },
    );
  }
}

/** Enough for the Postgres of a killed service to finish its shutdown; it usually takes 50 ms. */
const STOPPING_TIMEOUT_MS = 15_000;
const STOPPING_POLL_MS = 50;

async function startWhenFree(options: PostgresServerOptions): Promise<PostgresServer> {
  for (let waitedMs = 0; waitedMs < STOPPING_TIMEOUT_MS; waitedMs += STOPPING_POLL_MS) {
    const state = await reclaimDataDir(options.clusterDir);
    if (state.outcome === 'in_use') throw inUse(options.clusterDir, `process ${state.pid}`);
    if (state.outcome === 'free') {
      await chownCluster(options.clusterDir, options.runAs);
      const start = await startPostgresServer(options);
      if (start.outcome === 'ready') return start.server;
      if (start.outcome === 'failed') throw new EmbeddedError('failed', `Postgres does not start: ${start.log}`);
    }
    await setTimeout(STOPPING_POLL_MS);
  }
  throw inUse(options.clusterDir, 'it does not stop');
}

function inUse(clusterDir: string, detail: string): EmbeddedError {
  return new EmbeddedError(
    'in_use',
    `DATA_DIR (${clusterDir}) is in use by the Postgres of another receiver (${detail}). ` +
      'Stop that receiver, use a different DATA_DIR, or set DATABASE_URL to share one Postgres.',
  );
}

/** Removes the remains of earlier starts, which is safe now that our server runs on the folder. */
async function finishStart(server: PostgresServer, dataDir: string, socketDir: string): Promise<EmbeddedPostgres> {
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
