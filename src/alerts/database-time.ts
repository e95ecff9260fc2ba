/** The time by the database's clock, which all replicas share. */
import { sql } from 'kysely';
import type { Database } from '../db/client.ts';

/** Asks the database. */
export async function databaseTime(db: Database, signal?: AbortSignal): Promise<Date> {
  const [row] = await db.run(sql<{ readonly now: Date }>`select now() as now`.compile(db.kysely), signal);
  if (row === undefined) throw new Error('a select without a table gives one row');
  return row.now;
}
