/**
 * No answer of a merchant, however odd, leaves a delivery without a next step, and no wait undercuts the schedule. Pure;
 * results and situations are made up by the hundred.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { AttemptResult } from '../../src/deliveries/retry.ts';
import { nextStep } from '../../src/deliveries/retry.ts';

const HOUR_MS = 3_600_000;
const FAILURE: AttemptResult = {
  outcome: 'refused',
  durationMs: 1,
  status: 500,
  error: 'HTTP 500',
  answer: '',
  retryAfterMs: null,
};
const RESULTS = fc.record({
  outcome: fc.constantFrom('accepted', 'refused', 'unreachable', 'timed_out', 'abandoned'),
  durationMs: fc.nat(),
  status: fc.option(fc.integer({ min: 0, max: 999 })),
  error: fc.option(fc.string()),
  answer: fc.option(fc.string()),
  retryAfterMs: fc.option(fc.nat({ max: 10_000_000_000_000 })),
}) as fc.Arbitrary<AttemptResult>;
const TRIES = fc.record({ triesUsed: fc.nat(200), abandonedInRow: fc.nat(50) });
const SITUATIONS = fc.record({
  schedule: fc.array(fc.nat(2_592_000_000), { minLength: 1, maxLength: 20 }),
  isWebhookDown: fc.boolean(),
  distrustsRefusals: fc.boolean(),
  random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }).map((value) => () => value),
});

test('every result in every situation has a next step, and jitter only adds, at most a fifth', () => {
  fc.assert(
    fc.property(TRIES, RESULTS, SITUATIONS, (tries, result, circumstances) => {
      const next = nextStep(tries, result, circumstances);

      assert.ok([tries.triesUsed, tries.triesUsed + 1].includes(next.triesUsed));
      assert.equal(next.abandonedInRow, result.outcome === 'abandoned' ? tries.abandonedInRow + 1 : 0);
      if (next.state !== 'pending' || (result.outcome === 'abandoned' && next.waitMs === 0)) return;
      const { schedule } = circumstances;
      const base = schedule[Math.min(tries.triesUsed, schedule.length - 1)] ?? assert.fail();
      const asked = result.outcome === 'abandoned' ? 0 : Math.min(result.retryAfterMs ?? 0, HOUR_MS);
      assert.ok(next.waitMs >= Math.max(base, asked), `${next.waitMs} undercuts`);
      assert.ok(next.waitMs <= Math.max(base * 1.2, asked), `${next.waitMs} is too much`);
    }),
  );
});

test('a delivery that always fails is tried once and then once for each wait of the schedule', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(1000), { minLength: 1, maxLength: 12 }), (schedule) => {
      let tries = { triesUsed: 0, abandonedInRow: 0 };
      let attempts = 0;
      for (let state = 'pending'; state === 'pending'; attempts += 1) {
        const next = nextStep(tries, FAILURE, {
          schedule,
          isWebhookDown: false,
          distrustsRefusals: false,
          random: () => 0,
        });
        tries = next;
        state = next.state;
      }
      assert.equal(attempts, schedule.length + 1);
    }),
  );
});
