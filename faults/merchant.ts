/**
 * A merchant on a bad day: answers 204 nine times in ten and else, at random, 500, 429 with `Retry-After: 1`, nothing at
 * all, or a reset. It verifies each request with the `standardwebhooks` package and remembers every one in the order in
 * which they came. The same attempt of the same fact meets the same responseOutcome in every run with the same seed.
 */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';
import { resetSocket } from '../src/lib/reset-socket.ts';
import { between, pick, randomFor } from './random.ts';
import { type ReceivedRequest, type ResponseOutcome, readRequest } from './received-request.ts';

export type { ReceivedRequest } from './received-request.ts';

export interface Merchant {
  readonly url: string;
  /** In the order they came. */
  readonly received: readonly ReceivedRequest[];
  /** Calls `react` for each request, before it is answered; until the function it returns is called. */
  watch(react: (arrival: ReceivedRequest) => void): () => void;
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
  const received: ReceivedRequest[] = [];
  const watchers = new Set<(arrival: ReceivedRequest) => void>();
  const webhook = new Webhook(options.secret);
  const server = createServer(async (request, response) => {
    const body = await buffer(request).catch(() => null);
    if (body === null) return;
    const read = readRequest(webhook, request, body);
    const { responseOutcome, workMs } = fateOf(options.seed, read);
    const arrival = { ...read, responseOutcome };
    received.push(arrival);
    for (const react of watchers) react(arrival);
    setTimeout(() => answer(responseOutcome, response), workMs);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const merchant: Merchant = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`,
    received,
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

function fateOf(
  seed: number,
  { paymentId, content, attempt }: Omit<ReceivedRequest, 'responseOutcome'>,
): { responseOutcome: ResponseOutcome; workMs: number } {
  const random = randomFor(seed, 'merchant', paymentId, content, attempt);
  const responseOutcome = random() < SHARE_OF_204 ? 204 : (pick(random, TROUBLES) ?? 500);
  return { responseOutcome, workMs: between(random, WORK_MS) };
}

function answer(responseOutcome: ResponseOutcome, response: ServerResponse): void {
  // Whoever sent it may be dead by now.
  response.on('error', () => undefined);
  if (responseOutcome === 'hang') return;
  if (responseOutcome === 'reset') resetSocket(response.socket);
  else response.writeHead(responseOutcome, responseOutcome === 429 ? { 'retry-after': '1' } : {}).end();
}
