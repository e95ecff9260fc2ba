/**
 * The connections of a pool: after a failed statement each is kept, closed or given up. The pool counts a connection as
 * long as the server may hold it, so this process never holds more of them there than the pool may have.
 */
import type { PostgresPool, PostgresPoolClient } from 'kysely';
import type pg from 'pg';
import { requestCancel } from './cancel-request.ts';
import { connectionStateAfter, isWrongServer } from './errors.ts';
import { type GiveUpOptions, giveUp } from './give-up.ts';
import { sendStatement } from './prepared.ts';
import { sessionOf, trackSession } from './session.ts';

/** Counts how often the server turned out to be the wrong one; shared by all pools of the process. */
export interface Generation {
  current: number;
}

export interface ConnectionsOptions extends GiveUpOptions {
  readonly generation: Generation;
  /** Called when a server said that it no longer takes writes. */
  onServerChange?(): void;
}

/** Why a connection is released: the error of its statement, and whether the caller stopped waiting for it. */
export interface Failure {
  readonly error: unknown;
  readonly isAbandoned: boolean;
}

export interface Connections {
  /** Returns a connection that is ready for a statement, from the pool or newly made. */
  acquire(): Promise<pg.PoolClient>;
  /** Returns the connection to the pool, or removes it when its server has ended it. */
  release(client: pg.PoolClient, failure?: Failure): void;
}

/** Creates the connections over a pool. */
export function createConnections(pool: pg.Pool, options: ConnectionsOptions): Connections {
  const connections: Connections = {
    async acquire() {
      for (;;) {
        const generation = options.generation.current;
        const client = await pool.connect();
        const session = sessionOf(client) ?? trackSession(client, generation);
        if (session.generation === options.generation.current) return client;
        // It was opened before the last change of the server.
        client.release(true);
      }
    },
    release(client, failure) {
      if (failure === undefined) return client.release();
      if (isWrongServer(failure.error)) changeServer(client);
      void releaseFailed(client, failure, options);
    },
  };

  function changeServer(client: pg.PoolClient): void {
    if (sessionOf(client)?.generation !== options.generation.current) return;
    options.generation.current += 1;
    options.onServerChange?.();
  }
  return connections;
}

async function releaseFailed(client: pg.PoolClient, failure: Failure, options: ConnectionsOptions): Promise<void> {
  switch (failure.isAbandoned ? 'silent' : connectionStateAfter(failure.error)) {
    case 'usable':
      client.release();
      return;
    case 'silent':
      await giveUp(client, options);
      break;
    case 'lost':
      // The server may not know yet, and run the statement to its end.
      if (sessionOf(client)?.isBusy === true && !options.closing.aborted) await requestCancel(client);
      break;
    case 'closed':
      break;
  }
  client.release(true);
}

/**
 * Adapts the connections to the interface of kysely. Each client is wrapped once, because kysely identifies clients by
 * reference.
 */
export function kyselyPool(pool: pg.Pool, connections: Connections): PostgresPool {
  const wrapped = new WeakMap<pg.PoolClient, PostgresPoolClient>();
  return {
    options: pool.options,
    end: () => pool.end(),
    async connect() {
      const client = await connections.acquire();
      const known = wrapped.get(client);
      if (known !== undefined) return known;
      const added = wrapClient(client, connections);
      wrapped.set(client, added);
      return added;
    },
  };
}

function wrapClient(client: pg.PoolClient, connections: Connections): PostgresPoolClient {
  let failure: Failure | undefined;
  const query = async (text: string, values: readonly unknown[] = []) => {
    try {
      return await sendStatement(client, text, [...values]);
    } catch (error) {
      if (connectionStateAfter(error) !== 'usable') failure ??= { error, isAbandoned: false };
      throw error;
    }
  };
  return {
    // Kysely's type has an overload for cursors that is never called here.
    query: query as unknown as PostgresPoolClient['query'],
    release(destroy?: boolean) {
      const isAbandoned = destroy === true;
      connections.release(client, failure ?? (isAbandoned ? { error: undefined, isAbandoned } : undefined));
    },
  };
}
