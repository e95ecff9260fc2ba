/**
 * Events of the Merchant API in the status API: found by provider and by the shop's order reference, which is not the
 * payment's id there, and shown with what Resurs held of the payment. Real service and database; the events are stored
 * by the receiver's own code.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { failedSnapshot, snapshotOf } from '../../src/payments/snapshot.ts';
import { sendCallback } from '../helpers/deliveries.ts';
import { storeMapiEvent } from '../helpers/mapi-events.ts';
import { postReplays } from '../helpers/replays.ts';
import { startTestService, type TestService } from '../helpers/service.ts';

const PAID = '0a1b2c3d-0000-4000-8000-00000000000a';
const REJECTED = '0a1b2c3d-0000-4000-8000-00000000000b';
const ACTION = '0a1b2c3d-0000-4000-8000-00000000000c';
const APPLICATION = '0a1b2c3d-0000-4000-8000-00000000000d';
/** An id that a shop has given to a payment of eCom. */
const ECOM_UUID = '0A1B2C3D-0000-4000-8000-0000000000FF';
const CREATED = '2026-11-20T12:00:00.5Z';
const SNAPSHOT = snapshotOf({
  readAt: new Date('2026-11-20T12:00:01Z'),
  state: 'captured',
  frozen: false,
  orderReference: 'order-1',
  statuses: ['ACCEPTED'],
  amounts: { total: '300.00', authorized: '0.00', captured: '300.00', refunded: '0.00', annulled: '0.00' },
  rejectedReason: null,
});

/** An order whose first payment was rejected; an application; an order of eCom. */
async function setup(t: TestContext) {
  const receiver = await startTestService(t);
  await storeMapiEvent(
    receiver,
    { paymentId: REJECTED, status: 'REJECTED', created: CREATED },
    { orderReference: 'order-1' },
  );
  // Neither the URL nor a snapshot told the reference.
  await storeMapiEvent(receiver, { paymentId: PAID, status: 'AUTHORIZED', created: CREATED });
  const captured = await storeMapiEvent(
    receiver,
    { paymentId: PAID, action: 'CAPTURE', actionId: ACTION, created: CREATED },
    { orderReference: 'order-1', snapshot: SNAPSHOT, deliver: true },
  );
  const application = await storeMapiEvent(
    receiver,
    { applicationId: APPLICATION, status: 'ACCEPTED', created: CREATED },
    { orderReference: 'order-2' },
  );
  await sendCallback(receiver, 'BOOKED', 'order-3');
  return { receiver, captured, application };
}

async function typesOf(receiver: TestService, query: string): Promise<string[]> {
  const { events }: { events: { type: string }[] } = (await receiver.status(`/events?${query}`)).json;
  return events.map(({ type }) => type);
}

test('events are found by provider and by order reference, alone and with other filters', async (t) => {
  const { receiver } = await setup(t);
  await sendCallback(receiver, 'BOOKED', ECOM_UUID);

  for (const [query, expected] of [
    ['provider=resurs-mapi', ['application.accepted', 'payment.captured', 'payment.authorized', 'payment.rejected']],
    ['provider=resurs-ecom', ['payment.booked', 'payment.booked']],
    ['provider=resurs-mapi&type=payment.captured', ['payment.captured']],
    ['provider=resurs-ecom&type=payment.captured', []],
    ['provider=resurs-ecom&callback=booked', ['payment.booked', 'payment.booked']],
    ['provider=resurs-mapi&state=held', ['payment.captured']],
    [`provider=resurs-mapi&paymentId=${PAID}`, ['payment.captured', 'payment.authorized']],
    [`provider=resurs-ecom&paymentId=${PAID}`, []],
    // Of the Merchant API in any case, of eCom as it was stored.
    [`paymentId=${PAID.toUpperCase()}`, ['payment.captured', 'payment.authorized']],
    [`paymentId=${ECOM_UUID}`, ['payment.booked']],
    [`paymentId=${ECOM_UUID.toLowerCase()}`, []],
    ['orderReference=order-1', ['payment.captured', 'payment.rejected']],
    ['orderReference=order-1&limit=1', ['payment.captured']],
    ['orderReference=order-1&provider=resurs-ecom', []],
    ['orderReference=order-1&state=held', ['payment.captured']],
    ['orderReference=order-1&from=2999-01-01', []],
    ['orderReference=order-2', ['application.accepted']],
    ['orderReference=order-3', ['payment.booked']],
    [`orderReference=${PAID}`, []],
  ] as const) {
    assert.deepEqual(await typesOf(receiver, query), expected, query);
  }
  assert.equal((await receiver.status('/events?provider=other')).status, 400);
});

