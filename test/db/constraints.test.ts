/**
 * Constraints make wrong states impossible in the tables, whatever a bug in the program tries to write. Real Postgres.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestOutbox } from '../helpers/outbox.ts';

const CLAIM = `claim_token = gen_random_uuid(), claimed_at = now()`;

for (const [name, change, constraint] of [
  ['in an unknown state', `state = 'lost'`, 'outbox_state_known'],
  ['held, which is never stored', `state = 'held'`, 'outbox_state_known'],
  ['finished and in the outbox', `state = 'delivered'`, 'outbox_state_known'],
  ['delivering without a claim', `state = 'delivering'`, 'outbox_claim_is_whole'],
  ['pending with a claim', CLAIM, 'outbox_claim_is_whole'],
  ['claimed without a time', `state = 'delivering', claim_token = gen_random_uuid()`, 'outbox_claim_is_whole'],
  ['delivering without an expiry', `state = 'delivering', wake_at = null, ${CLAIM}`, 'outbox_blocked_or_awake'],
  ['pending without a due time', 'wake_at = null', 'outbox_blocked_or_awake'],
  ['blocked with a due time', `state = 'blocked'`, 'outbox_blocked_or_awake'],
  ['tried more often than attempted', 'tries_used = 1', 'outbox_counts'],
  ['abandoned more often than attempted', 'abandoned_in_row = 1', 'outbox_counts'],
  ['attempted a negative number of times', 'attempt_count = -1', 'outbox_counts'],
] as const) {
  test(`no unfinished delivery is ${name}`, async (t) => {
    const outbox = await createTestOutbox(t);
    await outbox.add('p1');

    await assert.rejects(outbox.query(`update outbox set ${change}`), { code: '23514', constraint });
  });
}

for (const [name, change, constraint] of [
  ['in an unknown state', `state = 'pending'`, 'deliveries_state_known'],
  ['without an attempt', 'attempt_count = 0, tries_used = 0', 'deliveries_counts'],
  ['tried more often than attempted', 'tries_used = 2', 'deliveries_counts'],
  ['finished with an unknown outcome', `first_outcome = 'lost'`, 'deliveries_first_outcome_known'],
  ['answered without a status', 'first_status = null', 'deliveries_first_answered_has_status'],
  ['attempted without a time', 'first_started_at = null', 'deliveries_first_is_whole'],
] as const) {
  test(`no finished delivery is ${name}`, async (t) => {
    const outbox = await createTestOutbox(t);
    await outbox.add('p1');
    await outbox.deliver(...(await outbox.claim()));

    await assert.rejects(outbox.query(`update deliveries set ${change}`), { code: '23514', constraint });
  });
}

for (const [name, values, constraint] of [
  ['the number 0', `0, now(), 1, 'timed_out', null`, 'attempts_number_positive'],
  ['a negative duration', `1, now(), -1, 'timed_out', null`, 'attempts_duration_not_negative'],
  ['an unknown outcome', `1, now(), 1, 'lost', null`, 'attempts_outcome_known'],
  ['a response without a status', `1, now(), 1, 'refused', null`, 'attempts_answered_has_status'],
] as const) {
  test(`no attempt has ${name}`, async (t) => {
    const outbox = await createTestOutbox(t);

    const insert = `insert into attempts (sequence, number, started_at, duration_ms, outcome, status)
      values (1, ${values})`;
    await assert.rejects(outbox.query(insert), { code: '23514', constraint });
  });
}

test('the number of an attempt is unique', async (t) => {
  const outbox = await createTestOutbox(t);
  const insert = `insert into attempts (sequence, number, started_at, duration_ms, outcome)
    values (1, 1, now(), 1, 'timed_out')`;
  await outbox.query(insert);

  await assert.rejects(outbox.query(insert), { code: '23505' });
});

for (const [name, change, constraint] of [
  ['another method', `method = 'PUT'`, 'events_method_known'],
  ['a null payment id', 'payment_id = null', 'events_payment_by_callback'],
  ['a payment id for a TEST', `callback = 'TEST'`, 'events_payment_by_callback'],
  [
    'a payment id for an application',
    `callback = 'CREDIT_APPLICATION', provider = 'resurs-mapi'`,
    'events_payment_by_callback',
  ],
  ["another payment's key", `payment_key = 'p2'`, 'events_key_is_payment'],
  ['an unknown provider', `provider = 'resurs-ecom'`, 'events_provider_known'],
] as const) {
  test(`no event has ${name}`, async (t) => {
    const outbox = await createTestOutbox(t);
    await outbox.add('p1');

    await assert.rejects(outbox.query(`update events set ${change}`), { code: '23514', constraint });
  });
}

test('an event about an account has no payment id', async (t) => {
  const outbox = await createTestOutbox(t);
  await outbox.add('p1');

  await outbox.query(`update events set payment_id = null, callback = 'PASSWORD_EXPIRATION'`);

  assert.equal((await outbox.query('select 1 from events where payment_id is null')).length, 1);
});

test('deleting an event deletes its receipts', async (t) => {
  const outbox = await createTestOutbox(t);
  const [id] = await outbox.add('p1');
  await outbox.query(`insert into receipts values ('${id}', 2, now())`);

  await outbox.query('delete from events');

  assert.deepEqual(await outbox.query('select 1 from receipts'), []);
});
