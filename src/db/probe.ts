/** Probes the Postgres behind a pool: its version, whether it can commit and store, and whether a commit is durable. */
import { sql } from 'kysely';
import type { Database } from './client.ts';

/** What Postgres reports about itself. */
export interface DatabaseFacts {
  /** As server_version_num, such as 170004. */
  readonly versionNumber: number;
  readonly version: string;
  /** True when a transaction was written and committed by this probe. */
  readonly writable: boolean;
  readonly fsync: boolean;
  readonly fullPageWrites: boolean;
  /** Time of its clock. */
  readonly now: Date;
}

/** Queries the facts and commits one logical message, which leaves no data. Throws the error of the database. */
export async function probeDatabase(db: Database): Promise<DatabaseFacts> {
  const rows = await db.run(
    sql<Omit<DatabaseFacts, 'writable'> & { readonly readOnly: boolean }>`
      select current_setting('server_version_num')::int as "versionNumber", current_setting('server_version') as version,
             current_setting('transaction_read_only') = 'on' as "readOnly",
             current_setting('fsync') = 'on' as fsync, current_setting('full_page_writes') = 'on' as "fullPageWrites",
             clock_timestamp() as now`.compile(db.kysely),
  );
  const [row] = rows;
  if (row === undefined) throw new TypeError('a select without from gives one row');
  const { readOnly, ...facts } = row;
  return { ...facts, writable: !readOnly && (await canCommit(db)) };
}

/** Commits a logical message. The commit writes and flushes it to the WAL like a row, but it leaves no data. */
export async function canCommit(db: Database): Promise<boolean> {
  const rows = await db.run(
    sql<{ readonly writable: boolean }>`
      select current_setting('transaction_read_only') = 'off' as writable,
             pg_logical_emit_message(true, ${'resurs-callback-receiver'}, 'ready') is not null as written`.compile(
      db.kysely,
    ),
  );
  return rows[0]?.writable === true;
}

/**
 * Stores a callback as real ones are stored, in a file that has to grow for it, and takes it back. Throws the error
 * with which Postgres refuses.
 */
export async function probeStoring(db: Database): Promise<void> {
  await db.run(sql`select probe_storing_v1()`.compile(db.kysely));
}

/** True when Postgres responds to a query. Never rejects. */
export async function isReachable(db: Database): Promise<boolean> {
  try {
    await db.run(sql`select 1`.compile(db.kysely));
    return true;
  } catch {
    return false;
  }
}
