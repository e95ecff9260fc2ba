/**
 * The events of the Merchant API's callbacks: each row of the table of kinds, what makes two callbacks one event, and their
 * order. What the merchant gets is read from real requests. Real HTTP and Postgres, two replicas included.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { countRows, storedEvents } from '../../helpers/database-state.ts';
import {
  application,
  authorization,
  MAPI_TOKEN,
  management,
  mapiTarget,
  post,
  WITH_TOKEN,
} from '../../helpers/mapi.ts';
import { startMerchant } from '../../helpers/merchant.ts';
import { startTestService, WEBHOOK_SECRET } from '../../helpers/service.ts';

const TYPES = [
  ['AUTHORIZED', 'payment.authorized'],
  ['CAPTURED', 'payment.captured'],
  ['FROZEN', 'payment.frozen'],
  ['REJECTED', 'payment.rejected'],
  ['INSPECTION', 'payment.inspection'],
  ['CREDIT_APPROVED', 'payment.credit_approved'],
  ['SOMETHING_NEW', 'payment.other'],
  ['authorized', 'payment.other'],
] as const;
const ACTIONS = [
  ['CAPTURE', 'payment.captured'],
  ['REFUND', 'payment.refunded'],
  ['CANCEL', 'payment.annulled'],
  ['MODIFY_ORDER', 'payment.updated'],
  ['SOMETHING_NEW', 'payment.other'],
] as const;
const STATUSES = [
  ['INSPECTION', 'application.inspection'],
  ['CREDIT_APPROVED', 'application.credit_approved'],
  ['ACCEPTED', 'application.accepted'],
  ['REJECTED', 'application.rejected'],
  ['SOMETHING_NEW', 'application.other'],
] as const;

test('each kind and word gives its type, and the word is the result', async (t) => {
  const receiver = await startTestService(t, { env: WITH_TOKEN });
  const cases = [
    ...TYPES.map(([word, type]) => [authorization(randomUUID(), word), type, word]),
    ...ACTIONS.map(([word, type]) => [management(randomUUID(), word), type, word]),
    ...STATUSES.map(([word, type]) => [application(randomUUID(), word), type, word]),
  ] as const;

  for (const [body] of cases) assert.equal((await post(receiver, mapiTarget(), body)).status, 204);

  const events = await storedEvents(receiver);
  assert.deepEqual(
    events.map(({ type, result }) => [type, result]),
    cases.map(([, type, word]) => [type, word]),
  );
});

test('the merchant gets provider, order reference, action and application, and never the token', async (t) => {
  const merchant = await startMerchant(t);
  const env = { ...WITH_TOKEN, WEBHOOK_URL: merchant.url, WEBHOOK_SECRET };
  const receiver = await startTestService(t, { env });
  const [payment, action, application_] = [randomUUID(), randomUUID(), randomUUID()];

  await post(
    receiver,
    mapiTarget('/management?order=1001&note=a&note=b'),
    management(payment.toUpperCase(), 'CAPTURE', action),
  );
  await post(receiver, mapiTarget('/credit-application'), application(application_));

  const received = await merchant.waitFor(2);
  const [captured, accepted] = received
    .map(({ body }) => JSON.parse(body))
    .sort((a, b) => a.data.sequence - b.data.sequence);
  assert.equal(captured.type, 'payment.captured');
  assert.deepEqual(
    [captured.data.provider, captured.data.paymentId, captured.data.orderReference, captured.data.method],
    ['resurs-mapi', payment, '1001', 'POST'],
  );
  assert.deepEqual(captured.data.parameters, { note: ['a', 'b'] });
  assert.equal(captured.data.change.transactionId, action);
  assert.deepEqual(
    [accepted.type, accepted.data.paymentId, accepted.data.applicationId, accepted.data.orderReference],
    ['application.accepted', null, application_, null],
  );
  assert.ok(received.every(({ body, headers }) => !`${body}${JSON.stringify(headers)}`.includes(MAPI_TOKEN)));
});

test('a repeat is one event with several receipts; another created, action id or word is another event', async (t) => {
  const receiver = await startTestService(t, { env: WITH_TOKEN });
  const [id, action] = [randomUUID(), randomUUID()];
  const sent = [
    [authorization(id), 1],
    [authorization(id), 1],
    [authorization(id.toUpperCase(), 'AUTHORIZED', { checkoutId: randomUUID() }), 1],
    [authorization(id, 'AUTHORIZED', { created: '2026-11-21T12:00:00Z' }), 2],
    [authorization(id, 'FROZEN'), 3],
    [authorization(id, 'AUTHORIZED', { created: undefined }), 4],
    [authorization(id, 'AUTHORIZED', { created: null }), 4],
    [management(id, 'CAPTURE', action), 5],
    [management(id, 'CAPTURE', action.toUpperCase()), 5],
    [management(id, 'REFUND', action), 6],
    [management(id, 'CAPTURE'), 7],
    [application(id), 8],
    [application(id), 8],
    [application(id, 'REJECTED'), 9],
  ] as const;

  for (const [body, events] of sent) {
    assert.equal((await post(receiver, mapiTarget(), body)).status, 204);
    assert.equal((await countRows(receiver)).events, events, body);
  }
  assert.equal((await countRows(receiver)).receipts, sent.length);
});

test('the same id at eCom and at the Merchant API, and its URL, make no difference to its identity', async (t) => {
  const receiver = await startTestService(t, { env: WITH_TOKEN });
  const id = randomUUID();

  await post(receiver, mapiTarget('/authorization?order=1'), authorization(id));
  await post(receiver, mapiTarget('?x=2'), authorization(id));

  assert.deepEqual(await countRows(receiver), { events: 1, receipts: 2, deliveries: 1, identities: 1 });
});

test('equal callbacks at the same instant make one event, on two replicas', async (t) => {
  const one = await startTestService(t, { env: WITH_TOKEN });
  const two = await startTestService(t, { env: WITH_TOKEN, databaseUrl: one.databaseUrl });
  const ids = Array.from({ length: 10 }, () => randomUUID());

  const responses = await Promise.all(
    ids.flatMap((id) => [one, two, one, two].map((receiver) => post(receiver, mapiTarget(), authorization(id)))),
  );

  for (const { status } of responses) assert.equal(status, 204);
  assert.deepEqual(await countRows(one), { events: 10, receipts: 40, deliveries: 10, identities: 10 });
});

test('the events of one payment reach the merchant in the order of their commits', async (t) => {
  const merchant = await startMerchant(t);
  const env = { ...WITH_TOKEN, WEBHOOK_URL: merchant.url, WEBHOOK_SECRET };
  const one = await startTestService(t, { env });
  const two = await startTestService(t, { env, databaseUrl: one.databaseUrl });
  const id = randomUUID();
  const bodies = [
    authorization(id, 'FROZEN'),
    authorization(id),
    management(id, 'CAPTURE'),
    management(id, 'REFUND'),
    management(id, 'CANCEL'),
  ];

  for (const [n, body] of bodies.entries()) await post(n % 2 === 0 ? one : two, mapiTarget(), body);

  const received = await merchant.waitFor(bodies.length);
  assert.deepEqual(
    received.map(({ body }) => JSON.parse(body).type),
    ['payment.frozen', 'payment.authorized', 'payment.captured', 'payment.refunded', 'payment.annulled'],
  );
});
