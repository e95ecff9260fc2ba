/** Which facts of an eCom payment were missed: what Resurs shows against what was reported. Pure. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Fact } from '../../src/events/order-state.ts';
import { mayBeInUpdates, missedFacts } from '../../src/reconciliation/ecom-facts.ts';

interface Case {
  readonly name: string;
  readonly frozen?: boolean;
  readonly statuses?: readonly string[];
  /** Null: no event. */
  readonly facts: readonly Fact[] | null;
  readonly changes?: readonly string[];
  readonly missed: readonly Fact[];
}

const CASES: readonly Case[] = [
  { name: 'a payment without an event', facts: null, missed: ['booked'] },
  { name: 'a frozen payment without an event', frozen: true, facts: null, missed: ['booked'] },
  { name: 'a payment with an event that reports no fact', facts: [], missed: [] },
  { name: 'a payment of which only a later callback came', facts: ['unfrozen'], missed: [] },
  { name: 'a payment that is to be shipped', statuses: ['DEBITABLE'], facts: ['booked'], missed: [] },
  { name: 'a freeze that was lifted', facts: ['booked', 'frozen'], missed: ['unfrozen'] },
  { name: 'a freeze that goes on', frozen: true, facts: ['booked', 'frozen'], missed: [] },
  { name: 'a freeze of which nothing came', frozen: true, facts: ['booked'], missed: [] },
  { name: 'a freeze that was reported as thawed', facts: ['frozen', 'thawed'], missed: [] },
  { name: 'a freeze that was reported as unfrozen', facts: ['frozen', 'booked', 'unfrozen'], missed: [] },
  { name: 'a second freeze that was lifted', facts: ['thawed', 'booked', 'frozen'], missed: ['unfrozen'] },
  { name: 'a freeze before other facts', facts: ['frozen', 'updated'], missed: ['unfrozen'] },
  { name: 'a debit', statuses: ['IS_DEBITED'], facts: ['booked'], missed: ['finalized'] },
  { name: 'a debit that was reported', statuses: ['IS_DEBITED'], facts: ['booked', 'finalized'], missed: [] },
  {
    name: 'a debit that was lost before an UPDATE of another kind',
    statuses: ['IS_DEBITED'],
    facts: ['booked', 'updated'],
    changes: ['authorize', 'credit'],
    missed: ['finalized'],
  },
  {
    name: 'a debit that an UPDATE reported',
    statuses: ['IS_DEBITED'],
    facts: ['booked', 'updated'],
    changes: ['debit'],
    missed: [],
  },
  { name: 'a credit', statuses: ['IS_CREDITED'], facts: ['finalized'], missed: ['refunded'] },
  { name: 'a credit that was found before', statuses: ['IS_CREDITED'], facts: ['refunded'], missed: [] },
  {
    name: 'a credit that an UPDATE reported',
    statuses: ['IS_CREDITED'],
    facts: ['updated'],
    changes: ['credit'],
    missed: [],
  },
  { name: 'an annulment', statuses: ['IS_ANNULLED'], facts: ['booked'], missed: ['annulled'] },
  { name: 'an annulment that was reported', statuses: ['IS_ANNULLED'], facts: ['annulled', 'booked'], missed: [] },
  {
    name: 'an annulment that an UPDATE reported',
    statuses: ['IS_ANNULLED'],
    facts: ['updated'],
    changes: ['annul'],
    missed: [],
  },
  { name: 'a status of later', statuses: ['IS_NEW', 'CREDITABLE'], facts: ['booked'], missed: [] },
  {
    name: 'a whole life without an event',
    statuses: ['IS_CREDITED', 'IS_ANNULLED', 'IS_DEBITED'],
    facts: null,
    missed: ['booked', 'finalized', 'refunded', 'annulled'],
  },
  {
    name: 'a whole life after a freeze',
    statuses: ['IS_DEBITED', 'IS_CREDITED'],
    facts: ['frozen'],
    missed: ['unfrozen', 'finalized', 'refunded'],
  },
];

for (const { name, frozen = false, statuses = [], facts, changes = [], missed } of CASES) {
  test(`of ${name} there is ${missed.length === 0 ? 'nothing' : missed.join(', ')} missing`, () => {
    assert.deepEqual(missedFacts({ frozen, statuses }, { facts, changes: new Set(changes) }), missed);
  });
}

test('what was found once is never found again as long as Resurs shows the same', () => {
  const anyFacts = fc.uniqueArray(
    fc.constantFrom<Fact>('booked', 'frozen', 'thawed', 'unfrozen', 'finalized', 'annulled', 'refunded', 'updated'),
  );
  const anyShown = fc.record({
    frozen: fc.boolean(),
    statuses: fc.uniqueArray(fc.constantFrom('DEBITABLE', 'CREDITABLE', 'IS_DEBITED', 'IS_CREDITED', 'IS_ANNULLED')),
  });
  fc.assert(
    fc.property(anyShown, fc.option(anyFacts), (shown, before) => {
      const missed = missedFacts(shown, { facts: before, changes: new Set() });
      const after = [...(before ?? []).filter((fact) => !missed.includes(fact)), ...missed];

      assert.deepEqual(missedFacts(shown, { facts: after, changes: new Set() }), []);
    }),
  );
});

test('bodies of UPDATEs matter only where one came, and where it may have reported what is missing', () => {
  assert.equal(mayBeInUpdates(['finalized'], ['booked', 'updated']), true);
  assert.equal(mayBeInUpdates(['finalized'], ['booked']), false);
  assert.equal(mayBeInUpdates(['unfrozen'], ['frozen', 'updated']), false);
  assert.equal(mayBeInUpdates(['booked', 'finalized'], null), false);
});
