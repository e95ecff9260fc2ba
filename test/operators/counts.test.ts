/**
 * Counting in memory: whatever is counted in whatever hours and batches, nothing is lost or counted twice, and what a
 * database that is away leaves behind is bounded. Pure, with the test's clock.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createCounts } from '../../src/operators/counts.ts';

const HOUR_MS = 3_600_000;

test('each thing is counted in its hour, under its kind and name', () => {
  let nowMs = 10 * HOUR_MS;
  const counts = createCounts({ now: () => nowMs });
  counts.onCallback(204);
  counts.onCallback(204);
  counts.onEvent('payment.booked');
  nowMs += HOUR_MS - 1;
  counts.onSettled({ state: 'pending', delayMs: null });
  nowMs += 1;
  counts.onSettled({ state: 'delivered', delayMs: 1_000 });
  counts.onSettled({ state: 'dead_letter', delayMs: null });

  const taken = counts.take().map(({ hourMs, kind, name, count }) => [hourMs / HOUR_MS, kind, name, count]);

  assert.deepEqual(taken, [
    [10, 'callback', '204', 2],
    [10, 'event', 'payment.booked', 1],
    [10, 'delivery', 'retried', 1],
    [11, 'delivery', 'delivered', 1],
    [11, 'delivery', 'dead_letter', 1],
    [11, 'delay', '073', 1],
  ]);
  assert.deepEqual(counts.take(), []);
});

test('sums are right, however a clock jumps and whenever what was counted is taken', () => {
  const steps = fc.oneof(
    fc.constant('take' as const),
    fc.record({ hour: fc.integer({ min: 0, max: 5 }), status: fc.constantFrom(204, 406, 503) }),
  );
  fc.assert(
    fc.property(fc.array(steps, { maxLength: 200 }), (all) => {
      let nowMs = 0;
      const counts = createCounts({ now: () => nowMs });
      const [expected, taken] = [new Map<string, number>(), new Map<string, number>()];
      const add = (sums: Map<string, number>, key: string, count: number) =>
        sums.set(key, (sums.get(key) ?? 0) + count);
      const take = () => {
        for (const { hourMs, name, count } of counts.take()) add(taken, `${hourMs / HOUR_MS} ${name}`, count);
      };
      for (const step of all) {
        if (step === 'take') take();
        else {
          nowMs = (step.hour + 0.5) * HOUR_MS;
          counts.onCallback(step.status);
          add(expected, `${step.hour} ${step.status}`, 1);
        }
      }
      take();
      assert.deepEqual(new Map([...taken].sort()), new Map([...expected].sort()));
    }),
  );
});

test('beyond two days the oldest hours are forgotten', () => {
  let nowMs = 0;
  const counts = createCounts({ now: () => nowMs });
  for (let hour = 0; hour < 50; hour += 1) {
    nowMs = hour * HOUR_MS;
    counts.onEvent('test');
  }

  const hours = counts.take().map(({ hourMs }) => hourMs / HOUR_MS);

  assert.deepEqual([hours.length, hours[0], hours.at(-1)], [48, 2, 49]);
});
