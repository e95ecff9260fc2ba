/**
 * How requests leave: through which proxy, with which certificates, over which connections. Everything that the service
 * requests of others goes over a dispatcher from here.
 *
 * Connections belong to a generation, which takes requests for five minutes and is closed when its last one has ended.
 * So a name that moved to another address is followed while the old server still answers, and renewed certificates are
 * read, and no request is broken by it. The protocol is HTTP/1.1.
 */
import type { LookupFunction } from 'node:net';
import type { SecureContext } from 'node:tls';
import { Dispatcher } from 'undici';
import { errorSummary } from '../lib/errors.ts';
import { createAgent } from './agent.ts';
import { dispatchExchange } from './exchange.ts';
import { describeProxy, type ProxySettings } from './proxies.ts';
import { ProxiedError } from './proxy-error.ts';
import { readTls, type TlsFiles } from './tls.ts';

const MAX_CONNECTION_AGE_MS = 300_000;

export interface OutboundOptions {
  readonly proxies: ProxySettings;
  /** Connections to one server; further requests wait for a free one. */
  readonly connections: number;
  /** For connecting. */
  readonly connectTimeoutMs: number;
  readonly tls?: TlsFiles;
  /** Called when renewed files of `tls` cannot be used: the earlier ones stay in use. */
  onTlsError?(reason: string): void;
  readonly maxConnectionAgeMs?: number;
  /** Finds the addresses of a name, instead of the system's resolver. */
  readonly lookup?: LookupFunction;
}

/** A dispatcher for undici's functions. A request that may be repeated (`idempotent`, or GET) survives a stale
 * connection: it is sent once more over a fresh one. */
export interface Outbound {
  readonly dispatcher: Dispatcher;
  /** Ends all connections, and the requests on them. */
  destroy(): Promise<void>;
}

/** Creates the dispatcher; opens no connection yet. Throws when the files of `tls` cannot be used. */
export function createOutbound(options: OutboundOptions): Outbound {
  const dispatcher = new GenerationsDispatcher(options);
  return { dispatcher, destroy: () => dispatcher.destroyAll() };
}

interface Generation {
  readonly pooled: Dispatcher;
  readonly fresh: Dispatcher;
  inFlight: number;
  isRetired: boolean;
}

class GenerationsDispatcher extends Dispatcher {
  readonly #options: OutboundOptions;
  readonly #generations = new Set<Generation>();
  #secureContext: SecureContext | null;
  #current: Generation | null = null;
  #isFirst = true;
  #isDestroyed = false;
  #retirement: NodeJS.Timeout | undefined;

  constructor(options: OutboundOptions) {
    super();
    this.#options = options;
    this.#secureContext = options.tls === undefined ? null : readTls(options.tls);
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    if (this.#isDestroyed) throw new Error('the connections are closed');
    this.#current ??= this.#begin();
    const generation = this.#current;
    generation.inFlight += 1;
    const onEnd = () => this.#onEnd(generation);
    const explain = (error: Error) => this.#explain(error, options.origin);
    return dispatchExchange({ options, handler, ...generation, explain, onEnd });
  }

  #explain(error: Error, origin: string | URL | undefined): Error {
    const proxy = describeProxy(new URL(origin ?? ''), this.#options.proxies);
    return proxy === null ? error : new ProxiedError(proxy, error);
  }

  async destroyAll(): Promise<void> {
    this.#isDestroyed = true;
    clearTimeout(this.#retirement);
    await Promise.all([...this.#generations].flatMap(({ pooled, fresh }) => [pooled.destroy(), fresh.destroy()]));
    this.#generations.clear();
  }

  #begin(): Generation {
    const { maxConnectionAgeMs = MAX_CONNECTION_AGE_MS, lookup = null, ...options } = this.#options;
    const agent = { ...options, lookup, maxIdleMs: maxConnectionAgeMs, secureContext: this.#currentContext() };
    const generation: Generation = {
      pooled: createAgent({ ...agent, keepsConnections: true }),
      fresh: createAgent({ ...agent, keepsConnections: false }),
      inFlight: 0,
      isRetired: false,
    };
    this.#generations.add(generation);
    this.#retirement = setTimeout(() => this.#retire(generation), maxConnectionAgeMs).unref();
    return generation;
  }

  #retire(generation: Generation): void {
    generation.isRetired = true;
    this.#current = null;
    if (generation.inFlight === 0) this.#close(generation);
  }

  #onEnd(generation: Generation): void {
    generation.inFlight -= 1;
    // Not at once: undici is still busy with the end of the request.
    if (generation.isRetired && generation.inFlight === 0) setImmediate(() => this.#close(generation));
  }

  #close(generation: Generation): void {
    this.#generations.delete(generation);
    for (const agent of [generation.pooled, generation.fresh]) agent.close().catch(() => undefined);
  }

  /** Renewed files are read for each new generation. */
  #currentContext(): SecureContext | null {
    const { tls, onTlsError } = this.#options;
    if (tls === undefined) return null;
    try {
      if (!this.#isFirst) this.#secureContext = readTls(tls);
    } catch (error) {
      onTlsError?.(errorSummary(error));
    }
    this.#isFirst = false;
    return this.#secureContext;
  }
}
