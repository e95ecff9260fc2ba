/**
 * What is known about a connection: whether a pooler gives its server to others between two transactions, and whether a
 * statement is running on it.
 *
 * A pooler announces a process id of its own when it accepts a connection. Whether it pools sessions or transactions
 * cannot be seen on one connection, so both count as shared: nothing is set for the session and no statement is
 * prepared under a name, because both would meet those of others.
 */
import type pg from 'pg';
import { UnusableConnectionError } from './errors.ts';

export interface Session {
  /** The connection leads to a pooler. */
  isShared: boolean;
  /** A statement was sent that has no complete response. */
  isBusy: boolean;
  /** A synchronous commit ended without the standby's confirmation, for the statement that is running. */
  isUnconfirmed: boolean;
  /** The number of server changes before it was opened; an older connection is not used any more. */
  readonly generation: number;
}

interface ServerFacts {
  readonly pid: number;
  readonly isStandby: boolean;
}

const FACTS = `select pg_backend_pid() as pid, pg_is_in_recovery() as "isStandby"`;

const sessions = new WeakMap<pg.ClientBase, Session>();

/** Returns what is known about the connection; null before it was inspected. */
export function sessionOf(client: pg.ClientBase): Session | null {
  return sessions.get(client) ?? null;
}

/** Inspects a new connection. Throws UnusableConnectionError for a standby. */
export async function inspectSession(client: pg.Client, generation: number): Promise<Session> {
  const session: Session = { isShared: false, isBusy: true, isUnconfirmed: false, generation };
  sessions.set(client, session);
  client.connection.on('readyForQuery', () => {
    session.isBusy = false;
  });
  client.on('notice', (notice) => {
    // The name of the function is the same in every language of the server.
    if (notice.routine === 'SyncRepWaitForLSN') session.isUnconfirmed = true;
  });
  const { rows } = await client.query<ServerFacts>(FACTS);
  const [facts] = rows;
  if (facts === undefined) throw new TypeError('a select without from gives one row');
  if (facts.isStandby) throw new UnusableConnectionError('the server is a standby', '25006');
  session.isShared = facts.pid !== announcedPid(client);
  return session;
}

/** The process id and the key that a request to cancel needs. */
export interface BackendKey {
  readonly processID: number | null;
  readonly secretKey: number | null;
}

/** Returns the key that the server announced when it accepted the connection. */
export function backendKeyOf(client: pg.ClientBase): BackendKey {
  return client as unknown as BackendKey;
}

/** Returns the process id that was announced when the connection was accepted. */
export function announcedPid(client: pg.ClientBase): number | null {
  return backendKeyOf(client).processID;
}
