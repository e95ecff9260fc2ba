/**
 * Whose turn it is within a payment, and that a turn which a dead process forgot to give is given later, or a payment
 * would stand still for ever. Single statements on a real database.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { giveForgottenTurns, giveTurn } from '../../src/deliveries/enqueue.ts';
import { settleClaims } from '../../src/deliveries/settle.ts';
import { delivered, makeOutbox } from '../helpers/outbox.ts';

test('a waiting delivery whose predecessor is finished is found once, and one whose predecessor is under way is not', async (t) => {
  const outbox = await makeOutbox(t);
  const [, a2] = await outbox.add('a', 'a', 'a', 'b', 'b');
  const claims = await outbox.claim();
  // As a process that dies between the settlement and the turn leaves it; b's first is still under way.
  await settleClaims(outbox.db, claims.filter((claim) => claim.event.paymentId === 'a').map(delivered));

  const given = [await giveForgottenTurns(outbox.db), await giveForgottenTurns(outbox.db)];
  const next = await outbox.claim();

  assert.deepEqual(given, [1, 0]);
  assert.deepEqual(
    next.map((claim) => claim.eventId),
    [a2],
  );
});

test('forgotten turns of many payments are given at once', async (t) => {
  const outbox = await makeOutbox(t);
  const payments = Array.from({ length: 30 }, (_, index) => `p${index}`);
  await outbox.add(...payments, ...payments);
  await settleClaims(outbox.db, (await outbox.claim(30)).map(delivered));

  assert.equal(await giveForgottenTurns(outbox.db), 30);
});

test('a turn goes to the earliest unfinished delivery and leaves a planned one alone', async (t) => {
  const outbox = await makeOutbox(t);
  const [a1, a2] = await outbox.add('a', 'a');
  await outbox.query(`update deliveries set next_attempt_at = now() + interval '1 h' where event_id = $1`, [a1]);

  await giveTurn(outbox.db, [a2 ?? '']);

  const waits = await outbox.query<{ due: boolean | null }>(
    'select next_attempt_at <= now() as due from deliveries order by sequence',
  );
  assert.deepEqual(waits, [{ due: false }, { due: null }]);
});
