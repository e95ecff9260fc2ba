/**
 * Overload: what waits for a commit is bounded. Fewer than 256 callbacks waiting are never overload; far beyond that the
 * next one is told at once to come again, instead of waiting for a time that the sender does not have. The store never
 * answers here, as a database does that hangs; the recorder is the real one.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { parseCallback } from '../../src/callbacks/ecom/parse.ts';
import { toEvent } from '../../src/callbacks/ecom/to-event.ts';
import type { NewEvent } from '../../src/events/event.ts';
import { createBatchRecorder } from '../../src/inbox/recorder.ts';

const WISH = { deliver: true, timeoutMs: 2_000 };
const BOUND = 1_024;

function eventOfPayment(paymentId: string): NewEvent {
  const parsed = parseCallback(`/c?c=UNFREEZE&p=${paymentId}`, '/c');
  assert.equal(parsed.outcome, 'parsed');
  const verified = { digest: true, result: true, basicAuth: false, source: false };
  return toEvent({ callback: parsed.callback, body: null, method: 'GET', verified }, 86_400_000);
}

function setup() {
  const recorder = createBatchRecorder({ newId: randomUUID, storeBatch: () => new Promise(() => undefined) });
  const fill = (count: number) => {
    return Array.from({ length: count }, (_, n) => recorder.record(eventOfPayment(`p${n}`), WISH));
  };
  return { recorder, fill };
}

test('beyond the bound a callback is told at once to come again', async () => {
  const { recorder, fill } = setup();
  const waiting = fill(BOUND);

  const next = await recorder.record(eventOfPayment('one-more'), WISH);

  assert.equal(next.outcome, 'overloaded');
  assert.equal(recorder.queueLength(), BOUND);
  const outcomes = new Set((await Promise.all(waiting)).map(({ outcome }) => outcome));
  assert.deepEqual([...outcomes], ['unavailable']);
});

test('up to the bound nobody is turned away, and what waited is forgotten afterwards', async () => {
  const { recorder, fill } = setup();

  const outcomes = new Set((await Promise.all(fill(256))).map(({ outcome }) => outcome));

  assert.deepEqual([...outcomes], ['unavailable']);
  assert.equal(recorder.queueLength(), 0);
});
