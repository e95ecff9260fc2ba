/**
 * The one Postgres that all replicas share: embedded, in a folder of its own, with every commit safe on disk, at the
 * newest schema. The runner looks into it over connections of its own, by plain SQL, as somebody who trusts no status API.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres } from '../src/db/embedded/embedded.ts';
import { migrateToLatest } from '../src/db/migrate.ts';
import type { Cleanup } from './lib/cleanup.ts';

const POOL_SIZE = 4;
/** Of the runner's own connections: whatever happens to Postgres, a question ends. */
export const POOL_LIMITS = { connectionTimeoutMillis: 10_000, query_timeout: 60_000 } as const;

export interface SharedDatabase {
  readonly connectionString: string;
  query<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
}

/** Resolves when the schema is there. Stopping it and removing its folder are put down as clean-up at once. */
export async function startDatabase(cleanup: Cleanup): Promise<SharedDatabase> {
  const dataDir = await mkdtemp(join(tmpdir(), 'resurs-faults-'));
  cleanup.push(() => rm(dataDir, { recursive: true, force: true }));
  const postgres = await startEmbeddedPostgres({ dataDir });
  cleanup.push(() => postgres.stop());
  const { connectionString } = postgres;
  await migrateToLatest(connectionString);
  return lookInto(connectionString, cleanup);
}

/** The runner's own connections to a database that is there. */
export function lookInto(connectionString: string, cleanup: Cleanup): SharedDatabase {
  const pool = new pg.Pool({ connectionString, max: POOL_SIZE, application_name: 'faults', ...POOL_LIMITS });
  // A connection that breaks while idle is replaced; whoever needs it is told by the failed query.
  pool.on('error', () => undefined);
  cleanup.push(() => pool.end());
  return {
    connectionString,
    query: async <Row extends pg.QueryResultRow>(text: string, values: unknown[] = []) =>
      (await pool.query<Row>(text, values)).rows,
  };
}
