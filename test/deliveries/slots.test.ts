/**
 * Which claims are sent and which are released: requests never exceed the slots, and no claim is sent that waited too
 * long or whose webhook went down. No database is involved, so an outage of it changes none of this. Time is an
 * argument.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BreakerState, CLOSED } from '../../src/deliveries/circuit-breaker.ts';
import type { Claim } from '../../src/deliveries/claim.ts';
import { createSlots } from '../../src/deliveries/slots.ts';

const OPEN: BreakerState = { ...CLOSED, failuresInRow: 5, probe: { delayMs: 1000, dueAtMs: 1000 } };

function claims(...names: string[]): Claim[] {
  return names.map((eventId) => ({ eventId }) as Claim);
}

function names(all: readonly Claim[]): string[] {
  return all.map((claim) => claim.eventId);
}

/** Two slots; the test sets the time and the circuit breaker's state. */
function setup() {
  const now = { ms: 0, breaker: CLOSED };
  const started: [name: string, waitedMs: number][] = [];
  const slots = createSlots({
    concurrency: 2,
    clock: { now: () => now.ms, elapsed: () => now.ms },
    circuitBreaker: { isOpen: () => now.breaker.probe !== null, state: () => now.breaker },
    start: ({ eventId }, waitedMs) => void started.push([eventId, waitedMs]),
  });
  return { now, started, slots };
}

test('two slots start two requests, and a third when one is free', () => {
  const { now, started, slots } = setup();

  slots.add(claims('a', 'b', 'c'));
  const atFirst = [...started];
  now.ms = 40;
  slots.release();

  assert.deepEqual(atFirst, [
    ['a', 0],
    ['b', 0],
  ]);
  assert.deepEqual(started.at(-1), ['c', 40]);
});

test('a claim that waited 1 s is released instead of sent', () => {
  const { now, started, slots } = setup();
  slots.add(claims('a', 'b', 'late'));

  now.ms = 1000;
  slots.release();

  assert.equal(started.length, 2);
  assert.deepEqual(names(slots.takeUnsendable()), ['late']);
});

test('waiting claims are released when the circuit breaker opens', () => {
  const { now, started, slots } = setup();
  slots.add(claims('a', 'b', 'c', 'd'));

  now.breaker = OPEN;
  slots.release();

  assert.equal(started.length, 2);
  assert.deepEqual(names(slots.takeUnsendable()), ['c', 'd']);
  assert.deepEqual(names(slots.takeUnsendable()), []);
});

test('while the circuit breaker is open, the claim limit is one when a probe is due and nothing is in flight', () => {
  const { now, slots } = setup();
  now.breaker = OPEN;

  const early = slots.claimLimit(0);
  now.ms = 1000;

  assert.deepEqual([early, slots.claimLimit(0), slots.claimLimit(1)], [0, 1, 0]);
});

test('claims whose release failed are returned for release again', () => {
  const { slots } = setup();

  slots.markUnsendable(claims('a'));

  assert.deepEqual(names(slots.takeUnsendable()), ['a']);
});
