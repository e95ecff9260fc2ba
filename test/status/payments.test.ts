/**
 * Everything about one payment: what a support agent opens when a customer calls. Real service, unusual ids included.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { computeDigest } from '../../src/protocol/ecom/digest.ts';
import { SALT, send } from '../helpers/callbacks.ts';
import { sendCallback } from '../helpers/deliveries.ts';
import { startTestService } from '../helpers/service.ts';

interface Payment {
  readonly paymentId: string;
  readonly facts: Readonly<Record<string, string | null>>;
  readonly events: readonly { readonly type: string; readonly paymentId: string; readonly receivedAt: string }[];
}

test('a payment has its facts and its events, oldest first', async (t) => {
  const receiver = await startTestService(t);
  for (const type of ['BOOKED', 'UNFREEZE', 'FINALIZATION']) await sendCallback(receiver, type, 'p1');
  await sendCallback(receiver, 'ANNULMENT', 'p2');

  const payment: Payment = (await receiver.status('/payments/p1')).json;

  assert.deepEqual(Object.keys(payment), [
    'paymentId',
    'provider',
    'orderReference',
    'otherPaymentIds',
    'order',
    'facts',
    'events',
    'next',
  ]);
  assert.equal(payment.paymentId, 'p1');
  assert.deepEqual(
    payment.events.map((event) => event.type),
    ['payment.booked', 'payment.unfrozen', 'payment.finalized'],
  );
  const [booked, unfrozen, finalized] = payment.events.map((event) => event.receivedAt);
  assert.deepEqual(payment.facts, {
    booked,
    frozen: null,
    thawed: null,
    unfrozen,
    finalized,
    annulled: null,
    authorized: null,
    captured: null,
    refunded: null,
    rejected: null,
    updated: null,
  });
});

test('a fact has the time of its last event, which a repeat does not change', async (t) => {
  const receiver = await startTestService(t);
  for (const body of ['{"n":1}', '{"n":2}']) await sendCallback(receiver, 'UPDATE', 'p1', { method: 'POST', body });
  await sendCallback(receiver, 'UNFREEZE', 'p1');
  await sendCallback(receiver, 'UNFREEZE', 'p1');

  const { facts, events }: Payment = (await receiver.status('/payments/p1')).json;

  const [{ count } = assert.fail()] = await receiver.query<{ count: number }>('select count from receipts');
  assert.equal(count, 2);
  assert.equal(facts.updated, events[1]?.receivedAt);
  assert.equal(facts.unfrozen, events[2]?.receivedAt);
});

for (const result of ['FROZEN', 'THAWED']) {
  test(`${result} of AUTOMATIC_FRAUD_CONTROL is a fact of its own`, async (t) => {
    const receiver = await startTestService(t);
    const digest = computeDigest('sha1', `p1${result}`, SALT);
    await send(receiver.url, `/callbacks/resurs?c=AUTOMATIC_FRAUD_CONTROL&p=p1&r=${result}&d=${digest}`);

    const { facts }: Payment = (await receiver.status('/payments/p1')).json;

    assert.deepEqual(
      Object.keys(facts).filter((name) => facts[name] !== null),
      [result.toLowerCase()],
    );
  });
}

for (const paymentId of ['a/b', 'a%2Fb', 'ö', 'two words', 'a?b#c', '100%', 'x'.repeat(255), 'ö'.repeat(255)]) {
  test(`the payment ${paymentId.slice(0, 20)} is found by its encoded id`, async (t) => {
    const receiver = await startTestService(t);
    await sendCallback(receiver, 'UNFREEZE', paymentId);

    const { status, json } = await receiver.status(`/payments/${encodeURIComponent(paymentId)}`);
    const list = await receiver.status(`/events?paymentId=${encodeURIComponent(paymentId)}`);

    assert.equal(status, 200);
    const payment: Payment = json;
    assert.equal(payment.paymentId, paymentId);
    assert.deepEqual(
      payment.events.map((event) => event.paymentId),
      [paymentId],
    );
    assert.equal((list.json as Payment).events.length, 1);
  });
}
