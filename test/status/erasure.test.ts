/**
 * `DELETE /payments/{paymentId}`: what was stored of a customer goes, the facts stay, and nothing is erased by mistake or
 * half. Real service, Postgres, merchant and HTTP.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import pg from 'pg';
import { snapshotOf } from '../../src/payments/snapshot.ts';
import { seedEvents } from '../harness/seed-events.ts';
import { beginBlocking, waitForBlocked } from '../helpers/blocking-transaction.ts';
import type { RawResponse } from '../helpers/callbacks.ts';
import { sendCallback, waitForAttempts, waitForStates, webhookEnv } from '../helpers/deliveries.ts';
import { storeMapiEvent } from '../helpers/mapi-events.ts';
import { startMerchant, status } from '../helpers/merchant.ts';
import { startTestService, type TestService } from '../helpers/service.ts';
import { requestStatusApi } from '../helpers/status.ts';

const SECRET = 'Anna-Andersson-19830514';
const SNAPSHOT = snapshotOf({
  readAt: new Date('2026-11-20T12:00:01Z'),
  state: 'captured',
  frozen: false,
  orderReference: 'order-1',
  statuses: ['ACCEPTED'],
  amounts: { total: '300.00', authorized: '0.00', captured: '300.00', refunded: '0.00', annulled: '0.00' },
  rejectedReason: null,
});
/** Every text that an erasure has to find. */
const STORED = `
  select string_agg(t::text, ' ') as texts from (
    select row_to_json(e)::text || ' ' || coalesce(convert_from(e.body, 'UTF8'), '') as t from events e
    union all select row_to_json(d)::text from deliveries d
    union all select row_to_json(a)::text from attempts a
  ) all_rows`;

/** The payments of which answers are stored. */
const ANSWERED = `
  select distinct e.payment_id from events e left join deliveries d using (sequence) left join attempts a using (sequence)
  where d.first_answer is not null or a.answer is not null order by 1`;

