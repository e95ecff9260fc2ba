/**
 * What database errors mean for the caller and for the operator, from the SQLSTATE
 * (https://www.postgresql.org/docs/current/errcodes-appendix.html). It is a table and not a class hierarchy, because
 * the caller only needs one of four kinds.
 */
import { errorCode, sqlStateOf } from '../lib/errors.ts';
import { MissingPasswordError } from './connection/missing-password.ts';
import { UnsuitableServerError } from './connection/unsuitable-server.ts';

const BAD_ROW_CLASSES = new Set(['22', '23', '54', 'P0']);
const CONFLICTS = new Set(['40001', '40P01']);
/**
 * Connection, resources, operator intervention, object not in a usable state, read-only, invalid authorization, system
 * error.
 */
const UNAVAILABLE_CLASSES = new Set(['08', '28', '3D', '53', '55', '57', '58', '25', 'XX']);

/** Read-only, and what a server says that shuts down, has crashed or starts: another server may be the primary now. */
const WRONG_SERVER = new Set(['25006', '57P01', '57P02', '57P03']);

/**
 * `bad_row`: the data itself was rejected (also by a trigger that raises); other rows of the batch may succeed.
 * `conflict`: a retry may succeed. `unavailable`: the database cannot do it now, or the outcome is unknown. `defect`:
 * an unexpected error, which is a bug.
 */
export type DatabaseErrorKind = 'bad_row' | 'conflict' | 'unavailable' | 'defect';

/** Classifies the error of a statement. Errors without a SQLSTATE come from the connection or from a timeout. */
export function classifyDatabaseError(error: unknown): DatabaseErrorKind {
  const code = sqlStateOf(error);
  if (code === null) return isBug(error) ? 'defect' : 'unavailable';
  if (CONFLICTS.has(code)) return 'conflict';
  if (BAD_ROW_CLASSES.has(code.slice(0, 2))) return 'bad_row';
  return UNAVAILABLE_CLASSES.has(code.slice(0, 2)) ? 'unavailable' : 'defect';
}

const databaseErrors = new WeakSet<WeakKey>();

/** Remembers that a statement failed with this error, and returns it. */
export function markDatabaseError(error: unknown): unknown {
  if (typeof error === 'object' && error !== null) databaseErrors.add(error);
  return error;
}

/** True for the error of a statement which the database could not run now; a later one may succeed. */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (typeof error !== 'object' || error === null || !databaseErrors.has(error)) return false;
  const kind = classifyDatabaseError(error);
  return kind === 'unavailable' || kind === 'conflict';
}

/** True when the server said that it is not, or no longer, the one that takes writes. */
export function isWrongServer(error: unknown): boolean {
  return WRONG_SERVER.has(sqlStateOf(error) ?? '');
}

/**
 * Thrown when the commit ended before the synchronous standby had confirmed it: it is visible, and a failover may still
 * lose it.
 */
export class UnconfirmedCommitError extends Error {
  constructor() {
    super('the standby has not confirmed the commit');
    this.name = 'UnconfirmedCommitError';
  }
}

/**
 * What came of a connection whose statement failed. `usable`: the server has responded. `closed`: the server ends it,
 * or it must not be used again. `lost`: the network broke it off. `silent`: no response has come. In the last two the
 * statement may still run on the server.
 */
export type ConnectionState = 'usable' | 'closed' | 'lost' | 'silent';

/** Tells the state of a connection from the error of its statement. */
export function connectionStateAfter(error: unknown): ConnectionState {
  if (!(error instanceof Error)) return 'lost';
  if (error instanceof UnconfirmedCommitError) return 'closed';
  if (isSilence(error)) return 'silent';
  // A bug of our own, or a value of the response that cannot be read: the connection has responded.
  if (sqlStateOf(error) === null) return isBug(error) ? 'usable' : 'lost';
  const isFatal = 'severity' in error && (error.severity === 'FATAL' || error.severity === 'PANIC');
  return isFatal || isWrongServer(error) || sqlStateOf(error)?.startsWith('08') === true ? 'closed' : 'usable';
}

