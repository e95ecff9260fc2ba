/** One attempt to connect to one server. */
import type pg from 'pg';
import type { DatabaseTarget } from '../../config/types/database-url.ts';
import { type ClientOptions, createClient } from './client.ts';
import { inspectConnection, searchPathIn } from './inspect.ts';
import type { Server } from './servers.ts';
import type { SessionSetting } from './session-settings.ts';
import { UnsuitableServerError } from './unsuitable-server.ts';

/** `unsuitable`: connected, but not as asked; the client is open and the caller's. */
export type Attempt =
  | { readonly outcome: 'open'; readonly server: Server; readonly client: pg.Client }
  | {
      readonly outcome: 'unsuitable';
      readonly server: Server;
      readonly client: pg.Client;
      readonly error: UnsuitableServerError;
    }
  | { readonly outcome: 'failed'; readonly label: string; readonly error: Error };

export interface AttemptOptions extends ClientOptions {
  readonly target: DatabaseTarget;
  readonly settings: readonly SessionSetting[];
}

const behindPooler = new WeakSet<object>();

/**
 * True when a pooler stands between this connection and its server, in whatever mode: settings of the session and named
 * statements may then be those of other clients.
 */
export function isBehindPooler({ connection }: pg.Client): boolean {
  // Not the client: that of a pool stands for another object.
  return behindPooler.has(connection);
}

/** Connects, and looks at the connection. Ends the attempt when `signal` is aborted. Never rejects. */
export async function attemptServer(server: Server, options: AttemptOptions, signal: AbortSignal): Promise<Attempt> {
  let client: pg.Client | null = null;
  const abort = () => client?.connection.stream.destroy();
  signal.addEventListener('abort', abort, { once: true });
  try {
    client = await createClient(options.target, server, options);
    signal.throwIfAborted();
    // Its errors also reject the statement in flight; an error without a listener would end the process.
    client.on('error', () => undefined);
    return await connect(client, server, options);
  } catch (error) {
    client?.connection.stream.destroy();
    const reason: unknown = signal.aborted ? signal.reason : error;
    return { outcome: 'failed', label: server.label, error: toError(reason) };
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

async function connect(client: pg.Client, server: Server, options: AttemptOptions): Promise<Attempt> {
  const { target, settings } = options;
  let isBound = false;
  client.connection.on('authenticationSASL', ({ mechanisms }: { mechanisms: readonly string[] }) => {
    isBound = mechanisms.includes('SCRAM-SHA-256-PLUS');
  });
  await client.connect();
  if (target.channelBinding === 'require' && !isBound) {
    const fix = 'Use TLS and a SCRAM password, or remove channel_binding from the URL';
    const problem = `Postgres at ${server.label} is not used: it offers no channel binding`;
    const error = new UnsuitableServerError(problem, { fix });
    return { outcome: 'unsuitable', server, client, error };
  }
  const demands = { settings, searchPath: searchPathIn(target.options) };
  const { unsuitable, ...inspection } = await inspectConnection(client, demands, server.label);
  if (inspection.isBehindPooler) behindPooler.add(client.connection);
  return unsuitable === null
    ? { outcome: 'open', server, client }
    : { outcome: 'unsuitable', server, client, error: unsuitable };
}

function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
