/**
 * Runs an unreliable merchant: it responds 204 to nine requests in ten. To the others it responds, at random, 500, 429
 * with `Retry-After: 1`, nothing at all, or a reset. It verifies each request with the `standardwebhooks` package and
 * records all of them in order of arrival. With the same seed, the same attempt of the same event gets the same
 * response in every run.
 */
import type { ServerResponse } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { resetSocket } from '../src/lib/reset-socket.ts';
import { between, pick, randomFor } from '../test/harness/random.ts';
import { startWebhookServer } from '../test/harness/webhook-server.ts';
import { createResendDetector, type ReceivedRequest, type ResponseOutcome, readRequest } from './received-request.ts';

export interface Merchant {
  readonly url: string;
  /** In order of arrival. */
  readonly received: readonly ReceivedRequest[];
  /** Calls `react` for each request before the response, until the returned function is called. */
  watch(react: (recorded: ReceivedRequest) => void): () => void;
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
  const received: ReceivedRequest[] = [];
  const watchers = new Set<(recorded: ReceivedRequest) => void>();
  const webhook = new Webhook(options.secret);
  const isResend = createResendDetector();
  const { url, close } = await startWebhookServer((request, body, response) => {
    const read = readRequest(webhook, request, body);
    const { responseOutcome, workMs } = chooseOutcome(options.seed, read);
    const recorded = { ...read, responseOutcome, isResend: isResend(request) };
    received.push(recorded);
    for (const react of watchers) react(recorded);
    setTimeout(() => respond(responseOutcome, response), workMs);
  });
  const merchant: Merchant = {
    url: `${url}/events`,
    received,
    watch(react) {
      watchers.add(react);
      return () => void watchers.delete(react);
    },
  };
  return { merchant, stop: close };
}

function chooseOutcome(
  seed: number,
  { paymentId, content, attempt }: Omit<ReceivedRequest, 'responseOutcome' | 'isResend'>,
): { responseOutcome: ResponseOutcome; workMs: number } {
  const random = randomFor(seed, 'merchant', paymentId, content, attempt);
  const responseOutcome = random() < SHARE_OF_204 ? 204 : (pick(random, FAILURES) ?? 500);
  return { responseOutcome, workMs: between(random, WORK_MS) };
}

function respond(responseOutcome: ResponseOutcome, response: ServerResponse): void {
  if (responseOutcome === 'hang') return;
  if (responseOutcome === 'reset') resetSocket(response.socket);
  else response.writeHead(responseOutcome, responseOutcome === 429 ? { 'retry-after': '1' } : {}).end();
}
