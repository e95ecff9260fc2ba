/**
 * Who may be sent, and who goes back: never more requests than places, nobody who has waited for too long, nobody to a
 * webhook that is down. Nothing here needs the database, so an outage of it changes none of this. Time is an argument.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BreakerState, CLOSED } from '../../src/deliveries/breaker-state.ts';
import type { Claim } from '../../src/deliveries/claim.ts';
import { createSlots } from '../../src/deliveries/slots.ts';

const DOWN: BreakerState = { ...CLOSED, failuresInRow: 5, probe: { delayMs: 1000, dueAtMs: 1000 } };

function claims(...names: string[]): Claim[] {
  return names.map((eventId) => ({ eventId }) as Claim);
}

function names(all: readonly Claim[]): string[] {
  return all.map((claim) => claim.eventId);
}

/** Two places, at a time and with a health that the test sets. */
function setup() {
  const now = { ms: 0, health: CLOSED };
  const begun: [name: string, waitedMs: number][] = [];
  const places = createSlots({
    concurrency: 2,
    clock: { now: () => now.ms, elapsed: () => now.ms },
    judge: {
      onResult: () => assert.fail('nothing is decided here'),
      isOpen: () => now.health.probe !== null,
      health: () => now.health,
    },
    start: ({ eventId }, waitedMs) => void begun.push([eventId, waitedMs]),
  });
  return { now, begun, places };
}

test('only as many begin as there are places, and the next when one is free', () => {
  const { now, begun, places } = setup();

  places.add(claims('a', 'b', 'c'));
  const atFirst = [...begun];
  now.ms = 40;
  places.release();

  assert.deepEqual(atFirst, [
    ['a', 0],
    ['b', 0],
  ]);
  assert.deepEqual(begun.at(-1), ['c', 40]);
});

test('who has waited for a second when a place falls free is not sent but goes back', () => {
  const { now, begun, places } = setup();
  places.add(claims('a', 'b', 'late'));

  now.ms = 1000;
  places.release();

  assert.equal(begun.length, 2);
  assert.deepEqual(names(places.takeUnsendable()), ['late']);
});

test('who waits when the webhook goes down goes back', () => {
  const { now, begun, places } = setup();
  places.add(claims('a', 'b', 'c', 'd'));

  now.health = DOWN;
  places.release();

  assert.equal(begun.length, 2);
  assert.deepEqual(names(places.takeUnsendable()), ['c', 'd']);
  assert.deepEqual(names(places.takeUnsendable()), []);
});

test('while the webhook is down one claim is wanted, when a probe is due and nothing is under way', () => {
  const { now, places } = setup();
  now.health = DOWN;

  const early = places.claimLimit(0);
  now.ms = 1000;

  assert.deepEqual([early, places.claimLimit(0), places.claimLimit(1)], [0, 1, 0]);
});

test('what could not be given back is handed over again', () => {
  const { places } = setup();

  places.markUnsendable(claims('a'));

  assert.deepEqual(names(places.takeUnsendable()), ['a']);
});