/** `pg` reports its timeout only in its message. */
function isSilence(error: unknown): boolean {
  return error instanceof Error && error.message === 'Query read timeout';
}

function isBug(error: unknown): boolean {
  return [TypeError, RangeError, ReferenceError, SyntaxError].some((kind) => error instanceof kind);
}

const REACH = 'Check host and port of DATABASE_URL, and that Postgres runs and accepts connections from this machine.';

/** What the operator can do, by SQLSTATE or by the code of Node. */
const FIXES: Readonly<Record<string, string>> = {
  '08P01':
    'A pooler refused a parameter of the connection: add it to ignore_startup_parameters of PgBouncer, or see its log.',
  '25001': 'Set default_transaction_isolation to "read committed" for the role and the database.',
  '25006': 'Let DATABASE_URL lead to the primary server: this one only reads.',
  '26000': 'A pooler mixes up prepared statements: use session mode, or set DATABASE_DIRECT_URL as well.',
  '28000': 'Check the user of DATABASE_URL, and pg_hba.conf of the server.',
  '28P01': 'Check user and password in DATABASE_URL.',
  '3D000': 'Create the database, or correct its name in DATABASE_URL.',
  '3F000': 'Create the schema, or correct search_path of the role.',
  '42501': 'Grant the role its rights: deploy/roles.sql.',
  '42703': 'Run the command migrate with this version of the program.',
  '42883': 'Run the command migrate with this version of the program.',
  '42P01': 'Run the command migrate with this version of the program.',
  '53100': 'Free disk space on the server of the database.',
  '53200': 'Give the server of the database more memory.',
  '53300': 'Raise max_connections of Postgres, or lower DATABASE_POOL_SIZE: every replica opens so many, and one more.',
  '57014': 'Look for locks and slow disks of the database: a statement took too long.',
  '57P01': 'Postgres is being stopped; nothing to do if it is restarted or another server takes over.',
  '57P02': 'Postgres has crashed and recovers; see its log.',
  '57P03': 'Postgres starts, stops or recovers; nothing to do unless that lasts: then see its log.',
  '57P05': 'Postgres ended the connection because it was idle: raise idle_session_timeout.',
  '55P03': 'Look for the transaction that holds a lock: pg_stat_activity, pg_locks.',
  EAI_AGAIN: 'Check the host name in DATABASE_URL, and name resolution on this machine.',
  ECONNREFUSED: REACH,
  ENOENT: 'Check the folder of the socket in DATABASE_URL, and that Postgres runs.',
  ENOTFOUND: 'Check the host name in DATABASE_URL, and name resolution on this machine.',
};

const SILENCE_FIX =
  'Postgres was reached and did not answer a statement in time: look at its disk and load, and whether a standby of synchronous_standby_names is away.';
const NO_PASSWORD_FIX = 'Give DATABASE_URL a password: postgres://user:password@host:5432/database.';
const TLS_FIX = 'Check sslmode and sslrootcert in DATABASE_URL, and the certificate of the server.';

/** Says what an operator can do about the error of a connection or statement. */
export function databaseFix(error: unknown): string {
  if (error instanceof UnsuitableServerError) return `${error.fix}.`;
  if (error instanceof MissingPasswordError) return NO_PASSWORD_FIX;
  if (error instanceof UnconfirmedCommitError || isSilence(error)) return SILENCE_FIX;
  const code = errorCode(error) ?? '';
  const known = FIXES[code];
  if (known !== undefined) return known;
  if (/^(ERR_TLS|ERR_SSL|CERT_|DEPTH_|SELF_SIGNED|UNABLE_TO)/.test(code)) return TLS_FIX;
  if (error instanceof Error && /\b(SSL|TLS|certificate)\b/i.test(error.message)) return TLS_FIX;
  if (code.startsWith('53')) return 'Give the server of the database more resources; see its log.';
  return sqlStateOf(error) === null ? REACH : 'See the log of Postgres.';
}
