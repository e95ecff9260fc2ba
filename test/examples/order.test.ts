/**
 * How the examples for shops move an order: by what the last stored event says of it where that is certain, and never
 * out of a final status. Without a receiver to ask, an order that is not certain waits for a person.
 */
import assert from 'node:assert/strict';
import type { StoredEvent } from '../../src/events/event.ts';
import { send } from '../helpers/callbacks.ts';
import { type NowState, startReceiverNow } from './receiver-now.ts';
import { deliver, eventOf, eventsOf, type FactName, sign } from './sender.ts';
import { startShop, testEach } from './shops.ts';

interface Life {
  readonly name: string;
  /** What Resurs says of the order, whenever it is asked. */
  readonly truth: NowState;
  readonly facts: readonly FactName[];
  /** After each fact. */
  readonly statuses: readonly string[];
}

const LIVES: readonly Life[] = [
  {
    name: 'an annulled order stays cancelled when an unfreeze comes late',
    truth: 'cancelled',
    facts: ['booked', 'annulled', 'unfrozen'],
    statuses: ['cancelled', 'cancelled', 'cancelled'],
  },
  {
    name: 'an unfrozen order is shipped although a freeze comes late',
    truth: 'may_ship',
    facts: ['booked', 'unfrozen', 'frozen'],
    statuses: ['processing', 'processing', 'processing'],
  },
  {
    name: 'a paid order is not shipped again when an unfreeze comes late',
    truth: 'paid',
    facts: ['booked', 'finalized', 'unfrozen'],
    statuses: ['completed', 'completed', 'completed'],
  },
  {
    name: 'an order that is frozen again is on hold',
    truth: 'on_hold',
    facts: ['booked', 'frozen', 'unfrozen', 'frozenAgain'],
    statuses: ['on-hold', 'on-hold', 'processing', 'on-hold'],
  },
  {
    name: 'an order that the shop has debited is not shipped again when an unfreeze comes late',
    truth: 'paid',
    facts: ['booked', 'debit', 'unfrozen', 'frozen'],
    statuses: ['completed', 'completed', 'completed', 'completed'],
  },
];

testEach('no late fact sets an order back', async (t, example) => {
  const truths = new Map(LIVES.map(({ name, truth }) => [name, truth]));
  const receiver = await startReceiverNow(t, (paymentId) => truths.get(paymentId) ?? 404);
  const shop = await startShop(t, example, { receiver });

  for (const { name, facts, statuses } of LIVES) {
    await t.test(name, async () => {
      const seen: (string | undefined)[] = [];
      for (const event of eventsOf(facts, { paymentId: name })) {
        await deliver(shop, [event]);
        await shop.settle();
        seen.push(shop.orders()[name]);
      }
      assert.deepEqual(seen, statuses);
    });
  }
});

/** What a shop without a receiver does, and what it notes for a person. */
const ALONE: readonly (readonly [facts: readonly FactName[], status: string | undefined, remarks: RegExp | null])[] = [
  [['booked'], 'on-hold', /^ask Resurs/],
  [['frozen'], 'on-hold', null],
  [['frozen', 'booked'], 'on-hold', null],
  [['frozen', 'unfrozen'], 'processing', null],
  [['frozen', 'thawed'], 'processing', null],
  [['unfrozen', 'booked'], 'processing', null],
  [['unfrozen', 'annulled', 'booked'], 'cancelled', null],
  [['annulled', 'unfrozen'], 'cancelled', null],
  [['unfrozen', 'finalized'], 'completed', null],
  [['frozen', 'finalized'], 'completed', /^paid: ship/],
  [['finalized', 'unfrozen'], 'completed', /^paid: ship/],
  [['unfrozen', 'finalized', 'frozen'], 'completed', /^ask Resurs/],
  [['unfrozen', 'finalized', 'annulled'], 'completed', /^ask Resurs/],
  [['annulled', 'finalized'], 'cancelled', /^ask Resurs/],
  [['unfrozen', 'frozen'], 'on-hold', /^ask Resurs/],
  [['unfrozen', 'debit'], 'on-hold', /^ask Resurs/],
  // The debit may have been of everything.
  [['booked', 'debit', 'unfrozen'], 'on-hold', /^ask Resurs/],
  [['frozen', 'unfrozen', 'frozenAgain'], 'on-hold', /^ask Resurs/],
  [['annulled', 'credit'], 'cancelled', /^ask Resurs/],
  [['unknown'], 'on-hold', /^ask Resurs/],
  [['test', 'passwordExpiring'], undefined, null],
];

