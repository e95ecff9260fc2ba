/** What each event means for its order: the whole table of the contract, and what holds in any order of arrival. Pure. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  FACT_TYPES,
  type Fact,
  isFact,
  ORDER_STATES,
  type OrderView,
  type ReportedFact,
  transitionsOf,
  viewAfter,
} from '../../src/events/order-state.ts';

const VERIFIED = { digest: true, result: true, basicAuth: false, source: false };
const FORGEABLE = { ...VERIFIED, result: false };

function event(type: string, change: Partial<ReportedFact> = {}): ReportedFact {
  return { type, callback: 'ANY', paymentId: 'p-1', verified: VERIFIED, ...change };
}

/** The views of the events, each with what was stored before it. */
function views(events: readonly ReportedFact[]): OrderView[] {
  let previous: { type: string; order: OrderView } | null = null;
  return events.map((one) => {
    const order = viewAfter(previous, one);
    assert.ok(order !== null);
    previous = { type: one.type, order };
    return order;
  });
}

function lastView(...types: string[]): OrderView | undefined {
  return views(types.map((type) => event(`payment.${type}`))).at(-1);
}

/** Contract, section 6: none, on_hold, may_ship, paid, cancelled; `!` certain, `?` uncertain, nothing: as it was. */
const TABLE: Readonly<Record<string, string>> = {
  'payment.booked': 'on_hold? on_hold may_ship paid cancelled',
  'payment.frozen': 'on_hold! on_hold! on_hold? paid? cancelled',
  'payment.thawed': 'may_ship! may_ship! may_ship paid cancelled',
  'payment.unfrozen': 'may_ship! may_ship! may_ship paid cancelled',
  'payment.finalized': 'paid! paid! paid! paid cancelled?',
  'payment.annulled': 'cancelled! cancelled! cancelled! cancelled? cancelled',
  'payment.authorized': 'may_ship! may_ship! may_ship paid cancelled',
  'payment.captured': 'paid! paid! paid! paid cancelled?',
  'payment.rejected': 'cancelled! cancelled! cancelled! cancelled? cancelled',
  'payment.refunded': 'on_hold? on_hold? may_ship? paid? cancelled?',
  'payment.inspection': 'on_hold? on_hold? may_ship? paid? cancelled?',
  'payment.updated': 'on_hold? on_hold? may_ship? paid? cancelled?',
  'payment.other': 'on_hold? on_hold? may_ship? paid? cancelled?',
  'payment.of_a_later_version': 'on_hold? on_hold? may_ship? paid? cancelled?',
};

/** The transitions of the event as a row of the table. */
function cellsOf(reported: ReportedFact): string {
  const transitions = transitionsOf(reported);
  assert.ok(transitions !== null);
  const cells = (['none', ...ORDER_STATES] as const).map((before) => {
    const { state, certain } = transitions[before];
    return `${state}${certain === null ? '' : certain ? '!' : '?'}`;
  });
  return cells.join(' ');
}

for (const [type, row] of Object.entries(TABLE)) {
  test(`after ${type} an order is ${row} where it was nothing, ${ORDER_STATES.join(', ')}`, () => {
    assert.equal(cellsOf(event(type)), row);
  });
}

test('a thaw whose digest does not cover the result lifts no freeze for certain, and changes nothing else', () => {
  const cells = cellsOf(event('payment.thawed', { verified: FORGEABLE }));
  assert.equal(cells, 'may_ship? may_ship? may_ship paid cancelled');
});

test('what a stranger may have written of a payment that Resurs knows is never certain', () => {
  const unproven = { ...VERIFIED, digest: false, result: false, token: false, api: true };
  for (const type of ['authorized', 'captured', 'frozen', 'rejected', 'annulled']) {
    const reported = event(`payment.${type}`, { verified: unproven });
    const proven = event(`payment.${type}`, { verified: { ...unproven, token: true } });

    assert.doesNotMatch(cellsOf(reported), /!/);
    assert.equal(cellsOf(reported).replaceAll('?', ''), cellsOf(proven).replaceAll(/[!?]/g, ''));
    assert.match(cellsOf(proven), /!/);
  }
});

test('a MANAGEMENT may be about a part, so what it says of the whole order is never certain', () => {
  for (const type of ['captured', 'annulled']) {
    const whole = event(`payment.${type}`);
    const perhapsPart = event(`payment.${type}`, { callback: 'MANAGEMENT' });

    assert.equal(cellsOf(perhapsPart).replaceAll('?', ''), cellsOf(whole).replaceAll(/[!?]/g, ''));
    assert.doesNotMatch(cellsOf(perhapsPart), /!/);
  }
});

test('a thaw without any digest is as certain as an unfreeze', () => {
  const verified = { digest: false, result: false, basicAuth: true, source: false };
  assert.deepEqual(transitionsOf(event('payment.thawed', { verified })), transitionsOf(event('payment.unfrozen')));
});

test('an event without a payment has no order', () => {
  for (const type of ['callback.test', 'account.password_expiring']) {
    assert.equal(viewAfter(null, event(type, { paymentId: null })), null);
  }
});

