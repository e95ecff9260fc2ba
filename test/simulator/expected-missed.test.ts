/**
 * Which facts a simulation that loses callbacks leaves to find: the oracle by which reconciliation is judged. A table of
 * cases, and what holds of every loss.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type PlannedCallback, plannedCallback, updateBody } from '../../src/simulator/callbacks.ts';
import { EXPECTED } from '../../src/simulator/expected.ts';
import { expectedMissed } from '../../src/simulator/expected-missed.ts';
import { chooseLost, chooseLostIn } from '../../src/simulator/lost.ts';
import { expectedMapiMissed } from '../../src/simulator/mapi/expected-missed.ts';
import { buildMapiScenario } from '../../src/simulator/mapi/scenario.ts';
import { buildScenario } from '../../src/simulator/scenario.ts';

const callback = (type: PlannedCallback['type'], rest: Partial<PlannedCallback> = {}) =>
  plannedCallback(type, 'p', rest);
const booked = callback('BOOKED');
const frozen = callback('AUTOMATIC_FRAUD_CONTROL', { result: 'FROZEN', fact: 'frozen' });
const thawed = callback('AUTOMATIC_FRAUD_CONTROL', { result: 'THAWED', fact: 'thawed' });
const unfrozen = callback('UNFREEZE');
const annulled = callback('ANNULMENT');
const finalized = callback('FINALIZATION');
const debit = callback('UPDATE', { body: updateBody('DEBIT', 'p', 0), fact: 'debit' });
const credit = callback('UPDATE', { body: updateBody('DEBIT', 'p', 0).replace('DEBIT', 'CREDIT'), fact: 'credit' });
const forged = callback('ANNULMENT', { fault: 'wrong_digest', expected: EXPECTED.wrongDigest });

for (const { name, came, lost, facts } of [
  { name: 'everything came', came: [booked, frozen, unfrozen, finalized], lost: [], facts: '' },
  { name: 'BOOKED alone', came: [frozen], lost: [booked], facts: '' },
  { name: 'all of a payment on hold', came: [], lost: [booked, frozen], facts: 'booked' },
  { name: 'UNFREEZE', came: [booked, frozen], lost: [unfrozen], facts: 'unfrozen' },
  { name: 'THAWED', came: [booked, frozen], lost: [thawed], facts: 'unfrozen' },
  { name: 'FROZEN and its end', came: [booked], lost: [frozen, unfrozen], facts: '' },
  { name: 'ANNULMENT', came: [booked, frozen], lost: [annulled], facts: 'annulled' },
  { name: 'FINALIZATION after its UPDATE', came: [booked, debit], lost: [finalized], facts: '' },
  { name: 'both of a debit', came: [booked, frozen], lost: [unfrozen, debit, finalized], facts: 'unfrozen finalized' },
  { name: 'a credit', came: [booked, finalized], lost: [credit], facts: 'refunded' },
  { name: 'all', came: [], lost: [booked, frozen, unfrozen, finalized, credit], facts: 'booked finalized refunded' },
  { name: 'the real one, after a forged one', came: [booked, forged], lost: [annulled], facts: 'annulled' },
]) {
  test(`lost of eCom: ${name}`, () => {
    // The order in which things happen is that of a payment, whatever came of it.
    const life = [booked, frozen, thawed, unfrozen, annulled, finalized, debit, credit, forged];
    const played = life.filter((one) => came.includes(one) || lost.includes(one));
    const debitFirst = played.toSorted((a, b) => Number(b === debit) - Number(a === debit));

    const missed = expectedMissed([debitFirst], (one) => lost.some((each) => each === one));

    assert.equal(missed.map((one) => one.facts.join(' ')).join(), facts);
  });
}

const ECOM = buildScenario({
  payments: 6,
  firstPaymentId: '100',
  notOursPaymentId: 'FOREIGN',
  notOursResponse: EXPECTED.notOurs,
  signed: true,
  nowMs: 0,
  only: null,
});
const MAPI = mapiScenario(0);

function mapiScenario(nowMs: number) {
  return buildMapiScenario({
    payments: 10,
    firstReference: '100',
    notOursReference: 'FOREIGN',
    notOursResponse: EXPECTED.notOurs,
    unheardOfResponse: EXPECTED.notOurs,
    proof: 'token',
    nowMs,
    only: null,
  });
}

test('where nothing is lost nothing is missed, and where all is lost each payment shows it', () => {
  const all = chooseLost({ share: 1, seed: 's' });

  assert.deepEqual(
    expectedMissed(ECOM, () => false),
    [],
  );
  assert.deepEqual(
    expectedMapiMissed(MAPI, () => false),
    [],
  );
  assert.deepEqual(
    expectedMissed(ECOM, all).map(({ facts }) => facts.join(' ')),
    Array.from({ length: 3 }, () => ['booked finalized', 'booked annulled']).flat(),
  );
  assert.deepEqual(
    expectedMapiMissed(MAPI, all).map(({ facts, actions, isKnown }) => [facts.join(' '), actions.length, isKnown]),
    Array.from({ length: 2 }, () => [
      ['authorized captured refunded', 3, false],
      ['authorized updated', 1, false],
      ['authorized annulled', 1, false],
      ['rejected', 0, false],
      ['authorized captured', 1, false],
    ]).flat(),
  );
});

test('a lost AUTHORIZED after FROZEN is the end of the freeze as well', () => {
  const missed = expectedMapiMissed(MAPI, ({ result }) => result === 'AUTHORIZED');

  assert.deepEqual(missed[1]?.facts, ['unfrozen', 'authorized']);
  assert.equal(missed[1]?.isKnown, true);
});

test('the same seed loses the same facts, repeats with them, and no stranger and no TEST is lost', () => {
  const callbacks = [...ECOM.flat(), ...MAPI.flat()];
  const shares = fc.record({ share: fc.double({ min: 0, max: 1, noNaN: true }), seed: fc.string() });

  fc.assert(
    fc.property(shares, (options) => {
      const lost = callbacks.filter(chooseLost(options));
      assert.deepEqual(lost, callbacks.filter(chooseLost(options)));
      assert.ok(lost.every(({ type, expected }) => type !== 'TEST' && expected.status === 204));
      const facts = new Set(lost.map(({ fact }) => fact));
      assert.equal(callbacks.filter(({ fact, type }) => facts.has(fact) && type !== 'TEST').length, lost.length);
    }),
  );
});

test('about the share that was asked for is lost', () => {
  const isLost = chooseLost({ share: 0.2, seed: 'seed' });
  const many = Array.from({ length: 10_000 }, (_, index) => callback('BOOKED', { fact: `${index}` }));

  const lost = many.filter(isLost).length;

  assert.ok(lost > 1_800 && lost < 2_200, `${lost}`);
});

test('what is lost of the Merchant API does not depend on when it is simulated', () => {
  const placesOf = (nowMs: number) => {
    const scenario = mapiScenario(nowMs);
    const isLost = chooseLostIn(scenario, { share: 0.3, seed: 'seed' });
    return scenario.map((sequence) => sequence.map(isLost));
  };

  const places = placesOf(0);

  assert.deepEqual(places, placesOf(1_795_000_000_000));
  assert.ok(places.flat().includes(true) && places.flat().includes(false));
});
