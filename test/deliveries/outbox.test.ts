/**
 * The statements that claim, settle and release deliveries, one by one on a real database: what may be claimed, and how
 * the token fences a claim.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { findExpiredClaims, readOutlook, releaseClaims } from '../../src/deliveries/claim.ts';
import { settleClaims } from '../../src/deliveries/settle.ts';
import { ATTEMPTS } from '../helpers/delivery-states.ts';
import { createTestOutbox, deliveredSettlement, failedSettlement } from '../helpers/outbox.ts';

const SET_DUE = 'update outbox set wake_at = now() -';

const idsOf = (claims: readonly { readonly eventId: string }[]) => claims.map((claim) => claim.eventId);

test('a claim returns the longest due deliveries, one of each payment, in the order of events', async (t) => {
  const outbox = await createTestOutbox(t);
  const [a1, , b1, c1] = await outbox.add('a', 'a', 'b', 'c');
  await outbox.query(`${SET_DUE} interval '1 h' where sequence = (select sequence from events where id = $1)`, [c1]);
  await outbox.query(`${SET_DUE} interval '1 m' where sequence = (select sequence from events where id = $1)`, [b1]);

  const two = await outbox.claim(2);
  const rest = await outbox.claim();

  assert.deepEqual(idsOf(two), [b1, c1]);
  assert.deepEqual(idsOf(rest), [a1]);
  assert.deepEqual(
    two.map((claim) => claim.attempt),
    [1, 1],
  );
});

test('claims at the same instant share the deliveries and claim none twice', async (t) => {
  const outbox = await createTestOutbox(t);
  const ids = await outbox.add(...Array.from({ length: 12 }, (_, index) => `p${index}`));

  const concurrent = await Promise.all([outbox.claim(5), outbox.claim(5), outbox.claim(5), outbox.claim(5)]);
  const later = await outbox.claim();

  const claimed = idsOf([...concurrent.flat(), ...later]);
  assert.deepEqual(claimed.toSorted(), ids.toSorted());
});

test('a settlement with a wrong token changes nothing and is lost', async (t) => {
  const outbox = await createTestOutbox(t);
  await outbox.add('a', 'b');
  const [a, b] = await outbox.claim();
  if (a === undefined || b === undefined) assert.fail();
  const before = await outbox.query('select * from outbox where sequence = $1', [a.sequence]);

  const { outcomes } = await settleClaims(outbox.db, [
    deliveredSettlement({ ...a, token: randomUUID() }),
    deliveredSettlement(b),
  ]);

  assert.deepEqual(outcomes, ['lost', 'settled']);
  assert.deepEqual(await outbox.query('select * from outbox where sequence = $1', [a.sequence]), before);
  assert.deepEqual(await outbox.query('select sequence::int from deliveries'), [{ sequence: b.sequence }]);
});

test('a settlement with NUL and lone surrogates in its texts is committed, with U+FFFD in their place', async (t) => {
  const outbox = await createTestOutbox(t);
  await outbox.add('a');
  const [claim] = await outbox.claim();
  if (claim === undefined) assert.fail();
  const settlement = deliveredSettlement(claim);
  const record = { ...settlement.record, error: 'no\0such\ud800host', answer: '\udc00\0\u{1f600}å' };

  const { outcomes } = await settleClaims(outbox.db, [{ ...settlement, record }]);

  assert.deepEqual(outcomes, ['settled']);
  assert.deepEqual(await outbox.query('select first_error as error, first_answer as answer from deliveries'), [
    { error: 'no\ufffdsuch\ufffdhost', answer: '\ufffd\ufffd\u{1f600}å' },
  ]);
});

test('a settlement counts once', async (t) => {
  const outbox = await createTestOutbox(t);
  await outbox.add('a');
  const [claim] = await outbox.claim();
  if (claim === undefined) assert.fail();

  const twice = [await outbox.deliver(claim), await outbox.deliver(claim)];

  assert.deepEqual(twice, [['settled'], ['lost']]);
  assert.equal((await outbox.query(`select 1 from ${ATTEMPTS} a`)).length, 1);
});

for (const order of ['first', 'last'] as const) {
  test(`of two claims of one delivery in one batch only the current one is settled, also when it comes ${order}`, async (t) => {
    const outbox = await createTestOutbox(t);
    await outbox.add('a', 'a', 'b');
    const [earlier, other] = await outbox.claim(2);
    if (earlier === undefined || other === undefined) assert.fail();
    await settleClaims(outbox.db, [failedSettlement(earlier)]);
    const [current] = await outbox.claim();
    if (current?.sequence !== earlier.sequence) assert.fail();
    const both = [deliveredSettlement(earlier), deliveredSettlement(current)];

    const { outcomes, claims, due } = await settleClaims(
      outbox.db,
      [...(order === 'last' ? both : both.toReversed()), deliveredSettlement(other)],
      { max: 2, token: randomUUID(), leaseMs: 60_000 },
    );

    assert.deepEqual(outcomes, order === 'last' ? ['lost', 'settled', 'settled'] : ['settled', 'lost', 'settled']);
    assert.deepEqual([claims.length, due], [1, 0]);
    const attempts = await outbox.query(`select number, outcome from ${ATTEMPTS} a where sequence = $1 order by 1`, [
      earlier.sequence,
    ]);
    assert.deepEqual(attempts, [
      { number: 1, outcome: 'refused' },
      { number: 2, outcome: 'accepted' },
    ]);
  });
}

test('an attempt starts as long after its claim as it waited for a slot', async (t) => {
  const outbox = await createTestOutbox(t);
  await outbox.add('a');
  const [claim] = await outbox.claim();
  if (claim === undefined) assert.fail();
  const [row] = await outbox.query<{ claimed_at: Date }>('select claimed_at from outbox');

  await settleClaims(outbox.db, [{ ...deliveredSettlement(claim), waitedMs: 750 }]);

  const [attempt] = await outbox.query<{ started_at: Date }>(`select * from ${ATTEMPTS} a`);
  assert.equal(Number(attempt?.started_at) - Number(row?.claimed_at), 750);
});

test('an attempt is stored with its start by the clock of the database', async (t) => {
  const outbox = await createTestOutbox(t);
  await outbox.add('a');
  const [claim] = await outbox.claim();
  if (claim === undefined) assert.fail();
  const [row] = await outbox.query<{ claimed_at: Date }>('select claimed_at from outbox');

  await outbox.deliver(claim);

  const [attempt] = await outbox.query<{ started_at: Date; number: number }>(`select * from ${ATTEMPTS} a`);
  assert.deepEqual([attempt?.started_at, attempt?.number], [row?.claimed_at, 1]);
});

test('a release restores the attempt number, the due time and the order', async (t) => {
  const outbox = await createTestOutbox(t);
  const [a1, a2] = await outbox.add('a', 'a');
  const dueAt = () => outbox.query('select wake_at from outbox order by sequence limit 1');
  const before = await dueAt();
  const claims = await outbox.claim();

  await releaseClaims(outbox.db, claims);
  const after = await dueAt();
  const again = await outbox.claim();
  await outbox.deliver(...again);
  const next = await outbox.claim();

  assert.deepEqual([idsOf(claims), idsOf(again), idsOf(next)], [[a1], [a1], [a2]]);
  assert.equal(again[0]?.attempt, 1);
  assert.deepEqual(after, before);
  assert.deepEqual(await outbox.query(`select number from ${ATTEMPTS} a`), [{ number: 1 }]);
});

test('a claim with another token is not released', async (t) => {
  const outbox = await createTestOutbox(t);
  await outbox.add('a');
  const [claim] = await outbox.claim();
  if (claim === undefined) assert.fail();

  await releaseClaims(outbox.db, [{ ...claim, token: randomUUID() }]);

  assert.deepEqual(await outbox.query('select state, attempt_count from outbox'), [
    { state: 'delivering', attempt_count: 1 },
  ]);
});

test('a claim is found as expired only after its lease', async (t) => {
  const outbox = await createTestOutbox(t);
  const [short] = await outbox.add('a', 'b');
  await outbox.claim(1, 0);
  await outbox.claim(1, 60_000);

  const expired = await findExpiredClaims(outbox.db, null, []);

  assert.deepEqual(idsOf(expired), [short]);
});

test('a claim that expired long ago is found only by a full scan', async (t) => {
  const outbox = await createTestOutbox(t);
  const [old] = await outbox.add('a');
  await outbox.claim(1);
  await outbox.query(`update outbox set wake_at = now() - interval '2 min'`);

  const recent = await findExpiredClaims(outbox.db, 60_000, []);
  const all = await findExpiredClaims(outbox.db, null, []);

  assert.deepEqual(idsOf(recent), []);
  assert.deepEqual(idsOf(all), [old]);
});

test('the next due time is that of the earliest scheduled delivery', async (t) => {
  const outbox = await createTestOutbox(t);
  const none = await readOutlook(outbox.db);
  await outbox.add('a', 'b');
  await outbox.query(`update outbox set wake_at = now() + sequence * interval '1 h'`);

  const { nextDueInMs } = await readOutlook(outbox.db);

  assert.equal(none.nextDueInMs, null);
  assert.ok(Math.abs(Date.now() - none.now.getTime()) < 60_000);
  assert.ok(nextDueInMs !== null && nextDueInMs > 3_500_000 && nextDueInMs <= 3_600_000, String(nextDueInMs));
});
