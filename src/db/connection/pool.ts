/** A pool whose connections are opened by an opener. */
import { EventEmitter } from 'node:events';
import pg from 'pg';
import type { OpenConnection } from './open.ts';

export interface PoolOptions {
  readonly max: number;
  readonly open: OpenConnection;
  /** How long a caller waits for a connection that others use. */
  readonly waitMs: number;
}

/** Creates the pool. No connection is made before the first caller. */
export function createPool({ max, open, waitMs }: PoolOptions): pg.Pool {
  // `pg` calls it with `new`.
  function Client(): pg.Client {
    return standIn(open);
  }
  return new pg.Pool({
    max,
    connectionTimeoutMillis: waitMs,
    Client: Client as unknown as new () => pg.ClientBase,
  });
}

type Callback = (error: Error | null) => void;

/** What a pool does with a client before it is connected. */
class WaitingClient extends EventEmitter {
  client: pg.Client | null = null;
  private readonly ending = new AbortController();
  private readonly open: OpenConnection;

  constructor(open: OpenConnection) {
    super();
    this.open = open;
  }

  connect(callback: Callback): void {
    this.open(this.ending.signal).then(
      (client) => {
        this.client = client;
        callback(null);
      },
      (error: Error) => callback(error),
    );
  }

  isConnected(): boolean {
    return false;
  }

  end(callback?: () => void): void {
    this.ending.abort(new Error('the connection was ended before it was open'));
    callback?.();
  }
}

/**
 * Returns a client that stands for the one that `open` makes: a pool wants a client at once, and which server it is
 * connected to is known only when it is open. From then on it is that client in every respect.
 */
function standIn(open: OpenConnection): pg.Client {
  const waiting = new WaitingClient(open);
  const proxy = new Proxy(waiting, {
    get(_, key) {
      const target = waiting.client ?? waiting;
      const value: unknown = Reflect.get(target, key);
      return typeof value === 'function' ? value.bind(target) : value;
    },
    set: (_, key, value) => Reflect.set(waiting.client ?? waiting, key, value),
    has: (_, key) => Reflect.has(waiting.client ?? waiting, key),
  });
  return proxy as unknown as pg.Client;
}
