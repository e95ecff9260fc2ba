/**
 * Sends many callbacks at the same instant and measures how long each waits for its response. What a busy machine takes
 * from this process, in which the receiver runs as well, is not counted.
 */
import assert from 'node:assert/strict';
import { type RawResponse, send, target } from './callbacks.ts';
import { assertResponse } from './responses.ts';
import type { LogLine } from './service.ts';
import { startStopwatch } from './stopwatch.ts';

/** Contract 4.2, as the service measures it. */
const LIMIT_MS = 4_000;
/** When Resurs gives up. Measured from outside, so it includes the work of all these senders in the test's process. */
const RESURS_TIMEOUT_MS = 5_000;

export interface TimedResponse {
  readonly response: RawResponse;
  /** From the request's last byte. */
  readonly tookMs: number;
  /** How long this process could not run meanwhile. */
  readonly stalledMs: number;
}

/** Sends UNFREEZE for `count` payments at once, counted from `start`. */
export function sendConcurrently(url: string, count: number, start = 0): Promise<TimedResponse[]> {
  const watch = startStopwatch();
  return Promise.all(
    Array.from({ length: count }, async (_, n) => {
      let sentAtMs = 0;
      const onSent = () => {
        sentAtMs = watch.elapsedMs();
      };
      const response = await send(url, target('UNFREEZE', `10000${start + n}`), { onSent });
      return { response, tookMs: watch.elapsedMs() - sentAtMs, stalledMs: watch.stalledMs() };
    }),
  );
}

/** Checks that each got a 503, in time for the contract and for Resurs. */
export function assertAllDeferred(results: readonly TimedResponse[], log: readonly LogLine[]): void {
  for (const { response, tookMs } of results) {
    assertResponse(response, { status: 503, reason: 'Try again.', actual: 'UNFREEZE' });
    assert.ok(tookMs < RESURS_TIMEOUT_MS, `a response after ${tookMs} ms`);
  }
  const lines = log.filter(({ outcome }) => outcome === 'try_again');
  assert.ok(lines.length >= results.length, 'every response has its line');
  const limitMs = LIMIT_MS + Math.max(...results.map(({ stalledMs }) => stalledMs));
  for (const { durationMs } of lines) assert.ok(Number(durationMs) < limitMs, `${durationMs} ms in the service`);
}