test('the pages of an order are in the order of storing, whichever provider its events are of', async (t) => {
  const { receiver } = await setup(t);
  // A shop that moves to the Merchant API may use a number twice.
  await sendCallback(receiver, 'BOOKED', 'order-1');
  await storeMapiEvent(
    receiver,
    { paymentId: REJECTED, action: 'CANCEL', actionId: ACTION, created: CREATED },
    { orderReference: 'order-1' },
  );

  const seen: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const page: { events: { type: string }[]; next: string | null } = (
      await receiver.status(`/events?orderReference=order-1&limit=1${cursor && `&cursor=${cursor}`}`)
    ).json;
    seen.push(...page.events.map(({ type }) => type));
    cursor = page.next;
  }

  assert.deepEqual(seen, ['payment.annulled', 'payment.booked', 'payment.captured', 'payment.rejected']);
});

interface Payment {
  readonly paymentId: string;
  readonly provider: string;
  readonly orderReference: string | null;
  readonly otherPaymentIds: readonly string[];
  readonly facts: Readonly<Record<string, string | null>>;
  readonly events: readonly { readonly type: string }[];
}

test('a payment is found by its id in any case, and by the reference of its order, the last payment first', async (t) => {
  const { receiver } = await setup(t);

  const byId: Payment = (await receiver.status(`/payments/${PAID}`)).json;
  const byReference: Payment = (await receiver.status('/payments/order-1')).json;
  const rejected: Payment = (await receiver.status(`/payments/${REJECTED.toUpperCase()}`)).json;
  const ofEcom: Payment = (await receiver.status('/payments/order-3')).json;

  assert.deepEqual(
    [byId.paymentId, byId.provider, byId.orderReference, byId.otherPaymentIds],
    [PAID, 'resurs-mapi', 'order-1', []],
  );
  assert.deepEqual(byReference, { ...byId, otherPaymentIds: [REJECTED] });
  assert.deepEqual(
    byId.events.map(({ type }) => type),
    ['payment.authorized', 'payment.captured'],
  );
  const reported = Object.keys(byId.facts).filter((fact) => byId.facts[fact] !== null);
  assert.deepEqual(reported, ['authorized', 'captured']);
  assert.deepEqual([rejected.paymentId, rejected.facts.rejected !== null], [REJECTED, true]);
  assert.deepEqual([ofEcom.provider, ofEcom.orderReference], ['resurs-ecom', 'order-3']);
  for (const unknown of ['order-2', 'order', 'ORDER-3', APPLICATION])
    assert.equal((await receiver.status(`/payments/${unknown}`)).status, 404, unknown);
});

test('a payment whose id is the reference of another one is shown first', async (t) => {
  const { receiver } = await setup(t);
  await sendCallback(receiver, 'BOOKED', 'order-1');

  const { paymentId, provider, otherPaymentIds }: Payment = (await receiver.status('/payments/order-1')).json;

  assert.deepEqual([paymentId, provider, otherPaymentIds], ['order-1', 'resurs-ecom', [PAID, REJECTED]]);
});

test('one event has what Resurs held of the payment, its change, or its application', async (t) => {
  const { receiver, captured, application } = await setup(t);
  const unread = await storeMapiEvent(
    receiver,
    { paymentId: PAID, status: 'FROZEN', created: CREATED },
    { snapshot: failedSnapshot('not read') },
  );

  const detail: Record<string, unknown> = (await receiver.status(`/events/${captured}`)).json;
  const ofApplication: Record<string, unknown> = (await receiver.status(`/events/${application}`)).json;
  const withError: Record<string, unknown> = (await receiver.status(`/events/${unread}`)).json;

  assert.deepEqual(detail.payment, SNAPSHOT.payment);
  const { kind, transactionId, createdAt } = detail.change as Record<string, unknown>;
  assert.deepEqual([kind, transactionId, createdAt], ['capture', ACTION, '2026-11-20T12:00:00.500Z']);
  assert.deepEqual(
    [detail.provider, detail.orderReference, (detail.verified as { token: boolean }).token],
    ['resurs-mapi', 'order-1', true],
  );
  assert.equal('paymentError' in detail, false);
  assert.equal(ofApplication.applicationId, APPLICATION);
  assert.deepEqual([withError.payment, withError.paymentError], [null, 'not read']);
  for (const name of ['payment', 'change', 'paymentError']) assert.equal(name in ofApplication, false, name);
});

test('a replay takes an order reference and a provider', async (t) => {
  const { receiver } = await setup(t);
  await receiver.query(`
    with gone as (delete from outbox where state = 'pending' returning sequence)
    insert into deliveries (sequence, state, attempt_count, tries_used, finished_at)
    select sequence, 'delivered', 1, 1, now() from gone`);

  const counts = [];
  for (const filter of [
    { orderReference: 'order-1' },
    { orderReference: 'order-3' },
    { orderReference: 'order-1', provider: 'resurs-ecom' },
    { orderReference: 'unknown' },
    { state: 'delivered', provider: 'resurs-mapi' },
    { state: 'delivered' },
    { paymentId: PAID.toUpperCase() },
  ]) {
    const { json } = await postReplays(receiver, { ...filter, dryRun: true });
    counts.push('count' in json && json.count);
  }

  assert.deepEqual(counts, [1, 1, 0, 0, 1, 2, 1]);
  assert.equal((await postReplays(receiver, { provider: 'resurs-mapi' })).status, 400);
});
