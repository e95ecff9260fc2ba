/**
 * One signed request to the merchant, as an AttemptResult; never throws for what the other side does.
 *
 * One time-out covers everything from connect to the last byte that is read. Of the answer at most 1 KiB is read: then
 * its status decides and the rest is dropped with the connection. Redirects are not followed: they would send the
 * event, signed, to an address nobody configured.
 */
import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import { Agent, request } from 'undici';
import type { Clock } from '../clock.ts';
import { shortReason } from '../errors.ts';
import { unlessAborted } from '../unless-aborted.ts';
import type { AttemptResult } from './attempt.ts';
import { publicId, renderPayload, type StoredEvent } from './payload.ts';
import { parseRetryAfter } from './retry.ts';
import { signatureHeader, signingKey } from './signature.ts';

export const ANSWER_LIMIT_BYTES = 1_024;

/** Answers that ask to wait by `Retry-After`. */
const ASKS_TO_WAIT = new Set([429, 503]);
/** "It already had it": docs/delivery.md. */
const CONFLICT = 409;

export interface WebhookOptions {
  readonly url: string;
  readonly secrets: readonly string[];
  readonly authorization: string | null;
  readonly caFile: string | null;
  readonly timeoutMs: number;
  readonly concurrency: number;
  readonly userAgent: string;
  readonly clock: Clock;
}

export interface Webhook {
  /** Sends one attempt. `signal` abandons it, as when the service must stop. */
  send(event: StoredEvent, attempt: number, signal: AbortSignal): Promise<AttemptResult>;
  /** Ends the connections. */
  close(): Promise<void>;
}

export function createWebhook(options: WebhookOptions): Webhook {
  const ca = options.caFile === null ? {} : { ca: [...rootCertificates, readFileSync(options.caFile, 'utf8')] };
  // As many connections as requests in flight: undici ignores a signal while a request waits for a connection.
  // Its own time-outs for headers and body are off: the one signal covers the whole attempt.
  const agent = new Agent({
    connections: options.concurrency,
    pipelining: 1,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { ...ca, timeout: options.timeoutMs },
  });
  const keys = options.secrets.map(signingKey);
  return {
    send: (event, attempt, signal) => send({ options, agent, keys, signal }, event, attempt),
    close: () => agent.destroy(),
  };
}

interface Sending {
  readonly options: WebhookOptions;
  readonly agent: Agent;
  readonly keys: readonly Buffer[];
  readonly signal: AbortSignal;
}

async function send(sending: Sending, event: StoredEvent, attempt: number): Promise<AttemptResult> {
  const { clock, timeoutMs } = sending.options;
  const startedAt = clock.elapsed();
  const timeout = AbortSignal.timeout(timeoutMs);
  const ended = (result: Omit<AttemptResult, 'durationMs'>) => ({ ...result, durationMs: clock.elapsed() - startedAt });
  try {
    const body = renderPayload(event);
    const headers = headersOf(sending, event, { attempt, body });
    const signal = AbortSignal.any([sending.signal, timeout]);
    // undici heeds the signal only when a connection is there; the attempt ends with it in any case.
    const { statusCode, answer, retryAfter } = await unlessAborted(
      exchange(sending, { headers, body, signal }),
      signal,
    );
    const wait = ASKS_TO_WAIT.has(statusCode) ? retryAfter : undefined;
    return ended({ ...judge(statusCode), answer, retryAfterMs: parseRetryAfter(wait, clock.now()) });
  } catch (error) {
    return ended({ ...failureOf(error, { timeout, stopped: sending.signal }), answer: null, retryAfterMs: null });
  }
}

async function exchange({ options, agent }: Sending, sent: { headers: Headers; body: Buffer; signal: AbortSignal }) {
  const response = await request(options.url, { dispatcher: agent, method: 'POST', ...sent });
  const answer = await readStart(response.body);
  return { statusCode: response.statusCode, answer, retryAfter: headerOf(response.headers, 'retry-after') };
}

type Headers = Record<string, string>;

function headersOf(
  sending: Sending,
  event: StoredEvent,
  { attempt, body }: { attempt: number; body: Buffer },
): Headers {
  const { authorization, userAgent, clock } = sending.options;
  const id = publicId(event.id);
  const timestamp = Math.floor(clock.now() / 1000);
  return {
    'content-type': 'application/json',
    'user-agent': userAgent,
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signatureHeader(sending.keys, { id, timestamp, body }),
    'webhook-attempt': String(attempt),
    ...(authorization === null ? {} : { authorization }),
  };
}

function judge(status: number): Pick<AttemptResult, 'outcome' | 'status' | 'error'> {
  if ((status >= 200 && status < 300) || status === CONFLICT) return { outcome: 'accepted', status, error: null };
  return { outcome: 'refused', status, error: `HTTP ${status}` };
}

function failureOf(error: unknown, cause: { timeout: AbortSignal; stopped: AbortSignal }) {
  if (cause.stopped.aborted) return { outcome: 'abandoned', status: null, error: 'stopped' } as const;
  if (cause.timeout.aborted) return { outcome: 'timed_out', status: null, error: 'timed out' } as const;
  return { outcome: 'unreachable', status: null, error: shortReason(error) } as const;
}

/** The first KiB as text; leaving the loop early ends the connection, so an endless answer is not read on. */
async function readStart(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= ANSWER_LIMIT_BYTES) break;
  }
  // Postgres text holds no NUL.
  return Buffer.concat(chunks).subarray(0, ANSWER_LIMIT_BYTES).toString('utf8').replaceAll('\0', '\uFFFD');
}

function headerOf(headers: Record<string, string | string[] | undefined>, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}
