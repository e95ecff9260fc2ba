/**
 * The list of events and one event: rendered as the contract says, found by each filter alone and combined, with the
 * body as received. Real service; the events are received as callbacks.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { seedEvents } from '../harness/seed-events.ts';
import { send } from '../helpers/callbacks.ts';
import { attempts, sendCallback, waitForStates, webhookEnv } from '../helpers/deliveries.ts';
import { startMerchant } from '../helpers/merchant.ts';
import { STATUS_TOKEN, startTestService, type TestService } from '../helpers/service.ts';

interface ListedEvent {
  readonly id: string;
  readonly paymentId: string;
  readonly type: string;
  readonly receivedAt: string;
}
interface Page {
  readonly events: readonly ListedEvent[];
  readonly next: string | null;
}

async function find(receiver: TestService, query: string): Promise<string[]> {
  const { events }: Page = (await receiver.status(`/events?${query}`)).json;
  return events.map((event) => `${event.paymentId} ${event.type}`);
}

/** Four events: p1 booked (dead letter), p1 updated, p2 booked, p2 unfrozen (all delivered). */
async function setup(t: TestContext) {
  const merchant = await startMerchant(t);
  merchant.answerWith((request, response) => {
    const isDead = request.body.includes('payment.booked') && request.body.includes('"p1"');
    response.writeHead(isDead ? 410 : 200).end('the answer');
  });
  const receiver = await startTestService(t, { env: webhookEnv(merchant.url) });
  await sendCallback(receiver, 'BOOKED', 'p1');
  await sendCallback(receiver, 'UPDATE', 'p1', { method: 'POST', body: ' {"a" : 1.0} ' });
  await sendCallback(receiver, 'BOOKED', 'p2');
  await sendCallback(receiver, 'UNFREEZE', 'p2');
  await waitForStates(receiver, ['delivered', 'dead_letter'], 4);
  return receiver;
}

test('events are listed newest first, each with all its fields', async (t) => {
  const receiver = await setup(t);
  await sendCallback(receiver, 'UNFREEZE', 'p2');

  const { events, next }: { events: Record<string, unknown>[]; next: unknown } = (await receiver.status('/events'))
    .json;

  assert.equal(next, null);
  assert.deepEqual(
    events.map((event) => event.sequence),
    [4, 3, 2, 1],
  );
  const [event] = events;
  const { id, receivedAt, receipts, delivery, summary, ...rest } = event ?? {};
  assert.match(String(id), /^evt_[0-9a-f-]{36}$/);
  assert.deepEqual(rest, {
    sequence: 4,
    type: 'payment.unfrozen',
    callback: 'UNFREEZE',
    provider: 'resurs-ecom',
    paymentId: 'p2',
    orderReference: 'p2',
    result: null,
    method: 'GET',
    registeredAt: null,
    parameters: {},
    verified: { digest: true, result: true, basicAuth: false, source: false, token: false, api: false },
  });
  const { count, firstAt, lastAt } = receipts as { count: number; firstAt: string; lastAt: string };
  assert.deepEqual([count, firstAt], [2, receivedAt]);
  assert.ok(lastAt >= firstAt);
  const { state, attemptCount, nextAttemptAt, deliveredAt } = delivery as Record<string, unknown>;
  assert.deepEqual([state, attemptCount, nextAttemptAt], ['delivered', 1, null]);
  assert.match(String(deliveredAt), /^\d{4}-.*Z$/);
  assert.match(String(summary), /^Delivered to the shop at \d\d:\d\d:\d\d$/);
});

test('each filter finds its events, alone and combined with others', async (t) => {
  const receiver = await setup(t);

  for (const [query, expected] of [
    ['paymentId=p1', ['p1 payment.updated', 'p1 payment.booked']],
    ['paymentId=p', []],
    ['orderReference=p1', ['p1 payment.updated', 'p1 payment.booked']],
    ['orderReference=p', []],
    ['provider=resurs-ecom&limit=1', ['p2 payment.unfrozen']],
    ['provider=resurs-mapi', []],
    ['orderReference=p1&paymentId=p2', []],
    ['type=payment.booked', ['p2 payment.booked', 'p1 payment.booked']],
    ['callback=unfreeze', ['p2 payment.unfrozen']],
    ['state=dead_letter', ['p1 payment.booked']],
    ['state=delivered', ['p2 payment.unfrozen', 'p2 payment.booked', 'p1 payment.updated']],
    ['state=pending', []],
    ['state=delivering', []],
    ['state=held', []],
    ['paymentId=p2&type=payment.booked', ['p2 payment.booked']],
    ['paymentId=p2&state=dead_letter', []],
    ['callback=BOOKED&state=delivered&limit=1', ['p2 payment.booked']],
    ["paymentId=p1'%20or%20true--", []],
    ['reason=410', ['p1 payment.booked']],
    ['reason=refused', ['p1 payment.booked']],
    ['reason=200&limit=1', ['p2 payment.unfrozen']],
    ['reason=503', []],
    ['reason=accepted&type=payment.booked', ['p2 payment.booked']],
    ['reason=410&state=dead_letter', ['p1 payment.booked']],
    ['reason=410&state=delivered', []],
    ['reason=410&state=pending', []],
    ['reason=410&state=dead_letter&from=2020-01-01&type=payment.booked', ['p1 payment.booked']],
    ['reason=accepted&state=delivered&orderReference=p1', ['p1 payment.updated']],
    ['orderReference=p1&type=payment.booked&state=dead_letter', ['p1 payment.booked']],
  ] as const) {
    assert.deepEqual(await find(receiver, query), expected, query);
  }
});

