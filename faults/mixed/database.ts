/**
 * A Postgres that can be broken and restarted on the same folder. The receivers reach it only through a proxy; the
 * runner connects directly, with new connections after each restart.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/db/embedded/embedded.ts';
import { migrateToLatest } from '../../src/db/migrate.ts';
import { type BreakableProxy, startBreakableProxy } from '../../test/harness/breakable-proxy.ts';
import { withTimeout } from '../../test/harness/wait.ts';
import { POOL_LIMITS, type SharedDatabase } from '../database.ts';
import type { Cleanup } from '../lib/cleanup.ts';
import { type Disk, mountDisk } from './disk.ts';

const POOL_SIZE = 4;
const CONNECT_WITHIN_MS = 3_000;
const LOCK_TIMEOUT_MS = 1_000;
const CLOSE_WITHIN_MS = 5_000;
/** Few enough connections that a fault can use them all up at once. */
const SETTINGS = { max_connections: '60', max_wal_size: '64MB' };

export interface BreakableDatabase extends SharedDatabase {
  readonly proxy: BreakableProxy;
  /** Null where no small file system can be mounted. */
  readonly disk: Disk | null;
  /** URL of Postgres itself, without the proxy; changes with each restart. */
  directUrl(): string;
  /** Sends the postmaster this signal, waits until all of Postgres has exited, and starts it again. */
  restart(signal: 'SIGINT' | 'SIGQUIT' | 'SIGKILL'): Promise<void>;
  /** Restarts Postgres if it does not respond. */
  repair(): Promise<void>;
}

interface RunningPostgres {
  readonly postgres: EmbeddedPostgres;
  readonly pool: pg.Pool;
}

/** Starts Postgres and its proxy, migrates the schema, and registers the clean-up. */
export async function startBreakableDatabase(cleanup: Cleanup): Promise<BreakableDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'resurs-faults-'));
  cleanup.push(() => rm(folder, { recursive: true, force: true }));
  const disk = await mountDisk(folder, cleanup);
  const dataDir = join(folder, 'data');
  let running = await start(dataDir);
  cleanup.push(() => stop(running));
  await migrateToLatest(running.postgres.connectionString);

  const proxy = await startBreakableProxy(() => join(running.postgres.socketDir, '.s.PGSQL.5432'));
  cleanup.push(proxy.leave);
  const restart = async (signal: NodeJS.Signals): Promise<void> => {
    send(running.postgres.pid, signal);
    await stop(running);
    running = await start(dataDir);
  };
  const query: SharedDatabase['query'] = async <Row extends pg.QueryResultRow>(text: string, values: unknown[] = []) =>
    (await running.pool.query<Row>(text, values)).rows;
  return {
    connectionString: `postgresql://postgres@127.0.0.1:${proxy.port}/receiver?sslmode=disable`,
    proxy,
    disk,
    query,
    directUrl: () => running.postgres.connectionString,
    restart,
    repair: async () => {
      const responds = await query('select 1').then(
        () => true,
        () => false,
      );
      if (!responds) await restart('SIGQUIT');
    },
  };
}

async function start(dataDir: string): Promise<RunningPostgres> {
  const postgres = await startEmbeddedPostgres({ dataDir, settings: SETTINGS });
  const { connectionString } = postgres;
  const pool = new pg.Pool({
    connectionString,
    max: POOL_SIZE,
    application_name: 'faults',
    ...POOL_LIMITS,
    // Postgres is often unavailable, and callers retry.
    connectionTimeoutMillis: CONNECT_WITHIN_MS,
    // The querying fault may itself be what blocks a migration that holds the locks.
    lock_timeout: LOCK_TIMEOUT_MS,
  });
  // The pool replaces a broken connection; the failed query reports the error.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return { postgres, pool };
}

async function stop({ postgres, pool }: RunningPostgres): Promise<void> {
  await postgres.stop();
  // Connections end with Postgres; one that has not noticed must not delay the next start.
  if (!pool.ended) await withTimeout(CLOSE_WITHIN_MS, 'the pool', pool.end()).catch(() => undefined);
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Postgres has exited already.
  }
}
