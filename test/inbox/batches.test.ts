/**
 * Which callbacks share a batch, and when a batch starts. The store is a stand-in, so that a test decides when each
 * batch ends; the recorder is the real one.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { toEvent } from '../../src/callbacks/ecom/to-event.ts';
import type { NewEvent } from '../../src/events/event.ts';
import type { BatchRow, RowResult } from '../../src/inbox/record.ts';
import { createBatchRecorder } from '../../src/inbox/recorder.ts';
import { parseTarget } from '../helpers/parse.ts';

const OPTIONS = { deliver: true, timeoutMs: 10_000 };

function eventOf(type: string, paymentId: string): NewEvent {
  const parsed = parseTarget(`/c?c=${type}&p=${paymentId}`, '/c');
  assert.equal(parsed.outcome, 'parsed');
  const verified = { digest: true, result: true, basicAuth: false, source: false };
  return toEvent({ callback: parsed.callback, body: null, method: 'GET', verified }, 86_400_000);
}

interface StartedBatch {
  readonly rows: readonly BatchRow[];
  commit(): void;
}

/** A recorder whose batches wait until the test commits them. */
function setup() {
  const started: StartedBatch[] = [];
  let announce = Promise.withResolvers<void>();
  const recorder = createBatchRecorder({
    newId: randomUUID,
    storeBatch(rows) {
      const { promise, resolve } = Promise.withResolvers<readonly RowResult[]>();
      const results = rows.map(({ id }): RowResult => ({ outcome: 'recorded', eventId: id, isDue: false }));
      started.push({ rows, commit: () => resolve(results) });
      announce.resolve();
      return promise;
    },
  });
  /** Returns the batch of this number, once it has started. */
  const batch = async (number: number): Promise<StartedBatch> => {
    for (;;) {
      const found = started[number];
      if (found !== undefined) return found;
      announce = Promise.withResolvers();
      await announce.promise;
    }
  };
  const record = (type: string, paymentId: string) => recorder.record(eventOf(type, paymentId), OPTIONS);
  return { recorder, record, batch };
}

function paymentsOf({ rows }: StartedBatch): (string | null)[] {
  return rows.map(({ event }) => event.paymentId);
}

test('callbacks that arrive while a batch runs share the next one', async () => {
  const { record, batch } = setup();
  const first = record('UNFREEZE', 'p1');
  const running = await batch(0);
  const others = [record('UNFREEZE', 'p2'), record('UNFREEZE', 'p3'), record('UNFREEZE', 'p1')];
  running.commit();
  const next = await batch(1);
  next.commit();

  assert.deepEqual(paymentsOf(running), ['p1']);
  assert.deepEqual(paymentsOf(next), ['p2', 'p3', 'p1']);
  for (const recorded of [first, ...others]) assert.equal((await recorded).outcome, 'recorded');
});

test('equal callbacks are one event with several receipts, and the first of them is the event', async () => {
  const { record, batch } = setup();
  const recorded = ['p1', 'p1', 'p2', 'p1'].map((paymentId) => record('UNFREEZE', paymentId));
  const running = await batch(0);
  running.commit();

  assert.deepEqual(
    running.rows.map(({ event, receipts }) => [event.paymentId, receipts]),
    [
      ['p1', 3],
      ['p2', 1],
    ],
  );
  const outcomes = (await Promise.all(recorded)).map(({ outcome }) => outcome);
  assert.deepEqual(outcomes, ['recorded', 'duplicate', 'recorded', 'duplicate']);
});

test('events of one payment are in successive batches, in the order of their arrival', async () => {
  const { record, batch } = setup();
  const recorded = ['UNFREEZE', 'ANNULMENT', 'FINALIZATION'].map((type) => record(type, 'p1'));
  const types: string[] = [];
  for (const number of [0, 1, 2]) {
    const running = await batch(number);
    types.push(...running.rows.map(({ event }) => event.callback));
    running.commit();
  }

  assert.deepEqual(types, ['UNFREEZE', 'ANNULMENT', 'FINALIZATION']);
  for (const one of recorded) assert.equal((await one).outcome, 'recorded');
});

test('a payment with many events does not overtake others, of which more wait than a batch can hold', async () => {
  const { record, batch } = setup();
  const busy = Array.from({ length: 128 }, (_, index) => `busy-${index}`);
  const recorded = ['UNFREEZE', 'ANNULMENT'].flatMap((type) => busy.map((paymentId) => record(type, paymentId)));
  recorded.push(record('UNFREEZE', 'late'));
  const first = await batch(0);
  recorded.push(...busy.map((paymentId) => record('FINALIZATION', paymentId)));
  first.commit();
  const second = await batch(1);
  second.commit();
  for (const number of [2, 3]) (await batch(number)).commit();

  assert.deepEqual(paymentsOf(first), busy);
  assert.equal(paymentsOf(second)[0], 'late');
  for (const one of recorded) assert.equal((await one).outcome, 'recorded');
});

test('a batch that takes long holds up its own payments and no others', async () => {
  const { record, batch } = setup();
  const slow = record('UNFREEZE', 'p1');
  const stuck = await batch(0);
  const same = record('ANNULMENT', 'p1');
  const other = record('UNFREEZE', 'p2');
  const beside = await batch(1);
  beside.commit();

  assert.deepEqual(paymentsOf(beside), ['p2']);
  assert.equal((await other).outcome, 'recorded');
  stuck.commit();
  const last = await batch(2);
  last.commit();
  assert.deepEqual(paymentsOf(last), ['p1']);
  for (const recorded of [slow, same]) assert.equal((await recorded).outcome, 'recorded');
});

test('a callback that has waited too long leaves the queue, and its event is not stored', async () => {
  const { recorder, record, batch } = setup();
  const first = record('UNFREEZE', 'p1');
  const running = await batch(0);
  const late = await recorder.record(eventOf('ANNULMENT', 'p1'), { deliver: true, timeoutMs: 1 });
  const kept = record('FINALIZATION', 'p1');
  running.commit();
  const next = await batch(1);
  next.commit();

  assert.equal(late.outcome, 'unavailable');
  assert.deepEqual(
    next.rows.map(({ event }) => event.callback),
    ['FINALIZATION'],
  );
  for (const recorded of [first, kept]) assert.equal((await recorded).outcome, 'recorded');
  assert.equal(recorder.queueLength(), 0);
});