test('a reason is that of the last attempt, in every state and however many attempts there were', async (t) => {
  const receiver = await startTestService(t, { env: webhookEnv('http://127.0.0.1:9') });
  await receiver.service.stop();
  await seedEvents(receiver, { count: 1, payment: 'waiting', state: 'pending' });
  await seedEvents(receiver, { count: 1, payment: 'flying', state: 'delivering' });
  await seedEvents(receiver, { count: 1, payment: 'dead', state: 'dead_letter' });
  await receiver.query(`
    with several as (
      update deliveries set first_outcome = null, first_started_at = null, first_duration_ms = null, first_status = null,
                            attempt_count = 2 returning sequence
    )
    insert into attempts (sequence, number, started_at, duration_ms, outcome, status)
    select sequence, n, now(), 1, case n when 1 then 'timed_out' else 'refused' end, case n when 2 then 503 end
    from (select sequence from several union all select sequence from outbox where state = 'pending') s, generate_series(1, 2) n`);
  const reading = await startTestService(t, {
    databaseUrl: receiver.databaseUrl,
    env: webhookEnv('http://127.0.0.1:9'),
  });

  for (const [query, expected] of [
    ['reason=503', ['dead-1', 'waiting-1']],
    ['reason=timed_out', []],
    ['reason=refused', ['dead-1', 'flying-1', 'waiting-1']],
    ['reason=200', ['flying-1']],
    ['reason=503&state=pending', ['waiting-1']],
    ['reason=503&state=dead_letter', ['dead-1']],
    ['reason=503&state=delivering', []],
    ['reason=200&state=delivering', ['flying-1']],
  ] as const) {
    const { events }: Page = (await reading.status(`/events?${query}`)).json;
    assert.deepEqual(
      events.map((event) => event.paymentId),
      expected,
      query,
    );
  }
});

test('a rare reason is found on a later page, in the order of the events and each once', async (t) => {
  const receiver = await startTestService(t);
  await seedEvents(receiver, { count: 2_500, payment: 'dead', state: 'dead_letter' });
  await receiver.query('update deliveries set first_status = 503 where sequence in (1, 2, 2100)');

  const pages: string[][] = [];
  for (let next: string | null = ''; next !== null; ) {
    const page: Page = (await receiver.status(`/events?reason=503&limit=1${next && `&cursor=${next}`}`)).json;
    pages.push(page.events.map((event) => event.paymentId));
    next = page.next;
    await seedEvents(receiver, { count: 1, payment: 'new', state: 'dead_letter' });
  }

  assert.deepEqual(pages.flat(), ['dead-2100', 'dead-2', 'dead-1']);
  assert.ok(pages.length >= 3 && pages.length <= 5, String(pages.length));
});

test('from is inclusive and to exclusive, to the millisecond', async (t) => {
  const receiver = await setup(t);
  await receiver.query(
    `update events set received_at = '2026-01-01T00:00:00Z'::timestamptz + sequence * interval '1 ms'`,
  );
  const at = (milliseconds: number) => `2026-01-01T00:00:00.00${milliseconds}Z`;

  assert.deepEqual(await find(receiver, `from=${at(3)}`), ['p2 payment.unfrozen', 'p2 payment.booked']);
  assert.deepEqual(await find(receiver, `to=${at(2)}`), ['p1 payment.booked']);
  assert.deepEqual(await find(receiver, `from=${at(2)}&to=${at(4)}`), ['p2 payment.booked', 'p1 payment.updated']);
  assert.deepEqual(await find(receiver, `from=${at(4)}&to=${at(4)}`), []);
});

test('one event contains its body byte for byte and its attempts', async (t) => {
  const receiver = await setup(t);
  const { events }: Page = (await receiver.status('/events?callback=UPDATE')).json;

  const headers = { authorization: `Bearer ${STATUS_TOKEN}` };
  const response = await send(receiver.url, `/events/${events[0]?.id}`, { headers });

  assert.equal(response.status, 200);
  assert.match(String(response.headers['content-type']), /^application\/json/);
  assert.ok(response.body.endsWith(',"body": {"a" : 1.0} }'), response.body);
  const event = JSON.parse(response.body);
  const [stored] = (await attempts(receiver)).filter((row) => row.answer !== null && row.number === 1).slice(1);
  const [{ startedAt, ...attempt }, ...more] = event.attempts;
  assert.deepEqual(more, []);
  assert.match(startedAt, /^\d{4}-.*Z$/);
  assert.deepEqual(attempt, {
    number: 1,
    durationMs: stored?.durationMs,
    outcome: 'accepted',
    status: 200,
    error: null,
    answer: 'the answer',
  });
});
