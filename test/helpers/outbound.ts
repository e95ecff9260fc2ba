/** Requests over the connections of the service, for tests. */

import type { TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { type PostResult, postOnce } from '../../src/deliveries/post.ts';
import { errorSummary } from '../../src/lib/errors.ts';
import { createOutbound, type Outbound, type OutboundOptions } from '../../src/outbound/outbound.ts';

export const NO_PROXIES = { HTTP_PROXY: null, HTTPS_PROXY: null, NO_PROXY: [] } as const;

/** Creates the connections, one at a time to each server unless told otherwise. They are closed after the test. */
export function outboundForTest(t: TestContext, options: Partial<OutboundOptions> = {}): Outbound {
  const outbound = createOutbound({ proxies: NO_PROXIES, connections: 1, connectTimeoutMs: 5_000, ...options });
  t.after(outbound.destroy);
  return outbound;
}

/** Sends one POST as a delivery does. The connection is free again when it resolves. */
export async function post(outbound: Outbound, url: string, timeoutMs = 5_000): Promise<PostResult> {
  const { origin, pathname: path } = new URL(url);
  const request = { origin, path, headers: {}, body: Buffer.from('{}') };
  const result = await postOnce(outbound.dispatcher, request, { timeoutMs, signal: new AbortController().signal });
  await setImmediate();
  return result;
}

/** `204`, or the outcome, with the error that an attempt would have. */
export function describe(result: PostResult): string {
  if (result.outcome === 'responded') return String(result.status);
  return result.outcome === 'failed' ? `failed ${errorSummary(result.error)}` : result.outcome;
}
