/**
 * The Postgres that all replicas share: embedded, in its own folder, with every commit safe on disk, at the newest
 * schema. The runner queries it by plain SQL over its own connections, so that it need not trust the status API.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres } from '../src/db/embedded/embedded.ts';
import { migrateToLatest } from '../src/db/migrate.ts';
import type { Cleanup } from './lib/cleanup.ts';

const POOL_SIZE = 4;
/** Limits of the runner's own connections: a query ends whatever happens to Postgres. */
export const POOL_LIMITS = { connectionTimeoutMillis: 10_000, query_timeout: 60_000 } as const;

export interface SharedDatabase {
  readonly connectionString: string;
  query<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
}

/** Starts Postgres, migrates the schema, and registers its clean-up. */
export async function startDatabase(cleanup: Cleanup): Promise<SharedDatabase> {
  const dataDir = await mkdtemp(join(tmpdir(), 'resurs-faults-'));
  cleanup.push(() => rm(dataDir, { recursive: true, force: true }));
  const postgres = await startEmbeddedPostgres({ dataDir });
  cleanup.push(() => postgres.stop());
  const { connectionString } = postgres;
  await migrateToLatest(connectionString);
  return connectTo(connectionString, cleanup);
}

/** Opens the runner's own connections to an existing database, and registers their clean-up. */
export function connectTo(connectionString: string, cleanup: Cleanup): SharedDatabase {
  const pool = new pg.Pool({ connectionString, max: POOL_SIZE, application_name: 'faults', ...POOL_LIMITS });
  // The pool replaces a broken idle connection; a failed query reports its own error.
  pool.on('error', () => undefined);
  cleanup.push(() => pool.end());
  return {
    connectionString,
    query: async <Row extends pg.QueryResultRow>(text: string, values: unknown[] = []) =>
      (await pool.query<Row>(text, values)).rows,
  };
}
