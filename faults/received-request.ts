/**
 * What a merchant's endpoint records of a request: which attempt of which event it is, which replica sent it, and
 * whether the `standardwebhooks` package verifies its signature. All scenarios record requests the same way, so one set
 * of verdicts fits them all.
 */
import { hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Webhook } from 'standardwebhooks';

/** The status of a complete response, or why there is none to read: nothing came, or it broke off. */
export type ResponseOutcome = number | 'hang' | 'reset';

/** One complete request that reached the merchant. */
export interface ReceivedRequest {
  readonly webhookId: string;
  readonly attempt: number;
  readonly sequence: number;
  readonly paymentId: string;
  /** What identifies the callback within its payment: its body, or, without one, its type and result. */
  readonly content: string;
  /** The replica that sent it, as named by its `Authorization`. */
  readonly replica: string;
  /** SHA-256 of the request's body. */
  readonly fingerprint: string;
  readonly isVerified: boolean;
  /** How the merchant responded. */
  readonly responseOutcome: ResponseOutcome;
  /** True when the same attempt arrived before, on a connection that has ended since: it is sent once more then. */
  readonly isResend: boolean;
}

const MAX_REMEMBERED = 10_000;

/** Creates the function that recognises resent requests; each request of a merchant has to be shown to it, in order. */
export function createResendDetector(): (request: Pick<IncomingMessage, 'headers' | 'socket'>) => boolean {
  const sockets = new Map<string, IncomingMessage['socket']>();
  return ({ headers, socket }) => {
    const key = `${headers['webhook-id']} ${headers['webhook-attempt']}`;
    const earlier = sockets.get(key);
    sockets.set(key, socket);
    const [oldest] = sockets.keys();
    if (oldest !== undefined && sockets.size > MAX_REMEMBERED) sockets.delete(oldest);
    return earlier !== undefined && earlier !== socket && (earlier.destroyed || earlier.readableEnded);
  };
}

/** Reports whether the receiver may count it as delivered (docs/delivery.md, table of responses). */
export function isAccepted(responseOutcome: ResponseOutcome): boolean {
  return (
    typeof responseOutcome === 'number' &&
    ((responseOutcome >= 200 && responseOutcome < 300) || responseOutcome === 409)
  );
}

interface EventData {
  readonly sequence: number;
  readonly paymentId: string;
  readonly callback: string;
  readonly result: string | null;
  readonly body: unknown;
}

/** A body that is no event is recorded too, with empty fields, so that a verdict reports it. */
function parseEventData(body: Buffer): EventData {
  try {
    const { data } = JSON.parse(body.toString('utf8')) as { readonly data: EventData };
    return { ...data };
  } catch {
    return { sequence: 0, paymentId: '', callback: '', result: null, body: null };
  }
}

/** Records the request; the merchant adds the response outcome, and whether it is resent. */
export function readRequest(
  webhook: Webhook,
  { headers }: Pick<IncomingMessage, 'headers'>,
  body: Buffer,
): Omit<ReceivedRequest, 'responseOutcome' | 'isResend'> {
  const header = (name: string): string => String(headers[name] ?? '');
  const { sequence, paymentId, callback, result, body: eventBody } = parseEventData(body);
  return {
    webhookId: header('webhook-id'),
    attempt: Number(header('webhook-attempt')),
    sequence,
    paymentId,
    content:
      eventBody === null ? [callback, result].filter((part) => part !== null).join(' ') : JSON.stringify(eventBody),
    replica: header('authorization').replace('Bearer ', ''),
    fingerprint: hash('sha256', body),
    isVerified: isVerified(webhook, body, headers),
  };
}

function isVerified(webhook: Webhook, body: Buffer, headers: IncomingMessage['headers']): boolean {
  try {
    webhook.verify(body.toString('utf8'), headers as Record<string, string>);
    return true;
  } catch {
    return false;
  }
}
