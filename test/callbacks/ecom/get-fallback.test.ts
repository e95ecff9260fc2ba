/**
 * How long a GET waits for the POST that failed before it: a minute from that POST, in bounded memory. The clock is an
 * argument; what Resurs sees of it is in post-then-get.test.ts.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createGetFallbackGuard } from '../../../src/callbacks/ecom/get-fallback.ts';

function setup() {
  let elapsedMs = 1_000_000;
  const fallback = createGetFallbackGuard({ now: () => 0, elapsed: () => elapsedMs });
  return {
    fallback,
    fail: (paymentId: string, type = 'BOOKED') => fallback.postFailed(type, paymentId, elapsedMs),
    isAwaited: (paymentId: string, type = 'BOOKED') => fallback.shouldDefer(type, paymentId),
    pass(ms: number) {
      elapsedMs += ms;
    },
  };
}

test('a failed POST is awaited for 60 s from its arrival', () => {
  const { fail, isAwaited, pass } = setup();
  fail('1');

  pass(59_999);
  const before = isAwaited('1');
  pass(1);

  assert.deepEqual([before, isAwaited('1')], [true, false]);
});

test('a POST that fails again is awaited for 60 s again', () => {
  const { fail, isAwaited, pass } = setup();
  fail('1');
  pass(59_000);
  fail('1');

  pass(59_000);

  assert.equal(isAwaited('1'), true);
});

test('type and payment have to be the same, and types without a body are never awaited', () => {
  const { fail, isAwaited } = setup();
  fail('1');
  fail('2', 'UNFREEZE');
  fail('3', 'UPDATE');

  const awaited = [isAwaited('1'), isAwaited('1', 'UPDATE'), isAwaited('2', 'UNFREEZE'), isAwaited('3', 'UPDATE')];

  assert.deepEqual(awaited, [true, false, false, true]);
});

test('a callback that was taken ends the waiting', () => {
  const { fallback, fail, isAwaited } = setup();
  fail('1');

  fallback.accepted('BOOKED', '1');

  assert.equal(isAwaited('1'), false);
});

test('the memory is bounded, and forgets the oldest', () => {
  const { fail, isAwaited } = setup();

  for (let number = 0; number <= 10_000; number += 1) fail(String(number));

  assert.deepEqual([isAwaited('0'), isAwaited('1'), isAwaited('10000')], [false, true, true]);
});
