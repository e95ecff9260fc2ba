/**
 * What is known about an open connection: whether a pooler shares its server with others, and whether a statement is
 * running on it. Whether a pooler pools sessions or transactions cannot be seen on one connection, so both count as
 * shared: no statement is prepared under a name there, because it would meet those of others.
 */
import type pg from 'pg';
import { isBehindPooler } from './connection/attempt.ts';

export interface Session {
  /** A pooler may give the server to others between two transactions. */
  isShared: boolean;
  /** A statement was sent that has no complete response. */
  isBusy: boolean;
  /** A synchronous commit ended without the standby's confirmation, for the statement that is running. */
  isUnconfirmed: boolean;
  /** The number of server changes before it was opened; an older connection is not used any more. */
  readonly generation: number;
}

const sessions = new WeakMap<pg.ClientBase, Session>();

/** Returns what is known about the connection; null before it is tracked. */
export function sessionOf(client: pg.ClientBase): Session | null {
  return sessions.get(client) ?? null;
}

/** Follows a connection that was opened just now. */
export function trackSession(client: pg.Client, generation: number): Session {
  const session: Session = { isShared: isBehindPooler(client), isBusy: false, isUnconfirmed: false, generation };
  sessions.set(client, session);
  client.connection.on('readyForQuery', () => {
    session.isBusy = false;
  });
  client.on('notice', (notice) => {
    // The name of the function is the same in every language of the server.
    if (notice.routine === 'SyncRepWaitForLSN') session.isUnconfirmed = true;
  });
  return session;
}

/** The process id and the key that the server announced when it accepted the connection. */
export interface BackendKey {
  readonly processID: number | null;
  readonly secretKey: number | null;
}

/** Returns what a request to cancel needs. */
export function backendKeyOf(client: pg.ClientBase): BackendKey {
  return client as unknown as BackendKey;
}
