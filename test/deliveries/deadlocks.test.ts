/**
 * Batches of two replicas never deadlock, whatever order their items come in. Each pair works on the same sixty payments, in
 * the order in which they would collide, and stands still halfway, where a third connection holds a payment: who took its
 * rows in the order of the batch now holds what the other needs. The functions are called directly, since the service
 * would try a batch once more after a deadlock.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { sql } from 'kysely';
import { type Claim, releaseClaims } from '../../src/deliveries/claim.ts';
import { unblockStranded } from '../../src/deliveries/ordering.ts';
import { settleClaims } from '../../src/deliveries/settle.ts';
import type { StoredBatch } from '../../src/inbox/record.ts';
import { errorCode } from '../../src/lib/errors.ts';
import { hold, waitForWaiting } from '../helpers/blocking-transaction.ts';
import { delivered, makeOutbox } from '../helpers/outbox.ts';

const PAYMENTS = Array.from({ length: 60 }, (_, n) => `p${n + 10}`);
const HALFWAY = 'p40';
const ROW = `select from outbox where payment_key = '${HALFWAY}' for update`;
const PAYMENT = `select pg_advisory_xact_lock(hashtextextended('${HALFWAY}', 0))`;

async function setup(t: TestContext) {
  const outbox = await makeOutbox(t);
  const settle = async (claims: readonly Claim[]) => {
    return (await settleClaims(outbox.db, claims.map(delivered))).outcomes.filter((one) => one === 'settled').length;
  };
  return {
    ...outbox,
    settle,
    replay(sequences: readonly number[]) {
      return outbox.db.run(sql`select replay_deliveries_v1(${[...sequences]}::bigint[])`.compile(outbox.db.kysely));
    },
    /** One event of each payment, delivered; their sequences. */
    async past(): Promise<number[]> {
      const { claims } = await outbox.store(PAYMENTS, { slots: PAYMENTS.length });
      await settle(claims);
      return claims.map((claim) => claim.sequence);
    },
    /** Does both at the same moment, `held` being let go when both stand still. */
    async collide<A, B>(held: string, a: () => Promise<A>, b: () => Promise<B>): Promise<[A, B]> {
      const halfway = await hold(t, outbox.url, held);
      const both = Promise.allSettled([a(), b()] as const);
      await waitForWaiting(outbox, 2);
      await halfway.release();
      const [first, second] = await both;
      const codes = [first, second].flatMap((one) => (one.status === 'rejected' ? [errorCode(one.reason)] : []));
      assert.deepEqual(codes, [], '40P01 is a deadlock');
      return [(first as { value: A }).value, (second as { value: B }).value];
    },
  };
}

const countStored = ({ stored }: StoredBatch) => stored.filter(({ outcome }) => outcome === 'recorded').length;

test('two batches of settlements', async (t) => {
  const { store, settle, collide } = await setup(t);
  const { claims } = await store(PAYMENTS, { slots: PAYMENTS.length });

  const counts = await collide(
    ROW,
    () => settle(claims),
    () => settle(claims.toReversed()),
  );

  assert.deepEqual(counts.toSorted(), [0, 60]);
});

test('two batches of callbacks', async (t) => {
  const { store, collide } = await setup(t);

  const batches = await collide(
    PAYMENT,
    () => store(PAYMENTS),
    () => store(PAYMENTS.toReversed()),
  );

  assert.deepEqual(batches.map(countStored), [60, 60]);
});

test('a batch of callbacks and one of settlements', async (t) => {
  const { store, settle, collide } = await setup(t);
  const { claims } = await store(PAYMENTS, { slots: PAYMENTS.length });

  const reversed = PAYMENTS.toReversed();
  const [batch, settled] = await collide(
    ROW,
    () => store(reversed),
    () => settle(claims.toReversed()),
  );

  assert.deepEqual([countStored(batch), settled], [60, 60]);
});

test('a replay and a batch of settlements', async (t) => {
  const { past, settle, replay, claim, query, collide } = await setup(t);
  const [earlier, later] = [await past(), await past()];
  await replay(later);
  const claims = await claim(60);

  const [, settled] = await collide(
    ROW,
    () => replay(earlier.toReversed()),
    () => settle(claims.toReversed()),
  );

  assert.equal(settled, 60);
  const states = await query('select state, count(*)::int from outbox group by state');
  assert.deepEqual(states, [{ state: 'pending', count: 60 }]);
});

test('two replays', async (t) => {
  const { past, replay, query, collide } = await setup(t);
  const sequences = await past();

  await collide(
    PAYMENT,
    () => replay(sequences),
    () => replay(sequences.toReversed()),
  );

  assert.equal((await query('select from outbox where replayed')).length, 60);
});

test('claims that are given back and a batch of settlements of the same', async (t) => {
  const { db, store, settle, collide, query } = await setup(t);
  const { claims } = await store(PAYMENTS, { slots: PAYMENTS.length });

  const [, settled] = await collide(
    ROW,
    () => releaseClaims(db, claims.toReversed()),
    () => settle(claims.toReversed()),
  );

  assert.equal((await query('select from outbox')).length, 60 - settled);
});

test('the net below the order, and a batch of callbacks of the payments that it finds', async (t) => {
  const { db, store, query, collide } = await setup(t);
  await store(PAYMENTS);
  await query(`update outbox set state = 'blocked', wake_at = null`);

  const row = `select from outbox where payment_key = '${HALFWAY}' for update`;
  const [, batch] = await collide(
    row,
    () => unblockStranded(db, null),
    () => store(PAYMENTS.toReversed()),
  );

  assert.equal(countStored(batch), 60);
});
