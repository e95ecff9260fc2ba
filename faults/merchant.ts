/**
 * A merchant on a bad day: answers 204 nine times in ten and else, at random, 500, 429 with `Retry-After: 1`, nothing at
 * all, or a reset. It verifies each request with the `standardwebhooks` package and remembers every one in the order in
 * which they came. The same attempt of the same fact meets the same fate in every run with the same seed.
 */
import { hash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';
import { oneOf, randomFor, within } from './random.ts';

export type Fate = 204 | 500 | 429 | 'hang' | 'reset';

/** One request that reached the merchant as a whole. */
export interface Arrival {
  readonly webhookId: string;
  readonly attempt: number;
  readonly sequence: number;
  readonly paymentId: string;
  /** The callback's body. */
  readonly fact: string;
  /** The replica that sent it, which says so by its `Authorization`. */
  readonly replica: string;
  /** Of the bytes of the request's body. */
  readonly fingerprint: string;
  readonly isVerified: boolean;
  readonly fate: Fate;
}

export interface Merchant {
  readonly url: string;
  /** In the order they came. */
  readonly arrivals: readonly Arrival[];
  /** Calls `react` for each request, before it is answered; until the function it returns is called. */
  watch(react: (arrival: Arrival) => void): () => void;
}

const SHARE_OF_204 = 0.9;
const TROUBLES = [500, 429, 'hang', 'reset'] as const;
/** An endpoint that does a little work; long enough that a request is often in flight when a process is hit. */
const WORK_MS = [0, 30] as const;

/** Listens on a free port of this machine. */
export async function startMerchant(options: { readonly secret: string; readonly seed: number }): Promise<{
  readonly merchant: Merchant;
  /** Ends the listener and every connection. */
  readonly stop: () => Promise<void>;
}> {
  const arrivals: Arrival[] = [];
  const watchers = new Set<(arrival: Arrival) => void>();
  const webhook = new Webhook(options.secret);
  const server = createServer(async (request, response) => {
    const body = await buffer(request).catch(() => null);
    if (body === null) return;
    const { arrival, workMs } = readArrival({ webhook, seed: options.seed }, request, body);
    arrivals.push(arrival);
    for (const react of watchers) react(arrival);
    setTimeout(() => answer(arrival.fate, response), workMs);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const merchant: Merchant = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`,
    arrivals,
    watch(react) {
      watchers.add(react);
      return () => void watchers.delete(react);
    },
  };
  const stop = async (): Promise<void> => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
  return { merchant, stop };
}

function answer(fate: Fate, response: ServerResponse): void {
  // Whoever sent it may be dead by now.
  response.on('error', () => undefined);
  if (fate === 'hang') return;
  if (fate === 'reset') response.socket?.resetAndDestroy();
  else response.writeHead(fate, fate === 429 ? { 'retry-after': '1' } : {}).end();
}

interface EventData {
  readonly sequence: number;
  readonly paymentId: string;
  readonly body: unknown;
}

/** What is no event at all gets a place among the arrivals too, where the judge finds it. */
function dataOf(body: Buffer): EventData {
  try {
    const { data } = JSON.parse(body.toString('utf8')) as { readonly data: EventData };
    return { sequence: data.sequence, paymentId: data.paymentId, body: data.body };
  } catch {
    return { sequence: 0, paymentId: '', body: null };
  }
}

function readArrival(
  { webhook, seed }: { readonly webhook: Webhook; readonly seed: number },
  { headers }: IncomingMessage,
  body: Buffer,
): { arrival: Arrival; workMs: number } {
  const named = (name: string): string => String(headers[name] ?? '');
  const data = dataOf(body);
  const fact = JSON.stringify(data.body);
  const attempt = Number(named('webhook-attempt'));
  const random = randomFor(seed, 'merchant', data.paymentId, fact, attempt);
  const fate: Fate = random() < SHARE_OF_204 ? 204 : (oneOf(random, TROUBLES) ?? 500);

  const arrival = {
    webhookId: named('webhook-id'),
    attempt,
    sequence: data.sequence,
    paymentId: data.paymentId,
    fact,
    replica: named('authorization').replace('Bearer ', ''),
    fingerprint: hash('sha256', body),
    isVerified: isVerified(webhook, body, headers),
    fate,
  };
  return { arrival, workMs: within(random, WORK_MS) };
}

function isVerified(webhook: Webhook, body: Buffer, headers: IncomingMessage['headers']): boolean {
  try {
    webhook.verify(body.toString('utf8'), headers as Record<string, string>);
    return true;
  } catch {
    return false;
  }
}
