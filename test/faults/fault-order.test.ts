/** The order of faults in `npm run faults -- mixed`: by weight, and reproducible from the seed. Pure. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fault } from '../../faults/mixed/fault.ts';
import { createFaultOrder } from '../../faults/mixed/fault-order.ts';
import { randomFor } from '../harness/random.ts';

function faultNamed(name: string, weight?: number): Fault {
  const options = weight === undefined ? {} : { weight };
  return { name, group: 'service', ...options, inject: async () => 'survived' };
}

const FAULTS = [faultNamed('often', 3), faultNamed('once'), faultNamed('rarely', 1 / 3)];

function namesOf(count: number, seed: number): (string | undefined)[] {
  const next = createFaultOrder(FAULTS, randomFor(seed, 'test'));
  return Array.from({ length: count }, () => next()?.fault.name);
}

test('three rounds give each fault turns by its weight, and the first round has every fault', () => {
  const names = namesOf(5 + 4 + 4, 1);

  const times = (name: string): number => names.filter((one) => one === name).length;
  assert.deepEqual([times('often'), times('once'), times('rarely')], [9, 3, 1]);
  assert.deepEqual(new Set(names.slice(0, 5)), new Set(['often', 'once', 'rarely']));
});

test('the same seed gives the same order, and another seed a different one', () => {
  assert.deepEqual(namesOf(100, 1), namesOf(100, 1));
  assert.notDeepEqual(namesOf(100, 1), namesOf(100, 2));
});

test('a group without faults has no turns, and a group of rare faults skips empty rounds', () => {
  const rare = createFaultOrder([faultNamed('rarely', 1 / 3)], randomFor(1, 'test'));

  assert.equal(createFaultOrder([], randomFor(1, 'test'))(), null);
  assert.deepEqual([rare()?.number, rare()?.number], [0, 1]);
});
