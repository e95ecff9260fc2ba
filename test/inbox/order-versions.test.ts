/**
 * What an event means for its order while an earlier version of the program runs beside this one, and after it: the
 * earlier one stores and claims by its own functions, which know nothing of orders. Both are called here, in any
 * alternation, for one payment.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { settleClaims } from '../../src/deliveries/settle.ts';
import { type OrderedFact, viewAfter } from '../../src/events/order-state.ts';
import { type BatchRow, recordBatch } from '../../src/inbox/record.ts';
import { beginBlocking, waitForBlocked } from '../helpers/blocking-transaction.ts';
import { createTestOutbox, deliveredSettlement, newBatchRow, type TestOutbox } from '../helpers/outbox.ts';

const FACTS = ['booked', 'frozen', 'thawed', 'unfrozen', 'finalized', 'annulled', 'updated', 'other'];

/** The versions of the program, by their functions that store events. */
const VERSIONS = ['store_events_v1', 'store_events_v2', 'store_events_v3'] as const;
type Version = (typeof VERSIONS)[number];

function rowOf(paymentId: string, fact: string): BatchRow {
  return newBatchRow(paymentId, { type: `payment.${fact}` });
}

async function storeAs(version: Version, { db, query }: TestOutbox, row: BatchRow): Promise<void> {
  const claims = { max: 0, token: randomUUID(), leaseMs: 60_000 };
  if (version === 'store_events_v3') {
    await recordBatch(db, [row], { maxEventsPerPayment: 0, claims });
    return;
  }
  const { id, event } = row;
  const { paymentKey, identity } = event;
  const ended = version === 'store_events_v1' ? '' : 'array[$8]::text[],';
  const values = [id, paymentKey, identity.key, identity.windowMs, event.callback, event.type, claims.token];
  await query(
    `select from ${version}(
       array[$1]::uuid[], '{1}', '{true}', array[$2]::text[], array[$2]::text[], array[$3]::text[], '{null}', array[$4]::float8[],
       ${ended} array[$5]::text[], array[$6]::text[], '{null}', '{GET}', array['{}']::json[], '{null}', '{null}',
       array['${JSON.stringify(event.verified)}']::json[], 0, 0, $7, 60000)`,
    version === 'store_events_v1' ? values : [...values, identity.endedKeys.join(',')],
  );
}

interface Arrival {
  readonly version: Version;
  readonly row: BatchRow;
}

/** The views that each event is sent with: those of an earlier version follow from the facts and are not certain. */
function expectedViews(arrivals: readonly Arrival[]): OrderedFact['order'][] {
  let previous: OrderedFact | null = null;
  return arrivals.map(({ version, row }) => {
    const view = viewAfter(previous, row.event);
    assert.ok(view !== null);
    const order = version === 'store_events_v3' ? view : { ...view, certain: false };
    previous = { type: row.event.type, order };
    return order;
  });
}

/** What is sent of each event, in order. */
async function sentViews(outbox: TestOutbox, count: number): Promise<unknown[]> {
  const views: unknown[] = [];
  while (views.length < count) {
    const claims = await outbox.claim(1);
    assert.equal(claims.length, 1);
    views.push(...claims.map(({ event }) => event.order));
    await outbox.deliver(...claims);
  }
  return views;
}

test('whatever versions store the events of a payment in turn, each continues from the facts, and what rests on events without an order is not certain', async (t) => {
  const outbox = await createTestOutbox(t);
  let payments = 0;
  const arrivals = fc.array(fc.record({ version: fc.constantFrom(...VERSIONS), fact: fc.constantFrom(...FACTS) }), {
    minLength: 2,
    maxLength: 10,
  });

  await fc.assert(
    fc.asyncProperty(arrivals, async (drawn) => {
      payments += 1;
      const paymentId = `p-${payments}`;
      const stored = drawn.map(({ version, fact }) => ({ version, row: rowOf(paymentId, fact) }));
      for (const { version, row } of stored) await storeAs(version, outbox, row);

      const columns = await outbox.query<{ nulls: number }>(
        `select num_nulls(order_state, order_certain, earlier_facts) as nulls from events where payment_id = $1 order by sequence`,
        [paymentId],
      );
      assert.deepEqual(
        columns.map(({ nulls }) => nulls),
        stored.map(({ version }) => (version === 'store_events_v3' ? 0 : 3)),
      );
      assert.deepEqual(await sentViews(outbox, stored.length), expectedViews(stored));
    }),
    { numRuns: 40 },
  );
});

