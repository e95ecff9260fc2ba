/**
 * Each example ends right in every life of a payment, in whatever order its callbacks arrive at the receiver, and in
 * whatever order its events reach the shop. One process of each example plays them all. What Resurs answers when it is
 * asked is the true end of the life.
 */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { StoredEvent } from '../../src/events/event.ts';
import type { LifeCallback } from '../../src/simulator/life-callback.ts';
import { FACTS, LIFE_NAMES, type LifeName, lifeOf } from '../../src/simulator/lives.ts';
import { type NowState, startReceiverNow } from './receiver-now.ts';
import { deliverAll, eventsOf, type FactName } from './sender.ts';
import { type Example, type Shop, startShop, testEach } from './shops.ts';

interface Life {
  readonly name: string;
  readonly callbacks: readonly LifeCallback[];
  /** What Resurs says of the order at the end of the life; null for a life without an order. */
  readonly truth: NowState | null;
}

const TRUTHS: Readonly<Record<LifeName, NowState | null>> = {
  'booked-never-frozen': 'may_ship',
  'frozen-unfrozen': 'may_ship',
  'frozen-annulled': 'cancelled',
  'frozen-again': 'may_ship',
  'late-frozen': 'may_ship',
  'late-unfrozen': 'cancelled',
  'paid-late-unfrozen': 'paid',
  'partial-debit-credit': 'refunded',
  twice: 'may_ship',
  'unknown-type': 'may_ship',
  'missed-annulment': 'cancelled',
  'mapi-authorized': 'may_ship',
  'mapi-frozen-authorized': 'may_ship',
  'mapi-late-frozen': 'may_ship',
  'mapi-frozen-rejected': 'cancelled',
  'mapi-captured-refunded': 'refunded',
  'mapi-cancelled': 'cancelled',
  'mapi-application': null,
  test: null,
};

const MORE_LIVES: readonly (readonly [truth: NowState, facts: readonly FactName[]])[] = [
  ['may_ship', ['booked', 'frozen', 'thawed']],
  ['may_ship', ['booked', 'thawed', 'unfrozen', 'frozen']],
  ['may_ship', ['booked', 'unfrozen', 'authorize', 'annul']],
  ['may_ship', ['booked', 'later', 'unfrozen', 'frozen']],
  ['cancelled', ['booked', 'frozen', 'unfrozen', 'annulled']],
  ['cancelled', ['booked', 'annul', 'annulled', 'thawed']],
  ['paid', ['booked', 'frozen', 'unfrozen', 'debit']],
  ['paid', ['booked', 'finalized', 'frozen', 'debit']],
  ['refunded', ['booked', 'frozen', 'finalized', 'credit']],
  ['refunded', ['booked', 'annul', 'debit', 'credit']],
];

const LIVES: readonly Life[] = [
  ...LIFE_NAMES.map((name) => ({ name, callbacks: lifeOf(name), truth: TRUTHS[name] })),
  ...MORE_LIVES.map(([truth, facts]) => {
    return { name: facts.join(', '), callbacks: facts.map((fact) => FACTS[fact]), truth };
  }),
];

const ENDS: Readonly<Record<NowState, string>> = {
  on_hold: 'on-hold',
  may_ship: 'processing',
  paid: 'completed',
  cancelled: 'cancelled',
  refunded: 'refunded',
};

/** A payment whose events are delivered in the order of the list. */
interface Case extends Life {
  readonly paymentId: string;
  readonly events: readonly StoredEvent[];
}

/** Each life in each order of arrival. Callbacks of one type say the same of an order, so they are not told apart. */
function arrivals(): readonly Case[] {
  return LIVES.flatMap((life, number) =>
    distinctOrders(life.callbacks, ({ callback, result }) => `${callback} ${result}`).map((callbacks, index) => {
      const given = `p-${number}-${index}`;
      const name = `${life.name}: ${callbacks.map((callback) => callback.name).join(', ')}`;
      const events = eventsOf(callbacks, { paymentId: given });
      // A payment of the Merchant API has an id of its own.
      const paymentId = events.find((event) => event.paymentId !== null)?.paymentId ?? given;
      return { ...life, name, paymentId, events };
    }),
  );
}

