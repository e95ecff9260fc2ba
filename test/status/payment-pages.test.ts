/**
 * A payment with very many events: they come in pages without bodies, and its facts are those of all of them, at a cost
 * that does not grow with each page. Real service and Postgres; the history is inserted as the service would have stored it.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { type Database, openDatabase } from '../../src/db/client.ts';
import { FACT_TYPES, type Fact, isFact } from '../../src/events/order-state.ts';
import { findPaymentEvents } from '../../src/events/queries.ts';
import { FACTS_STEP, readReportedFacts } from '../../src/status/payment-facts.ts';
import { paymentFacts, renderFacts } from '../../src/status/render.ts';
import { seedEvents } from '../harness/seed-events.ts';
import { sendCallback, waitForStates, webhookEnv } from '../helpers/deliveries.ts';
import { startMerchant } from '../helpers/merchant.ts';
import { createDatabase } from '../helpers/postgres.ts';
import { queryOnce, startTestService, type TestService } from '../helpers/service.ts';
import { requestStatusApi } from '../helpers/status.ts';

interface ShownEvent {
  readonly id: string;
  readonly sequence: number;
  readonly type: string;
  readonly receivedAt: string;
  readonly attempts?: readonly { readonly number: number }[];
  readonly attemptsOmitted?: number;
}

interface Payment {
  readonly facts: Readonly<Record<string, string | null>>;
  readonly orderReference: string | null;
  readonly events: readonly ShownEvent[];
  readonly next: string | null;
}

/** An event in the middle of a payment. `missed` are the facts of an event of reconciliation. */
interface Past {
  readonly type: string;
  readonly missed: readonly Fact[] | null;
}

const VERIFIED = '{"digest":true,"result":true,"basicAuth":false,"source":false}';
const update: Past = { type: 'payment.updated', missed: null };

/** Stores events of a payment, each with the facts before it, a second apart. */
async function storePast(url: string, payment: string, past: readonly Past[], reported: readonly Fact[] = []) {
  let earlier = [...reported];
  const rows = past.map(({ type, missed }, n) => {
    const before = earlier.join(',');
    const fact = type.slice('payment.'.length);
    const own = missed ?? (isFact(fact) ? [fact] : []);
    earlier = [...earlier.filter((known) => !own.includes(known)), ...own];
    const at = new Date(Date.UTC(2026, 0, 1) + n * 1_000);
    return { id: randomUUID(), type, at, earlier: before, missed: missed === null ? null : { facts: missed } };
  });
  await queryOnce(
    url,
    `insert into events (id, payment_key, payment_id, callback, type, method, parameters, received_at, verified,
                         order_state, order_certain, earlier_facts, missed, body)
     select id, $1, $1, 'UPDATE', type, 'POST', '{}', at, $3, 'on_hold', false, earlier, missed,
            convert_to('{"secret": "in the body"}', 'UTF8')
     from json_to_recordset($2) as e (id uuid, type text, at timestamptz, earlier text, missed json)`,
    [payment, JSON.stringify(rows), VERIFIED],
  );
}

async function show(receiver: TestService, path: string): Promise<Payment> {
  const { status, body } = await requestStatusApi(receiver, 'GET', path);
  assert.equal(status, 200, body);
  assert.ok(!body.includes('in the body'));
  return JSON.parse(body);
}

async function setup(t: TestContext): Promise<{ readonly url: string; readonly db: Database }> {
  const { url } = await createDatabase(t);
  const db = openDatabase({ connectionString: url, poolSize: 1, onConnectionError: () => undefined });
  t.after(() => db.close());
  return { url, db };
}

test('a payment with 10 000 events comes in pages, with the facts of all of them on each', async (t) => {
  const receiver = await startTestService(t);
  await sendCallback(receiver, 'BOOKED', 'long');
  await storePast(
    receiver.databaseUrl,
    'long',
    Array.from({ length: 10_000 }, () => update),
    ['booked'],
  );
  await sendCallback(receiver, 'UNFREEZE', 'long');

  const first = await show(receiver, '/payments/long');
  const second = await show(receiver, `/payments/long?limit=100&cursor=${first.next}`);

  assert.deepEqual([first.events.length, second.events.length, first.orderReference], [200, 100, 'long']);
  const [booked] = first.events;
  assert.equal(first.facts.booked, booked?.receivedAt);
  assert.equal(first.facts.updated, new Date(Date.UTC(2026, 0, 1) + 9_999_000).toISOString());
  assert.ok(Date.parse(first.facts.unfrozen ?? '') >= Date.parse(booked?.receivedAt ?? ''));
  assert.deepEqual(second.facts, first.facts);
  const sequences = [...first.events, ...second.events].map(({ sequence }) => sequence);
  assert.deepEqual(
    sequences,
    Array.from({ length: 300 }, (_, n) => n + 1),
  );
});

test('every event is on one page, while new ones arrive at the end', async (t) => {
  const receiver = await startTestService(t);
  const body = (n: number) => ({ method: 'POST' as const, body: `{"n": ${n}}` });
  for (let n = 0; n < 5; n += 1) await sendCallback(receiver, 'UPDATE', 'p1', body(n));
  await sendCallback(receiver, 'UPDATE', 'p2', body(0));

  const seen: number[] = [];
  let next: string | null = '';
  for (let page = 0; next !== null; page += 1) {
    const shown = await show(receiver, `/payments/p1?limit=2${next && `&cursor=${next}`}`);
    seen.push(...shown.events.map(({ sequence }) => sequence));
    next = shown.next;
    if (page === 0) await sendCallback(receiver, 'UNFREEZE', 'p1');
  }

  assert.deepEqual(seen, [1, 2, 3, 4, 5, 7]);
  const behind = await show(receiver, `/payments/p1?cursor=${Buffer.from('s999').toString('base64url')}`);
  assert.deepEqual([behind.events, behind.next], [[], null]);
  assert.ok(behind.facts.unfrozen !== null);
  for (const query of [
    'limit=0',
    'limit=201',
    'cursor=x',
    'cursor=',
    'order=desc',
    'order=',
    'attempts=',
    'attempts=yes',
    'attempts=1',
    "cursor=' or 1=1",
  ]) {
    assert.equal((await requestStatusApi(receiver, 'GET', encodeURI(`/payments/p1?${query}`))).status, 400, query);
  }
});

