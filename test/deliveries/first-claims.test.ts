/**
 * The first state of a delivery: born claimed if there is a slot and nothing of its payment is unfinished; due without
 * a slot; blocked behind an unfinished one. A callback that arrives while the delivery before it is being finished
 * strands nothing, whichever of the two commits first.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import pg from 'pg';
import type { Database } from '../../src/db/client.ts';
import { type Claim, releaseClaims } from '../../src/deliveries/claim.ts';
import { settleClaims } from '../../src/deliveries/settle.ts';
import { waitForBlocked } from '../helpers/blocking-transaction.ts';
import { createTestOutbox, deliveredSettlement, failedSettlement, type TestOutbox } from '../helpers/outbox.ts';

async function states(outbox: TestOutbox): Promise<string[]> {
  const rows = await outbox.query<{ text: string }>(
    `select payment_key || ' ' || state as text from outbox order by sequence`,
  );
  return rows.map(({ text }) => text);
}

/** A database whose statements stay uncommitted until `commit`. */
async function openTransaction(
  t: TestContext,
  outbox: TestOutbox,
): Promise<{ db: Database; commit(): Promise<unknown> }> {
  const client = new pg.Client({ connectionString: outbox.url });
  await client.connect();
  t.after(() => client.end());
  await client.query('begin');
  const run = async (query: { sql: string; parameters: readonly unknown[] }) => {
    const { rows } = await client.query(query.sql, [...query.parameters]);
    // As the pool parses a bigint.
    return rows.map((row) =>
      'sequence' in row && row.sequence !== null ? { ...row, sequence: Number(row.sequence) } : row,
    );
  };
  return { db: { ...outbox.db, run: run as Database['run'] }, commit: () => client.query('commit') };
}

test('as many deliveries as there are slots are born claimed, the rest are due at once', async (t) => {
  const outbox = await createTestOutbox(t);

  const { claims } = await outbox.store(['a', 'b', 'c', 'd', 'e'], { slots: 2 });

  assert.deepEqual(
    claims.map((claim) => claim.paymentKey),
    ['a', 'b'],
  );
  const due = await outbox.claim();
  assert.deepEqual(
    due.map((claim) => claim.paymentKey),
    ['c', 'd', 'e'],
  );
});

/** The state of the payment's first delivery when the next event is stored. */
const UNFINISHED: Record<string, (outbox: TestOutbox, claim: Claim) => Promise<unknown>> = {
  'is claimed': async () => undefined,
  'is due': (outbox, claim) => releaseClaims(outbox.db, [claim]),
  'waits for its next try': (outbox, claim) => settleClaims(outbox.db, [failedSettlement(claim, 3_600_000)]),
  'has expired': (outbox) => outbox.query('update outbox set wake_at = now()'),
};

for (const [name, prepare] of Object.entries(UNFINISHED)) {
  test(`an event whose payment has a delivery that ${name} is stored blocked and uses no slot`, async (t) => {
    const outbox = await createTestOutbox(t);
    const { claims: first } = await outbox.store(['a'], { slots: 1 });
    for (const claim of first) await prepare(outbox, claim);

    const { claims, results: stored } = await outbox.store(['a', 'b'], { slots: 1 });

    assert.deepEqual(
      claims.map((claim) => claim.paymentKey),
      ['b'],
    );
    assert.deepEqual((await states(outbox)).slice(1), ['a blocked', 'b delivering']);
    assert.deepEqual(
      stored.map((one) => one.outcome === 'recorded' && one.isDue),
      [false, false],
    );
  });
}

test('a blocked delivery is claimed when the one before it is finished, and not before', async (t) => {
  const outbox = await createTestOutbox(t);
  const { claims } = await outbox.store(['a'], { slots: 1 });
  await outbox.store(['a'], { slots: 1 });

  const before = await outbox.claim();
  await outbox.deliver(...claims);
  const [next] = await outbox.claim();

  assert.deepEqual(before, []);
  assert.ok((next?.sequence ?? 0) > (claims[0]?.sequence ?? Number.NaN));
});

test('a replayed delivery does not block a new event of its payment', async (t) => {
  const outbox = await createTestOutbox(t);
  const { claims } = await outbox.store(['a'], { slots: 1 });
  await outbox.deliver(...claims);
  await outbox.query('select replay_deliveries_v1(array(select sequence from deliveries))');

  const second = await outbox.store(['a'], { slots: 1 });

  assert.equal(second.claims.length, 1);
});

test('an event that is stored while the one before it is being finished is not stranded', async (t) => {
  const outbox = await createTestOutbox(t);
  const { claims } = await outbox.store(['a'], { slots: 1 });
  const finishing = await openTransaction(t, outbox);
  await settleClaims(finishing.db, claims.map(deliveredSettlement));

  const storing = outbox.store(['a'], { slots: 1 });
  await waitForBlocked(outbox, 1);
  await finishing.commit();

  assert.equal((await storing).claims.length, 1);
  assert.deepEqual(await states(outbox), ['a delivering']);
});

test('a delivery that is finished while the next event of its payment is being stored unblocks that event', async (t) => {
  const outbox = await createTestOutbox(t);
  const { claims } = await outbox.store(['a'], { slots: 1 });
  const storingFirst = await openTransaction(t, outbox);
  await outbox.store(['a'], { slots: 1, db: storingFirst.db });

  const settling = settleClaims(outbox.db, claims.map(deliveredSettlement));
  await waitForBlocked(outbox, 1);
  await storingFirst.commit();

  assert.equal((await settling).due, 1);
  assert.deepEqual(await states(outbox), ['a pending']);
});
