/** The one query of a new connection: makes its settings, and looks at the connection and its server. */
import type pg from 'pg';
import { errorCode } from '../../lib/errors.ts';
import { differencesOf, type SessionSetting, setConfigColumns } from './session-settings.ts';
import { UnsuitableServerError } from './unsuitable-server.ts';

/** What a connection is good for. */
export interface Inspection {
  /** Null for a connection that holds what was asked of it. */
  readonly unsuitable: UnsuitableServerError | null;
  /** True when another process than the one that was connected to runs the statements. */
  readonly isBehindPooler: boolean;
}

/** What a connection must hold. */
export interface Demands {
  readonly settings: readonly SessionSetting[];
  /** As the `options` of the URL give it; null when they do not. */
  readonly searchPath: string | null;
}

interface InspectionRow extends Record<string, unknown> {
  readonly isBehindPooler: boolean;
  readonly isStandby: boolean;
  readonly isReadOnly: boolean;
  readonly isolation: string;
  readonly replicationRole: string;
  readonly searchPath: string;
}

const PRIMARY_FIX =
  'Point DATABASE_URL at the primary server, or name all servers in it: postgres://user@host1:5432,host2:5432/database';
const READ_ONLY_FIX =
  'Point DATABASE_URL at the primary server, or end what makes it read-only (default_transaction_read_only of server, database and role)';
const SETTINGS_FIX =
  'Remove these settings from the role, the database (alter role … reset, alter database … reset) and the pooler, or let DATABASE_URL lead past the pooler';

/** Makes the settings and returns what was found. Rejects with the error of the connection. */
export async function inspectConnection(client: pg.Client, demands: Demands, server: string): Promise<Inspection> {
  const results = await queryPatiently(client, inspectionOf(client, demands.settings));
  const [row] = [results].flat().flatMap(({ rows }) => rows as InspectionRow[]);
  if (row === undefined) throw new TypeError('a select without from gives one row');
  return { unsuitable: unsuitability(row, demands, server), isBehindPooler: row.isBehindPooler };
}

const QUERY_CANCELED = '57014';
const MAX_TRIES = 20;

/** Queries again when the server's own limit, which still holds for the first statement, was too short. */
async function queryPatiently(client: pg.Client, text: string): Promise<pg.QueryResult | readonly pg.QueryResult[]> {
  for (let tries = 1; ; tries += 1) {
    try {
      // A query of several statements has one result for each; the type of `pg` knows only one.
      return await client.query(text);
    } catch (error) {
      if (errorCode(error) !== QUERY_CANCELED || tries === MAX_TRIES) throw error;
    }
  }
}

/** The limit for the inspection itself: that of the role may be shorter than a first statement takes. */
const INSPECTION_TIMEOUT = '10s';

/**
 * Behind a pooler the settings are made for this statement's transaction alone: in transaction mode, the next one may
 * run on another connection, and this one serves other clients.
 */
function inspectionOf(client: pg.Client, settings: readonly SessionSetting[]): string {
  const processId: unknown = Reflect.get(client, 'processID');
  const isBehindPooler =
    typeof processId === 'number' ? `pg_catalog.pg_backend_pid() operator(pg_catalog.<>) (${processId})` : 'true';
  return `set local statement_timeout = '${INSPECTION_TIMEOUT}';
select
  ${isBehindPooler} as "isBehindPooler",
  pg_catalog.pg_is_in_recovery() as "isStandby",
  pg_catalog.current_setting('transaction_read_only')::bool as "isReadOnly",
  pg_catalog.current_setting('transaction_isolation') as "isolation",
  pg_catalog.current_setting('session_replication_role') as "replicationRole",
  pg_catalog.current_setting('search_path') as "searchPath",
  ${setConfigColumns(settings, isBehindPooler)}`;
}

function unsuitability(row: InspectionRow, demands: Demands, server: string): UnsuitableServerError | null {
  const unsuitable = (reason: string, fix: string, isReadOnly: boolean) =>
    new UnsuitableServerError(`Postgres at ${server} is not used: ${reason}`, { fix, isReadOnly });
  if (row.isStandby) return unsuitable('it is a standby', PRIMARY_FIX, true);
  if (row.isReadOnly) return unsuitable('it is read-only', READ_ONLY_FIX, true);
  const differences = [...differencesOf(demands.settings, row), ...lookedAt(row, demands)];
  return differences.length === 0 ? null : unsuitable(differences.join(', '), SETTINGS_FIX, false);
}

/**
 * Settings that are not made here: an ordinary role may not make the first, the second is that of the transaction, and
 * the third is the operator's.
 */
function lookedAt(row: InspectionRow, { searchPath }: Demands): readonly string[] {
  const { replicationRole, isBehindPooler, isolation } = row;
  return [
    ...(replicationRole === 'replica' ? ['session_replication_role is replica instead of origin'] : []),
    ...(isBehindPooler && isolation !== 'read committed'
      ? [`default_transaction_isolation is ${isolation} instead of read committed`]
      : []),
    ...(searchPath === null || row.searchPath === searchPath
      ? []
      : ['search_path is not that of options in the URL, which a pooler has dropped']),
  ];
}

/** Returns the search_path that command-line options for a server set; null if they set none. */
export function searchPathIn(options: string | null): string | null {
  // Words are separated by blanks; a backslash takes the next character as it is.
  const words = (options ?? '').match(/(?:\\.|[^\s\\])+/g) ?? [];
  const assignments = words.map((word, index) =>
    word === '-c' ? (words[index + 1] ?? '') : word.replace(/^(?:-c|--)/, ''),
  );
  const last = assignments.findLast((word) => /^search[_-]path=/i.test(word));
  return last === undefined ? null : last.slice('search_path='.length).replace(/\\(.)/g, '$1');
}
