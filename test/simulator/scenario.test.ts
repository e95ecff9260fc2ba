/**
 * The story of a payment's life: which callbacks come, and what each is promised. Whoever reads a simulation's table relies
 * on it being complete: every type, a repeat, a lost answer, a wrong digest and a foreign order. Pure; nothing is replaced.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  buildScenario,
  EXPECTED,
  paymentIdAfter,
  type ScenarioOptions,
  SIMULATED_TYPES,
} from '../../src/simulator/scenario.ts';

const NOW_MS = Date.UTC(2026, 10, 20, 12);

function tell(options: Partial<ScenarioOptions> = {}) {
  return buildScenario({
    payments: 2,
    firstPaymentId: '100000016',
    foreignId: 'FOREIGN-1',
    foreignAnswer: EXPECTED.notOurs,
    signed: true,
    nowMs: NOW_MS,
    only: null,
    ...options,
  });
}

test('two payments show all seven types', () => {
  const types = new Set(
    tell()
      .flat()
      .map(({ type }) => type),
  );

  assert.deepEqual([...types].toSorted(), [...SIMULATED_TYPES].toSorted());
});

test('the first payment is frozen, released, debited and paid out, in that order', () => {
  const [life] = tell();

  assert.deepEqual(
    life?.map(({ type, result }) => result ?? type),
    ['BOOKED', 'FROZEN', 'UNFREEZE', 'UNFREEZE', 'UPDATE', 'FINALIZATION'],
  );
  assert.ok(life.every(({ paymentId }) => paymentId === '100000016'));
});

test('another payment is annulled', () => {
  const [, life] = tell();

  assert.deepEqual(
    life?.map(({ type, result }) => result ?? type),
    ['BOOKED', 'THAWED', 'UPDATE', 'ANNULMENT'],
  );
  assert.ok(life.every(({ paymentId }) => paymentId === '100000017'));
});

test('BOOKED comes with a line and without one', () => {
  const bodies = tell()
    .flat()
    .filter(({ type }) => type === 'BOOKED')
    .map(({ body }) => JSON.parse(body ?? '').addedPaymentSpecificationLines.length);

  assert.deepEqual(bodies, [1, 0, 0]);
});

test('UPDATE carries a paymentDiff with epoch milliseconds', () => {
  const diffs = tell()
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
  const facts = tell()
    .flat()
    .map(({ fact }) => fact);
  const repeated = facts.filter((fact, index) => facts.indexOf(fact) !== index);

  assert.deepEqual(repeated, ['UNFREEZE 100000016']);
});

test('a wrong digest and a foreign order are promised a refusal, all others 204', () => {
  const refused = tell()
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
  const story = tell({ signed: false }).flat();

  assert.ok(story.every(({ fault }) => fault !== 'wrong_digest'));
});

test('only the wanted types are told, and no empty track is left', () => {
  const story = tell({ only: ['TEST', 'ANNULMENT'] });

  assert.deepEqual(
    story.map((track) => track.map(({ type }) => type)),
    [['ANNULMENT'], ['TEST']],
  );
});

test('the same numbers tell the same story to the last byte', () => {
  assert.deepEqual(tell(), tell());
});

for (const [first, steps, expected] of [
  ['100000016', 1, '100000017'],
  ['099', 1, '100'],
  ['WC-0099', 2, 'WC-0101'],
  ['99999999999999999999', 1, '100000000000000000000'],
  ['order', 0, 'order'],
  ['order', 3, 'order-3'],
] as const) {
  test(`${steps} after payment ${first} comes ${expected}`, () => {
    assert.equal(paymentIdAfter(first, steps), expected);
  });
}
