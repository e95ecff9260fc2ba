/** Many callbacks at the same instant, and how long each waited for its answer. */
import assert from 'node:assert/strict';
import { type RawAnswer, send, target } from './callbacks.ts';
import { assertAnswer } from './responses.ts';
import type { LogLine } from './service.ts';

/** Contract 4.2, as the service measures it. */
const LIMIT_MS = 4_000;
/** When Resurs gives up. From outside, where the work of all these senders counts too, in a process that is not Resurs'. */
const PATIENCE_OF_RESURS_MS = 5_000;

export interface Timed {
  readonly answer: RawAnswer;
  /** From the request's last byte. */
  readonly tookMs: number;
}

/** Sends UNFREEZE for `count` payments at once, counted from `start`. */
export function sendMany(url: string, count: number, start = 0): Promise<Timed[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, n) => {
      let sentAtMs = 0;
      const onSent = () => {
        sentAtMs = performance.now();
      };
      const answer = await send(url, target('UNFREEZE', `10000${start + n}`), { onSent });
      return { answer, tookMs: performance.now() - sentAtMs };
    }),
  );
}

/** Checks that each was told to come again, in time for the contract and for Resurs. */
export function assertAllPutOff(results: readonly Timed[], log: readonly LogLine[]): void {
  for (const { answer, tookMs } of results) {
    assertAnswer(answer, { status: 503, reason: 'Try again.', actual: 'UNFREEZE' });
    assert.ok(tookMs < PATIENCE_OF_RESURS_MS, `an answer after ${tookMs} ms`);
  }
  const lines = log.filter(({ outcome }) => outcome === 'try_again');
  assert.ok(lines.length >= results.length, 'every answer has its line');
  for (const { durationMs } of lines) assert.ok(Number(durationMs) < LIMIT_MS, `${durationMs} ms in the service`);
}
