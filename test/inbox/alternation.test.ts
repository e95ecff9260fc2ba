/**
 * FROZEN and its opposites, each repeated by Resurs, sent to two replicas at once. Whatever the interleaving: no fact is
 * stored twice in a row within its window, every callback counts as a receipt of its own fact, and what each event means
 * for the order follows from those stored before it. Real Postgres; two pools, and two real processes over HTTP.
 */
import assert from 'node:assert/strict';
import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { toEvent } from '../../src/callbacks/ecom/to-event.ts';
import { openDatabase } from '../../src/db/client.ts';
import { type OrderedFact, viewAfter } from '../../src/events/order-state.ts';
import { type BatchRow, type RowResult, recordBatch } from '../../src/inbox/record.ts';
import { send, target } from '../helpers/callbacks.ts';
import { type StoredEvent, storedEvents } from '../helpers/database-state.ts';
import { callback } from '../helpers/identities.ts';
import { createTestOutbox } from '../helpers/outbox.ts';
import { createDatabase } from '../helpers/postgres.ts';
import { startProcess } from '../helpers/process.ts';
import { queryOnce, type TestService } from '../helpers/service.ts';

const FRAUD = 'AUTOMATIC_FRAUD_CONTROL';
const DAY_MS = 86_400_000;

/** What Resurs reports: its type, or the result of a fraud control. */
const REPORTS = ['FROZEN', 'THAWED', 'UNFREEZE'] as const;
type Report = (typeof REPORTS)[number];

function isFreeze(type: string): boolean {
  return type === 'payment.frozen';
}

/** Checks the events of one payment; `sent` are the callbacks that were answered as stored. */
async function check(
  query: TestService['query'],
  events: readonly StoredEvent[],
  sent: readonly Report[],
): Promise<void> {
  const reportOf = ({ callback: name, result }: StoredEvent) => (name === FRAUD ? result : name);
  // Between two equal facts lies the opposite.
  events.forEach((event, index) => {
    const last = events.slice(0, index).findLastIndex((one) => reportOf(one) === reportOf(event));
    const isRepeat =
      last >= 0 && events.slice(last, index).every(({ type }) => isFreeze(type) === isFreeze(event.type));
    assert.equal(isRepeat, false, JSON.stringify(events.map(reportOf)));
  });
  for (const report of REPORTS) {
    const times = events.filter((event) => reportOf(event) === report).reduce((sum, event) => sum + event.times, 0);
    assert.equal(times, sent.filter((one) => one === report).length, report);
  }
  const columns = await query<{ state: string; certain: boolean; facts: string }>(
    'select order_state as state, order_certain as certain, earlier_facts as facts from events where id = any($1) order by sequence',
    [events.map(({ id }) => id)],
  );
  let previous: OrderedFact | null = null;
  const views = events.map(({ type, callback, payment_id: paymentId, verified }) => {
    const order = viewAfter(previous, { type, callback, paymentId, verified });
    assert.ok(order !== null);
    previous = { type, order };
    return { state: order.state, certain: order.certain, facts: order.earlier.join(',') };
  });
  assert.deepEqual(columns, views);
}

test('on two pools, whatever is stored at the same time', async (t) => {
  const { db, url, query } = await createTestOutbox(t);
  const other = openDatabase({ connectionString: url, poolSize: 4, onConnectionError: () => undefined });
  t.after(() => other.close());
  const verified = { digest: true, result: true, basicAuth: false, source: false };
  const rowOf = (paymentId: string, report: Report): BatchRow => {
    const type = report === 'UNFREEZE' ? report : FRAUD;
    const received = callback(type, { paymentId, result: report === 'UNFREEZE' ? null : report });
    const event = toEvent({ callback: received, body: null, method: 'GET', verified }, DAY_MS);
    return { id: randomUUIDv7(), event, receipts: 1, deliver: true };
  };
  const claims = { max: 0, token: randomUUID(), leaseMs: 60_000 };
  const rounds = fc.array(fc.array(fc.constantFrom(...REPORTS), { minLength: 1, maxLength: 6 }), {
    minLength: 1,
    maxLength: 5,
  });
  let payments = 0;

  await fc.assert(
    fc.asyncProperty(rounds, async (reports) => {
      payments += 1;
      const paymentId = `p-${payments}`;
      const results: RowResult[] = [];
      const repeats: { readonly eventId: string; readonly storedBefore: number }[] = [];
      for (const together of reports) {
        const storedBefore = results.filter(({ outcome }) => outcome === 'recorded').length;
        const batches = together.map((report, n) => {
          return recordBatch(n % 2 === 0 ? db : other, [rowOf(paymentId, report)], {
            maxEventsPerPayment: 500,
            claims,
          });
        });
        const answers = (await Promise.all(batches)).flatMap((stored) => stored.results);
        results.push(...answers);
        for (const answer of answers)
          if (answer.outcome === 'duplicate') repeats.push({ eventId: answer.eventId, storedBefore });
      }
      const events = (await storedEvents({ query })).filter((event) => event.payment_id === paymentId);
      assert.equal(results.filter(({ outcome }) => outcome === 'recorded').length, events.length);
      assert.equal(results.length, events.length + repeats.length);
      // What comes after the opposite of its fact is no repeat of it.
      for (const { eventId, storedBefore } of repeats) {
        const index = events.findIndex(({ id }) => id === eventId);
        const since = events.slice(index, Math.max(index + 1, storedBefore));
        assert.equal(new Set(since.map(({ type }) => isFreeze(type))).size, 1);
      }
      await check(query, events, reports.flat());
    }),
    { numRuns: 40 },
  );
});

test('on two processes, a second freeze and its repeats among those of the thaw', async (t) => {
  const { url: databaseUrl } = await createDatabase(t);
  const processes = await Promise.all([startProcess(t, databaseUrl), startProcess(t, databaseUrl)]);
  const query = ((text, values) => queryOnce(databaseUrl, text, values)) as TestService['query'];
  const payments = Array.from({ length: 8 }, (_, n) => `p-${n}`);
  const life: readonly Report[] = [
    'FROZEN',
    'UNFREEZE',
    'THAWED',
    'UNFREEZE',
    'FROZEN',
    'FROZEN',
    'UNFREEZE',
    'THAWED',
  ];

  // Those of one payment one after another on each process, and beside each other on both.
  const statuses = await Promise.all(
    payments.flatMap((payment) =>
      processes.map(async ({ url }) => {
        const answers: number[] = [];
        for (const report of life) {
          const path =
            report === 'UNFREEZE' ? target(report, payment) : target(FRAUD, payment, { extra: `&r=${report}` });
          answers.push((await send(url, path)).status);
        }
        return answers;
      }),
    ),
  );

  assert.deepEqual(new Set(statuses.flat()), new Set([204]));
  const events = await storedEvents({ query });
  for (const payment of payments) {
    const own = events.filter(({ payment_id }) => payment_id === payment);
    // Each process has stored a freeze after a thaw, unless the other one had.
    assert.ok(own.filter(({ type }) => isFreeze(type)).length >= 2);
    await check(query, own, [...life, ...life]);
  }
});
