/** Looks at the Postgres behind a pool: which one it is, whether it takes a commit, and whether a commit is safe on its disk. */
import { sql } from 'kysely';
import type { Database } from './client.ts';

/** What Postgres says of itself. */
export interface DatabaseFacts {
  /** As server_version_num, such as 170004. */
  readonly versionNumber: number;
  readonly version: string;
  /** True when a transaction has just been written and committed. */
  readonly writable: boolean;
  readonly fsync: boolean;
  readonly fullPageWrites: boolean;
  /** Its clock. */
  readonly now: Date;
}

/** Commits one logical message, which leaves nothing behind. Throws what the database throws. */
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

/** A logical message is written to the WAL and flushed by the commit like a row, but leaves nothing behind. */
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

/** Whether Postgres answers at all. Never rejects. */
export async function isReachable(db: Database): Promise<boolean> {
  try {
    await db.run(sql`select 1`.compile(db.kysely));
    return true;
  } catch {
    return false;
  }
}
