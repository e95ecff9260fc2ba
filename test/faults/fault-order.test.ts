/** The order of the faults in `npm run faults -- mixed`: each gets its turns, rare ones rarely, and a seed gives it again. Pure. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fault } from '../../faults/mixed/fault.ts';
import { createTurns } from '../../faults/mixed/fault-order.ts';
import { randomFor } from '../../faults/random.ts';

function faultOf(name: string, timesARound?: number): Fault {
  const rate = timesARound === undefined ? {} : { timesARound };
  return { name, lane: 'service', ...rate, happen: async () => 'survived' };
}

const FAULTS = [faultOf('often', 3), faultOf('once'), faultOf('rarely', 1 / 3)];

function namesOf(count: number, seed: number): (string | undefined)[] {
  const next = createTurns(FAULTS, randomFor(seed, 'test'));
  return Array.from({ length: count }, () => next()?.fault.name);
}

test('in three rounds each fault comes as often as its rate says, and none waits for the third round', () => {
  const names = namesOf(5 + 4 + 4, 1);

  const times = (name: string): number => names.filter((one) => one === name).length;
  assert.deepEqual([times('often'), times('once'), times('rarely')], [9, 3, 1]);
  assert.deepEqual(new Set(names.slice(0, 5)), new Set(['often', 'once', 'rarely']));
});

test('the same seed gives the same order, another seed another one', () => {
  assert.deepEqual(namesOf(100, 1), namesOf(100, 1));
  assert.notDeepEqual(namesOf(100, 1), namesOf(100, 2));
});

test('a lane without faults has no turns, and one of rare faults goes on', () => {
  const rare = createTurns([faultOf('rarely', 1 / 3)], randomFor(1, 'test'));

  assert.equal(createTurns([], randomFor(1, 'test'))(), null);
  assert.deepEqual([rare()?.number, rare()?.number], [0, 1]);
});
