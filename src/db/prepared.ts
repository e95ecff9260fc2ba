/**
 * Prepared statements, for kysely and `run` alike. Every statement is sent as a named prepared statement, so that
 * Postgres plans it once per connection. A client whose statement got no response is not used again.
 */
import type { PostgresPool, PostgresPoolClient } from 'kysely';
import type pg from 'pg';

/**
 * One name per statement text, for the lifetime of the process. Texts are few, because values are never spliced into
 * them.
 */
const names = new Map<string, string>();

function statementName(text: string): string {
  const known = names.get(text);
  if (known !== undefined) return known;
  const name = `s${names.size}`;
  names.set(text, name);
  return name;
}

/** Sends a statement as a named prepared statement, or as a plain one when it has no values (begin, commit). */
export function preparedQuery(client: pg.PoolClient, text: string, values: unknown[]): Promise<pg.QueryResult> {
  return client.query(values.length > 0 ? { name: statementName(text), text, values } : { text });
}

/**
 * True when a connection must not be used again after this error: the server closed it (FATAL, as when an operator
 * terminates it) or has not responded at all, which `pg` reports only in its message.
 */
export function isConnectionBroken(error: unknown): boolean {
  if (!(error instanceof Error)) return true;
  return error.message === 'Query read timeout' || ('severity' in error && error.severity === 'FATAL');
}

/**
 * Adapts `pool` to the interface of kysely. Each client is wrapped once, because kysely identifies clients by
 * reference.
 */
export function kyselyPool(pool: pg.Pool): PostgresPool {
  const wrapped = new WeakMap<pg.PoolClient, PostgresPoolClient>();
  return {
    options: pool.options,
    end: () => pool.end(),
    async connect() {
      const client = await pool.connect();
      const known = wrapped.get(client);
      if (known !== undefined) return known;
      const added = wrapClient(client);
      wrapped.set(client, added);
      return added;
    },
  };
}

function wrapClient(client: pg.PoolClient): PostgresPoolClient {
  let isBroken = false;
  const query = async (text: string, values: readonly unknown[] = []) => {
    try {
      return await preparedQuery(client, text, [...values]);
    } catch (error) {
      isBroken ||= isConnectionBroken(error);
      throw error;
    }
  };
  return {
    // Kysely's type has an overload for cursors that is never called here.
    query: query as unknown as PostgresPoolClient['query'],
    release: (destroy?: boolean) => client.release(isBroken || destroy === true),
  };
}
