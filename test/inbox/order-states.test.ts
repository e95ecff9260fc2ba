/**
 * What an event means for its order is decided in Postgres, under the lock that stores it, from the payment's previous
 * event: the same as the pure function says, in memory and in the database, on any number of replicas, and for payments
 * of which an earlier version has stored events.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Claim } from '../../src/deliveries/claim.ts';
import { type OrderView, viewAfter } from '../../src/events/order-state.ts';
import { type BatchRow, recordBatch } from '../../src/inbox/record.ts';
import { createTestOutbox, newBatchRow, type TestOutbox } from '../helpers/outbox.ts';

const PROVEN = { digest: true, result: true, basicAuth: false, source: false };

const types = fc.constantFrom(
  ...['booked', 'frozen', 'thawed', 'unfrozen', 'finalized', 'annulled', 'updated', 'other'].map(
    (fact) => `payment.${fact}`,
  ),
);
const arrivals = fc.array(fc.record({ type: types, proven: fc.boolean() }), { minLength: 1, maxLength: 12 });

function rowOf(paymentId: string, type: string, proven = true): BatchRow {
  return newBatchRow(paymentId, { type, verified: { ...PROVEN, result: proven } });
}

async function store({ db }: TestOutbox, rows: readonly BatchRow[], slots = rows.length): Promise<readonly Claim[]> {
  const claims = { max: slots, token: randomUUID(), leaseMs: 60_000 };
  return (await recordBatch(db, rows, { maxEventsPerPayment: 500, claims })).claims;
}

/** Stores one event of the payment after the other; returns what was stored of each. */
async function storeAll(outbox: TestOutbox, paymentId: string, rows: readonly BatchRow[]): Promise<unknown[]> {
  for (const row of rows) await store(outbox, [row], 0);
  return storedViews(outbox, paymentId);
}

async function storedViews({ query }: TestOutbox, paymentId: string): Promise<unknown[]> {
  const rows = await query<{ state: string | null; certain: boolean | null; earlier: string[] | null }>(
    `select order_state as state, order_certain as certain, string_to_array(earlier_facts, ',') as earlier
     from events where payment_id = $1 order by sequence`,
    [paymentId],
  );
  return rows.map(({ state, certain, earlier }) => ({ state, certain, earlier }));
}

/** The views of the pure function. */
function expectedViews(
  rows: readonly BatchRow[],
  earlier: { type: string; order: OrderView } | null = null,
): unknown[] {
  let previous = earlier;
  return rows.map(({ event }) => {
    const order = viewAfter(previous, event);
    if (order !== null) previous = { type: event.type, order };
    return order;
  });
}

test('whatever arrives in whatever order, the database decides as the pure function does', async (t) => {
  const outbox = await createTestOutbox(t);
  let payments = 0;

  await fc.assert(
    fc.asyncProperty(arrivals, async (events) => {
      payments += 1;
      const paymentId = `p-${payments}`;
      const rows = events.map(({ type, proven }) => rowOf(paymentId, type, proven));
      assert.deepEqual(await storeAll(outbox, paymentId, rows), expectedViews(rows));
    }),
    { numRuns: 40 },
  );
});

test('a claim of memory, of the outbox and of a settlement carry the same order', async (t) => {
  const outbox = await createTestOutbox(t);
  const rows = ['payment.booked', 'payment.frozen', 'payment.unfrozen'].map((type) => rowOf('p-1', type));

  const born: Claim[] = [];
  for (const row of rows) born.push(...(await store(outbox, [row])));
  const settled: Claim[] = [...born];
  for (let claim = born[0]; claim !== undefined; [claim] = await outbox.claim()) {
    await outbox.deliver(claim);
    if (claim !== born[0]) settled.push(claim);
  }

  assert.deepEqual(
    settled.map(({ event }) => event.order),
    expectedViews(rows),
  );
});

test('two events of one payment that arrive together follow each other, from any number of processes', async (t) => {
  const outbox = await createTestOutbox(t);
  const payments = Array.from({ length: 20 }, (_, n) => `p-${n}`);

  await Promise.all(
    ['payment.unfrozen', 'payment.annulled', 'payment.frozen'].map((type) => {
      return store(
        outbox,
        payments.map((paymentId) => rowOf(paymentId, type)),
        0,
      );
    }),
  );

  for (const paymentId of payments) {
    const stored = await outbox.query<{ type: string }>(
      'select type from events where payment_id = $1 order by sequence',
      [paymentId],
    );
    assert.deepEqual(
      await storedViews(outbox, paymentId),
      expectedViews(stored.map(({ type }) => rowOf(paymentId, type))),
    );
  }
});

test('an event without a payment has no order', async (t) => {
  const outbox = await createTestOutbox(t);
  const row = newBatchRow('key', { paymentId: null, callback: 'TEST', type: 'callback.test' });

  const [born] = await store(outbox, [row]);
  const stored = await outbox.query('select num_nulls(order_state, order_certain, earlier_facts) as nulls from events');

  assert.equal(born?.event.order, null);
  assert.deepEqual(stored, [{ nulls: 3 }]);
});

/** What an earlier version stores: events without an order. */
async function storeAsEarlierVersion(
  { query }: TestOutbox,
  paymentId: string,
  rows: readonly BatchRow[],
): Promise<void> {
  for (const { id, event } of rows) {
    await query(
      `insert into events (id, payment_key, payment_id, callback, type, method, parameters, received_at, verified)
       values ($1, $2, $2, $3, $4, 'GET', '{}', now(), $5)`,
      [id, paymentId, event.callback, event.type, JSON.stringify(event.verified)],
    );
  }
}

test('an event after those of an earlier version continues from their facts, and what rests on them is not certain', async (t) => {
  const outbox = await createTestOutbox(t);
  let payments = 0;

  await fc.assert(
    fc.asyncProperty(arrivals, types, types, async (earlier, next, last) => {
      payments += 1;
      const paymentId = `p-${payments}`;
      const before = earlier.map(({ type }) => rowOf(paymentId, type));
      const rows = [rowOf(paymentId, next), rowOf(paymentId, last)];
      await storeAsEarlierVersion(outbox, paymentId, before);
      const stored = await storeAll(outbox, paymentId, rows);

      const facts = expectedViews(before).at(-1) as OrderView;
      const previous = { type: before.at(-1)?.event.type ?? '', order: { ...facts, certain: false } };
      assert.deepEqual(stored.slice(before.length), expectedViews(rows, previous));
    }),
    { numRuns: 40 },
  );
});

test('an event that an earlier version stored is sent with an order that is not certain', async (t) => {
  const outbox = await createTestOutbox(t);
  const before = ['payment.booked', 'payment.annulled', 'payment.unfrozen'].map((type) => rowOf('p-1', type));
  await storeAsEarlierVersion(outbox, 'p-1', before);
  await outbox.query(
    `insert into outbox (sequence, payment_key, state, wake_at)
     select sequence, payment_key, 'pending', now() from events order by sequence desc limit 1`,
  );

  const [claim] = await outbox.claim();

  assert.deepEqual(claim?.event.order, { state: 'cancelled', certain: false, earlier: ['booked', 'annulled'] });
});