testEach('a shop that cannot ask holds an order that is not certain and notes it for a person', async (t, example) => {
  const shop = await startShop(t, example);
  const cases = ALONE.map(([facts, status, remark], index) => ({ paymentId: `p-${index}`, facts, status, remark }));

  for (const { paymentId, facts } of cases) await deliver(shop, eventsOf(facts, { paymentId }));
  await shop.settle();

  const orders = shop.orders();
  assert.deepEqual(
    cases.map(({ paymentId, facts }) => [facts, orders[paymentId]]),
    cases.map(({ facts, status }) => [facts, status]),
  );
  for (const { paymentId, facts, remark } of cases) {
    const remarks = shop.remarks(paymentId).join();
    if (remark === null) assert.equal(remarks, '', facts.join());
    else assert.match(remarks, remark, facts.join());
  }
});

function after(event: StoredEvent, type: string, order: StoredEvent['order']): StoredEvent {
  return eventOf(type, { sequence: event.sequence + 1, order });
}

testEach('a final order is moved by nothing, and a person is told', async (t, example) => {
  const shop = await startShop(t, example);
  const cancelled = eventOf('payment.annulled');
  const paid = eventOf('payment.finalized', { paymentId: 'p-2', sequence: 3 });
  const mayShip = { state: 'may_ship', certain: true, earlier: [] } as const;

  await deliver(shop, [cancelled, after(cancelled, 'payment.unfrozen', mayShip)]);
  await deliver(shop, [paid, { ...after(paid, 'payment.unfrozen', mayShip), paymentId: 'p-2' }]);
  await shop.settle();

  assert.deepEqual(shop.orders(), { 'p-1': 'cancelled', 'p-2': 'completed' });
  assert.match(shop.remarks('p-1').join(), /^look into it: the order is cancelled, and processing is reported$/);
  assert.match(shop.remarks('p-2').join(), /look into it: the order is completed, and processing is reported$/);
});

/** What `data.order` may be in events of earlier and later versions. */
const STRANGE_ORDERS: readonly unknown[] = [
  undefined,
  null,
  'may_ship',
  { state: 'half_shipped', certain: true, earlier: ['booked'] },
  { state: 'constructor', certain: true, earlier: [] },
  { state: 'may_ship', certain: 'true', earlier: [] },
  { certain: true },
];

testEach('an event whose order an endpoint does not understand holds the order for a person', async (t, example) => {
  const shop = await startShop(t, example);

  for (const [index, order] of STRANGE_ORDERS.entries()) {
    const type = 'payment.of_a_later_version';
    const data = { sequence: index + 1, paymentId: `p-${index}`, order, more: { of: 'a later version' } };
    const body = Buffer.from(JSON.stringify({ type, data, more: [] }));
    const headers = sign(body, { id: `evt_${index}` });
    assert.equal((await send(shop.url, '/webhook', { method: 'POST', headers, body })).status, 204);
  }
  await shop.settle();

  assert.deepEqual(Object.values(shop.orders()), Array(STRANGE_ORDERS.length).fill('on-hold'));
  for (const index of STRANGE_ORDERS.keys()) assert.match(shop.remarks(`p-${index}`).join(), /^ask Resurs/);
});
