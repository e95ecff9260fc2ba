/** What a failed migration means for the operator, where it is no outage: what is in the way, and what to do. */
import { errorCode } from '../lib/errors.ts';
import { MIGRATION_TABLE } from './migration-table.ts';
import { type DatabasePlace, UnfitDatabaseError } from './requirements.ts';

const INSUFFICIENT_PRIVILEGE = '42501';
const NO_SCHEMA = '3F000';
/** Duplicate table, function, object: the schema has something else under one of our names. */
const IN_THE_WAY = new Set(['42P07', '42723', '42710']);
/** How kysely's migrator begins the error for a table that does not fit its migrations. */
const CORRUPTED = 'corrupted migrations: ';

/** Returns an UnfitDatabaseError if an operator has to change something; otherwise the error itself. */
export function explainMigrationFailure(error: unknown, { database, role, schema }: DatabasePlace): unknown {
  if (!(error instanceof Error)) return error;
  const where = `schema "${schema}" of database "${database}"`;
  const code = errorCode(error);
  if (code === INSUFFICIENT_PRIVILEGE || code === NO_SCHEMA) {
    return new UnfitDatabaseError(
      `Role "${role}" may not migrate ${where}: ${error.message}.`,
      `Run: grant usage, create on schema "${schema}" to "${role}"; or set MIGRATION_DATABASE_URL to a role that owns it.`,
    );
  }
  if (IN_THE_WAY.has(code ?? '')) {
    return new UnfitDatabaseError(
      `In ${where} something that is not the receiver's is in the way: ${error.message}.`,
      'Give the receiver a database of its own, or a schema (search_path): docs/operations.md, Database.',
    );
  }
  if (!error.message.startsWith(CORRUPTED)) return error;
  return new UnfitDatabaseError(
    `Table ${MIGRATION_TABLE} in ${where} does not fit this version: ${error.message.slice(CORRUPTED.length)}.`,
    'Start the version that has these migrations, or restore the database from a backup.',
  );
}