const LIVES: readonly (readonly [types: readonly string[], state: string, certain: boolean])[] = [
  [['booked'], 'on_hold', false],
  [['booked', 'frozen'], 'on_hold', true],
  [['frozen', 'booked'], 'on_hold', true],
  [['booked', 'frozen', 'unfrozen'], 'may_ship', true],
  [['booked', 'annulled', 'unfrozen'], 'cancelled', true],
  [['booked', 'unfrozen', 'frozen'], 'on_hold', false],
  [['booked', 'unfrozen', 'finalized', 'unfrozen'], 'paid', true],
  [['booked', 'finalized', 'unfrozen'], 'paid', true],
  [['booked', 'finalized', 'frozen'], 'paid', false],
  [['booked', 'finalized', 'annulled'], 'cancelled', false],
  [['booked', 'annulled', 'finalized'], 'cancelled', false],
  [['booked', 'frozen', 'unfrozen', 'frozen'], 'on_hold', false],
  [['booked', 'frozen', 'unfrozen', 'frozen', 'unfrozen'], 'may_ship', true],
  [['booked', 'frozen', 'unfrozen', 'updated'], 'may_ship', false],
  [['booked', 'frozen', 'unfrozen', 'updated', 'thawed'], 'may_ship', false],
  [['updated'], 'on_hold', false],
  [['booked', 'updated', 'updated', 'unfrozen'], 'may_ship', false],
  [['booked', 'frozen', 'updated', 'unfrozen'], 'may_ship', false],
  [['booked', 'updated', 'frozen'], 'on_hold', false],
  [['booked', 'unfrozen', 'updated', 'finalized'], 'paid', true],
  [['booked', 'updated', 'annulled', 'unfrozen'], 'cancelled', true],
  [['booked', 'frozen', 'other'], 'on_hold', false],
];

for (const [types, state, certain] of LIVES) {
  test(`an order is ${state}, ${certain ? 'certain' : 'not certain'}, after ${types.join(', ')}`, () => {
    const view = lastView(...types);
    assert.deepEqual([view?.state, view?.certain], [state, certain]);
  });
}

test('earlier names each fact once, in the order of its last report', () => {
  assert.deepEqual(lastView('booked')?.earlier, []);
  assert.deepEqual(lastView('booked', 'frozen', 'unfrozen')?.earlier, ['booked', 'frozen']);
  assert.deepEqual(lastView('booked', 'frozen', 'unfrozen', 'frozen', 'unfrozen')?.earlier, [
    'booked',
    'unfrozen',
    'frozen',
  ]);
  assert.deepEqual(lastView('booked', 'other', 'updated', 'updated', 'annulled')?.earlier, ['booked', 'updated']);
});

const facts: fc.Arbitrary<Fact> = fc.constantFrom(...Object.keys(FACT_TYPES).filter(isFact));
const arrivals = fc.array(
  fc.record({ fact: facts, verified: fc.constantFrom(VERIFIED, FORGEABLE) }).map(({ fact, verified }) => {
    return event(FACT_TYPES[fact], { verified });
  }),
  { minLength: 1, maxLength: 30 },
);

test('whatever the order of arrival, a cancelled or paid order is never shipped again', () => {
  fc.assert(
    fc.property(arrivals, (events) => {
      const states = views(events).map(({ state }) => state);
      const ended = states.findIndex((state) => state === 'cancelled' || state === 'paid');
      assert.ok(ended < 0 || states.slice(ended).every((state) => state === 'cancelled' || state === 'paid'));
      const cancelled = states.indexOf('cancelled');
      assert.ok(cancelled < 0 || states.slice(cancelled).every((state) => state === 'cancelled'));
    }),
  );
});

test('whatever the order of arrival, an order that may ship follows no freeze that was not lifted', () => {
  fc.assert(
    fc.property(arrivals, (events) => {
      views(events).forEach(({ state }, index) => {
        if (state !== 'may_ship') return;
        const holds = events.slice(0, index + 1).filter(({ type }) => /frozen|thawed|authorized/.test(type));
        assert.notEqual(holds.at(-1)?.type, 'payment.frozen');
        assert.notEqual(holds.length, 0);
      });
    }),
  );
});

test('whatever the order of arrival, facts that contradict each other are not certain', () => {
  fc.assert(
    fc.property(arrivals, (events) => {
      views(events).forEach(({ state, certain }, index) => {
        const types = events.slice(0, index + 1).map(({ type }) => type);
        const last = types.at(-1);
        if (last === 'payment.updated') assert.equal(certain, false);
        if (/on_hold|may_ship/.test(state) && types.includes('payment.updated')) assert.equal(certain, false);
        const isFirstEnd =
          /annulled|rejected/.test(last ?? '') && types.findIndex((type) => /annulled|rejected/.test(type)) === index;
        const isPaid = types.some((type) => /finalized|captured/.test(type));
        if (isFirstEnd) assert.equal(certain, state === 'cancelled' && !isPaid);
      });
    }),
  );
});
