/**
 * Looks up at the shop whether an order is its own. 2xx means ours, 404 and 410 mean not ours, and everything else is
 * `unknown`: never a guess. Redirects are not followed, the body is not read, no result is cached.
 */
import { request } from 'undici';
import { abortable } from '../lib/abortable.ts';
import { createOutbound } from '../outbound/outbound.ts';
import type { ProxySettings } from '../outbound/proxies.ts';

/** Further requests wait for a free connection, so that a look-up that hangs cannot use up the process's sockets. */
const MAX_CONNECTIONS = 64;
const MAX_DRAIN_BYTES = 1_024;
const NOT_FOUND_STATUSES = new Set([404, 410]);

export type OwnershipVerdict = 'ours' | 'not_ours' | 'unknown';

export interface LookupOptions {
  /** Contains `{paymentId}`, which the percent-encoded id replaces. */
  readonly url: string;
  readonly token: string | null;
  readonly timeoutMs: number;
  readonly proxies: ProxySettings;
}

export interface OrderLookup {
  /** Never rejects and never takes longer than the timeout of the options, or `limitMs` if that is shorter. */
  lookUp(paymentId: string, limitMs: number): Promise<OwnershipVerdict>;
  close(): Promise<void>;
}

/** Creates a look-up with its own connections. No connection is made before the first request. */
export function createLookup({ url, token, timeoutMs, proxies }: LookupOptions): OrderLookup {
  const outbound = createOutbound({ proxies, connections: MAX_CONNECTIONS, connectTimeoutMs: timeoutMs });
  const headers = token === null ? {} : { authorization: `Bearer ${token}` };

  async function requestVerdict(paymentId: string, signal: AbortSignal): Promise<OwnershipVerdict> {
    const target = url.replace('{paymentId}', () => encodeURIComponent(paymentId));
    const { statusCode, body } = await request(target, { dispatcher: outbound.dispatcher, headers, signal });
    // Not awaited. A small body leaves the connection open for the next request; a longer one closes it.
    body.dump({ limit: MAX_DRAIN_BYTES }).catch(() => undefined);
    if (statusCode >= 200 && statusCode < 300) return 'ours';
    return NOT_FOUND_STATUSES.has(statusCode) ? 'not_ours' : 'unknown';
  }

  return {
    async lookUp(paymentId, limitMs) {
      const signal = AbortSignal.timeout(Math.min(timeoutMs, limitMs));
      return abortable(requestVerdict(paymentId, signal), signal).catch(() => 'unknown');
    },
    close: outbound.destroy,
  };
}
