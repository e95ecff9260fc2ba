/**
 * The order within a payment: the settlement of one delivery unblocks the next. The fallback finds a payment in which
 * all are blocked, as a manual change may leave it; without it nothing of the payment would ever be sent. Single
 * statements on a real database.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { type GroupCursor, unblockStranded } from '../../src/deliveries/ordering.ts';
import { settleClaims } from '../../src/deliveries/settle.ts';
import { createTestOutbox, deliveredSettlement, type TestOutbox } from '../helpers/outbox.ts';

/** One whole scan: how many were unblocked, and in how many steps. */
async function scan(outbox: TestOutbox): Promise<{ unblocked: number; steps: number }> {
  let [unblocked, steps] = [0, 0];
  let cursor: GroupCursor | null = null;
  do {
    const step = await unblockStranded(outbox.db, cursor);
    cursor = step.next;
    unblocked += step.unblocked;
    steps += 1;
  } while (cursor !== null);
  return { unblocked, steps };
}

const states = (outbox: TestOutbox) => {
  return outbox.query<{ state: string }>('select state from outbox order by sequence');
};

test('a settlement unblocks the next delivery of its payment and returns how many it unblocked', async (t) => {
  const outbox = await createTestOutbox(t);
  await outbox.add('a', 'a', 'a', 'b', 'c', 'c');
  const claims = await outbox.claim();

  const { due } = await settleClaims(outbox.db, claims.map(deliveredSettlement));

  assert.equal(due, 2);
  assert.deepEqual(
    (await outbox.claim()).map((claim) => claim.paymentKey),
    ['a', 'c'],
  );
});

test('a settlement claims up to `max` of the deliveries it unblocks, with their whole events', async (t) => {
  const outbox = await createTestOutbox(t);
  const [, a2, , , , c2] = await outbox.add('a', 'a', 'a', 'b', 'c', 'c');
  const first = await outbox.claim();
  const token = randomUUID();

  const { claims, due } = await settleClaims(outbox.db, first.map(deliveredSettlement), {
    max: 1,
    token,
    leaseMs: 60_000,
  });
  const rest = await outbox.claim();

  const [next] = claims;
  assert.deepEqual([claims.length, due, rest.length], [1, 1, 1]);
  assert.deepEqual(new Set([next?.eventId, rest[0]?.eventId]), new Set([a2, c2]));
  assert.deepEqual([next?.token, next?.attempt, next?.event.id], [token, 1, next?.eventId]);
  assert.deepEqual(await outbox.deliver(...claims), ['settled']);
});

test('a settlement that ends in a retry unblocks nothing', async (t) => {
  const outbox = await createTestOutbox(t);
  await outbox.add('a', 'a');
  const [claim] = await outbox.claim();
  if (claim === undefined) assert.fail();
  const next = { state: 'pending', waitMs: 3_600_000, triesUsed: 1, abandonedInRow: 0 } as const;

  const { outcomes, due, claims } = await settleClaims(outbox.db, [{ ...deliveredSettlement(claim), next }]);

  assert.deepEqual([outcomes, due, claims], [['settled'], 0, []]);
  assert.deepEqual(await outbox.claim(), []);
});

test('a payment in which all are blocked is found once, and its earliest delivery is unblocked', async (t) => {
  const outbox = await createTestOutbox(t);
  const [, a2] = await outbox.add('a', 'a', 'a', 'b', 'b');
  await outbox.query(`delete from outbox where sequence = (select min(sequence) from outbox)`);

  const scans = [await scan(outbox), await scan(outbox)];
  const claims = await outbox.claim();

  assert.deepEqual(
    scans.map(({ unblocked }) => unblocked),
    [1, 0],
  );
  assert.deepEqual([claims[0]?.eventId, claims[1]?.paymentKey], [a2, 'b']);
});

test('a scan covers many payments in bounded steps, and unblocks nothing behind a claimed or pending delivery', async (t) => {
  const outbox = await createTestOutbox(t);
  const payments = Array.from({ length: 500 }, (_, index) => `p${index}`);
  await outbox.query(
    `insert into events (id, payment_key, payment_id, callback, type, method, parameters, received_at, verified)
     select gen_random_uuid(), key, key, 'UPDATE', 'payment.updated', 'POST', '{}', now(), '{}'
     from unnest($1::text[]) key cross join generate_series(1, 3)`,
    [payments],
  );
  await outbox.query(
    `insert into outbox (sequence, payment_key, state) select sequence, payment_key, 'blocked' from events`,
  );

  const first = await scan(outbox);
  const claims = await outbox.claim(100);
  const second = await scan(outbox);

  assert.deepEqual([first.unblocked, first.steps], [500, 3]);
  assert.deepEqual([claims.length, second.unblocked], [100, 0]);
  assert.equal((await states(outbox)).filter(({ state }) => state === 'blocked').length, 1_000);
});
