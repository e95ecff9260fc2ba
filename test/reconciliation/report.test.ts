/** How missed facts become events: once, with a delivery, if the order is ours, and not too many in a run. Real Postgres. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { NO_SLOTS } from '../../src/deliveries/deliveries.ts';
import { createRetention } from '../../src/events/retention.ts';
import { createInbox } from '../../src/inbox/inbox.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { registerOrder } from '../../src/ownership/orders.ts';
import { createOwnership } from '../../src/ownership/ownership.ts';
import { createReport, type ReportOptions } from '../../src/reconciliation/report.ts';
import { DIGEST_KEY, validConfig } from '../helpers/config.ts';
import { finishDeliveries } from '../helpers/database-state.ts';
import { createTestOutbox } from '../helpers/outbox.ts';
import { missedPayment } from '../helpers/reconciliation.ts';

const DAY_MS = 86_400_000;

interface Setup extends Partial<ReportOptions> {
  readonly env?: Record<string, string>;
}

async function setup(t: TestContext) {
  const outbox = await createTestOutbox(t);
  const { db, query } = outbox;
  return {
    ...outbox,
    events: () =>
      query(`select payment_id, callback, type, missed, snapshot is not null as read, order_state, provider,
                    order_reference from events order by sequence`),
    async deliveries() {
      const [row] = await query<{ count: number }>('select count(*)::int as count from outbox');
      return row?.count;
    },
    /** The report of a new run, with the reasons of failures. */
    report({ env = {}, ...rest }: Setup = {}) {
      const config = validConfig({ DIGEST_KEY, ...env });
      const failures: string[] = [];
      const ownership = createOwnership(config, db);
      t.after(() => ownership.close());
      const inbox = createInbox({
        config,
        db,
        slots: NO_SLOTS,
        onBatch: () => undefined,
        onEvent: () => undefined,
        wakeDispatchers: () => undefined,
      });
      const report = createReport({
        ...inbox,
        ownership,
        dedupeWindowMs: 31 * DAY_MS,
        dryRun: false,
        clock: systemClock,
        maxMissed: 500,
        onMissed: () => undefined,
        onFailed: (_found, reason) => void failures.push(reason),
        ...rest,
      });
      return { report, failures };
    },
  };
}

test('missed facts become one event with its delivery, however often they are found', async (t) => {
  const { report: newReport, events, deliveries } = await setup(t);
  const found = missedPayment('100000016', ['booked', 'annulled']);

  assert.equal(await newReport().report(found), 'missed');
  assert.equal(await newReport().report(found), 'reported');

  assert.deepEqual(await events(), [
    {
      payment_id: '100000016',
      callback: 'RECONCILIATION',
      type: 'payment.reconciled',
      missed: { facts: ['booked', 'annulled'], actions: [] },
      read: true,
      order_state: 'cancelled',
      provider: null,
      order_reference: null,
    },
  ]);
  assert.equal(await deliveries(), 1);
});

test('two processes that find the same at once report it once', async (t) => {
  const { report: newReport, events } = await setup(t);
  const found = missedPayment('1', ['finalized']);

  const outcomes = await Promise.all([newReport().report(found), newReport().report(found)]);

  assert.deepEqual(outcomes.toSorted(), ['missed', 'reported']);
  assert.equal((await events()).length, 1);
});

test('a dry run stores nothing, and says what is missed and ours', async (t) => {
  const { report: newReport, events } = await setup(t);
  const { report } = newReport({ dryRun: true, env: { ORDER_OWNERSHIP: 'pattern', ORDER_PATTERN: '[0-9]+' } });

  assert.equal(await report(missedPayment('1', ['annulled'])), 'missed');
  assert.equal(await report(missedPayment('x1', ['annulled'])), 'not_ours');
  assert.deepEqual(await events(), []);
});

test('orders that are not ours are passed over without a trace', async (t) => {
  const { report: newReport, db, events, query } = await setup(t);
  await registerOrder(db, 'ours');
  const { report, failures } = newReport({ env: { ORDER_OWNERSHIP: 'registered' } });
  const ofMapi = (orderReference: string | null) => {
    const { payment, ...found } = missedPayment('b0a6a5ae-0000-0000-0000-000000000001', ['captured']);
    return { ...found, provider: 'resurs-mapi', payment: { ...payment, orderReference } } as const;
  };

  assert.equal(await report(missedPayment('ours', ['annulled'])), 'missed');
  assert.equal(await report(missedPayment('theirs', ['annulled'])), 'not_ours');
  assert.equal(await report(ofMapi('theirs')), 'not_ours');
  assert.equal(await report(ofMapi('ours')), 'missed', 'the reference of the order decides');

  assert.equal((await events()).length, 2);
  assert.deepEqual(await query('select * from rejections'), []);
  assert.deepEqual(failures, []);
});

