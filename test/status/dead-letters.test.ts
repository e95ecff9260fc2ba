/**
 * `GET /dead-letters`: why deliveries were given up, in numbers that replays and the list of events confirm, and within two
 * seconds however many there are. Real service and Postgres; the dead letters are inserted as the service leaves them.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { countDeadLetterReasons } from '../../src/operators/dead-letter-reasons.ts';
import { seedEvents } from '../harness/seed-events.ts';
import { createTestOutbox } from '../helpers/outbox.ts';
import { askReplay } from '../helpers/replays.ts';
import { startTestService, type TestService } from '../helpers/service.ts';
import { requestStatusApi } from '../helpers/status.ts';

interface Reason {
  readonly reason: string;
  readonly count: number;
  readonly oldestAt: string;
  readonly newestAt: string;
  readonly example: string;
  readonly types: Readonly<Record<string, number>>;
}
interface DeadLetters {
  readonly reasons: readonly Reason[];
  readonly other: number;
  readonly count: number;
  readonly atLeast?: boolean;
}

async function show(receiver: TestService): Promise<DeadLetters> {
  const { status, json } = await receiver.status('/dead-letters');
  assert.equal(status, 200);
  return json as unknown as DeadLetters;
}

/** Seven dead letters, of which one had several attempts; beside them others that are no dead letters. */
async function setup(t: TestContext) {
  const receiver = await startTestService(t);
  await seedEvents(receiver, { count: 4, payment: 'dead', state: 'dead_letter', ageDays: 2 });
  await seedEvents(receiver, { count: 3, payment: 'booked', state: 'dead_letter', type: 'payment.booked' });
  await seedEvents(receiver, { count: 2, payment: 'sent' });
  await seedEvents(receiver, { count: 2, payment: 'waiting', state: 'pending' });
  await receiver.query(`update deliveries set first_status = 410 where state = 'dead_letter'`);
  await receiver.query(`
    update deliveries set first_outcome = 'timed_out', first_status = null where sequence in (1, 2)`);
  await receiver.query(`
    with several as (
      update deliveries set first_outcome = null, first_started_at = null, first_duration_ms = null, first_status = null,
                            attempt_count = 2
      where sequence = 7 returning sequence
    )
    insert into attempts (sequence, number, started_at, duration_ms, outcome, status)
    select sequence, n, now(), 1, 'refused', 500 + n from several, generate_series(1, 2) n`);
  return receiver;
}

test('dead letters are counted by the reason of their last attempt, the most frequent first', async (t) => {
  const receiver = await setup(t);

  const { reasons, ...rest } = await show(receiver);

  assert.deepEqual(rest, { other: 0, count: 7 });
  const [gone, late, failed] = reasons;
  assert.deepEqual(
    reasons.map(({ reason, count, types }) => [reason, count, types]),
    [
      ['410', 4, { 'payment.unfrozen': 2, 'payment.booked': 2 }],
      ['timed_out', 2, { 'payment.unfrozen': 2 }],
      ['502', 1, { 'payment.booked': 1 }],
    ],
  );
  const days = (Date.parse(gone?.newestAt ?? '') - Date.parse(gone?.oldestAt ?? '')) / 86_400_000;
  assert.ok(days > 1.99 && days < 2.01, String(days));
  assert.equal(late?.newestAt, late?.oldestAt);
  for (const [reason, sequence] of [
    [gone, 6],
    [late, 2],
    [failed, 7],
  ] as const) {
    const { json } = await receiver.status(`/events/${reason?.example}`);
    assert.equal((json as { sequence: number }).sequence, sequence);
  }
});

test('each reason finds the same number of events and of deliveries to replay', async (t) => {
  const receiver = await setup(t);

  for (const { reason, count } of (await show(receiver)).reasons) {
    const { json } = await askReplay(receiver, { state: 'dead_letter', reason, dryRun: true });
    const { events } = (await receiver.status(`/events?state=dead_letter&reason=${reason}`)).json as {
      events: unknown[];
    };
    assert.deepEqual([json.count, events.length], [count, count], reason);
  }
});

test('without a dead letter there is no reason, and a parameter is refused', async (t) => {
  const receiver = await startTestService(t);

  assert.deepEqual(await show(receiver), { reasons: [], other: 0, count: 0 });
  for (const query of ['limit=1', 'reason=410', 'x']) {
    assert.equal((await requestStatusApi(receiver, 'GET', `/dead-letters?${query}`)).status, 400, query);
  }
});

test('the fifty most frequent reasons are listed, and the rest is counted', async (t) => {
  const receiver = await startTestService(t);
  await seedEvents(receiver, { count: 110, payment: 'dead', state: 'dead_letter' });
  await receiver.query('update deliveries set first_status = 400 + sequence % 52 where sequence <= 108');
  await receiver.query(`
    update deliveries set first_outcome = null, first_started_at = null, first_duration_ms = null where sequence > 108`);

  const { reasons, other, count } = await show(receiver);

  const listed = reasons.reduce((sum, reason) => sum + reason.count, 0);
  assert.deepEqual([reasons.length, reasons[0]?.count, listed + other, count], [50, 3, 110, 110]);
  // Two of rare reasons with two each, and those whose attempts are not known.
  assert.equal(other, 6);
});

test('100 000 dead letters are counted within two seconds, and one more is at least that', {
  timeout: 120_000,
}, async (t) => {
  const outbox = await createTestOutbox(t);
  await outbox.query('set session_replication_role = replica');
  await outbox.query(DEAD, [100_000]);

  const count = async () => {
    const startedAtMs = performance.now();
    const counted = await countDeadLetterReasons(outbox.db, { elapsed: () => 0 });
    return { counted, tookMs: performance.now() - startedAtMs };
  };

  const { counted: exactly, ...first } = await count();
  // A machine may do something else meanwhile, but not each time.
  let { tookMs } = first;
  for (let more = 0; more < 4 && tookMs >= 2_000; more += 1) ({ tookMs } = await count());
  await outbox.query(DEAD, [1]);
  const beyond = await countDeadLetterReasons(outbox.db, { elapsed: () => 0 });
  let elapsedMs = 0;
  const late = await countDeadLetterReasons(outbox.db, { elapsed: () => (elapsedMs += 1_500) });

  t.diagnostic(`${Math.round(tookMs)} ms`);
  assert.ok(tookMs < 2_000, `${tookMs} ms`);
  assert.deepEqual([exactly.count, exactly.atLeast], [100_000, false]);
  assert.deepEqual([beyond.count, beyond.atLeast], [100_000, true]);
  assert.deepEqual([late.count, late.atLeast], [10_000, true]);
  assert.deepEqual(
    exactly.reasons.map(({ reason, count }) => [reason, count]).sort(),
    Array.from({ length: 10 }, (_, n) => [String(500 + n), 10_000]),
  );
});

/** With two attempts each, so that their rows are looked up. */
const DEAD = `
  with stored as (
    insert into events (id, payment_key, payment_id, callback, type, method, parameters, received_at, verified)
    select gen_random_uuid(), 'p' || n, 'p' || n, 'UPDATE', 'payment.updated', 'GET', '{}', now(), '{}'
    from generate_series(1, $1::int) n
    returning sequence
  ), dead as (
    insert into dead_letters select sequence from stored
  ), tried as (
    insert into attempts (sequence, number, started_at, duration_ms, outcome, status)
    select sequence, n, now(), 1, 'refused', 500 + sequence % 10 from stored, generate_series(1, 2) n
  )
  insert into deliveries (sequence, state, attempt_count, tries_used, finished_at)
  select sequence, 'dead_letter', 2, 2, now() from stored`;
