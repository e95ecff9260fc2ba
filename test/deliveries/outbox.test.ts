/**
 * The statements that move deliveries, one by one on a real database: what may be claimed, and that a claim is fenced by
 * its token.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { expiredClaims, giveBackClaims, nextDueInMs } from '../../src/deliveries/outbox.ts';
import { settleClaims } from '../../src/deliveries/settle.ts';
import { delivered, makeOutbox } from '../helpers/outbox.ts';

const idsOf = (claims: readonly { readonly eventId: string }[]) => claims.map((claim) => claim.eventId);

test('a claim takes what is due longest, one of each payment, and hands it out in the order of events', async (t) => {
  const outbox = await makeOutbox(t);
  const [a1, , b1, c1] = await outbox.add('a', 'a', 'b', 'c');
  await outbox.query(`update deliveries set next_attempt_at = now() - interval '1 h' where event_id = $1`, [c1]);
  await outbox.query(`update deliveries set next_attempt_at = now() - interval '1 m' where event_id = $1`, [b1]);

  const two = await outbox.claim(2);
  const rest = await outbox.claim();

  assert.deepEqual(idsOf(two), [b1, c1]);
  assert.deepEqual(idsOf(rest), [a1]);
  assert.deepEqual(
    two.map((claim) => claim.attempt),
    [1, 1],
  );
});

test('two claims at the same instant share the deliveries and take none twice', async (t) => {
  const outbox = await makeOutbox(t);
  const ids = await outbox.add(...Array.from({ length: 12 }, (_, index) => `p${index}`));

  const hands = await Promise.all([outbox.claim(5), outbox.claim(5), outbox.claim(5), outbox.claim(5)]);
  const later = await outbox.claim();

  const taken = idsOf([...hands.flat(), ...later]);
  assert.deepEqual(taken.toSorted(), ids.toSorted());
});

test('a due time that came too early does not let an event pass the one before it', async (t) => {
  const outbox = await makeOutbox(t);
  const [first] = await outbox.add('a', 'a');
  await outbox.query(`update deliveries set next_attempt_at = now() - interval '1 h' where next_attempt_at is null`);

  const claims = await outbox.claim();

  assert.deepEqual(idsOf(claims), [first]);
});

test('a settlement with a wrong token changes nothing and is lost', async (t) => {
  const outbox = await makeOutbox(t);
  await outbox.add('a', 'b');
  const [a, b] = await outbox.claim();
  if (a === undefined || b === undefined) assert.fail();
  const before = await outbox.query('select * from deliveries where event_id = $1', [a.eventId]);

  const settled = await settleClaims(outbox.db, [delivered({ ...a, token: randomUUID() }), delivered(b)]);

  assert.deepEqual(settled, ['lost', 'settled']);
  assert.deepEqual(await outbox.query('select * from deliveries where event_id = $1', [a.eventId]), before);
  assert.deepEqual(await outbox.query('select event_id from attempts'), [{ event_id: b.eventId }]);
});

test('a settlement counts once', async (t) => {
  const outbox = await makeOutbox(t);
  await outbox.add('a');
  const [claim] = await outbox.claim();
  if (claim === undefined) assert.fail();

  const twice = [await outbox.deliver(claim), await outbox.deliver(claim)];

  assert.deepEqual(twice, [['settled'], ['lost']]);
  assert.equal((await outbox.query('select 1 from attempts')).length, 1);
});

test('an attempt that waited for a place begins so much after its claim', async (t) => {
  const outbox = await makeOutbox(t);
  await outbox.add('a');
  const [claim] = await outbox.claim();
  if (claim === undefined) assert.fail();
  const [row] = await outbox.query<{ claimed_at: Date }>('select claimed_at from deliveries');

  await settleClaims(outbox.db, [{ ...delivered(claim), waitedMs: 750 }]);

  const [attempt] = await outbox.query<{ started_at: Date }>('select * from attempts');
  assert.equal(Number(attempt?.started_at) - Number(row?.claimed_at), 750);
});

test('an attempt is kept with its start by the clock of the database', async (t) => {
  const outbox = await makeOutbox(t);
  await outbox.add('a');
  const [claim] = await outbox.claim();
  if (claim === undefined) assert.fail();
  const [row] = await outbox.query<{ claimed_at: Date }>('select claimed_at from deliveries');

  await outbox.deliver(claim);

  const [attempt] = await outbox.query<{ started_at: Date; number: number }>('select * from attempts');
  assert.deepEqual([attempt?.started_at, attempt?.number], [row?.claimed_at, 1]);
});

test('a claim that was given back has its number and its place again', async (t) => {
  const outbox = await makeOutbox(t);
  const [a1, a2] = await outbox.add('a', 'a');
  const dueAt = () => outbox.query('select next_attempt_at::text from deliveries order by sequence limit 1');
  const before = await dueAt();
  const claims = await outbox.claim();

  await giveBackClaims(outbox.db, claims);
  const after = await dueAt();
  const again = await outbox.claim();
  await outbox.deliver(...again);
  const next = await outbox.claim();

  assert.deepEqual([idsOf(claims), idsOf(again), idsOf(next)], [[a1], [a1], [a2]]);
  assert.equal(again[0]?.attempt, 1);
  assert.deepEqual(after, before);
  assert.deepEqual(await outbox.query('select number from attempts'), [{ number: 1 }]);
});

test('a claim that is no longer ours is not given back', async (t) => {
  const outbox = await makeOutbox(t);
  await outbox.add('a');
  const [claim] = await outbox.claim();
  if (claim === undefined) assert.fail();

  await giveBackClaims(outbox.db, [{ ...claim, token: randomUUID() }]);

  assert.deepEqual(await outbox.query('select state, attempt_count from deliveries'), [
    { state: 'delivering', attempt_count: 1 },
  ]);
});

test('a claim is found as expired only after its time', async (t) => {
  const outbox = await makeOutbox(t);
  const [short] = await outbox.add('a', 'b');
  await outbox.claim(1, 0);
  await outbox.claim(1, 60_000);

  const expired = await expiredClaims(outbox.db, 10);

  assert.deepEqual(idsOf(expired), [short]);
});

test('the next due time is that of the earliest planned delivery', async (t) => {
  const outbox = await makeOutbox(t);
  const none = await nextDueInMs(outbox.db);
  await outbox.add('a', 'b');
  await outbox.query(`update deliveries set next_attempt_at = now() + sequence * interval '1 h'`);

  const waitMs = await nextDueInMs(outbox.db);

  assert.equal(none, null);
  assert.ok(waitMs !== null && waitMs > 3_500_000 && waitMs <= 3_600_000, String(waitMs));
});
