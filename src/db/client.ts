/**
 * The one door to Postgres: a pool that kysely uses, and `run` for statements that may be given up.
 *
 * Every connection commits with `synchronous_commit=on` and refuses to wait longer for a statement or a lock than a
 * callback may wait for its answer. A connection whose statement got no answer is destroyed, never pooled again:
 * its next user would wait for the same silent server.
 */
import { type CompiledQuery, Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { abortable } from '../lib/abortable.ts';
import { isConnectionBroken, kyselyPool, preparedQuery } from './prepared.ts';
import type { Schema } from './schema.ts';

/** How long a connection may take to be had, from the pool or newly made. */
const CONNECT_TIMEOUT_MS = 2_000;
/** The server ends a statement that takes longer; together with the wait above below the answer's 4 s. */
const STATEMENT_TIMEOUT_MS = 2_500;
const LOCK_TIMEOUT_MS = 2_000;
/** The net behind the server's own time-out, for a server that no longer speaks. */
const SILENT_SERVER_TIMEOUT_MS = 3_000;

/**
 * All our statements go by an index whatever their values are. Left alone, Postgres plans those for few rows anew each
 * time, which costs three times as much as running them; and a plan that is made once, perhaps for empty tables, must
 * not read a whole one later.
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
   * Runs one statement as a prepared one. When `signal` fires first, the promise rejects at once and the connection
   * is destroyed; whether the statement took effect is then unknown.
   */
  run<Row>(query: CompiledQuery<Row>, signal?: AbortSignal): Promise<Row[]>;
  /** Connections in the pool, and callers waiting for one. */
  usage(): { total: number; idle: number; waiting: number };
  /** Closes the pool; resolves when the last statement has ended. */
  close(): Promise<void>;
}

export interface DatabaseOptions {
  readonly connectionString: string;
  readonly poolSize: number;
  /** Told of connections that broke; the pool replaces them by itself. */
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
  // Both listeners stay to the very end: without the second one, a server that ends a connection in use ends us.
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
  const answer = preparedQuery(client, query.sql, [...query.parameters]);
  try {
    const result = await (signal === undefined ? answer : abortable(answer, signal));
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

/** bigint columns here are sequences and counts; one beyond 2^53 would be a defect, so it is an error, not a rounding. */
function toSafeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`bigint ${text} is beyond what a number holds exactly`);
  return value;
}