/** Each life as it is, delivered in many orders, every event twice: replays of an operator. */
function replays(): readonly Case[] {
  return LIVES.slice(0, LIFE_NAMES.length).flatMap((life, number) => {
    const stored = eventsOf(life.callbacks);
    const events = [...new Map(stored.map((event) => [event.id, event])).values()];
    return deliveryOrders(events).map((order, index) => {
      const paymentId = `p-${number}-${index}`;
      const own = order.map((event) => ({
        ...event,
        id: `${number}-${index}-${event.sequence}`,
        paymentId: event.paymentId === null ? null : paymentId,
      }));
      const name = `${life.name}: ${order.map(({ type, sequence }) => `${type} ${sequence}`).join(', ')}`;
      return { ...life, name, paymentId, events: [...own, ...own] };
    });
  });
}

/** Returns all orders of up to four events; of more events one for each course of the highest sequence so far. */
function deliveryOrders(events: readonly StoredEvent[]): readonly (readonly StoredEvent[])[] {
  const orders = distinctOrders(events, ({ sequence }) => String(sequence));
  const courses = orders.map((order) => {
    const sequences = order.map(({ sequence }) => sequence);
    const highest = sequences.map((_, at) => Math.max(...sequences.slice(0, at + 1)));
    return [events.length > 4 ? [...new Set(highest)].join() : sequences.join(), order] as const;
  });
  return [...new Map(courses).values()];
}

/** Returns all orders of the items; those that differ only in items with one key are the same. */
function distinctOrders<T>(items: readonly T[], keyOf: (item: T) => string): readonly (readonly T[])[] {
  if (items.length < 2) return [items];
  const keys = items.map(keyOf);
  return items.flatMap((item, index) =>
    keys.indexOf(keys[index] ?? '') < index
      ? []
      : distinctOrders(items.toSpliced(index, 1), keyOf).map((rest) => [item, ...rest]),
  );
}

/** Delivers all cases to one shop. */
async function play(t: TestContext, example: Example, cases: readonly Case[]): Promise<Shop> {
  const truths = new Map(cases.map(({ paymentId, truth }) => [paymentId, truth]));
  const receiver = await startReceiverNow(t, (paymentId) => truths.get(paymentId) ?? 404);
  const shop = await startShop(t, example, { receiver });
  // The first delivery makes the tables.
  await deliverAll(shop, [eventsOf(['test'])]);
  shop.run('create table moves (payment_id text, before text, after text)');
  shop.run(`create trigger moved after update of status on orders when old.status <> new.status
            begin insert into moves values (old.payment_id, old.status, new.status); end`);
  await deliverAll(
    shop,
    cases.map(({ events }) => events),
  );
  await shop.settle();
  return shop;
}

function assertEnds(shop: Shop, cases: readonly Case[]): void {
  const orders = shop.orders();
  const ends = cases.map(({ name, paymentId }) => `${name}: ${orders[paymentId]}`);
  assert.deepEqual(
    ends,
    cases.map(({ name, truth }) => `${name}: ${truth === null ? undefined : ENDS[truth]}`),
  );
  const left = shop.run(
    `select distinct before, after from moves where before in ('completed', 'cancelled', 'refunded')`,
  );
  const allowed = ['completed cancelled', 'completed refunded'];
  assert.deepEqual(
    left.map(({ before, after }) => `${before} ${after}`).filter((move) => !allowed.includes(move)),
    [],
  );
}

testEach('each life ends right, in every order in which its callbacks arrive', async (t, example) => {
  const cases = arrivals();
  const shop = await play(t, example, cases);
  assertEnds(shop, cases);
});

testEach('each life ends right, in every order in which its events are delivered and replayed', async (t, example) => {
  const cases = replays();
  const shop = await play(t, example, cases);
  assertEnds(shop, cases);
});
