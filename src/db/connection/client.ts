/**
 * A `pg.Client` that is decided by the URL and the program alone. `pg` fills every gap from `PG*` variables of the
 * environment and from `~/.pgpass`, so there are no gaps: each of its parameters is given here.
 */
import { userInfo } from 'node:os';
import pg from 'pg';
import type { DatabaseTarget } from '../../config/types/database-url.ts';
import { MissingPasswordError } from './missing-password.ts';
import type { Server } from './servers.ts';
import { tlsOptionsOf } from './tls.ts';

/** What the program decides beside the URL. */
export interface ClientOptions {
  readonly applicationName: string;
  /** Client-side limit for one statement, for a server that has stopped responding. */
  readonly queryTimeoutMs?: number;
  readonly keepAliveAfterMs?: number;
  readonly types?: pg.CustomTypesConfig;
}

/** The parameters that are sent to the server when a connection starts. */
type StartupParameters = Readonly<Record<string, string>>;

class ReceiverClient extends pg.Client {
  private readonly startup: StartupParameters;

  constructor(config: pg.ClientConfig, startup: StartupParameters) {
    super(config);
    this.startup = startup;
  }

  /** Called by `pg`; without it, PGOPTIONS, PGREPLICATION and PGAPPNAME would be sent. */
  getStartupConf(): StartupParameters {
    return this.startup;
  }
}

/** Creates a client for one server; it is not connected yet. Rejects if a file of TLS cannot be read. */
export async function createClient(target: DatabaseTarget, server: Server, options: ClientOptions): Promise<pg.Client> {
  const user = target.user ?? userInfo().username;
  const database = target.database ?? user;
  const applicationName = target.applicationName ?? options.applicationName;
  const config: pg.ClientConfig = {
    host: server.address,
    port: server.port,
    user,
    database,
    // A function: for a missing password, `pg` would read ~/.pgpass.
    password: () => passwordOf(target),
    ssl: await tlsOptionsOf(target.tls, server),
    sslnegotiation: target.tls?.isDirect === true && !server.isSocket ? 'direct' : 'postgres',
    enableChannelBinding: target.channelBinding !== 'disable',
    application_name: applicationName,
    client_encoding: 'utf8',
    // The caller limits the time of opening.
    connectionTimeoutMillis: 0,
    keepAlive: true,
    keepAliveInitialDelayMillis: options.keepAliveAfterMs ?? 0,
    ...(options.queryTimeoutMs === undefined ? {} : { query_timeout: options.queryTimeoutMs }),
    ...(options.types === undefined ? {} : { types: options.types }),
  };
  const startup = {
    user,
    database,
    application_name: applicationName,
    ...(target.options === null ? {} : { options: target.options }),
  };
  return new ReceiverClient(config, startup);
}

function passwordOf({ password }: DatabaseTarget): string {
  if (password === null) throw new MissingPasswordError();
  return password;
}
