/**
 * With PAYMENT_SNAPSHOT=on an event is sent with what Resurs held of its payment when it was first sent: read once, kept
 * with the event, and the same in every attempt and replay. Real service, Postgres, merchant and HTTP.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { computeDigest } from '../../src/protocol/ecom/digest.ts';
import { SALT, send } from '../helpers/callbacks.ts';
import { sendCallback, waitForStates } from '../helpers/deliveries.ts';
import { status } from '../helpers/merchant.ts';
import { postReplays } from '../helpers/replays.ts';
import { requestStatusApi } from '../helpers/status.ts';
import { dataOf, setup, storeMapiEvents } from './snapshots.ts';

test('an event of eCom carries its payment, and the order follows from it', async (t) => {
  const { merchant, ecom, receiver } = await setup(t);

  await sendCallback(receiver, 'UNFREEZE', 'p1');
  const [request] = await merchant.waitFor(1);

  assert.ok(request !== undefined);
  const { payment, order, orderReference } = dataOf(request);
  assert.ok(payment !== null && payment !== undefined);
  const { readAt, ...rest } = payment;
  assert.ok(Math.abs(Date.parse(readAt) - Date.now()) < 60_000);
  assert.deepEqual(rest, {
    state: 'authorized',
    frozen: false,
    orderReference: 'p1',
    statuses: ['DEBITABLE'],
    amounts: { total: '30.00', authorized: '30.00', captured: '0.00', refunded: '0.00', annulled: '0.00' },
    rejectedReason: null,
  });
  assert.deepEqual([order.state, order.certain, orderReference], ['may_ship', true, 'p1']);
  assert.equal(ecom.requests.length, 1);
});

test('an event of the Merchant API carries its payment, and is given its order reference', async (t) => {
  const { merchant, mapi, receiver } = await setup(t);
  const paymentId = randomUUID();
  mapi.hold(paymentId);

  await storeMapiEvents(receiver, paymentId);
  const [request] = await merchant.waitFor(1);
  await waitForStates(receiver, ['delivered']);

  assert.ok(request !== undefined);
  const { payment, orderReference } = dataOf(request);
  assert.deepEqual([payment?.state, payment?.orderReference], ['authorized', `order-${paymentId.slice(0, 8)}`]);
  assert.equal(orderReference, payment?.orderReference);
  const [stored] = await receiver.query('select order_reference, snapshot from events');
  assert.deepEqual([stored?.order_reference, stored?.snapshot.payment], [orderReference, payment]);
});

test('every attempt and every replay sends the same bytes, and Resurs is asked once', async (t) => {
  const { merchant, ecom, receiver } = await setup(t);
  merchant.answerWith(status(500));
  await sendCallback(receiver, 'UNFREEZE', 'p1');
  await merchant.waitFor(2);
  merchant.answerWith(status(204));
  await waitForStates(receiver, ['delivered']);

  await postReplays(receiver, { paymentId: 'p1' });
  await waitForStates(receiver, ['delivered']);

  assert.ok(merchant.received.length >= 4);
  assert.equal(new Set(merchant.received.map(({ body }) => body)).size, 1);
  assert.equal(ecom.requests.length, 1);
});

test('the events of a payment keep their order, each with a payment of its own', async (t) => {
  const { merchant, ecom, receiver } = await setup(t);
  const types = ['BOOKED', 'UNFREEZE', 'FINALIZATION'];

  for (const type of types) await sendCallback(receiver, type, 'p1');
  await waitForStates(receiver, ['delivered'], types.length);

  const sent = merchant.received.map(dataOf);
  assert.deepEqual(
    sent.map(({ sequence }) => sequence),
    sent.map(({ sequence }) => sequence).toSorted((a, b) => a - b),
  );
  assert.ok(sent.every(({ payment }) => payment?.state === 'authorized'));
  assert.equal(ecom.requests.length, types.length);
});

test('two replicas read for each event once', async (t) => {
  const { merchant, ecom, receiver, next } = await setup(t);
  const other = await next();
  const payments = Array.from({ length: 30 }, (_, n) => `p${n}`);

  await Promise.all(payments.map((id, n) => sendCallback(n % 2 === 0 ? receiver : other, 'UNFREEZE', id)));
  await waitForStates(receiver, ['delivered'], payments.length);

  assert.equal(merchant.received.length, payments.length);
  assert.equal(ecom.requests.length, payments.length);
  assert.ok(merchant.received.map(dataOf).every(({ payment, paymentId }) => payment?.orderReference === paymentId));
});

test('a test event carries no payment, and Resurs is not asked', async (t) => {
  const { merchant, ecom, receiver } = await setup(t, { FORWARD_TEST_CALLBACKS: 'true' });

  const digest = computeDigest('sha1', 'abcde', SALT);
  await send(receiver.url, `/callbacks/resurs?c=TEST&param1=a&param2=b&param3=c&param4=d&param5=e&d=${digest}`);
  const [request] = await merchant.waitFor(1);

  assert.ok(request !== undefined && !('payment' in dataOf(request)));
  assert.equal(ecom.requests.length, 0);
});

test('with PAYMENT_SNAPSHOT=off an event carries no payment, and Resurs is not asked', async (t) => {
  const { merchant, ecom, receiver } = await setup(t, { PAYMENT_SNAPSHOT: 'off' });

  await sendCallback(receiver, 'UNFREEZE', 'p1');
  const [request] = await merchant.waitFor(1);

  assert.ok(request !== undefined && !('payment' in dataOf(request)));
  assert.equal(ecom.requests.length, 0);
});

test('an event that was sent without a payment is replayed without, also when it is switched on since', async (t) => {
  const { merchant, ecom, receiver, next } = await setup(t, { PAYMENT_SNAPSHOT: 'off' });
  await sendCallback(receiver, 'UNFREEZE', 'p1');
  await waitForStates(receiver, ['delivered']);
  await receiver.service.stop();

  const later = await next({ PAYMENT_SNAPSHOT: 'on' });
  await postReplays(later, { paymentId: 'p1' });
  await merchant.waitFor(2);

  assert.equal(new Set(merchant.received.map(({ body }) => body)).size, 1);
  assert.equal(ecom.requests.length, 0);
});

test('Resurs is not asked again for a payment whose events were erased', async (t) => {
  const { merchant, ecom, receiver } = await setup(t);
  await sendCallback(receiver, 'UNFREEZE', 'p1');
  await waitForStates(receiver, ['delivered']);
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ confirm: 'p1' });
  assert.equal((await requestStatusApi(receiver, 'DELETE', '/payments/p1', { headers, body })).status, 204);

  await postReplays(receiver, { paymentId: 'p1' });
  const replayed = (await merchant.waitFor(2))[1];
  await waitForStates(receiver, ['delivered']);

  assert.ok(replayed !== undefined);
  assert.ok(!('payment' in dataOf(replayed)) && !('paymentError' in dataOf(replayed)));
  assert.equal(ecom.requests.length, 1);
});
