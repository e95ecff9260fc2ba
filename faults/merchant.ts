/**
 * Runs an unreliable merchant: it responds 204 to nine requests in ten. To the others it responds, at random, 500, 429
 * with `Retry-After: 1`, nothing at all, or a reset. It verifies each request with the `standardwebhooks` package and
 * records all of them in order of arrival. With the same seed, the same attempt of the same fact meets the same fate in
 * every run.
 */
import type { ServerResponse } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { resetSocket } from '../src/lib/reset-socket.ts';
import { startWebhookServer } from '../test/harness/webhook-server.ts';
import { oneOf, randomFor, within } from './random.ts';
import { type Arrival, type Fate, readArrival } from './received-request.ts';

export type { Arrival } from './received-request.ts';

export interface Merchant {
  readonly url: string;
  /** In order of arrival. */
  readonly arrivals: readonly Arrival[];
  /** Calls `react` for each request before the response, until the returned function is called. */
  watch(react: (arrival: Arrival) => void): () => void;
}

const SHARE_OF_204 = 0.9;
const FAILURES = [500, 429, 'hang', 'reset'] as const;
/** How long a response takes: long enough that a request is often in flight when a process is killed. */
const WORK_MS = [0, 30] as const;

/** Listens on a free port of this machine. */
export async function startMerchant(options: { readonly secret: string; readonly seed: number }): Promise<{
  readonly merchant: Merchant;
  /** Closes the listener and every connection. */
  readonly stop: () => Promise<void>;
}> {
  const arrivals: Arrival[] = [];
  const watchers = new Set<(arrival: Arrival) => void>();
  const webhook = new Webhook(options.secret);
  const { url, close } = await startWebhookServer((request, body, response) => {
    const read = readArrival(webhook, request, body);
    const { fate, workMs } = fateOf(options.seed, read);
    const arrival = { ...read, fate };
    arrivals.push(arrival);
    for (const react of watchers) react(arrival);
    setTimeout(() => answer(fate, response), workMs);
  });
  const merchant: Merchant = {
    url: `${url}/events`,
    arrivals,
    watch(react) {
      watchers.add(react);
      return () => void watchers.delete(react);
    },
  };
  return { merchant, stop: close };
}

function fateOf(seed: number, { paymentId, fact, attempt }: Omit<Arrival, 'fate'>): { fate: Fate; workMs: number } {
  const random = randomFor(seed, 'merchant', paymentId, fact, attempt);
  const fate = random() < SHARE_OF_204 ? 204 : (oneOf(random, FAILURES) ?? 500);
  return { fate, workMs: within(random, WORK_MS) };
}

function answer(fate: Fate, response: ServerResponse): void {
  if (fate === 'hang') return;
  if (fate === 'reset') resetSocket(response.socket);
  else response.writeHead(fate, fate === 429 ? { 'retry-after': '1' } : {}).end();
}
