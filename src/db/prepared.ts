/**
 * What kysely and `run` share: every statement is sent as a named prepared one, so that Postgres plans it once a
 * connection, and a client whose statement fell silent is not handed out again.
 */
import type { PostgresPool, PostgresPoolClient } from 'kysely';
import type pg from 'pg';

/** One name a statement text, for the life of the process; texts are few since values are never spliced into them. */
const names = new Map<string, string>();

function statementName(text: string): string {
  const known = names.get(text);
  if (known !== undefined) return known;
  const name = `s${names.size}`;
  names.set(text, name);
  return name;
}

/** Sends a statement prepared under a name of its own, or plainly when it has no values (begin, commit). */
export function preparedQuery(client: pg.PoolClient, text: string, values: unknown[]): Promise<pg.QueryResult> {
  return client.query(values.length > 0 ? { name: statementName(text), text, values } : { text });
}

/**
 * True when a connection must not be used again after this error: the server ended it (FATAL, as when an operator
 * terminates it), or has not answered at all, which `pg` tells by its message only.
 */
export function isConnectionBroken(error: unknown): boolean {
  if (!(error instanceof Error)) return true;
  return error.message === 'Query read timeout' || ('severity' in error && error.severity === 'FATAL');
}

/** `pool` in the form kysely asks for. Its clients are wrapped once each, since kysely remembers them by identity. */
export function kyselyPool(pool: pg.Pool): PostgresPool {
  const wrapped = new WeakMap<pg.PoolClient, PostgresPoolClient>();
  return {
    options: pool.options,
    end: () => pool.end(),
    async connect() {
      const client = await pool.connect();
      const known = wrapped.get(client);
      if (known !== undefined) return known;
      const fresh = wrapClient(client);
      wrapped.set(client, fresh);
      return fresh;
    },
  };
}

function wrapClient(client: pg.PoolClient): PostgresPoolClient {
  let broken = false;
  const query = async (text: string, values: readonly unknown[] = []) => {
    try {
      return await preparedQuery(client, text, [...values]);
    } catch (error) {
      broken ||= isConnectionBroken(error);
      throw error;
    }
  };
  return {
    // Kysely's type has a second form, for cursors, that is never called here.
    query: query as unknown as PostgresPoolClient['query'],
    release: (destroy?: boolean) => client.release(broken || destroy === true),
  };
}
