/** Wrong states are impossible in the tables, whatever a defect in the program tries to write. Real Postgres. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeOutbox } from '../helpers/outbox.ts';

const CLAIM = `claim_token = gen_random_uuid(), claimed_at = now(), claimed_until = now()`;

for (const [name, change, constraint] of [
  ['in an unknown state', `state = 'lost', next_attempt_at = null`, 'deliveries_state_known'],
  ['held, which is only shown', `state = 'held', next_attempt_at = null`, 'deliveries_state_known'],
  ['delivering without a claim', `state = 'delivering', next_attempt_at = null`, 'deliveries_claim_is_whole'],
  ['pending with a claim', CLAIM, 'deliveries_claim_is_whole'],
  [
    'claimed without an end',
    `state = 'delivering', next_attempt_at = null, claim_token = gen_random_uuid(), claimed_at = now()`,
    'deliveries_claim_is_whole',
  ],
  ['delivering with a due time', `state = 'delivering', ${CLAIM}`, 'deliveries_due_only_if_pending'],
  ['a dead letter with a due time', `state = 'dead_letter'`, 'deliveries_due_only_if_pending'],
  ['delivered without a time', `state = 'delivered', next_attempt_at = null`, 'deliveries_delivered_or_no_time'],
  ['pending with a time of delivery', 'delivered_at = now()', 'deliveries_delivered_or_no_time'],
  ['tried more often than attempted', 'tries_used = 1', 'deliveries_counts'],
  ['abandoned more often than attempted', 'abandoned_in_row = 1', 'deliveries_counts'],
  ['attempted fewer than no times', 'attempt_count = -1', 'deliveries_counts'],
] as const) {
  test(`no delivery is ${name}`, async (t) => {
    const outbox = await makeOutbox(t);
    await outbox.add('p1');

    await assert.rejects(outbox.query(`update deliveries set ${change}`), { code: '23514', constraint });
  });
}

for (const [name, values, constraint] of [
  ['the number 0', `0, now(), 1, 'timed_out', null`, 'attempts_number_positive'],
  ['a negative duration', `1, now(), -1, 'timed_out', null`, 'attempts_duration_not_negative'],
  ['an unknown outcome', `1, now(), 1, 'lost', null`, 'attempts_outcome_known'],
  ['an answer without a status', `1, now(), 1, 'refused', null`, 'attempts_answered_has_status'],
] as const) {
  test(`no attempt has ${name}`, async (t) => {
    const outbox = await makeOutbox(t);
    const [id] = await outbox.add('p1');

    const insert = `insert into attempts (event_id, number, started_at, duration_ms, outcome, status)
      values ('${id}', ${values})`;
    await assert.rejects(outbox.query(insert), { code: '23514', constraint });
  });
}

test('an attempt has its number once', async (t) => {
  const outbox = await makeOutbox(t);
  const [id] = await outbox.add('p1');
  const insert = `insert into attempts (event_id, number, started_at, duration_ms, outcome)
    values ('${id}', 1, now(), 1, 'timed_out')`;
  await outbox.query(insert);

  await assert.rejects(outbox.query(insert), { code: '23505' });
});

for (const [name, change, constraint] of [
  ['another method', `method = 'PUT'`, 'events_method_known'],
  ['an empty place for its payment', 'payment_id = null', 'events_payment_unless_test'],
  ['a payment for a TEST', `callback = 'TEST'`, 'events_payment_unless_test'],
  ["another payment's key", `payment_key = 'p2'`, 'events_key_is_payment'],
] as const) {
  test(`no event has ${name}`, async (t) => {
    const outbox = await makeOutbox(t);
    await outbox.add('p1');

    await assert.rejects(outbox.query(`update events set ${change}`), { code: '23514', constraint });
  });
}

test('what belongs to an event goes with it', async (t) => {
  const outbox = await makeOutbox(t);
  const [id] = await outbox.add('p1');
  await outbox.deliver(...(await outbox.claim()));
  await outbox.query(`insert into receipts values ('${id}', 2, now())`);

  await outbox.query('delete from events');

  for (const table of ['deliveries', 'attempts', 'receipts']) {
    assert.deepEqual(await outbox.query(`select 1 from ${table}`), [], table);
  }
});
