/**
 * The only access to Postgres: a pool that kysely uses, and `run` for statements that can be aborted.
 *
 * Every connection commits with `synchronous_commit=on`. No statement and no lock may take longer than a callback may
 * wait for its response (`connection/session-settings.ts`). A connection whose statement got no response is given up
 * and never pooled again, because its next user would wait for the same unresponsive server.
 */
import { type CompiledQuery, Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { DatabaseUrl } from '../config/rereadable-url.ts';
import { abortable } from '../lib/abortable.ts';
import { createOpener, type OpeningObserver } from './connection/open.ts';
import { createPool } from './connection/pool.ts';
import { SERVICE_SETTINGS } from './connection/session-settings.ts';
import { type Connections, createConnections, type Generation, kyselyPool } from './connections.ts';
import { markDatabaseError } from './errors.ts';
import { sendStatement } from './prepared.ts';
import type { Schema } from './schema.ts';

/** How long it may take to get a connection from the pool. */
const WAIT_TIMEOUT_MS = 2_000;
/** How long it may take to open one; less, because its error says more. */
const OPEN_TIMEOUT_MS = 1_900;
/** Client-side fallback for a server that has stopped responding. */
const SILENT_SERVER_TIMEOUT_MS = 3_000;

export interface Database {
  readonly kysely: Kysely<Schema>;
  /**
   * Runs one statement as a prepared statement. If `signal` is aborted first, the promise rejects at once and the
   * statement is cancelled; whether it took effect is then unknown.
   */
  run<Row>(query: CompiledQuery<Row>, signal?: AbortSignal): Promise<Row[]>;
  /** Numbers of connections in the pool, and of callers that wait for one. */
  usage(): { total: number; idle: number; waiting: number };
  /** Closes the pool; resolves when the last statement has ended. */
  close(): Promise<void>;
}

export interface DatabaseOptions {
  readonly connectionString: DatabaseUrl;
  readonly poolSize: number;
  /** Called for each connection that broke; the pool replaces it by itself. */
  onConnectionError(error: Error): void;
  /** Called when a statement has succeeded. */
  onResponse?(): void;
  /** Called when a server said that it no longer takes writes; every connection is then replaced. */
  onServerChange?(): void;
  /** Asks on another connection whether a backend exists; null when that cannot be known now. */
  isBackendAlive?(pid: number): Promise<boolean | null>;
  /** Shared by the pools of one process. */
  readonly generation?: Generation;
  readonly observer?: OpeningObserver;
}

/** Opens the pool. No connection is made before the first statement. */
export function openDatabase(options: DatabaseOptions): Database {
  const open = createOpener({
    url: options.connectionString,
    applicationName: 'resurs-callback-receiver',
    settings: SERVICE_SETTINGS,
    timeoutMs: OPEN_TIMEOUT_MS,
    queryTimeoutMs: SILENT_SERVER_TIMEOUT_MS,
    types: { getTypeParser: typeParser as typeof pg.types.getTypeParser },
    ...(options.observer === undefined ? {} : { observer: options.observer }),
  });
  const pool = createPool({ max: options.poolSize, open, waitMs: WAIT_TIMEOUT_MS });
  // Both listeners are never removed: without the second one, a server that closes a connection in use would end the
  // process.
  pool.on('error', options.onConnectionError);
  pool.on('connect', (client) => client.on('error', options.onConnectionError));

  const closing = new AbortController();
  const { generation = { current: 0 } } = options;
  const connections = createConnections(pool, { ...options, generation, closing: closing.signal });
  const kysely = new Kysely<Schema>({ dialect: new PostgresDialect({ pool: kyselyPool(pool, connections) }) });
  return {
    kysely,
    async run(query, signal) {
      try {
        const rows = await runOnce(connections, query, signal);
        options.onResponse?.();
        return rows;
      } catch (error) {
        throw markDatabaseError(error);
      }
    },
    usage: () => ({ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    close() {
      closing.abort();
      return pool.end();
    },
  };
}

async function runOnce<Row>(connections: Connections, query: CompiledQuery<Row>, signal?: AbortSignal): Promise<Row[]> {
  const client = await connections.acquire();
  if (signal?.aborted) {
    connections.release(client);
    throw signal.reason;
  }
  const response = sendStatement(client, query.sql, [...query.parameters]);
  try {
    const result = await (signal === undefined ? response : abortable(response, signal));
    connections.release(client);
    return result.rows as Row[];
  } catch (error) {
    connections.release(client, { error, isAbandoned: signal?.aborted === true });
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