test('a payment is shown from its newest event on, and its cursor goes back', async (t) => {
  const receiver = await startTestService(t);
  const body = (n: number) => ({ method: 'POST' as const, body: `{"n": ${n}}` });
  for (let n = 0; n < 5; n += 1) await sendCallback(receiver, 'UPDATE', 'p1', body(n));
  await sendCallback(receiver, 'UPDATE', 'p2', body(0));

  const pages: number[][] = [];
  for (let next: string | null = ''; next !== null; ) {
    const shown = await show(receiver, `/payments/p1?order=newest&limit=2${next && `&cursor=${next}`}`);
    pages.push(shown.events.map(({ sequence }) => sequence));
    next = shown.next;
    if (pages.length === 1) await sendCallback(receiver, 'UNFREEZE', 'p1');
  }

  assert.deepEqual(pages, [[5, 4], [3, 2], [1]]);
  const oldest = await show(receiver, '/payments/p1?order=oldest&limit=2');
  assert.deepEqual(
    oldest.events.map(({ sequence }) => sequence),
    [1, 2],
  );
});

test('with attempts=true each event has those that the event itself has', async (t) => {
  const merchant = await startMerchant(t);
  merchant.answerWith((_, response) => response.writeHead(500).end('no'));
  const receiver = await startTestService(t, { env: webhookEnv(merchant.url, { WEBHOOK_RETRY_SCHEDULE: '1ms,1ms' }) });
  await sendCallback(receiver, 'BOOKED', 'p1');
  await waitForStates(receiver, ['dead_letter'], 1);
  merchant.answerWith((_, response) => response.writeHead(204).end());
  await sendCallback(receiver, 'UNFREEZE', 'p1');
  await waitForStates(receiver, ['dead_letter', 'delivered'], 2);

  const { events } = await show(receiver, '/payments/p1?attempts=true');

  assert.deepEqual(
    events.map(({ attempts = [] }) => attempts.map(({ number }) => number)),
    [[1, 2, 3], [1]],
  );
  for (const event of events) {
    const { json } = await receiver.status(`/events/${event.id}`);
    assert.deepEqual(event.attempts, (json as unknown as ShownEvent).attempts);
    assert.ok(!('attemptsOmitted' in event));
  }
  for (const query of ['', '?attempts=false']) {
    assert.ok(!('attempts' in ((await show(receiver, `/payments/p1${query}`)).events[0] ?? {})), query);
  }
});

test('the last hundred attempts of at most fifty events are shown, and the earlier ones counted', async (t) => {
  const receiver = await startTestService(t);
  await seedEvents(receiver, { count: 60, payment: 'p1', isOnePayment: true });
  await receiver.query(`
    with several as (
      update deliveries set first_outcome = null, first_started_at = null, first_duration_ms = null, first_status = null,
                            attempt_count = 130
      where sequence = 60 returning sequence
    )
    insert into attempts (sequence, number, started_at, duration_ms, outcome, status)
    select sequence, n, now(), 1, 'refused', 500 from several, generate_series(1, 130) n`);

  for (const query of ['', '&limit=200', '&limit=51']) {
    const { events, next } = await show(receiver, `/payments/p1?order=newest&attempts=true${query}`);

    const [newest, second] = events;
    assert.deepEqual([events.length, next === null], [50, false], query);
    assert.deepEqual([newest?.attempts?.length, newest?.attempts?.[0]?.number, newest?.attemptsOmitted], [100, 31, 30]);
    assert.deepEqual([second?.attempts?.length, second?.attemptsOmitted], [1, undefined]);
  }
  assert.equal((await show(receiver, '/payments/p1?attempts=true&limit=3')).events.length, 3);
});

test('the facts are those of all events, whatever was reported when', async (t) => {
  const { url, db } = await setup(t);
  const facts = Object.keys(FACT_TYPES).filter(isFact);
  const ends: readonly (readonly [string, number])[] = [
    ['short', 7],
    ['one step', FACTS_STEP],
    ['a step and one', FACTS_STEP + 1],
    ['long', 2 * FACTS_STEP + 500],
  ];

  for (const [name, count] of ends) {
    // All facts at the beginning, then few kinds, then reconciliation with what the callbacks did not tell.
    const past = Array.from({ length: count }, (_, n): Past => {
      const fact = facts[n % facts.length];
      if (n < facts.length && fact !== undefined) return { type: FACT_TYPES[fact], missed: null };
      if (n === count - 2) return { type: 'payment.reconciled', missed: ['frozen', 'annulled'] };
      return n % 3 === 0 ? { type: 'payment.other', missed: null } : update;
    });
    await storePast(url, name, past);

    const { times, orderReference } = await readReportedFacts(db, name);

    assert.deepEqual(renderFacts(times), paymentFacts(await findPaymentEvents(db, name)), name);
    assert.equal(orderReference, name);
  }
  const nothing = await readReportedFacts(db, 'unknown');
  assert.deepEqual([nothing.times.size, nothing.orderReference], [0, null]);
});
