/**
 * A Postgres that can be broken and started again on the same folder. The receivers reach it through a proxy alone; the
 * runner looks into it directly, over connections that are made anew with each of its lives.
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
import type { CleanUps } from '../lib/cleanup.ts';
import { type Disk, mountDisk } from './disk.ts';

const POOL_SIZE = 4;
const CONNECT_WITHIN_MS = 3_000;
const LOCKED_FOR_MS = 1_000;
const FAREWELL_WITHIN_MS = 5_000;
/** Postgres fills all of its places when somebody uses them up; these are few enough to be used up at once. */
const SETTINGS = { max_connections: '60', max_wal_size: '64MB' };

export interface BreakableDatabase extends SharedDatabase {
  readonly proxy: BreakableProxy;
  /** Null where no small file system can be mounted. */
  readonly disk: Disk | null;
  /** Of Postgres itself, past the proxy; another one after each restart. */
  directUrl(): string;
  /** Sends the postmaster this signal, waits until all of Postgres is gone, and starts it again. */
  restart(signal: 'SIGINT' | 'SIGQUIT' | 'SIGKILL'): Promise<void>;
  /** Starts it when it does not answer. */
  mend(): Promise<void>;
}

interface Life {
  readonly postgres: EmbeddedPostgres;
  readonly pool: pg.Pool;
}

export async function startBreakableDatabase(cleanUps: CleanUps): Promise<BreakableDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'resurs-faults-'));
  cleanUps.push(() => rm(folder, { recursive: true, force: true }));
  const disk = await mountDisk(folder, cleanUps);
  const dataDir = join(folder, 'data');
  let life = await beBorn(dataDir);
  cleanUps.push(() => die(life));
  await migrateToLatest(life.postgres.connectionString);

  const proxy = await startBreakableProxy(() => join(life.postgres.socketDir, '.s.PGSQL.5432'));
  cleanUps.push(proxy.leave);
  const restart = async (signal: NodeJS.Signals): Promise<void> => {
    send(life.postgres.pid, signal);
    await die(life);
    life = await beBorn(dataDir);
  };
  const query: SharedDatabase['query'] = async <Row extends pg.QueryResultRow>(text: string, values: unknown[] = []) =>
    (await life.pool.query<Row>(text, values)).rows;
  return {
    connectionString: `postgresql://postgres@127.0.0.1:${proxy.port}/receiver?sslmode=disable`,
    proxy,
    disk,
    query,
    directUrl: () => life.postgres.connectionString,
    restart,
    mend: async () => {
      const isThere = await query('select 1').then(
        () => true,
        () => false,
      );
      if (!isThere) await restart('SIGQUIT');
    },
  };
}

async function beBorn(dataDir: string): Promise<Life> {
  const postgres = await startEmbeddedPostgres({ dataDir, settings: SETTINGS });
  const { connectionString } = postgres;
  const pool = new pg.Pool({
    connectionString,
    max: POOL_SIZE,
    application_name: 'faults',
    ...POOL_LIMITS,
    // Postgres is away often, and who looks meanwhile looks again.
    connectionTimeoutMillis: CONNECT_WITHIN_MS,
    // A fault that looks may itself be what keeps a migration, and its locks, in the middle.
    lock_timeout: LOCKED_FOR_MS,
  });
  // A connection that breaks is replaced; whoever needs it is told by the failed query.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return { postgres, pool };
}

async function die({ postgres, pool }: Life): Promise<void> {
  await postgres.stop();
  // Its connections ended with Postgres; one that has not noticed must not keep the next life waiting.
  if (!pool.ended) await withTimeout(FAREWELL_WITHIN_MS, 'the pool', pool.end()).catch(() => undefined);
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended already.
  }
}
