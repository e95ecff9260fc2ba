/**
 * What one batch of retention prunes and what it must keep, statement by statement on a real Postgres. A mistake here
 * loses events that a merchant has not received yet, or keeps data beyond its time.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createRetention, type PruneResult } from '../../src/events/retention.ts';
import { failedSnapshot } from '../../src/payments/snapshot.ts';
import { seedEvents } from '../harness/seed-events.ts';
import { storeMapiEvent } from '../helpers/mapi-events.ts';
import { createTestOutbox, type TestOutbox } from '../helpers/outbox.ts';

const TABLES = ['events', 'identities', 'receipts', 'outbox', 'deliveries', 'dead_letters', 'attempts'] as const;

async function setup(t: TestContext) {
  const outbox = await createTestOutbox(t);
  /** One batch of a new process; returns how much it pruned. */
  const prune = async (days = 400) => numbers(await createRetention(outbox.db, days).pruneBatch());
  return { ...outbox, prune };
}

function numbers({ events, orders, identities }: PruneResult) {
  return { identities, events, orders };
}

/** Rows of each table, in the order of TABLES. */
async function counts(outbox: Pick<TestOutbox, 'query'>): Promise<number[]> {
  const columns = TABLES.map((name) => `(select count(*)::int from ${name}) as ${name}`);
  const [row = {}] = await outbox.query<Record<string, number>>(`select ${columns.join(', ')}`);
  return TABLES.map((name) => row[name] ?? 0);
}

test('an old finished event is pruned with all rows that depend on it', async (t) => {
  const receiver = await setup(t);
  await seedEvents(receiver, { count: 3, ageDays: 401, payment: 'delivered' });
  await seedEvents(receiver, { count: 2, ageDays: 401, payment: 'dead', state: 'dead_letter' });
  await seedEvents(receiver, { count: 1, ageDays: 401, payment: 'no-delivery', state: null });

  const pruned = await receiver.prune();

  assert.deepEqual(pruned, { identities: 6, events: 6, orders: 0 });
  assert.deepEqual(await counts(receiver), [0, 0, 0, 0, 0, 0, 0]);
});

test('events of the Merchant API are pruned and kept as others are, with references and snapshots', async (t) => {
  const receiver = await setup(t);
  const databaseUrl = receiver.url;
  const snapshot = failedSnapshot('not read');
  for (const [payment, ageDays] of [
    ['0a1b2c3d-0000-4000-8000-000000000001', 401],
    ['0a1b2c3d-0000-4000-8000-000000000002', 399],
  ] as const) {
    const options = { orderReference: `order-${ageDays}`, snapshot };
    await storeMapiEvent({ databaseUrl }, { paymentId: payment, status: 'AUTHORIZED' }, options);
    await storeMapiEvent({ databaseUrl }, { applicationId: payment, status: 'ACCEPTED' }, options);
    const unfinished = { paymentId: payment, action: 'CAPTURE', actionId: 'a' };
    await storeMapiEvent({ databaseUrl }, unfinished, { ...options, deliver: true });
    const old = `update events set received_at = now() - $1::int * interval '1 day' where order_reference = $2`;
    await receiver.query(old, [ageDays, options.orderReference]);
  }
  await receiver.query(`update identities set expires_at = now() - interval '1 day'`);

  const pruned = await receiver.prune();

  assert.deepEqual(pruned, { identities: 6, events: 2, orders: 0 });
  const left = await receiver.query('select order_reference as reference, type from events order by sequence');
  assert.deepEqual(
    left.map(({ reference, type }) => `${reference} ${type}`),
    [
      'order-401 payment.captured',
      'order-399 payment.authorized',
      'order-399 application.accepted',
      'order-399 payment.captured',
    ],
  );
});

test('a younger event stays with all rows that depend on it', async (t) => {
  const receiver = await setup(t);
  await seedEvents(receiver, { count: 2, ageDays: 399, expireInDays: 1 });

  const pruned = await receiver.prune();

  assert.deepEqual(pruned, { identities: 0, events: 0, orders: 0 });
  assert.deepEqual(await counts(receiver), [2, 2, 2, 0, 2, 0, 0]);
});

test('an unfinished event stays however old it is', async (t) => {
  const receiver = await setup(t);
  await seedEvents(receiver, { count: 1, ageDays: 9_000, payment: 'pending', state: 'pending' });
  await seedEvents(receiver, { count: 1, ageDays: 9_000, payment: 'delivering', state: 'delivering' });

  const pruned = await receiver.prune();

  assert.deepEqual(pruned, { identities: 2, events: 0, orders: 0 });
  assert.deepEqual(await counts(receiver), [2, 0, 2, 2, 0, 0, 1]);
});

test('with 0 days every event stays, and expired identities are pruned all the same', async (t) => {
  const receiver = await setup(t);
  await seedEvents(receiver, { count: 2, ageDays: 9_000 });
  await seedEvents(receiver, { count: 1, payment: 'new' });

  const pruned = await receiver.prune(0);

  assert.deepEqual(pruned, { identities: 2, events: 0, orders: 0 });
  assert.deepEqual((await counts(receiver)).slice(0, 2), [3, 1]);
});

test('a batch prunes 500 events, the oldest first, until there are no more', async (t) => {
  const receiver = await setup(t);
  await seedEvents(receiver, { count: 400, ageDays: 600, payment: 'older' });
  await seedEvents(receiver, { count: 300, ageDays: 500, payment: 'younger' });
  const retention = createRetention(receiver.db, 400);
  const rounds: PruneResult[] = [];

  rounds.push(await retention.pruneBatch());
  const left = await receiver.query('select 1 from events where payment_key like $1', ['older%']);
  while (rounds.at(-1)?.hasMore) rounds.push(await retention.pruneBatch());

  assert.equal(left.length, 0);
  assert.deepEqual(rounds.map(numbers), [
    { identities: 500, events: 500, orders: 0 },
    { identities: 200, events: 200, orders: 0 },
  ]);
});
