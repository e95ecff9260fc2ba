/**
 * Which deliveries `POST /replays` replays: all finished ones that match and no other, and how many. The service has no
 * webhook, so that replayed deliveries stay as they are. Real HTTP and Postgres.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type SeededEvents, seedEvents } from '../harness/seed-events.ts';
import { deliveries } from '../helpers/deliveries.ts';
import { ATTEMPTS, DELIVERIES } from '../helpers/delivery-states.ts';
import { postReplays, replayedBy, replayedPayments, resetReplays } from '../helpers/replays.ts';
import { startTestService } from '../helpers/service.ts';

const DAY_MS = 86_400_000;

/** One event of each kind, named by its payment. */
const KINDS: readonly SeededEvents[] = [
  { count: 1, payment: 'new', isOnePayment: true },
  { count: 1, payment: 'new-dead', isOnePayment: true, state: 'dead_letter' },
  { count: 1, payment: 'old', isOnePayment: true, ageDays: 10 },
  { count: 1, payment: 'old-dead', isOnePayment: true, ageDays: 10, state: 'dead_letter', type: 'payment.booked' },
  { count: 1, payment: 'waiting', isOnePayment: true, ageDays: 10, state: 'pending' },
  { count: 1, payment: 'in-flight', isOnePayment: true, ageDays: 10, state: 'delivering' },
  { count: 1, payment: 'kept', isOnePayment: true, ageDays: 10, state: null },
];

async function setup(t: TestContext) {
  const receiver = await startTestService(t);
  for (const kind of KINDS) await seedEvents(receiver, kind);
  return receiver;
}

function daysAgo(days: number): string {
  return new Date(Date.now() - days * DAY_MS).toISOString();
}

const CASES: readonly [name: string, filter: Record<string, unknown>, payments: string[]][] = [
  ['state delivered', { state: 'delivered' }, ['new', 'old']],
  ['state dead_letter', { state: 'dead_letter' }, ['new-dead', 'old-dead']],
  ['a payment', { paymentId: 'old-dead' }, ['old-dead']],
  ['a start', { from: daysAgo(5) }, ['new', 'new-dead']],
  ['a start before everything', { from: '2020-01-01' }, ['new', 'new-dead', 'old', 'old-dead']],
  ['a start before all calendars', { from: '0000-01-01' }, ['new', 'new-dead', 'old', 'old-dead']],
  ['a span', { from: daysAgo(20), to: daysAgo(5) }, ['old', 'old-dead']],
  ['state and type', { state: 'dead_letter', type: 'payment.booked' }, ['old-dead']],
  ['state and end', { state: 'delivered', to: daysAgo(5) }, ['old']],
  ['payment, type and state', { paymentId: 'new', type: 'payment.unfrozen', state: 'delivered' }, ['new']],
  [
    'everything',
    { state: 'delivered', type: 'payment.unfrozen', paymentId: 'old', from: daysAgo(20), to: daysAgo(5) },
    ['old'],
  ],
  ['a contradiction', { paymentId: 'new', state: 'dead_letter' }, []],
  ['a payment in flight', { paymentId: 'in-flight' }, []],
  ['a payment that waits', { paymentId: 'waiting' }, []],
  ['a payment without deliveries', { paymentId: 'kept' }, []],
  ['an unknown payment', { paymentId: 'ö/ ?' }, []],
  ['an unknown type', { state: 'delivered', type: 'payment.lost' }, []],
];

test('a replay replays the finished deliveries that match, and only those', async (t) => {
  const receiver = await setup(t);

  for (const [name, filter, payments] of CASES) {
    const response = await postReplays(receiver, filter);

    const { summary, ...counts } = response.json;
    assert.deepEqual([response.status, counts], [202, { count: payments.length }], name);
    assert.match(
      String(summary),
      payments.length === 0 ? /^Nothing is sent again/ : /^\d+ deliver(y|ies) will be/,
      name,
    );
    assert.deepEqual(await replayedPayments(receiver), payments, name);
    await resetReplays(receiver);
  }
});

test('a dry run returns the same number and changes nothing', async (t) => {
  const receiver = await setup(t);
  const everything = () =>
    receiver.query(`
      select d.*, (select count(*) from ${ATTEMPTS} a) as tried from ${DELIVERIES} d order by sequence`);
  const before = await everything();

  for (const [name, filter, payments] of CASES) {
    const response = await postReplays(receiver, { ...filter, dryRun: true });

    const { summary, ...counts } = response.json;
    assert.deepEqual([response.status, counts], [202, { count: payments.length }], name);
    assert.match(
      String(summary),
      payments.length === 0 ? /^Nothing would be/ : /would be sent again\. Nothing was/,
      name,
    );
  }
  assert.deepEqual(await everything(), before);
});

test('dryRun false replays', async (t) => {
  const receiver = await setup(t);

  const response = await postReplays(receiver, { paymentId: 'new', dryRun: false });

  assert.deepEqual([response.json.count, await replayedPayments(receiver)], [1, ['new']]);
});

test('from is inclusive and to exclusive, to the millisecond', async (t) => {
  const receiver = await setup(t);
  const [row] = await receiver.query<{ at: Date }>(`select received_at as at from events where payment_key = 'old'`);
  const at = row?.at ?? new Date(Number.NaN);
  const count = async (from: Date, to: Date) => {
    const filter = { paymentId: 'old', from: from.toISOString(), to: to.toISOString(), dryRun: true };
    return (await postReplays(receiver, filter)).json.count;
  };
  const later = new Date(at.getTime() + 1);

  const counts = [await count(at, later), await count(later, new Date()), await count(new Date(0), at)];

  assert.deepEqual(counts, [1, 0, 0]);
});

test('no replay changes an unfinished delivery', async (t) => {
  const receiver = await setup(t);
  const unfinished = async () => (await deliveries(receiver)).filter((row) => /waiting|in-flight/.test(row.paymentId));
  const untouched = (await unfinished()).map(({ waitMs, ...row }) => row);

  await postReplays(receiver, { from: '2020-01-01' });
  await postReplays(receiver, { from: '2020-01-01' });

  assert.deepEqual(
    (await unfinished()).map(({ waitMs, ...row }) => row),
    untouched,
  );
});

test('more deliveries than one batch are all replayed, and a second replay finds none', async (t) => {
  const receiver = await startTestService(t);
  await seedEvents(receiver, { count: 700, payment: 'many' });
  await seedEvents(receiver, { count: 600, payment: 'one', isOnePayment: true, state: 'dead_letter' });

  const first = await postReplays(receiver, { from: '2020-01-01' });
  const second = await postReplays(receiver, { from: '2020-01-01' });

  const due = await receiver.query(`select sequence from outbox where replayed and wake_at <= now()`);
  assert.deepEqual([first.json.count, second.json.count], [1_300, 0]);
  assert.equal((await replayedPayments(receiver)).length, 1_300);
  // One of each payment; the others wait behind it.
  assert.equal(due.length, 701);
});

test('two replays at the same instant put each delivery back once', async (t) => {
  const receiver = await startTestService(t);
  await seedEvents(receiver, { count: 1_200, payment: 'many' });
  await seedEvents(receiver, { count: 300, payment: 'one', isOnePayment: true });

  const replayed = await Promise.all(
    [{ state: 'delivered' }, { from: '2020-01-01' }].map((filter) => replayedBy(receiver, filter)),
  );

  assert.equal((replayed[0] ?? 0) + (replayed[1] ?? 0), 1_500);
  assert.equal((await replayedPayments(receiver)).length, 1_500);
});
