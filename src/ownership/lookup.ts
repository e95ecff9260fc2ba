/**
 * Asks the shop whether it knows an order. 2xx is yes, 404 and 410 are no, and everything else is no answer: never a
 * guess. Redirects are not followed, the body is not read, nothing is remembered.
 */
import { Agent, request } from 'undici';
import { abortable } from '../lib/abortable.ts';

/** More questions than this wait for each other, so that a look-up that hangs cannot use up the process's sockets. */
const CONNECTIONS = 64;
const MAX_DRAIN_BYTES = 1_024;
const NOT_FOUND_STATUSES = new Set([404, 410]);

export type OwnershipVerdict = 'ours' | 'not_ours' | 'unknown';

export interface LookupOptions {
  /** With `{paymentId}` where the percent-encoded id goes. */
  readonly url: string;
  readonly token: string | null;
  readonly timeoutMs: number;
}

export interface OrderLookup {
  /** Never rejects and never takes longer than the time-out. */
  lookUp(paymentId: string): Promise<OwnershipVerdict>;
  close(): Promise<void>;
}

export function createLookup({ url, token, timeoutMs }: LookupOptions): OrderLookup {
  const agent = new Agent({ connections: CONNECTIONS, pipelining: 1, connect: { timeout: timeoutMs } });
  const headers = token === null ? {} : { authorization: `Bearer ${token}` };

  async function requestVerdict(paymentId: string, signal: AbortSignal): Promise<OwnershipVerdict> {
    const target = url.replace('{paymentId}', () => encodeURIComponent(paymentId));
    const { statusCode, body } = await request(target, { dispatcher: agent, headers, signal });
    // Not waited for. A small body leaves the connection open for the next question; a longer one costs it.
    body.dump({ limit: MAX_DRAIN_BYTES }).catch(() => undefined);
    if (statusCode >= 200 && statusCode < 300) return 'ours';
    return NOT_FOUND_STATUSES.has(statusCode) ? 'not_ours' : 'unknown';
  }

  return {
    async lookUp(paymentId) {
      const signal = AbortSignal.timeout(timeoutMs);
      return abortable(requestVerdict(paymentId, signal), signal).catch(() => 'unknown');
    },
    close: () => agent.destroy(),
  };
}