test('the earlier version claims, settles and frees what this one stores, with its own functions', async (t) => {
  const outbox = await createTestOutbox(t);
  const [one, two] = [rowOf('p-1', 'frozen'), rowOf('p-1', 'unfrozen')];
  for (const row of [one, two]) await storeAs('store_events_v3', outbox, row);
  const token = randomUUID();

  const claimed = await outbox.query<{ sequence: string; type: string }>(
    `select * from claim_deliveries_v1(10, $1, 60000, '-infinity', '{}')`,
    [token],
  );
  const settled = await outbox.query<{ type: string | null }>(
    `select type from settle_deliveries_v1(array[$1]::bigint[], '{p-1}', array[$2]::uuid[], '{1}', '{0}', '{delivered}', '{null}',
       '{1}', '{0}', '{5}', '{accepted}', '{200}', '{null}', '{null}', 1, gen_random_uuid(), 60000) where settled is null`,
    [claimed[0]?.sequence, token],
  );

  assert.deepEqual(
    [...claimed, ...settled].map(({ type }) => type),
    ['payment.frozen', 'payment.unfrozen'],
  );
});

test("an event that the earlier version stores while the payment's previous delivery is settled is sent with the order after itself", async (t) => {
  const outbox = await createTestOutbox(t);
  await storeAs('store_events_v3', outbox, rowOf('p-1', 'booked'));
  const [booked] = await outbox.claim(1);
  assert.ok(booked !== undefined);
  // A lock that settling waits for, and storing does not.
  const blocking = await beginBlocking(t, outbox.url, 'select from outbox for no key update');

  const next = { max: 1, token: randomUUID(), leaseMs: 60_000 };
  const settling = settleClaims(outbox.db, [deliveredSettlement(booked)], next);
  await waitForBlocked(outbox, 1);
  await storeAs('store_events_v2', outbox, rowOf('p-1', 'annulled'));
  await blocking.release();
  const { claims } = await settling;

  assert.deepEqual(
    claims.map(({ event }) => event.order),
    [{ state: 'cancelled', certain: false, earlier: ['booked'] }],
  );
});

test('a fact that one version stores ends the window of its opposite that the other has stored', async (t) => {
  const outbox = await createTestOutbox(t);
  const identityOf = (fact: string) => {
    const opposite = fact === 'frozen' ? 'unfrozen' : 'frozen';
    return { key: fact, aliasKey: null, windowMs: 86_400_000, endedKeys: [opposite] };
  };
  const turns = ['frozen', 'frozen', 'unfrozen', 'unfrozen', 'frozen', 'frozen', 'unfrozen', 'frozen'];

  for (const [n, fact] of turns.entries()) {
    const version = Math.floor(n / 2) % 2 === n % 2 ? 'store_events_v2' : 'store_events_v3';
    await storeAs(version, outbox, newBatchRow('p-1', { type: `payment.${fact}`, identity: identityOf(fact) }));
  }

  const stored = await outbox.query<{ type: string }>('select type from events order by sequence');
  assert.deepEqual(
    stored.map(({ type }) => type),
    ['frozen', 'unfrozen', 'frozen', 'unfrozen', 'frozen'].map((fact) => `payment.${fact}`),
  );
});

test('an order that was ended stays so where retention has removed the fact and an earlier version has stored since', async (t) => {
  const outbox = await createTestOutbox(t);
  for (const fact of ['annulled', 'updated']) await storeAs('store_events_v3', outbox, rowOf('p-1', fact));
  await outbox.query(`delete from events where type = 'payment.annulled'`);

  await storeAs('store_events_v2', outbox, rowOf('p-1', 'unfrozen'));
  await storeAs('store_events_v3', outbox, rowOf('p-1', 'frozen'));

  const stored = await outbox.query(
    'select order_state as state, order_certain as certain from events order by sequence',
  );

  assert.deepEqual(stored, [
    { state: 'cancelled', certain: false },
    { state: null, certain: null },
    { state: 'cancelled', certain: false },
  ]);
});

test('a history of an earlier version that is too long to be read never makes an order ready to ship', async (t) => {
  const outbox = await createTestOutbox(t);
  await storeAs('store_events_v2', outbox, rowOf('p-1', 'annulled'));
  await outbox.query(
    `insert into events (id, payment_key, payment_id, callback, type, method, parameters, received_at, verified)
     select gen_random_uuid(), 'p-1', 'p-1', 'UNFREEZE', 'payment.unfrozen', 'GET', '{}', now(), '{}' from generate_series(1, 10000)`,
  );

  await storeAs('store_events_v3', outbox, rowOf('p-1', 'updated'));

  const [last] = await outbox.query(
    'select order_state as state, order_certain as certain, earlier_facts as facts from events order by sequence desc limit 1',
  );
  assert.deepEqual(last, { state: 'on_hold', certain: false, facts: 'unfrozen' });
});
