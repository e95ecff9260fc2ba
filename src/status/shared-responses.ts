/**
 * Responses that are shared by all tabs of all operators. A request with `cache-control: max-age=1` (RFC 9111, 5.2.1.1)
 * takes a response that is a little old: that of an equal request within the last second, or of one that is under way.
 * Without the header each request reads for itself, so that it sees what its client wrote before.
 *
 * Only 200 and 404 are shared. What was read before this process changed something is not given to later requests.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { createBoundedMap } from '../lib/bounded-map.ts';
import type { Clock } from '../lib/clock.ts';

const KEPT_MS = 1_000;
const MAX_ENTRIES = 32;
/** So all of them together take 16 MiB at most. A larger response is shared only with those who wait for it. */
const MAX_KEPT_LENGTH = 262_144;
/** Longer than any of these routes takes. A request that has waited for so long reads by itself. */
const MAX_WAIT_MS = 5_000;

interface SharedResponse {
  readonly status: number;
  readonly contentType: string;
  readonly payload: string;
  readonly madeAtMs: number;
}

/** A response that is made now, or was made. */
interface Entry {
  /** Null: it cannot be shared. */
  readonly response: Promise<SharedResponse | null>;
  settle(response: SharedResponse | null): void;
  readonly startedAtMs: number;
  /** Null while it is under way. */
  madeAtMs: number | null;
}

export interface SharingOptions {
  readonly clock: Pick<Clock, 'elapsed'>;
  /** Routes whose responses depend on more than their URL, or are made for each request. */
  readonly except: readonly string[];
}

/** Adds the hooks for all routes of `app`. To be called after the hook that checks the token. */
export function shareResponses(app: FastifyInstance, { clock, except }: SharingOptions): void {
  let entries = createBoundedMap<string, Entry>(MAX_ENTRIES);
  const leaders = new WeakMap<FastifyRequest, Entry>();
  /** Those that may change something: a request without the right token never gets here. */
  const writes = new WeakSet<FastifyRequest>();

  app.addHook('onRequest', async (request, reply) => {
    if (request.method !== 'GET') writes.add(request);
    if (!takesOlder(request) || except.includes(request.routeOptions.url ?? '')) return undefined;
    const known = entries.get(request.url);
    if (known === undefined || !isUsable(known, clock.elapsed())) {
      lead(request);
      return undefined;
    }
    const response = await inTime(known.response);
    return response === null ? undefined : sendShared(reply, response, clock.elapsed());
  });

  // Not async: Fastify would then wait for each response by listeners on its stream.
  app.addHook('onSend', (request, reply, payload, done) => {
    if (writes.has(request)) entries = createBoundedMap(MAX_ENTRIES);
    const entry = leaders.get(request);
    if (entry !== undefined) end(request.url, entry, sharedOf(reply, payload, clock.elapsed()));
    done(null, payload);
  });

  function lead(request: FastifyRequest): void {
    const { promise, resolve } = Promise.withResolvers<SharedResponse | null>();
    const entry: Entry = { response: promise, settle: resolve, startedAtMs: clock.elapsed(), madeAtMs: null };
    leaders.set(request, entry);
    entries.set(request.url, entry);
  }

  function end(url: string, entry: Entry, response: SharedResponse | null): void {
    if (entry.madeAtMs !== null) return;
    entry.madeAtMs = clock.elapsed();
    entry.settle(response);
    const isKept = response !== null && response.payload.length <= MAX_KEPT_LENGTH;
    if (!isKept && entries.get(url) === entry) entries.delete(url);
  }
}

/** A request that never gets a response must not hold those who come later. */
function isUsable({ startedAtMs, madeAtMs }: Entry, nowMs: number): boolean {
  return madeAtMs === null ? nowMs - startedAtMs < MAX_WAIT_MS : nowMs - madeAtMs < KEPT_MS;
}

/** `no-cache` and `no-store` beside it ask for a response of one's own. */
function takesOlder({ method, headers }: FastifyRequest): boolean {
  const directives = (headers['cache-control'] ?? '').split(',').map((directive) => directive.trim().toLowerCase());
  if (method !== 'GET' || directives.some((name) => name === 'no-cache' || name === 'no-store')) return false;
  return directives.some((directive) => /^max-age=0*[1-9]\d*$/.test(directive));
}

/** Returns what can be shared; null for errors, and for what another client must not get. */
function sharedOf(reply: FastifyReply, payload: unknown, madeAtMs: number): SharedResponse | null {
  const { statusCode: status } = reply;
  const contentType = reply.getHeader('content-type');
  if ((status !== 200 && status !== 404) || typeof payload !== 'string' || typeof contentType !== 'string') return null;
  if (reply.hasHeader('cache-control')) return null;
  return { status, contentType, payload, madeAtMs };
}

async function inTime(response: Promise<SharedResponse | null>): Promise<SharedResponse | null> {
  const { promise: late, resolve } = Promise.withResolvers<null>();
  const timer = setTimeout(() => resolve(null), MAX_WAIT_MS);
  try {
    return await Promise.race([response, late]);
  } finally {
    clearTimeout(timer);
  }
}

function sendShared(reply: FastifyReply, response: SharedResponse, nowMs: number): FastifyReply {
  const ageSeconds = Math.max(0, Math.floor((nowMs - response.madeAtMs) / 1000));
  return reply
    .code(response.status)
    .header('content-type', response.contentType)
    .header('age', String(ageSeconds))
    .send(response.payload);
}
