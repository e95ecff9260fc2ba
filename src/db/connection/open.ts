/**
 * Opens connections: the only place where one is made. The servers of the URL are looked up for each, and those
 * that take no commit, or do not hold what is asked of them, are passed over.
 */
import type pg from 'pg';
import { currentUrl, type DatabaseUrl } from '../../config/rereadable-url.ts';
import { type DatabaseTarget, parseDatabaseUrl } from '../../config/types/database-url.ts';
import { errorCode } from '../../lib/errors.ts';
import { attemptServer } from './attempt.ts';
import type { ClientOptions } from './client.ts';
import { type RaceResult, raceServers } from './race.ts';
import { findServers, type Server } from './servers.ts';
import type { SessionSetting } from './session-settings.ts';
import { UnsuitableServerError } from './unsuitable-server.ts';

/** Hears how openings end. */
export interface OpeningObserver {
  /** Servers were reached, and none of them can be used. */
  onUnsuitable(error: UnsuitableServerError): void;
  onOpened(): void;
}

export interface OpenOptions extends ClientOptions {
  readonly url: DatabaseUrl;
  readonly settings: readonly SessionSetting[];
  /** Limit for the whole opening. */
  readonly timeoutMs: number;
  /** True for a connection that only reads: a standby is used when there is nothing else. */
  readonly isReadOnlyEnough?: boolean;
  readonly observer?: OpeningObserver;
}

/** Opens one connection. Rejects with an error for the operator; aborting `signal` ends the attempt. */
export type OpenConnection = (signal?: AbortSignal) => Promise<pg.Client>;

/** An attempt at a second server begins after this time at the latest. */
const MAX_STAGGER_MS = 500;

/** Creates the function that opens connections. It remembers which server was used last, and tries that one first. */
export function createOpener(options: OpenOptions): OpenConnection {
  let lastUsed: string | null = null;
  return async (given) => {
    const over = new AbortController();
    const abort = () => over.abort(given?.reason);
    given?.addEventListener('abort', abort, { once: true });
    const limit = setTimeout(() => over.abort(new LateError(options.timeoutMs)), options.timeoutMs);
    try {
      given?.throwIfAborted();
      const result = await openWithNewLogin(options, lastUsed, over.signal);
      lastUsed = result.server.label;
      options.observer?.onOpened();
      return result.client;
    } catch (error) {
      if (error instanceof UnsuitableServerError) options.observer?.onUnsuitable(error);
      throw error;
    } finally {
      clearTimeout(limit);
      given?.removeEventListener('abort', abort);
    }
  };
}

class LateError extends Error {
  constructor(limitMs: number) {
    super(`no answer within ${limitMs / 1000} s`);
    this.name = 'LateError';
  }
}

type Opened = Extract<RaceResult, { outcome: 'open' }>;

/** Opens a connection. When the server refuses the login, the URL is read again; another one is used at once. */
async function openWithNewLogin(options: OpenOptions, first: string | null, signal: AbortSignal): Promise<Opened> {
  const url = currentUrl(options.url);
  const result = await openAny(url, { ...options, first, signal });
  if (result.outcome === 'open') return result;
  const isRefused = result.failures.some(([, error]) => isRefusedLogin(error));
  const changed = isRefused && typeof options.url !== 'string' ? options.url.reread() : url;
  if (changed === url) throw errorOf(result.failures);
  const second = await openAny(changed, { ...options, first, signal });
  if (second.outcome === 'failed') throw errorOf(second.failures);
  return second;
}

/**
 * Invalid authorization: the password or the role has changed. PgBouncer before 1.21 says it as a violation of the
 * protocol.
 */
function isRefusedLogin(error: Error): boolean {
  const code = errorCode(error);
  return code?.startsWith('28') === true || (code === '08P01' && /auth/i.test(error.message));
}

interface AnyOptions extends OpenOptions {
  /** The label of the server to try first. */
  readonly first: string | null;
  readonly signal: AbortSignal;
}

async function openAny(url: string, options: AnyOptions): Promise<RaceResult> {
  const { timeoutMs, signal } = options;
  const target = targetOf(url);
  const hostCount = target.hosts.length;
  // With several hosts, a lookup that hangs leaves time for the others.
  const found = await findServers(target, hostCount === 1 ? timeoutMs : Math.floor(timeoutMs / (hostCount + 1)));
  const servers = found.flatMap((host) => (host.outcome === 'found' ? host.servers : []));
  const unknown = found.flatMap((host) => (host.outcome === 'failed' ? [[host.label, host.error] as const] : []));
  if (servers.length === 0) return { outcome: 'failed', failures: unknown };
  const result = await raceServers(withFirst(servers, options.first), {
    attempt: (server, ending) => attemptServer(server, { ...options, target }, ending),
    staggerMs: Math.min(MAX_STAGGER_MS, timeoutMs / (servers.length + 1)),
    isReadOnlyEnough: options.isReadOnlyEnough === true,
    signal,
  });
  return result.outcome === 'open' ? result : { outcome: 'failed', failures: [...unknown, ...result.failures] };
}

function targetOf(url: string): DatabaseTarget {
  const parsed = parseDatabaseUrl(url);
  if (parsed.outcome === 'refused') throw new TypeError(`the URL of the database ${parsed.problem}`);
  return parsed.value;
}

function withFirst(servers: readonly Server[], label: string | null): readonly Server[] {
  return [...servers.filter((server) => server.label === label), ...servers.filter((server) => server.label !== label)];
}

/** With one server its own error; with several one that says of each why it is not used. */
function errorOf(failures: Failures): Error {
  const errors = failures.map(([, error]) => error);
  const [only, ...others] = errors;
  if (only === undefined) return new TypeError('a failure without a server');
  if (others.length === 0) return only;

  const problem = failures
    .map(([label, error]) => (error instanceof UnsuitableServerError ? error.problem : `${label}: ${error.message}`))
    .join('; ');
  const unsuitable = errors.find((error) => error instanceof UnsuitableServerError);
  if (unsuitable !== undefined) return new UnsuitableServerError(problem, unsuitable);
  return Object.assign(new Error(problem), codeOfAll(failures));
}

type Failures = Extract<RaceResult, { outcome: 'failed' }>['failures'];

function codeOfAll(failures: Failures): { readonly code?: string } {
  const codes = new Set(failures.map(([, error]) => errorCode(error)));
  const [code] = codes;
  return codes.size === 1 && code !== null && code !== undefined ? { code } : {};
}