test('where the shop cannot say whether an order is its own, the payment is checked again', async (t) => {
  const { report: newReport, events } = await setup(t);
  const env = { ORDER_OWNERSHIP: 'lookup', ORDER_LOOKUP_URL: 'http://127.0.0.1:1/{paymentId}' };
  const { report, failures } = newReport({ env });

  assert.equal(await report(missedPayment('1', ['annulled'])), 'failed');

  assert.deepEqual(failures, ['ownership could not be determined']);
  assert.deepEqual(await events(), []);
});

test('a run reports no more payments than it may; those that were reported before do not count', async (t) => {
  const { report: newReport, events } = await setup(t);
  await newReport().report(missedPayment('1', ['annulled']));
  const { report } = newReport({ maxMissed: 3 });

  const outcomes = await Promise.all(['1', '2', '3'].map((id) => report(missedPayment(id, ['annulled']))));
  outcomes.push(await report(missedPayment('4', ['annulled'])), await report(missedPayment('5', ['annulled'])));

  assert.deepEqual(outcomes, ['reported', 'missed', 'missed', 'missed', 'later']);
  assert.equal((await events()).length, 4);
});

test('a payment with as many events as it may have is not lost: it failed', async (t) => {
  const { report: newReport, store } = await setup(t);
  await store(['1']);
  const { report, failures } = newReport({ env: { MAX_EVENTS_PER_PAYMENT: '1' } });

  assert.equal(await report(missedPayment('1', ['annulled'])), 'failed');
  assert.match(failures.join(), /MAX_EVENTS_PER_PAYMENT/);
});

test('a database that cannot store is a failure of the payment and no error', async (t) => {
  const { report: newReport, query } = await setup(t);
  await query('alter table events rename to events_away');
  const { report, failures } = newReport();

  assert.equal(await report(missedPayment('1', ['annulled'])), 'failed');
  assert.equal(failures.length, 1);
});

test('where one payment after the other cannot be reported, the rest of the run is for later', async (t) => {
  const { report: newReport, query } = await setup(t);
  await query('alter table events rename to events_away');
  // The clock moves on five seconds with each look, so a failure takes as long.
  let elapsedMs = 0;
  const { report, failures } = newReport({ clock: { elapsed: () => (elapsedMs += 5_000) } });
  const outcomes: string[] = [];

  for (let n = 0; n < 12; n += 1) outcomes.push(await report(missedPayment(`order-${n}`, ['annulled'])));

  assert.deepEqual(outcomes, [...Array(6).fill('failed'), ...Array(6).fill('later')]);
  assert.equal(failures.length, 6);
});

test('payments that fail at once hide none behind them', async (t) => {
  const { report: newReport } = await setup(t);
  const ownership = { isOurs: async (order: string) => (order === 'last' ? ('ours' as const) : ('unknown' as const)) };
  const { report } = newReport({ ownership, clock: { elapsed: () => 0 } });

  for (let n = 0; n < 40; n += 1) assert.equal(await report(missedPayment(`order-${n}`, ['annulled'])), 'failed');

  assert.equal(await report(missedPayment('last', ['annulled'])), 'missed');
});

test('an event of reconciliation is removed with the others when its time is over', async (t) => {
  const { report: newReport, db, query, events } = await setup(t);
  await newReport().report(missedPayment('1', ['annulled']));
  const prune = () => createRetention(db, 30).pruneBatch();
  await query(`update events set received_at = now() - interval '31 days'`);
  await query(`update identities set expires_at = now()`);
  await prune();
  assert.equal((await events()).length, 1, 'it is not delivered');

  await finishDeliveries({ query });
  await prune();

  assert.deepEqual(await events(), []);
});

test('a later event of the payment has the missed facts among the earlier ones', async (t) => {
  const { report: newReport, store, query } = await setup(t);
  await newReport().report(missedPayment('1', ['booked', 'finalized']));

  await store(['1']);

  const [row] = await query('select earlier_facts, order_state from events order by sequence desc limit 1');
  assert.deepEqual(row, { earlier_facts: 'booked,finalized', order_state: 'cancelled' });
});
