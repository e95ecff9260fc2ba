/**
 * The only access to Postgres: a pool that kysely uses, and `run` for statements that can be aborted.
 *
 * Every connection commits with `synchronous_commit=on`. No statement and no lock may take longer than a callback may
 * wait for its response. A connection whose statement got no response is destroyed and never pooled again, because its
 * next user would wait for the same unresponsive server.
 */
import { type CompiledQuery, Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { abortable } from '../lib/abortable.ts';
import { isConnectionBroken, kyselyPool, preparedQuery } from './prepared.ts';
import type { Schema } from './schema.ts';

/** How long it may take to get a connection, from the pool or newly made. */
const CONNECT_TIMEOUT_MS = 2_000;
/**
 * The server aborts a statement that takes longer. Together with the timeout above, this is below the 4 s for a
 * callback's response.
 */
const STATEMENT_TIMEOUT_MS = 2_500;
const LOCK_TIMEOUT_MS = 2_000;
/** Client-side fallback for a server that has stopped responding. */
const SILENT_SERVER_TIMEOUT_MS = 3_000;

/**
 * All our statements use an index, whatever their values are. By default, Postgres plans statements for few rows again
 * each time, which costs three times as much as running them. A generic plan is made once, perhaps for empty tables,
 * and must not scan a whole table later.
 */
export const CONNECTION_OPTIONS = [
  'synchronous_commit=on',
  'TimeZone=UTC',
  'plan_cache_mode=force_generic_plan',
  'enable_seqscan=off',
  'enable_bitmapscan=off',
]
  .map((option) => `-c ${option}`)
  .join(' ');

export interface Database {
  readonly kysely: Kysely<Schema>;
  /**
   * Runs one statement as a prepared statement. If `signal` is aborted first, the promise rejects at once and the
   * connection is destroyed; whether the statement took effect is then unknown.
   */
  run<Row>(query: CompiledQuery<Row>, signal?: AbortSignal): Promise<Row[]>;
  /** Numbers of connections in the pool, and of callers that wait for one. */
  usage(): { total: number; idle: number; waiting: number };
  /** Closes the pool; resolves when the last statement has ended. */
  close(): Promise<void>;
}

export interface DatabaseOptions {
  readonly connectionString: string;
  readonly poolSize: number;
  /** Called for each connection that broke; the pool replaces it by itself. */
  onConnectionError(error: Error): void;
}

/** Opens the pool. No connection is made before the first statement. */
export function openDatabase(options: DatabaseOptions): Database {
  const pool = new pg.Pool({
    connectionString: options.connectionString,
    max: options.poolSize,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    lock_timeout: LOCK_TIMEOUT_MS,
    idle_in_transaction_session_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: SILENT_SERVER_TIMEOUT_MS,
    application_name: 'resurs-callback-receiver',
    options: CONNECTION_OPTIONS,
    keepAlive: true,
    types: { getTypeParser: typeParser as typeof pg.types.getTypeParser },
  });
  // Both listeners are never removed: without the second one, a server that closes a connection in use would end the
  // process.
  pool.on('error', options.onConnectionError);
  pool.on('connect', (client) => client.on('error', options.onConnectionError));

  const kysely = new Kysely<Schema>({ dialect: new PostgresDialect({ pool: kyselyPool(pool) }) });
  return {
    kysely,
    run: (query, signal) => runOnce(pool, query, signal),
    usage: () => ({ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    close: () => pool.end(),
  };
}

async function runOnce<Row>(pool: pg.Pool, query: CompiledQuery<Row>, signal?: AbortSignal): Promise<Row[]> {
  const client = await pool.connect();
  if (signal?.aborted) {
    client.release();
    throw signal.reason;
  }
  const response = preparedQuery(client, query.sql, [...query.parameters]);
  try {
    const result = await (signal === undefined ? response : abortable(response, signal));
    client.release();
    return result.rows as Row[];
  } catch (error) {
    client.release(signal?.aborted === true || isConnectionBroken(error));
    throw error;
  }
}

const INT8_OID = 20;

function typeParser(oid: number, format: 'text' | 'binary'): unknown {
  return oid === INT8_OID ? toSafeNumber : pg.types.getTypeParser(oid, format as 'text');
}

/**
 * The bigint columns here are sequences and counts. A value beyond 2^53 would be a bug, so it is an error and is never
 * rounded.
 */
function toSafeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`bigint ${text} is beyond what a number holds exactly`);
  return value;
}
