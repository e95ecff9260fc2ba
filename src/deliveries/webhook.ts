/**
 * Sends one signed request to the merchant and returns an AttemptResult; never throws for what the merchant does.
 *
 * One timeout covers everything from connect to the last byte that is read. At most 1 KiB of the response is read: then
 * its status decides, and the rest is dropped with the connection. Redirects are not followed: they would send the
 * event, signed, to an address that is not configured.
 */
import type { KeyObject } from 'node:crypto';
import type { Config } from '../config/settings.ts';
import type { StoredEvent } from '../events/event.ts';
import { publicId } from '../events/public-id.ts';
import type { Clock } from '../lib/clock.ts';
import { errorSummary } from '../lib/errors.ts';
import { parseRetryAfter } from '../lib/retry-after.ts';
import { createOutbound, type Outbound } from '../outbound/outbound.ts';
import type { ProxySettings } from '../outbound/proxies.ts';
import type { TlsFiles } from '../outbound/tls.ts';
import { type Environment, renderPayload } from './payload.ts';
import { type PostResult, postOnce } from './post.ts';
import { renderHeaders, userAgentOf } from './request-headers.ts';
import type { AttemptResult } from './retry.ts';
import { signatureHeader, signingKey } from './signature.ts';

/** Responses whose `Retry-After` counts. */
const RETRY_AFTER_STATUSES = new Set([429, 503]);
/** The merchant already has the event: docs/delivery.md. */
const CONFLICT = 409;

export interface WebhookOptions {
  readonly url: string;
  readonly environment: Environment;
  readonly secrets: readonly string[];
  readonly authorization: string | null;
  readonly proxies: ProxySettings;
  readonly tls: TlsFiles;
  /** Called when renewed files of `tls` cannot be used: the earlier ones stay in use. */
  onTlsError?(reason: string): void;
  readonly timeoutMs: number;
  readonly concurrency: number;
  readonly userAgent: string;
  readonly clock: Clock;
}

export interface WebhookClient {
  /** Sends one attempt. `signal` abandons it, for example when the service must stop. */
  send(event: StoredEvent, attempt: number, signal: AbortSignal): Promise<AttemptResult>;
  /** Closes the connections. */
  close(): Promise<void>;
}

/** Creates a client; throws when a file of `tls` cannot be used. Opens no connection yet. */
export function createWebhookClient(options: WebhookOptions): WebhookClient {
  const { url, secrets, concurrency, timeoutMs } = options;
  // As many connections as requests in flight, so none waits for another's.
  const outbound = createOutbound({ ...options, connections: concurrency, connectTimeoutMs: timeoutMs });
  const target = new URL(url);
  const prepared = { options, outbound, target, keys: secrets.map(signingKey) };
  return {
    send: (event, attempt, signal) => send({ ...prepared, signal }, event, attempt),
    close: outbound.destroy,
  };
}

/** Creates the client for the configured webhook; null when none is configured. Opens no connection yet. */
export function webhookClientFrom(
  config: Config,
  { clock, version, ...events }: { clock: Clock; version: string; onTlsError?(reason: string): void },
): WebhookClient | null {
  const { WEBHOOK_URL: url, WEBHOOK_SECRET: secret } = config;
  if (url === null || secret === null) return null;
  return createWebhookClient({
    url,
    environment: config.RESURS_ENVIRONMENT,
    secrets: [secret, config.WEBHOOK_SECRET_PREVIOUS].filter((text) => text !== null),
    authorization: config.WEBHOOK_AUTHORIZATION,
    proxies: config,
    tls: {
      caFile: config.WEBHOOK_CA_FILE,
      certFile: config.WEBHOOK_CLIENT_CERT_FILE,
      keyFile: config.WEBHOOK_CLIENT_KEY_FILE,
    },
    timeoutMs: config.WEBHOOK_TIMEOUT_MS,
    concurrency: config.WEBHOOK_CONCURRENCY,
    userAgent: userAgentOf(version),
    clock,
    ...events,
  });
}

interface RequestContext {
  readonly options: WebhookOptions;
  readonly outbound: Outbound;
  readonly target: URL;
  readonly keys: readonly KeyObject[];
  readonly signal: AbortSignal;
}

async function send(context: RequestContext, event: StoredEvent, attempt: number): Promise<AttemptResult> {
  const { clock } = context.options;
  const startedAtMs = clock.elapsed();
  const result = await post(context, event, attempt);
  return { ...toAttemptResult(result, clock.now()), durationMs: clock.elapsed() - startedAtMs };
}

async function post(context: RequestContext, event: StoredEvent, attempt: number): Promise<PostResult> {
  const { outbound, target, signal, options } = context;
  try {
    const body = renderPayload(event, options.environment);
    const headers = headersOf(context, event, { attempt, body });
    const path = target.pathname + target.search;
    const request = { origin: target.origin, path, headers, body };
    return await postOnce(outbound.dispatcher, request, { ...options, signal });
  } catch (error) {
    // An event that cannot be sent at all becomes a dead letter and must not end the process.
    return { outcome: 'failed', error };
  }
}

function headersOf(
  { options: { authorization, userAgent, clock }, keys }: RequestContext,
  event: StoredEvent,
  { attempt, body }: { attempt: number; body: Buffer },
): Record<string, string> {
  const id = publicId(event.id);
  const timestamp = Math.floor(clock.now() / 1000);
  const signature = signatureHeader(keys, { id, timestamp, body });
  return renderHeaders({ id, timestamp, signature, attempt, userAgent, authorization });
}

function toAttemptResult(result: PostResult, nowMs: number): Omit<AttemptResult, 'durationMs'> {
  switch (result.outcome) {
    case 'responded': {
      const { status, excerpt, retryAfter } = result;
      const retryAfterMs = parseRetryAfter(RETRY_AFTER_STATUSES.has(status) ? retryAfter : undefined, nowMs);
      return { ...classifyStatus(status), status, answer: excerpt, retryAfterMs };
    }
    case 'aborted':
      return { ...NO_RESPONSE, outcome: 'abandoned', error: 'stopped' };
    case 'timed_out':
      return { ...NO_RESPONSE, outcome: 'timed_out', error: 'timed out' };
    case 'failed':
      return { ...NO_RESPONSE, outcome: 'unreachable', error: errorSummary(result.error) };
  }
}

const NO_RESPONSE = { status: null, answer: null, retryAfterMs: null } as const;

function classifyStatus(status: number): Pick<AttemptResult, 'outcome' | 'error'> {
  const isAccepted = (status >= 200 && status < 300) || status === CONFLICT;
  return isAccepted ? { outcome: 'accepted', error: null } : { outcome: 'refused', error: `HTTP ${status}` };
}
