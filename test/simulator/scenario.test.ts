/**
 * A scenario: its callbacks and the response expected for each. Readers of a simulation's table rely on it being
 * complete: every type, a repeat, a lost response, a wrong digest and an order of another shop. Pure; nothing is
 * replaced.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CALLBACK_TYPES } from '../../src/protocol/ecom/callback-types.ts';
import { EXPECTED } from '../../src/simulator/expected.ts';
import { buildScenario, paymentIdAfter, type ScenarioOptions } from '../../src/simulator/scenario.ts';

const NOW_MS = Date.UTC(2026, 10, 20, 12);

function scenario(options: Partial<ScenarioOptions> = {}) {
  return buildScenario({
    payments: 2,
    firstPaymentId: '100000016',
    notOursPaymentId: 'FOREIGN-1',
    notOursResponse: EXPECTED.notOurs,
    signed: true,
    nowMs: NOW_MS,
    only: null,
    ...options,
  });
}

test('two payments cover all seven types', () => {
  const types = new Set(
    scenario()
      .flat()
      .map(({ type }) => type),
  );

  assert.deepEqual([...types].toSorted(), [...CALLBACK_TYPES].toSorted());
});

test('the first payment is frozen, unfrozen, debited and finalized, in that order', () => {
  const [lifecycle] = scenario();

  assert.deepEqual(
    lifecycle?.map(({ type, result }) => result ?? type),
    ['BOOKED', 'FROZEN', 'UNFREEZE', 'UNFREEZE', 'UPDATE', 'FINALIZATION'],
  );
  assert.ok(lifecycle.every(({ paymentId }) => paymentId === '100000016'));
});

test('another payment is annulled', () => {
  const [, lifecycle] = scenario();

  assert.deepEqual(
    lifecycle?.map(({ type, result }) => result ?? type),
    ['BOOKED', 'THAWED', 'UPDATE', 'ANNULMENT'],
  );
  assert.ok(lifecycle.every(({ paymentId }) => paymentId === '100000017'));
});

test('BOOKED has a line in one callback and none in the others', () => {
  const bodies = scenario()
    .flat()
    .filter(({ type }) => type === 'BOOKED')
    .map(({ body }) => JSON.parse(body ?? '').addedPaymentSpecificationLines.length);

  assert.deepEqual(bodies, [1, 0, 0]);
});

test('UPDATE has a paymentDiff with epoch milliseconds', () => {
  const diffs = scenario()
    .flat()
    .filter(({ type }) => type === 'UPDATE')
    .map(({ body }) => JSON.parse(body ?? '').paymentDiff);

  assert.deepEqual(
    diffs.map(({ type, created }) => [type, created]),
    [
      ['DEBIT', NOW_MS],
      ['ANNUL', NOW_MS],
    ],
  );
});

test('a repeat has the fact of the callback that it repeats, and no other two share one', () => {
  const facts = scenario()
    .flat()
    .map(({ fact }) => fact);
  const repeated = facts.filter((fact, index) => facts.indexOf(fact) !== index);

  assert.deepEqual(repeated, ['UNFREEZE 100000016']);
});

test('a wrong digest and an order of another shop expect a refusal, all others 204', () => {
  const refused = scenario()
    .flat()
    .filter(({ expected }) => expected.status !== 204);

  assert.deepEqual(
    refused.map(({ paymentId, expected }) => [paymentId, expected.status]),
    [
      ['100000018', 406],
      ['FOREIGN-1', 410],
    ],
  );
});

test('without a salt no digest is wrong', () => {
  const sequences = scenario({ signed: false }).flat();

  assert.ok(sequences.every(({ fault }) => fault !== 'wrong_digest'));
});

test('`only` keeps the given types and leaves no empty sequence', () => {
  const sequences = scenario({ only: ['TEST', 'ANNULMENT'] });

  assert.deepEqual(
    sequences.map((sequence) => sequence.map(({ type }) => type)),
    [['ANNULMENT'], ['TEST']],
  );
});

test('the same options build the same scenario, byte for byte', () => {
  assert.deepEqual(scenario(), scenario());
});

for (const [first, steps, expected] of [
  ['100000016', 1, '100000017'],
  ['099', 1, '100'],
  ['WC-0099', 2, 'WC-0101'],
  ['99999999999999999999', 1, '100000000000000000000'],
  ['order', 0, 'order'],
  ['order', 3, 'order-3'],
] as const) {
  test(`the paymentId ${steps} after ${first} is ${expected}`, () => {
    assert.equal(paymentIdAfter(first, steps), expected);
  });
}
