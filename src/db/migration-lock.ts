/**
 * The lock under which one process migrates. Kysely's own has one number for all applications of a database, so a
 * receiver would wait for a migration of another application, or of a receiver in another schema. It belongs to the
 * migration's transaction: a lock of the session would stay behind at a pooler in transaction mode.
 */
import { type DialectAdapter, type Kysely, PostgresAdapter, PostgresDialect, sql, type Transaction } from 'kysely';

/** The lock's number, of the schema in which this connection creates tables. */
export const MIGRATION_LOCK = `hashtextextended('resurs-callback-receiver migration ' || current_schema(), 0)`;
/** As long as kysely waits for its own lock. */
const LOCK_TIMEOUT = '1h';

/** Waits for the lock; the end of the transaction releases it. */
export async function lockMigrations(transaction: Transaction<unknown>): Promise<void> {
  await sql`
    with bounded as (select set_config('lock_timeout', ${LOCK_TIMEOUT}, true))
    select pg_advisory_xact_lock(${sql.raw(MIGRATION_LOCK)}) from bounded`.execute(transaction);
}

/** Postgres without kysely's lock, for a migrator that runs in a transaction with ours. */
export class MigrationDialect extends PostgresDialect {
  override createAdapter(): DialectAdapter {
    return new MigrationAdapter();
  }
}

class MigrationAdapter extends PostgresAdapter {
  override async acquireMigrationLock(_db: Kysely<unknown>): Promise<void> {}

  override async releaseMigrationLock(_db: Kysely<unknown>): Promise<void> {}
}