function erase(
  receiver: Pick<TestService, 'service'>,
  paymentId: string,
  body: unknown = { confirm: paymentId },
  headers: Record<string, string> = {},
): Promise<RawResponse> {
  return requestStatusApi(receiver, 'DELETE', `/payments/${encodeURIComponent(paymentId)}`, {
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

async function setup(t: TestContext, env: Record<string, string> = {}) {
  const merchant = await startMerchant(t);
  const receiver = await startTestService(t, { env: webhookEnv(merchant.url, env) });
  const texts = async () => (await receiver.query<{ texts: string }>(STORED))[0]?.texts ?? '';
  const erasures = () => receiver.query('select payment_id, provider, events, erased_by from erasures order by id');
  return { merchant, receiver, texts, erasures };
}

test('an erasure removes bodies, parameters, snapshots and answers, and keeps what happened when', async (t) => {
  const { merchant, receiver, texts, erasures } = await setup(t);
  merchant.answerWith(
    ({ attempt }, response) => void response.writeHead(attempt === 1 ? 500 : 200).end(`for ${SECRET}`),
  );
  const body = JSON.stringify({ name: SECRET });
  await sendCallback(receiver, 'UPDATE', 'p1', { method: 'POST', body });
  await sendCallback(receiver, 'UNFREEZE', 'p1');
  await sendCallback(receiver, 'UPDATE', 'p2', { method: 'POST', body: '{"of": "another"}' });
  await waitForStates(receiver, ['delivered'], 3);
  await receiver.query(`update events set snapshot = $1, parameters = $2 where payment_id = 'p1'`, [
    JSON.stringify(SNAPSHOT),
    JSON.stringify({ customer: SECRET }),
  ]);
  const kept = `select id, sequence, callback, type, result, method, received_at, verified, order_state, earlier_facts
                from events order by sequence`;
  const before = await receiver.query(kept);
  assert.deepEqual(await receiver.query(ANSWERED), [{ payment_id: 'p1' }, { payment_id: 'p2' }]);

  const response = await erase(receiver, 'p1', { confirm: 'p1' }, { 'x-operator': 'Eva at the shop' });

  assert.equal(response.status, 204);
  assert.deepEqual(await receiver.query(kept), before);
  const rows = await receiver.query(
    `select payment_id, body, parameters::text, snapshot, erased_at is not null as erased from events order by sequence`,
  );
  const erased = { payment_id: 'p1', body: null, parameters: '{}', snapshot: null, erased: true };
  assert.deepEqual(rows.slice(0, 2), [erased, erased]);
  assert.deepEqual([rows[2]?.erased, String(rows[2]?.body)], [false, '{"of": "another"}']);
  assert.deepEqual(await receiver.query(ANSWERED), [{ payment_id: 'p2' }]);
  assert.deepEqual(await erasures(), [
    { payment_id: 'p1', provider: 'resurs-ecom', events: 2, erased_by: 'Eva at the shop' },
  ]);
  const line = receiver.log.find(({ event }) => event === 'payment.erased');
  assert.deepEqual(
    [line?.paymentId, line?.provider, line?.events, line?.erasedBy],
    ['p1', 'resurs-ecom', 2, 'Eva at the shop'],
  );
  assert.ok(!receiver.logText().includes(SECRET) && !receiver.logText().includes('confirm'));

  await t.test('a second one changes nothing', async () => {
    const stored = await texts();
    assert.equal((await erase(receiver, 'p1')).status, 204);
    assert.deepEqual([await texts(), (await erasures()).length], [stored, 1]);
  });

  await t.test('a repeat of an erased callback is still a repeat', async () => {
    await sendCallback(receiver, 'UPDATE', 'p1', { method: 'POST', body });
    assert.ok(!(await texts()).replaceAll(`for ${SECRET}`, '').includes(SECRET));
    const [counted] = await receiver.query('select count from receipts');
    assert.equal(counted?.count, 2);
  });

  await t.test('a replay sends the event without its content, and its answer is erased by the next one', async () => {
    const [event] = await receiver.query<{ id: string }>(
      `select id from events where type = 'payment.updated' limit 1`,
    );
    const count = merchant.received.length;
    assert.equal((await receiver.status(`/events/evt_${event?.id}/replay`, 'POST')).status, 202);
    const request = (await merchant.waitFor(count + 1)).at(-1);
    await waitForStates(receiver, ['delivered'], 3);
    const { data } = JSON.parse(request?.body ?? '') as { data: Record<string, unknown> };
    assert.deepEqual([data.body, data.parameters, 'payment' in data, 'change' in data], [null, {}, false, false]);
    assert.ok(Math.abs(Date.parse(String(data.erasedAt)) - Date.now()) < 60_000);

    assert.equal((await erase(receiver, 'p1')).status, 204);
    assert.deepEqual(await receiver.query(ANSWERED), [{ payment_id: 'p2' }]);
    assert.deepEqual((await erasures()).at(-1), {
      payment_id: 'p1',
      provider: 'resurs-ecom',
      events: 1,
      erased_by: 'STATUS_TOKEN',
    });
  });

  await t.test('a callback that comes later is stored as ever, and erased by the next one', async () => {
    await sendCallback(receiver, 'UPDATE', 'p1', { method: 'POST', body: `{"later": "${SECRET}"}` });
    await waitForStates(receiver, ['delivered'], 4);
    const shown: { events: readonly { erasedAt?: string }[] } = (await receiver.status('/payments/p1')).json;
    assert.deepEqual(
      shown.events.map(({ erasedAt }) => erasedAt !== undefined),
      [true, true, false],
    );
    assert.equal((await erase(receiver, 'p1')).status, 204);
    const open = await receiver.query(`select from events where payment_id = 'p1' and erased_at is null`);
    assert.deepEqual(open, []);
  });
});

test('without the confirmation, or with a wrong one, nothing is erased', async (t) => {
  const { receiver, texts } = await setup(t);
  await sendCallback(receiver, 'UPDATE', 'p1', { method: 'POST', body: '{"n": 1}' });
  await sendCallback(receiver, 'UPDATE', '7', { method: 'POST', body: '{"n": 1}' });
  await waitForStates(receiver, ['delivered'], 2);
  const before = await texts();

  for (const [path, body, message] of [
    ['p1', '', /./],
    ['p1', '{}', /confirm/],
    ['p1', { confirm: 'p2' }, /^body\/confirm must be the paymentId of the path$/],
    ['p1', { confirm: 'P1' }, /confirm/],
    ['p1', { confirm: '' }, /confirm/],
    ['p1', { confirm: 'p1\u0000' }, /confirm/],
    ['p1', { confirm: ['p1'] }, /^body\/confirm must be string$/],
    ['p1', { confirm: null }, /confirm/],
    ['p1', { confirm: true }, /confirm/],
    ['7', { confirm: 7 }, /^body\/confirm must be string$/],
    ['p1', '{"confirm": "p1", "confirm": "p2"}', /confirm/],
    ['p1', '[]', /object/],
    ['p1', '"p1"', /^body must be an object with confirm, the paymentId of the path$/],
    ['p1', '{"__proto__": {"confirm": "p1"}}', /./],
    ['%', { confirm: '%' }, /stored/],
  ] as const) {
    const response = await erase(receiver, path, body);
    assert.equal(response.status, path === '%' ? 404 : 400, JSON.stringify(body));
    assert.match(JSON.parse(response.body).error.message, message);
  }
  const asText = { 'content-type': 'text/plain' };
  assert.equal((await erase(receiver, 'p1', { confirm: 'p1' }, asText)).status, 415);
  const wrong = { authorization: 'Bearer wrong' };
  assert.equal((await erase(receiver, 'p1', { confirm: 'p1' }, wrong)).status, 401);
  assert.equal(await texts(), before);
});

test('while a delivery of the payment is unfinished, nothing is erased', async (t) => {
  const { merchant, receiver, texts, erasures } = await setup(t);
  const held = Promise.withResolvers<void>();
  await sendCallback(receiver, 'UPDATE', 'p1', { method: 'POST', body: '{"n": 1}' });
  await waitForStates(receiver, ['delivered'], 1);
  merchant.answerWith((_, response) => void held.promise.then(() => response.writeHead(204).end()));
  await sendCallback(receiver, 'UPDATE', 'p1', { method: 'POST', body: '{"n": 2}' });
  await sendCallback(receiver, 'UPDATE', 'p1', { method: 'POST', body: '{"n": 3}' });
  await merchant.waitFor(2);
  const before = await texts();

  const response = await erase(receiver, 'p1');

  assert.deepEqual([response.status, JSON.parse(response.body).error.code], [409, 'unfinished']);
  assert.deepEqual([await texts(), await erasures()], [before, []]);
  held.resolve();
  await waitForStates(receiver, ['delivered'], 3);
  assert.equal((await erase(receiver, 'p1')).status, 204);
  assert.equal((await erasures())[0]?.events, 3);
});

test('a payment of the Merchant API is erased by its id in any case, and never by the reference of its order', async (t) => {
  const { receiver, erasures } = await setup(t);
  const paymentId = randomUUID();
  const created = '2026-11-20T12:00:00.5Z';
  await storeMapiEvent(
    receiver,
    { paymentId, action: 'CAPTURE', actionId: randomUUID(), created },
    { orderReference: 'order-1', snapshot: SNAPSHOT },
  );

  const byReference = await erase(receiver, 'order-1');
  assert.equal(byReference.status, 404);
  assert.ok(JSON.parse(byReference.body).error.message.endsWith(`not the id of a payment: ${paymentId}.`));
  assert.deepEqual(await erasures(), []);

  assert.equal((await erase(receiver, paymentId.toUpperCase(), { confirm: paymentId })).status, 204);
  const [event] = await receiver.query(
    'select type, result, order_reference, parameters::text, body, snapshot, erased_at is not null as erased from events',
  );
  assert.deepEqual(event, {
    type: 'payment.captured',
    result: 'CAPTURE',
    order_reference: 'order-1',
    parameters: '{}',
    body: null,
    snapshot: null,
    erased: true,
  });
  assert.deepEqual(await erasures(), [
    { payment_id: paymentId, provider: 'resurs-mapi', events: 1, erased_by: 'STATUS_TOKEN' },
  ]);
});

test('an operator that no log should show is the name of the token', async (t) => {
  const { receiver, erasures } = await setup(t);
  const operators = ['x'.repeat(65), 'caf\u00e9', 'x'.repeat(64), ''];
  for (const [index, operator] of operators.entries()) {
    await sendCallback(receiver, 'UNFREEZE', `p${index}`);
    await waitForStates(receiver, ['delivered'], index + 1);
    assert.equal((await erase(receiver, `p${index}`, undefined, { 'x-operator': operator })).status, 204);
  }

  assert.deepEqual(
    (await erasures()).map((one) => one.erased_by),
    ['STATUS_TOKEN', 'caf\u00e9', 'x'.repeat(64), 'STATUS_TOKEN'],
  );
});

test('a long payment is erased in batches, while its callbacks go on being stored whole', async (t) => {
  const { merchant, receiver, erasures } = await setup(t, { MAX_EVENTS_PER_PAYMENT: '0' });
  const client = new pg.Client({ connectionString: receiver.databaseUrl });
  await client.connect();
  await seedEvents(client, {
    count: 5_000,
    callback: 'UPDATE',
    type: 'payment.updated',
    payment: 'p1',
    isOnePayment: true,
  });
  await client.query(`update events set body = 'content', parameters = '{"a": "b"}'`);
  await client.end();
  const from = merchant.received.length;
  let isErased = false;

  // A callback that is being delivered when the erasure begins refuses it.
  const erasing = (async () => {
    let response = await erase(receiver, 'p1');
    while (response.status === 409) response = await erase(receiver, 'p1');
    isErased = true;
    return response;
  })();
  let sent = 0;
  while (!isErased || sent === 0) {
    sent += 1;
    await sendCallback(receiver, 'UPDATE', 'p1', { method: 'POST', body: JSON.stringify({ sent }) });
  }
  const { status: code } = await erasing;
  await waitForStates(receiver, ['delivered'], 5_000 + sent);

  assert.equal(code, 204);
  assert.equal(merchant.received.length, from + sent);
  for (const { body } of merchant.received.slice(from)) assert.equal(typeof JSON.parse(body).data.body.sent, 'number');
  const halves = await receiver.query(
    `select from events where (erased_at is null) <> (body is not null) or (erased_at is not null and parameters::text <> '{}')`,
  );
  assert.deepEqual(halves, []);
  const [counted] = await receiver.query('select count(*)::int as erased from events where erased_at is not null');
  const erased = Number(counted?.erased);
  assert.ok(erased >= 5_000 && erased <= 5_000 + sent);
  assert.deepEqual(
    (await erasures()).map(({ events }) => events),
    [erased],
  );
});

test('a replay at the same moment is sent as it was or without content, and its payment is never left half', async (t) => {
  const { merchant, receiver } = await setup(t);
  for (let n = 0; n < 8; n += 1) {
    await sendCallback(receiver, 'UPDATE', `p${n}`, { method: 'POST', body: JSON.stringify({ n }) });
  }
  await waitForStates(receiver, ['delivered'], 8);
  merchant.answerWith(status(200, {}, SECRET));
  const events = await receiver.query<{ id: string; payment_id: string }>('select id, payment_id from events');

  const codes = await Promise.all(
    events.flatMap(({ id, payment_id }) => [
      erase(receiver, payment_id).then((response) => response.status),
      receiver.status(`/events/evt_${id}/replay`, 'POST').then((response) => response.status),
    ]),
  );

  assert.ok(
    codes.every((code) => [202, 204, 409].includes(code)),
    JSON.stringify(codes),
  );
  await waitForAttempts(receiver, 16);
  await waitForStates(receiver, ['delivered'], 8);
  for (const { body } of merchant.received.slice(8)) {
    const { data } = JSON.parse(body) as { data: { body: unknown; erasedAt?: string } };
    assert.equal(data.body === null, data.erasedAt !== undefined);
  }
  for (const { payment_id } of events) assert.equal((await erase(receiver, payment_id)).status, 204);
  assert.deepEqual(await receiver.query(ANSWERED), []);
  assert.deepEqual(await receiver.query('select from events where body is not null'), []);
});

test('an event that is being replayed is not erased', async (t) => {
  const { merchant, receiver, erasures } = await setup(t);
  await sendCallback(receiver, 'UPDATE', 'p1', { method: 'POST', body: '{"n":1}' });
  await waitForStates(receiver, ['delivered'], 1);
  const client = new pg.Client({ connectionString: receiver.databaseUrl });
  await client.connect();
  await client.query('begin');
  await client.query('select replay_deliveries_v1(array(select sequence from events))');

  const erasing = erase(receiver, 'p1');
  await waitForBlocked(receiver, 1);
  await client.query('commit');
  await client.end();

  assert.equal((await erasing).status, 409);
  const replayed = (await merchant.waitFor(2))[1];
  assert.deepEqual(JSON.parse(replayed?.body ?? '').data.body, { n: 1 });
  assert.deepEqual(await erasures(), []);
});

test('a replay that waits for an erasure is done, without the content', async (t) => {
  const { merchant, receiver } = await setup(t);
  merchant.answerWith(status(200, {}, SECRET));
  await sendCallback(receiver, 'UPDATE', 'p1', { method: 'POST', body: '{"n":1}' });
  const [delivery] = await waitForStates(receiver, ['delivered'], 1);
  const blocking = await beginBlocking(t, receiver.databaseUrl, 'select from deliveries for update');

  const erasing = erase(receiver, 'p1');
  await waitForBlocked(receiver, 1);
  const replaying = receiver.status(`/events/${delivery?.id}/replay`, 'POST');
  await waitForBlocked(receiver, 2);
  await blocking.release();

  assert.deepEqual([(await erasing).status, (await replaying).status], [204, 202]);
  const replayed = (await merchant.waitFor(2))[1];
  assert.equal(JSON.parse(replayed?.body ?? '').data.body, null);
});
