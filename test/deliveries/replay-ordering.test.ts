/**
 * Replayed deliveries of a payment are sent one at a time and in the order of their events, whichever was replayed
 * first and by how many requests at the same moment; each starts its schedule again. Statements on a real Postgres.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { sql } from 'kysely';
import type { Claim } from '../../src/deliveries/claim.ts';
import { beginBlocking, waitForBlocked } from '../helpers/blocking-transaction.ts';
import { createTestOutbox } from '../helpers/outbox.ts';

/** `count` events of each payment, all delivered; their sequences, a payment's own behind each other. */
async function setup(t: TestContext, payments: readonly string[], count: number) {
  const outbox = await createTestOutbox(t);
  for (let n = 0; n < count; n += 1) {
    const { claims } = await outbox.store(payments, { slots: payments.length });
    await outbox.deliver(...claims);
  }
  const rows = await outbox.query<{ sequences: number[] }>(
    `select array_agg(sequence::float8 order by sequence) as sequences from events group by payment_key order by payment_key`,
  );
  return {
    ...outbox,
    sequences: rows.map((row) => row.sequences),
    replay(...sequences: readonly number[]) {
      return outbox.db.run(sql`select replay_deliveries_v1(${[...sequences]}::bigint[])`.compile(outbox.db.kysely));
    },
  };
}

/** Claims and delivers until nothing is due; returns the sequences of each claim. */
async function drain(outbox: Awaited<ReturnType<typeof setup>>): Promise<number[][]> {
  const steps: number[][] = [];
  for (;;) {
    const claims = await outbox.claim(100);
    if (claims.length === 0) return steps;
    steps.push(claims.map((claim) => claim.sequence));
    await outbox.deliver(...claims);
  }
}

test('deliveries replayed together are sent one at a time, the earliest first', async (t) => {
  const receiver = await setup(t, ['a'], 4);
  const [sequences = []] = receiver.sequences;

  await receiver.replay(...sequences.toReversed());

  assert.deepEqual(
    await drain(receiver),
    sequences.map((sequence) => [sequence]),
  );
});

test('a delivery replayed later is sent before a later event that was not tried yet, and after one in flight', async (t) => {
  const receiver = await setup(t, ['a'], 3);
  const [[first = 0, second = 0, third = 0] = []] = receiver.sequences;
  await receiver.replay(third);
  await receiver.replay(second);
  const [inFlight] = await receiver.claim();

  await receiver.replay(first);
  const beside = await receiver.claim();
  await receiver.deliver(inFlight as Claim);

  assert.equal(inFlight?.sequence, second);
  assert.deepEqual(beside, []);
  assert.deepEqual(await drain(receiver), [[first], [third]]);
});

test('a delivery that has failed before is not overtaken', async (t) => {
  const receiver = await setup(t, ['a'], 2);
  const [[first = 0, second = 0] = []] = receiver.sequences;
  await receiver.replay(second);
  await receiver.query(`update outbox set tries_used = 1, wake_at = now()`);

  await receiver.replay(first);

  assert.deepEqual(await drain(receiver), [[second], [first]]);
});

test('two replays of the same payments at the same moment leave one delivery of each due', async (t) => {
  const payments = Array.from({ length: 40 }, (_, n) => `p${n}`);
  const receiver = await setup(t, payments, 2);
  const rows = await beginBlocking(t, receiver.url, 'select from deliveries for update');

  const both = [0, 1].map((n) => receiver.replay(...receiver.sequences.map((sequences) => sequences[n] ?? 0)));
  await waitForBlocked(receiver, 2);
  await rows.release();
  await Promise.all(both);

  const due = await receiver.query(`select payment_key from outbox where state = 'pending' order by payment_key`);
  assert.deepEqual(
    due.map((row) => row.payment_key),
    payments.toSorted(),
  );
  assert.deepEqual(
    (await drain(receiver)).map((step) => step.length),
    [40, 40],
  );
});

test('a replay resets tries and abandoned attempts, and continues the attempt number', async (t) => {
  const receiver = await setup(t, ['a'], 0);
  await receiver.add('a');
  await receiver.query('update outbox set attempt_count = 6, tries_used = 2, abandoned_in_row = 5');
  await receiver.deliver(...(await receiver.claim()));
  const [finished] = await receiver.query('select attempt_count, tries_used from deliveries');

  await receiver.query('select replay_deliveries_v1(array(select sequence from deliveries))');

  assert.deepEqual(finished, { attempt_count: 7, tries_used: 3 });
  const [row] = await receiver.query('select attempt_count, tries_used, abandoned_in_row from outbox');
  assert.deepEqual(row, { attempt_count: 7, tries_used: 0, abandoned_in_row: 0 });
});
