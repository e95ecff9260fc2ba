/**
 * Asks the shop whether it knows an order. 2xx is yes, 404 and 410 are no, and everything else is no answer: never a
 * guess. Redirects are not followed, the body is not read, nothing is remembered.
 */
import { Agent, request } from 'undici';
import { unlessAborted } from '../unless-aborted.ts';

/** More questions than this wait for each other, so that a look-up that hangs cannot use up the process's sockets. */
const CONNECTIONS = 64;
const DRAINED_BYTES = 1_024;
const NO = new Set([404, 410]);

export type Answer = 'ours' | 'not_ours' | 'unknown';

export interface LookupOptions {
  /** With `{paymentId}` where the percent-encoded id goes. */
  readonly url: string;
  readonly token: string | null;
  readonly timeoutMs: number;
}

export interface Lookup {
  /** Never rejects and never takes longer than the time-out. */
  ask(paymentId: string): Promise<Answer>;
  close(): Promise<void>;
}

export function createLookup({ url, token, timeoutMs }: LookupOptions): Lookup {
  const agent = new Agent({ connections: CONNECTIONS, pipelining: 1, connect: { timeout: timeoutMs } });
  const headers = token === null ? {} : { authorization: `Bearer ${token}` };

  async function question(paymentId: string, signal: AbortSignal): Promise<Answer> {
    const target = url.replace('{paymentId}', () => encodeURIComponent(paymentId));
    const { statusCode, body } = await request(target, { dispatcher: agent, headers, signal });
    // Not waited for. A small body leaves the connection open for the next question; a longer one costs it.
    body.dump({ limit: DRAINED_BYTES }).catch(() => undefined);
    if (statusCode >= 200 && statusCode < 300) return 'ours';
    return NO.has(statusCode) ? 'not_ours' : 'unknown';
  }

  return {
    async ask(paymentId) {
      const signal = AbortSignal.timeout(timeoutMs);
      return unlessAborted(question(paymentId, signal), signal).catch(() => 'unknown');
    },
    close: () => agent.destroy(),
  };
}
