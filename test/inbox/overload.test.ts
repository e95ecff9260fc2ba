/**
 * Overload: the recorder's queue is bounded. Fewer than 256 waiting callbacks are never overload; far beyond that the
 * beyond one is overloaded at once, instead of waiting for longer than its sender does. The store never responds here,
 * like a database that hangs; the recorder is the real one.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { toEvent } from '../../src/callbacks/ecom/to-event.ts';
import type { NewEvent } from '../../src/events/event.ts';
import { createBatchRecorder } from '../../src/inbox/recorder.ts';
import { parseTarget } from '../helpers/parse.ts';

const OPTIONS = { deliver: true, timeoutMs: 2_000 };
const BOUND = 1_024;

function eventOfPayment(paymentId: string): NewEvent {
  const parsed = parseTarget(`/c?c=UNFREEZE&p=${paymentId}`, '/c');
  assert.equal(parsed.outcome, 'parsed');
  const verified = { digest: true, result: true, basicAuth: false, source: false };
  return toEvent({ callback: parsed.callback, body: null, method: 'GET', verified }, 86_400_000);
}

function setup() {
  const recorder = createBatchRecorder({ newId: randomUUID, storeBatch: () => new Promise(() => undefined) });
  const fill = (count: number) => {
    return Array.from({ length: count }, (_, n) => recorder.record(eventOfPayment(`p${n}`), OPTIONS));
  };
  return { recorder, fill };
}

test('a callback beyond the bound is overloaded at once', async () => {
  const { recorder, fill } = setup();
  const waiting = fill(BOUND);

  const beyond = await recorder.record(eventOfPayment('one-more'), OPTIONS);

  assert.equal(beyond.outcome, 'overloaded');
  assert.equal(recorder.queueLength(), BOUND);
  const outcomes = new Set((await Promise.all(waiting)).map(({ outcome }) => outcome));
  assert.deepEqual([...outcomes], ['unavailable']);
});

test('up to the bound no callback is overloaded, and the queue is empty afterwards', async () => {
  const { recorder, fill } = setup();

  const outcomes = new Set((await Promise.all(fill(256))).map(({ outcome }) => outcome));

  assert.deepEqual([...outcomes], ['unavailable']);
  assert.equal(recorder.queueLength(), 0);
});
