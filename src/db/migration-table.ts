/**
 * The tables in which the migrator notes what has run, in the current schema alone. Their names are our own: kysely's
 * default ones belong to whichever application of the database was first.
 */
import { type Kysely, sql, type Transaction } from 'kysely';
import { errorCode } from '../lib/errors.ts';

export const MIGRATION_TABLE = 'receiver_migration';
export const MIGRATION_LOCK_TABLE = 'receiver_migration_lock';

/** Kysely's default names, under which early versions of this program noted their migrations. */
const DEFAULT_TABLE = 'kysely_migration';
const DEFAULT_LOCK_TABLE = 'kysely_migration_lock';

/** Returns the names of the migrations that have run. `known`: those of this program, in order. */
export async function appliedMigrations(db: Kysely<unknown>, known: readonly string[]): Promise<readonly string[]> {
  return againIfRenamed(async () => {
    if (await isInSchema(db, MIGRATION_TABLE)) return namesIn(db, MIGRATION_TABLE);
    return (await defaultNames(db, known)) ?? [];
  });
}

const UNDEFINED_TABLE = '42P01';

/** Another process may rename a table between two statements that look at it; it is renamed only once. */
async function againIfRenamed<T>(look: () => Promise<T>): Promise<T> {
  try {
    return await look();
  } catch (error) {
    if (errorCode(error) !== UNDEFINED_TABLE) throw error;
    return look();
  }
}

/**
 * Gives the tables of an early version their present names, if they hold exactly migrations of this program. Those of
 * another application are left alone. The transaction has the lock of migrations.
 */
export async function renameDefaultTables(transaction: Transaction<unknown>, known: readonly string[]): Promise<void> {
  if ((await defaultNames(transaction, known)) === null) return;
  for (const [from, to] of [
    [DEFAULT_TABLE, MIGRATION_TABLE],
    [DEFAULT_LOCK_TABLE, MIGRATION_LOCK_TABLE],
  ] as const) {
    if (!(await isInSchema(transaction, from))) continue;
    await sql`alter table ${sql.id(from)} rename to ${sql.id(to)}`.execute(transaction);
    await sql`alter index if exists ${sql.id(`${from}_pkey`)} rename to ${sql.id(`${to}_pkey`)}`.execute(transaction);
  }
}

/**
 * Creates the tables as kysely's migrator would. It asks for them again after an error, which a failed transaction cannot
 * answer; so a missing right would be hidden.
 */
export async function createMigrationTables(transaction: Transaction<unknown>): Promise<void> {
  if (await isInSchema(transaction, MIGRATION_TABLE)) return;
  const schema = transaction.schema;
  await schema
    .createTable(MIGRATION_TABLE)
    .addColumn('name', 'varchar(255)', (column) => column.notNull().primaryKey())
    .addColumn('timestamp', 'varchar(255)', (column) => column.notNull())
    .execute();
  await schema
    .createTable(MIGRATION_LOCK_TABLE)
    .addColumn('id', 'varchar(255)', (column) => column.notNull().primaryKey())
    .addColumn('is_locked', 'integer', (column) => column.notNull().defaultTo(0))
    .execute();
}

/** The names in kysely's default table; null where there is none, or where it is another application's. */
async function defaultNames(db: Kysely<unknown>, known: readonly string[]): Promise<readonly string[] | null> {
  if ((await isInSchema(db, MIGRATION_TABLE)) || !(await isInSchema(db, DEFAULT_TABLE))) return null;
  // Another application's need not be readable.
  if (!(await isInSchema(db, 'identities')) || !(await isReadable(db, DEFAULT_TABLE))) return null;
  const names = (await namesIn(db, DEFAULT_TABLE)).toSorted();
  const isOurs = names.length > 0 && names.every((name, index) => name === known[index]);
  return isOurs ? names : null;
}

/** Reads the catalogue by the snapshot of its own statement; `to_regclass` may not know yet of a table just renamed. */
async function isInSchema(db: Kysely<unknown>, table: string): Promise<boolean> {
  const { rows } = await sql<{ present: boolean }>`
    select exists (
      select from pg_class
      where relname = ${table} and relnamespace = (select oid from pg_namespace where nspname = current_schema())
    ) as present`.execute(db);
  return rows[0]?.present === true;
}

async function isReadable(db: Kysely<unknown>, table: string): Promise<boolean> {
  const { rows } = await sql<{ readable: boolean }>`
    select has_table_privilege(format('%I.%I', current_schema(), ${table}::text), 'select') as readable`.execute(db);
  return rows[0]?.readable === true;
}

async function namesIn(db: Kysely<unknown>, table: string): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`select name from ${sql.id(table)}`.execute(db);
  return rows.map(({ name }) => name);
}
