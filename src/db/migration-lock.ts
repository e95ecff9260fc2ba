/**
 * The lock under which one process migrates. Kysely's own has one number for all applications of a database, so a
 * receiver would wait for a migration of another application, or of a receiver in another schema.
 */
import { type DialectAdapter, type Kysely, PostgresAdapter, PostgresDialect, sql } from 'kysely';

/** The lock's number, of the schema in which this connection creates tables. */
export const MIGRATION_LOCK = `hashtextextended('resurs-callback-receiver migration ' || current_schema(), 0)`;
/** As long as kysely waits for its own lock. */
const LOCK_TIMEOUT = '1h';

/** Postgres, with this lock for the migrator. */
export class MigrationDialect extends PostgresDialect {
  override createAdapter(): DialectAdapter {
    return new MigrationAdapter();
  }
}

class MigrationAdapter extends PostgresAdapter {
  override async acquireMigrationLock(db: Kysely<unknown>): Promise<void> {
    await sql`
      with bounded as (select set_config('lock_timeout', ${LOCK_TIMEOUT}, true))
      select pg_advisory_lock(${sql.raw(MIGRATION_LOCK)}) from bounded`.execute(db);
  }

  override async releaseMigrationLock(db: Kysely<unknown>): Promise<void> {
    await sql`select pg_advisory_unlock(${sql.raw(MIGRATION_LOCK)})`.execute(db);
  }
}
