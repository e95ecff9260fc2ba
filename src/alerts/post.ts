/**
 * Posts one message to ALERT_URL: at most 10 s, no redirect, and three more times when it is not accepted, later and
 * later. It has connections of its own, so that a receiver that hangs holds up neither events nor callbacks.
 */
import type { AlertFormat } from '../config/types/alert-format.ts';
import { postOnce } from '../deliveries/post.ts';
import { errorCode, errorSummary } from '../lib/errors.ts';
import { printable } from '../lib/printable.ts';
import { createOutbound } from '../outbound/outbound.ts';
import type { ProxySettings } from '../outbound/proxies.ts';

const TIMEOUT_MS = 10_000;
const WAITS_MS = [2_000, 10_000, 30_000] as const;
const MAX_CONNECTIONS = 4;

/** `stopped`: no try has reached a receiver that took it. */
export type SendResult =
  | { readonly outcome: 'accepted'; readonly status: number; readonly answer: string }
  | { readonly outcome: 'refused'; readonly status: number; readonly answer: string }
  /** `isUnsent`: no connection was made, so nothing was received. */
  | { readonly outcome: 'failed'; readonly error: string; readonly isUnsent: boolean }
  | { readonly outcome: 'stopped' };

export interface AlertSender {
  /** One request. Never rejects. */
  sendOnce(body: object, signal: AbortSignal): Promise<SendResult>;
  /** With the further tries. Never rejects. */
  send(body: object, signal: AbortSignal): Promise<SendResult>;
  close(): Promise<void>;
}

export interface SenderOptions {
  readonly url: string;
  readonly format: AlertFormat;
  readonly authorization: string | null;
  readonly proxies: ProxySettings;
  /** Resolves after so many milliseconds; rejects when `signal` fires. */
  sleep(ms: number, signal: AbortSignal): Promise<unknown>;
  readonly timeoutMs?: number;
}

/** Creates it; opens no connection yet. */
export function createAlertSender(options: SenderOptions): AlertSender {
  const { timeoutMs = TIMEOUT_MS, sleep } = options;
  const outbound = createOutbound({
    proxies: options.proxies,
    connections: MAX_CONNECTIONS,
    connectTimeoutMs: timeoutMs,
  });
  const { origin, pathname, search } = new URL(options.url);
  const headers = headersOf(options);

  async function sendOnce(body: object, signal: AbortSignal): Promise<SendResult> {
    const post = { origin, path: `${pathname}${search}`, headers, body: Buffer.from(JSON.stringify(body)) };
    const result = await postOnce(outbound.dispatcher, post, { timeoutMs, signal });
    switch (result.outcome) {
      case 'responded': {
        const outcome = result.status >= 200 && result.status < 300 ? 'accepted' : 'refused';
        return { outcome, status: result.status, answer: printable(result.excerpt) };
      }
      case 'timed_out':
        return { outcome: 'failed', error: `no answer within ${timeoutMs / 1000} s`, isUnsent: false };
      case 'aborted':
        return { outcome: 'failed', error: 'the process stopped meanwhile', isUnsent: false };
      case 'failed':
        return { outcome: 'failed', error: errorSummary(result.error), isUnsent: isUnsent(result.error) };
    }
  }

  return {
    sendOnce,
    async send(body, signal) {
      let result: SendResult = { outcome: 'stopped' };
      let mayHaveArrived = false;
      for (const waitMs of [0, ...WAITS_MS]) {
        if (waitMs > 0) await sleep(waitMs, signal).catch(() => undefined);
        if (signal.aborted) return mayHaveArrived ? result : { outcome: 'stopped' };
        result = await sendOnce(body, signal);
        if (result.outcome === 'accepted') return result;
        mayHaveArrived ||= result.outcome === 'failed' && !result.isUnsent;
      }
      return result;
    },
    close: outbound.destroy,
  };
}

/** Codes of errors before there is a connection. */
const NOT_CONNECTED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

function isUnsent(error: unknown): boolean {
  return NOT_CONNECTED.has(errorCode(error) ?? '');
}

/** PagerDuty has its key in the body, and refuses an Authorization header that is none of its own. */
function headersOf({ format, authorization }: SenderOptions): Record<string, string> {
  return {
    'content-type': 'application/json',
    'user-agent': 'resurs-callback-receiver',
    ...(authorization === null || format === 'pagerduty' ? {} : { authorization }),
  };
}

/** One line about a message that was not accepted; null: it was. */
export function problemOfSend(result: SendResult): string | null {
  switch (result.outcome) {
    case 'accepted':
      return null;
    case 'refused':
      return `answered ${result.status}`;
    case 'failed':
      return result.error;
    case 'stopped':
      return 'the process stopped';
  }
}
