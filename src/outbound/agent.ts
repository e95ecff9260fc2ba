/**
 * The connections of one generation (outbound.ts): a pool for each server, directly or through the proxy that the
 * settings name for it. Requests to a server that needs no proxy meet none of its code.
 */
import type { LookupFunction } from 'node:net';
import type { SecureContext } from 'node:tls';
import { Agent, buildConnector, type Dispatcher, Pool, ProxyAgent } from 'undici';
import { watched } from './connection.ts';
import { type ProxySettings, proxyFor } from './proxies.ts';

export interface AgentOptions {
  readonly proxies: ProxySettings;
  readonly connections: number;
  readonly connectTimeoutMs: number;
  /** Null: Node's defaults. */
  readonly secureContext: SecureContext | null;
  readonly lookup: LookupFunction | null;
  /** False: each request has a connection of its own. */
  readonly keepsConnections: boolean;
  readonly maxIdleMs: number;
}

/** Creates the agent; opens no connection yet. */
export function createAgent(options: AgentOptions): Dispatcher {
  const { connectTimeoutMs: timeout, secureContext, lookup } = options;
  // undici's own timeouts for headers and body are off: every caller has one for its whole request.
  const pool = {
    connections: options.connections,
    pipelining: options.keepsConnections ? 1 : 0,
    keepAliveMaxTimeout: options.maxIdleMs,
    headersTimeout: 0,
    bodyTimeout: 0,
    allowH2: false,
  };
  const tls = { allowH2: false, timeout, ...(secureContext === null ? {} : { secureContext }) };
  const direct = watched(buildConnector(lookup === null ? tls : { ...tls, lookup }));
  return new Agent({
    factory(origin) {
      const proxy = proxyFor(new URL(origin), options.proxies);
      if (proxy === null) return new Pool(origin, { ...pool, connect: direct });
      return throughProxy(proxy, { ...options, pool, tls });
    },
  });
}

/** The proxy gets the request itself for an http URL, and for https a tunnel in which TLS is with the target. */
function throughProxy(
  uri: string,
  {
    connectTimeoutMs: timeout,
    pool,
    tls,
  }: AgentOptions & { readonly pool: Pool.Options; readonly tls: buildConnector.BuildOptions },
): Dispatcher {
  return new ProxyAgent({
    uri,
    requestTls: tls,
    proxyTls: { timeout },
    // A proxy that does not answer must not occupy a connection for undici's own five minutes.
    clientFactory: (origin, given) => new Pool(origin, { ...given, headersTimeout: timeout }),
    factory(origin, given) {
      const { connect } = given as { readonly connect: buildConnector.connector };
      return new Pool(origin, { ...pool, connect: watched(connect) });
    },
  });
}
