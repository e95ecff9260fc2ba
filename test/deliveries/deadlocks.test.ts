/**
 * Batches of two replicas never deadlock, whatever the order of their items. Each pair works on the same sixty
 * payments, in opposite orders, and waits halfway, where a third connection has locked a payment: a batch that locked
 * its rows in its own order would now have locked what the other needs. The functions are called directly, because the
 * service would retry a batch once after a deadlock.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { sql } from 'kysely';
import { type Claim, releaseClaims } from '../../src/deliveries/claim.ts';
import { unblockStranded } from '../../src/deliveries/ordering.ts';
import { settleClaims } from '../../src/deliveries/settle.ts';
import type { RecordBatchResult } from '../../src/inbox/record.ts';
import { errorCode } from '../../src/lib/errors.ts';
import { beginBlocking, waitForBlocked } from '../helpers/blocking-transaction.ts';
import { createTestOutbox, deliveredSettlement } from '../helpers/outbox.ts';

const PAYMENTS = Array.from({ length: 60 }, (_, n) => `p${n + 10}`);
const HALFWAY = 'p40';
const ROW = `select from outbox where payment_key = '${HALFWAY}' for update`;
const PAYMENT = `select pg_advisory_xact_lock(hashtextextended('${HALFWAY}', 0))`;

async function setup(t: TestContext) {
  const outbox = await createTestOutbox(t);
  const settle = async (claims: readonly Claim[]) => {
    return (await settleClaims(outbox.db, claims.map(deliveredSettlement))).outcomes.filter((one) => one === 'settled')
      .length;
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
    /** Runs both at the same moment; `lock` is released when both wait. */
    async collide<A, B>(lock: string, a: () => Promise<A>, b: () => Promise<B>): Promise<[A, B]> {
      const halfway = await beginBlocking(t, outbox.url, lock);
      const both = Promise.allSettled([a(), b()] as const);
      await waitForBlocked(outbox, 2);
      await halfway.release();
      const [first, second] = await both;
      const codes = [first, second].flatMap((one) => (one.status === 'rejected' ? [errorCode(one.reason)] : []));
      assert.deepEqual(codes, [], '40P01 is a deadlock');
      return [(first as { value: A }).value, (second as { value: B }).value];
    },
  };
}

const countStored = ({ results: stored }: RecordBatchResult) =>
  stored.filter(({ outcome }) => outcome === 'recorded').length;

test('two batches of settlements do not deadlock', async (t) => {
  const { store, settle, collide } = await setup(t);
  const { claims } = await store(PAYMENTS, { slots: PAYMENTS.length });

  const counts = await collide(
    ROW,
    () => settle(claims),
    () => settle(claims.toReversed()),
  );

  assert.deepEqual(counts.toSorted(), [0, 60]);
});

test('two batches of callbacks do not deadlock', async (t) => {
  const { store, collide } = await setup(t);

  const batches = await collide(
    PAYMENT,
    () => store(PAYMENTS),
    () => store(PAYMENTS.toReversed()),
  );

  assert.deepEqual(batches.map(countStored), [60, 60]);
});

test('a batch of callbacks and one of settlements do not deadlock', async (t) => {
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

test('a replay and a batch of settlements do not deadlock', async (t) => {
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

test('two replays do not deadlock', async (t) => {
  const { past, replay, query, collide } = await setup(t);
  const sequences = await past();

  await collide(
    PAYMENT,
    () => replay(sequences),
    () => replay(sequences.toReversed()),
  );

  assert.equal((await query('select from outbox where replayed')).length, 60);
});

test('a release of claims and a batch of settlements of the same claims do not deadlock', async (t) => {
  const { db, store, settle, collide, query } = await setup(t);
  const { claims } = await store(PAYMENTS, { slots: PAYMENTS.length });

  const [, settled] = await collide(
    ROW,
    () => releaseClaims(db, claims.toReversed()),
    () => settle(claims.toReversed()),
  );

  assert.equal((await query('select from outbox')).length, 60 - settled);
});

test('unblocking stranded groups and a batch of callbacks of the same payments do not deadlock', async (t) => {
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
