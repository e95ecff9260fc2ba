/**
 * What the receiver needs of its database before it uses it: version, encoding, a schema, its tables and the rights on
 * them. A database that lacks one of these is no outage: waiting does not help, an operator has to change something.
 */
import { type Kysely, sql } from 'kysely';

/** Postgres 14 is the oldest supported version. */
const MIN_VERSION = 140_000;

/** Tables that the receiver reads and writes. A test compares the list with the migrated database. */
export const TABLES: readonly string[] = [
  'actions',
  'alert_posts',
  'alerts',
  'attempts',
  'count_writers',
  'dead_letters',
  'deliveries',
  'digest_refusals',
  'erasures',
  'events',
  'fingerprint_salts',
  'hourly_counts',
  'identities',
  'jobs',
  'open_payments',
  'orders',
  'outbox',
  'receipts',
  'registered_salts',
  'rejections',
  'replays',
  'search_marks',
  'secret_uses',
  'storage_probe',
  'webhook_outages',
];

/** The database cannot be used as it is. The message says of what something is missing, and what to do. */
export class UnfitDatabaseError extends Error {
  /** What is wrong, as a sentence. */
  readonly problem: string;
  /** What to do, as a sentence. */
  readonly fix: string;

  constructor(problem: string, fix: string) {
    super(`${problem} ${fix}`);
    this.name = 'UnfitDatabaseError';
    this.problem = problem;
    this.fix = fix;
  }
}

/** A connection's database, and where in it this connection creates and finds its tables first. */
export interface DatabasePlace {
  readonly database: string;
  readonly role: string;
  readonly schema: string;
}

interface PlaceFacts {
  readonly database: string;
  readonly role: string;
  readonly schema: string | null;
  readonly searchPath: string;
  readonly encoding: string;
  readonly version: string;
  readonly versionNumber: number;
}

/** Returns where the connection leads. Throws an UnfitDatabaseError if the receiver cannot be there at all. */
export async function requirePlace<DB>(db: Kysely<DB>): Promise<DatabasePlace> {
  const { rows } = await sql<PlaceFacts>`
    select current_database() as database, current_user as role, current_schema() as schema,
           current_setting('search_path') as "searchPath", current_setting('server_encoding') as encoding,
           current_setting('server_version') as version,
           current_setting('server_version_num')::int as "versionNumber"`.execute(db);
  const [facts] = rows;
  if (facts === undefined) throw new TypeError('a select without from gives one row');
  const { database, role, schema, version, versionNumber } = facts;
  if (versionNumber < MIN_VERSION)
    throw new UnfitDatabaseError(`Postgres ${version} is too old.`, 'Use Postgres 14 or newer.');
  requireUnicode(facts);
  if (schema !== null) return { database, role, schema };
  throw new UnfitDatabaseError(
    `No schema of search_path (${facts.searchPath}) exists in database "${database}" for role "${role}".`,
    `Create the schema, or run: grant usage on schema … to "${role}".`,
  );
}

/**
 * Any letter may come in a callback, or in a response of the merchant. One that the database cannot keep would fail the
 * callback for 36 hours, and a delivery for ever.
 */
function requireUnicode({ database, encoding }: Pick<PlaceFacts, 'database' | 'encoding'>): void {
  if (encoding === 'UTF8') return;
  throw new UnfitDatabaseError(
    `Database "${database}" has the encoding ${encoding}, which cannot keep every letter.`,
    "Create one with: create database … encoding 'UTF8' template template0; " +
      'move rows that are there with pg_dump and pg_restore, and let DATABASE_URL lead to it.',
  );
}

interface Lack {
  readonly name: string;
  readonly isMissing: boolean;
  /** The rights that are missing. */
  readonly rights: readonly string[];
}

/** Throws an UnfitDatabaseError if a table is missing, or a right on one or on a function. */
export async function requireRights(db: Kysely<unknown>, { database, role, schema }: DatabasePlace): Promise<void> {
  const { rows } = await sql<Lack>`
    with here as (select oid from pg_namespace where nspname = ${schema})
    select t.name, c.oid is null as "isMissing",
           array(
             select p from unnest(array['select', 'insert', 'update', 'delete']) p
             where not has_table_privilege(c.oid, p)
           ) as rights
    from unnest(${TABLES}::text[]) t (name)
    left join pg_class c on c.relname = t.name and c.relnamespace = (select oid from here)
    union all
    select p.proname, false, array['execute']
    from pg_proc p
    where p.pronamespace = (select oid from here) and p.proname ~ '_v[0-9]+$' and not has_function_privilege(p.oid, 'execute')
    order by 1`.execute(db);
  const missing = rows.filter(({ isMissing }) => isMissing).map(({ name }) => name);
  if (missing.length > 0) {
    throw new UnfitDatabaseError(
      `Schema "${schema}" of database "${database}" lacks ${missing.join(', ')}, though its migrations have run.`,
      'Restore the database from a backup, or let DATABASE_URL lead to another one.',
    );
  }
  const lacking = rows.filter(({ rights }) => rights.length > 0);
  if (lacking.length === 0) return;
  const list = lacking.map(({ name, rights }) => `${rights.join(', ')} on ${name}`).join('; ');
  throw new UnfitDatabaseError(
    `Role "${role}" may not: ${list} (schema "${schema}", database "${database}").`,
    'Run deploy/roles.sql, or grant these rights.',
  );
}
