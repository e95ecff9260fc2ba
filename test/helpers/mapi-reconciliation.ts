/**
 * The part of reconciliation that asks the Merchant API, for a test: a database of its own, a Merchant API that answers
 * as the test says, and a clock that it sets. What is missed is stored as an event, as a run does it.
 */
import { randomUUIDv7 } from 'node:crypto';
import type { TestContext } from 'node:test';
import { createOrderSearch } from '../../src/accounts/order-search.ts';
import { recordBatch } from '../../src/inbox/record.ts';
import { reconcileMapi } from '../../src/reconciliation/mapi.ts';
import type { CheckedAs, PartOptions, PartResult, ReportOutcome } from '../../src/reconciliation/part.ts';
import { type MissedPayment, toReconciledEvent } from '../../src/reconciliation/to-event.ts';
import { NEVER } from './fake-account.ts';
import { startMapiClient } from './mapi-client.ts';
import { storeMapiEvent } from './mapi-events.ts';
import { createTestOutbox } from './outbox.ts';

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;
export const GRACE_MS = 30 * MINUTE_MS;

export interface RunSetup extends Partial<Pick<PartOptions, 'graceMs' | 'since' | 'dryRun' | 'signal'>> {
  /** The process is killed when the first event is stored. */
  readonly endsAfterReport?: boolean;
  /** Instead of storing the event. */
  report?(found: MissedPayment): Promise<ReportOutcome>;
}

export interface PartRun {
  readonly result: PartResult;
  readonly checked: readonly CheckedAs[];
  /** What was reported, as `payment: facts`. */
  readonly found: readonly string[];
}

/** Starts it without payments; the clock begins at the time of the machine, to which the database belongs. */
export async function startMapiPart(t: TestContext) {
  const outbox = await createTestOutbox(t);
  const { api, client } = await startMapiClient(t);
  let aheadMs = 0;
  const clock = { now: () => Date.now() + aheadMs, elapsed: () => performance.now() + aheadMs };
  const asked = { client, search: createOrderSearch({ client, storeId: null, clock }), environment: 'test' };

  async function store(found: MissedPayment): Promise<ReportOutcome> {
    const id = randomUUIDv7();
    const row = { id, event: toReconciledEvent(found, 31 * DAY_MS), receipts: 1, deliver: true };
    const claims = { max: 0, token: id, leaseMs: 1 };
    await recordBatch(outbox.db, [row], { maxEventsPerPayment: 0, claims });
    return 'missed';
  }

  async function run({ report = store, endsAfterReport = false, ...setup }: RunSetup = {}): Promise<PartRun> {
    const checked: CheckedAs[] = [];
    const found: string[] = [];
    const result = await reconcileMapi(
      {
        db: outbox.db,
        clock,
        graceMs: GRACE_MS,
        since: null,
        dryRun: false,
        signal: NEVER,
        async report(missed) {
          found.push(`${missed.paymentId}: ${missed.missed.facts.join(',')}`);
          const outcome = await report(missed);
          if (endsAfterReport) throw new Error('killed');
          return outcome;
        },
        onChecked: (as) => void checked.push(as),
        ...setup,
      },
      asked,
    );
    return { result, checked: checked.toSorted(), found: found.toSorted() };
  }

  return {
    ...outbox,
    api,
    run,
    /** Time goes on, and whatever the database has gets older with it. */
    async wait(ms: number): Promise<void> {
      await outbox.query(`update events set received_at = received_at - $1 * interval '1 ms'`, [ms]);
      await outbox.query(
        `update open_payments set first_seen_at = first_seen_at - $1 * interval '1 ms',
        due_at = due_at - $1 * interval '1 ms', missing_since = missing_since - $1 * interval '1 ms'`,
        [ms],
      );
      await outbox.query(
        `update orders set registered_at = registered_at - $1 * interval '1 ms',
        due_at = due_at - $1 * interval '1 ms'`,
        [ms],
      );
    },
    moveClock(ms: number): void {
      aheadMs += ms;
    },
    /** A callback that came. */
    come: (body: object, orderReference?: string) =>
      storeMapiEvent(
        { databaseUrl: outbox.url },
        { created: 'x', ...body },
        orderReference === undefined ? {} : { orderReference },
      ),
    /** An order that was put, and is due. */
    async put(orderReference: string, paymentId: string | null = null): Promise<void> {
      await outbox.query(
        `insert into orders (payment_id, provider, payment_reference, due_at)
         values ($1, 'resurs-mapi', $2, now() - interval '1 s')
         on conflict (payment_id) do update set payment_reference = $2, due_at = excluded.due_at`,
        [orderReference, paymentId],
      );
    },
    /** Minutes until each open payment is due. */
    async openPayments(): Promise<Record<string, number>> {
      const rows = await outbox.query<{ id: string; minutes: number }>(
        `select payment_id as id, round(extract(epoch from due_at - now()) / 60)::int as minutes from open_payments order by 1`,
      );
      return Object.fromEntries(rows.map(({ id, minutes }) => [id, minutes]));
    },
    /** Minutes until each order is due; null: never. */
    async orders(): Promise<Record<string, number | null>> {
      const rows = await outbox.query<{ id: string; minutes: number | null }>(
        `select payment_id as id, round(extract(epoch from due_at - now()) / 60)::int as minutes from orders order by 1`,
      );
      return Object.fromEntries(rows.map(({ id, minutes }) => [id, minutes]));
    },
    /** All events, the oldest first, as `TYPE`, with what was missed. */
    async events(): Promise<string[]> {
      const rows = await outbox.query<{ type: string; facts: string | null }>(
        `select type, (missed -> 'facts')::text as facts from events order by sequence`,
      );
      return rows.map(({ type, facts }) => (facts === null ? type : `${type} ${facts}`));
    },
  };
}
