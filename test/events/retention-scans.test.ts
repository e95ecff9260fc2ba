/**
 * Retention scans: rows that must stay never keep the ones behind them from being pruned. Orders are pruned when no
 * event of them is stored, finished events however many unfinished ones are older. Batch by batch on a real Postgres.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createRetention } from '../../src/events/retention.ts';
import { seedEvents } from '../harness/seed-events.ts';
import { createTestOutbox } from '../helpers/outbox.ts';

async function setup(t: TestContext) {
  const outbox = await createTestOutbox(t);
  return {
    ...outbox,
    /** Orders `<name>-1`, `<name>-2`, … as they are registered. */
    async register(name: string, count: number, ageDays: number) {
      await outbox.query(
        `insert into orders select $1 || '-' || n, now() - $3::int * interval '1 day' from generate_series(1, $2::int) n`,
        [name, count, ageDays],
      );
    },
    async orders(): Promise<string[]> {
      const rows = await outbox.query<{ name: string; count: number }>(
        `select split_part(payment_id, '-', 1) as name, count(*)::int as count from orders group by 1 order by 1`,
      );
      return rows.map(({ name, count }) => `${count} ${name}`);
    },
    /** One round: batches until nothing is left to do now. */
    async prune(days = 400) {
      const retention = createRetention(outbox.db, days);
      const total = { events: 0, orders: 0, batches: 0 };
      for (let hasMore = true; hasMore; total.batches += 1) {
        const removed = await retention.pruneBatch();
        total.events += removed.events;
        total.orders += removed.orders;
        hasMore = removed.hasMore;
      }
      return total;
    },
  };
}

test('an old order without stored events is pruned; a young one stays, and so does one with events', async (t) => {
  const receiver = await setup(t);
  await receiver.register('unused', 3, 401);
  await receiver.register('young', 2, 399);
  await receiver.register('used', 2, 401);
  await seedEvents(receiver, { count: 2, ageDays: 1, payment: 'used' });
  await receiver.register('waiting', 1, 401);
  await seedEvents(receiver, { count: 1, ageDays: 9_000, payment: 'waiting', state: 'pending' });

  const { orders } = await receiver.prune();

  assert.equal(orders, 3);
  assert.deepEqual(await receiver.orders(), ['2 used', '1 waiting', '2 young']);
});

test('an order is pruned after its last event', async (t) => {
  const receiver = await setup(t);
  await receiver.register('used', 1, 401);
  await seedEvents(receiver, { count: 1, ageDays: 500, payment: 'used' });

  const first = await receiver.prune();
  const second = await receiver.prune();

  assert.deepEqual([first.events, first.orders + second.orders], [1, 1]);
  assert.deepEqual(await receiver.orders(), []);
});

test('unused orders are pruned however many used ones are older', async (t) => {
  const receiver = await setup(t);
  await receiver.register('used', 1_200, 600);
  await seedEvents(receiver, { count: 1_200, ageDays: 1, payment: 'used' });
  // All registered at one moment, as a shop imports its orders; batches end in the middle of them.
  await receiver.register('unused', 700, 500);

  const { orders } = await receiver.prune();

  assert.equal(orders, 700);
  assert.deepEqual(await receiver.orders(), ['1200 used']);
});

test('with RETENTION_DAYS=0 every order stays', async (t) => {
  const receiver = await setup(t);
  await receiver.register('unused', 3, 9_000);

  await receiver.prune(0);

  assert.deepEqual(await receiver.orders(), ['3 unused']);
});

test('finished events are pruned in the first batch although 5 000 unfinished ones are older', async (t) => {
  const receiver = await setup(t);
  await seedEvents(receiver, { count: 5_000, ageDays: 800, payment: 'stuck', state: 'pending' });
  await seedEvents(receiver, { count: 400, ageDays: 500, payment: 'done' });

  const first = await createRetention(receiver.db, 400).pruneBatch();

  assert.equal(first.events, 400);
  assert.deepEqual(await receiver.query('select count(*)::int from events'), [{ count: 5_000 }]);
});

test('events without a delivery are pruned although 5 000 unfinished ones are older', async (t) => {
  const receiver = await setup(t);
  await seedEvents(receiver, { count: 5_000, ageDays: 800, payment: 'stuck', state: 'pending' });
  await seedEvents(receiver, { count: 10, ageDays: 500, payment: 'kept', state: null });

  const { events } = await receiver.prune();

  assert.equal(events, 10);
});
