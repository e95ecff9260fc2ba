/**
 * What an event means for its order is decided in Postgres, under the lock that stores it, from the payment's previous
 * event: the same as the pure function says, in memory and in the database, and on any number of replicas.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Claim, releaseClaims } from '../../src/deliveries/claim.ts';
import { renderPayload } from '../../src/deliveries/payload.ts';
import { replayDelivery } from '../../src/deliveries/replay.ts';
import { settleClaims } from '../../src/deliveries/settle.ts';
import { FACT_TYPES, type Fact, isFact, type OrderedFact, viewAfter } from '../../src/events/order-state.ts';
import { type BatchRow, recordBatch } from '../../src/inbox/record.ts';
import { PAYMENT_STATES, type PaymentState } from '../../src/payments/payment.ts';
import { toReconciledEvent } from '../../src/reconciliation/to-event.ts';
import { createTestOutbox, deliveredSettlement, newBatchRow, type TestOutbox } from '../helpers/outbox.ts';

const PROVEN = { digest: true, result: true, basicAuth: false, source: false };

const types = fc.constantFrom(
  ...['booked', 'frozen', 'thawed', 'unfrozen', 'finalized', 'annulled', 'updated', 'other'].map(
    (fact) => `payment.${fact}`,
  ),
);
const callbacks = fc.record({ type: types, proven: fc.boolean() });
const findings = fc.record({
  facts: fc.subarray(Object.keys(FACT_TYPES).filter(isFact), { minLength: 1 }),
  state: fc.constantFrom(...PAYMENT_STATES),
});
const arrivals = fc.array(fc.oneof({ arbitrary: callbacks, weight: 3 }, findings), { minLength: 1, maxLength: 12 });

function rowOf(paymentId: string, type: string, proven = true): BatchRow {
  return newBatchRow(paymentId, { type, verified: { ...PROVEN, result: proven } });
}

/** An event of reconciliation. */
function foundRowOf(paymentId: string, facts: readonly Fact[], state: PaymentState): BatchRow {
  const missed = { facts, actions: [] };
  const amounts = { total: '30.00', authorized: '30.00', captured: '0.00', refunded: '0.00', annulled: '0.00' };
  const seen = { frozen: state === 'frozen', statuses: ['DEBITABLE'], amounts, rejectedReason: null };
  const payment = { readAt: new Date('2026-11-20T12:00:00Z'), state, orderReference: paymentId, ...seen };
  const event = toReconciledEvent({ provider: 'resurs-ecom', paymentId, missed, payment, follows: null }, 60_000);
  return newBatchRow(paymentId, { ...event, identity: newBatchRow(paymentId).event.identity });
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
function expectedViews(rows: readonly BatchRow[], earlier: OrderedFact | null = null): unknown[] {
  let previous = earlier;
  return rows.map(({ event }) => {
    const order = viewAfter(previous, event);
    if (order !== null) previous = { type: event.type, missed: event.found?.missed ?? null, order };
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
      const rows = events.map((arrival) =>
        'type' in arrival
          ? rowOf(paymentId, arrival.type, arrival.proven)
          : foundRowOf(paymentId, arrival.facts, arrival.state),
      );
      assert.deepEqual(await storeAll(outbox, paymentId, rows), expectedViews(rows));
    }),
    { numRuns: 60 },
  );
});

test('an event has the same bytes from memory, from the outbox, from a settlement and in a replay', async (t) => {
  const outbox = await createTestOutbox(t);
  const rows = ['payment.booked', 'payment.frozen', 'payment.unfrozen'].map((type) => rowOf('p-1,a:b', type));
  rows.push(foundRowOf('p-1,a:b', ['finalized', 'annulled'], 'partially_captured'));
  const sent = new Map<number, string[]>();
  const send = (claims: readonly Claim[]) => {
    for (const { sequence, event } of claims)
      sent.set(sequence, [...(sent.get(sequence) ?? []), renderPayload(event, 'test').toString()]);
    return claims;
  };

  for (const row of rows) {
    const [born] = send(await store(outbox, [row]));
    if (born !== undefined) await releaseClaims(outbox.db, [born]);
  }
  let claims: readonly Claim[] = [];
  for (let round = 0; round < rows.length; round += 1) {
    if (claims.length === 0) claims = send(await outbox.claim());
    // Every other one is claimed by the settlement of the one before it.
    const next = { max: round % 2 === 0 ? 1 : 0, token: randomUUID(), leaseMs: 60_000 };
    claims = send((await settleClaims(outbox.db, claims.map(deliveredSettlement), next)).claims);
  }
  for (const { id } of rows) {
    assert.equal(await replayDelivery(outbox.db, id), 'replayed');
    await outbox.deliver(...send(await outbox.claim()));
  }

  const payloads = [...sent.values()];
  assert.deepEqual(
    payloads.map((bytes) => [bytes.length, new Set(bytes).size]),
    [
      [3, 1],
      [2, 1],
      [2, 1],
      [2, 1],
    ],
  );
  assert.deepEqual(
    payloads.map(([bytes = '']) => JSON.parse(bytes).data.order),
    expectedViews(rows),
  );
});

test('retention may remove what came before: an order keeps its state', async (t) => {
  const outbox = await createTestOutbox(t);
  const rows = ['annulled', 'updated', 'unfrozen'].map((fact) => rowOf('p-1', `payment.${fact}`));
  await storeAll(outbox, 'p-1', rows.slice(0, 2));
  await outbox.query(`delete from events where type = 'payment.annulled'`);

  const views = await storeAll(outbox, 'p-1', rows.slice(2));

  assert.deepEqual(views, expectedViews(rows).slice(1));
});

test('a batch of many payments takes for each the transition from its own state', async (t) => {
  const outbox = await createTestOutbox(t);
  const facts = ['booked', 'frozen', 'unfrozen', 'finalized', 'annulled', 'other'];
  const payments = Array.from({ length: 120 }, (_, n) => `p-${n}`);
  const [first, second] = [0, 1].map((turn) => {
    return payments.map((id, n) => rowOf(id, `payment.${facts[(turn === 0 ? n : Math.floor(n / 6)) % 6]}`));
  });
  assert.ok(first !== undefined && second !== undefined);

  await store(outbox, first, 0);
  await store(outbox, second.toReversed(), 0);

  for (const [n, paymentId] of payments.entries()) {
    const rows: BatchRow[] = [first[n], second[n]].filter((row) => row !== undefined);
    assert.deepEqual(await storedViews(outbox, paymentId), expectedViews(rows));
  }
});

test('a callback that is refused for the limit of its payment, or is a repeat, changes no order', async (t) => {
  const outbox = await createTestOutbox(t);
  const claims = { max: 0, token: randomUUID(), leaseMs: 60_000 };
  const frozen = rowOf('p-1', 'payment.frozen');
  const again = { ...rowOf('p-1', 'payment.frozen'), event: frozen.event };
  await storeAll(outbox, 'p-1', [rowOf('p-1', 'payment.unfrozen'), frozen]);

  const options = { maxEventsPerPayment: 2, claims };
  const repeated = await recordBatch(outbox.db, [again], options);
  const limited = await recordBatch(outbox.db, [rowOf('p-1', 'payment.annulled')], options);

  assert.deepEqual(
    [...repeated.results, ...limited.results],
    [{ outcome: 'duplicate', eventId: frozen.id }, { outcome: 'limited' }],
  );
  const [last] = (await storedViews(outbox, 'p-1')).slice(1);
  assert.deepEqual(last, { state: 'on_hold', certain: false, earlier: ['unfrozen'] });
  assert.equal((await storedViews(outbox, 'p-1')).length, 2);
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
