/**
 * What a merchant's endpoint keeps of a request: which attempt of which fact it is, who sent it, and whether its signature
 * is right by the `standardwebhooks` package. Every scenario reads requests the same way, so that one judge can read them.
 */
import { hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Webhook } from 'standardwebhooks';

/** A whole answer with this status, or none that can be read: nothing came, or it broke off. */
export type Fate = number | 'hang' | 'reset';

/** One request that reached the merchant as a whole. */
export interface Arrival {
  readonly webhookId: string;
  readonly attempt: number;
  readonly sequence: number;
  readonly paymentId: string;
  /** What the fact is recognised by: the callback's body, or, without one, its type and result. */
  readonly fact: string;
  /** The replica that sent it, which says so by its `Authorization`. */
  readonly replica: string;
  /** Of the bytes of the request's body. */
  readonly fingerprint: string;
  readonly isVerified: boolean;
  /** What became of it: a whole answer with this status, or none. */
  readonly fate: Fate;
}

/** Whether the receiver may count it as delivered (docs/delivery.md, "What each answer leads to"). */
export function isAcceptance(fate: Fate): boolean {
  return typeof fate === 'number' && ((fate >= 200 && fate < 300) || fate === 409);
}

interface EventData {
  readonly sequence: number;
  readonly paymentId: string;
  readonly callback: string;
  readonly result: string | null;
  readonly body: unknown;
}

/** What is no event at all gets a place among the arrivals too, where the judge finds it. */
function dataOf(body: Buffer): EventData {
  try {
    const { data } = JSON.parse(body.toString('utf8')) as { readonly data: EventData };
    return { ...data };
  } catch {
    return { sequence: 0, paymentId: '', callback: '', result: null, body: null };
  }
}

/** The request as it is remembered; its fate is decided by whoever answers. */
export function readArrival(
  webhook: Webhook,
  { headers }: Pick<IncomingMessage, 'headers'>,
  body: Buffer,
): Omit<Arrival, 'fate'> {
  const named = (name: string): string => String(headers[name] ?? '');
  const { sequence, paymentId, callback, result, body: told } = dataOf(body);
  return {
    webhookId: named('webhook-id'),
    attempt: Number(named('webhook-attempt')),
    sequence,
    paymentId,
    fact: told === null ? [callback, result].filter((part) => part !== null).join(' ') : JSON.stringify(told),
    replica: named('authorization').replace('Bearer ', ''),
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
