/**
 * The demo's merchant accepts only signed deliveries: otherwise the demo would show deliveries and prove none. HTTP is
 * real; the signatures come from the `standardwebhooks` package.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { startMerchant } from '../../demo/merchant.ts';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

async function setup(t: TestContext) {
  const merchant = await startMerchant({ secret: SECRET, refuseFirstOf: '1' });
  t.after(() => merchant.stop());
  const deliver = async (paymentId: string, { secret = SECRET, attempt = 1, ageMs = 0 } = {}) => {
    const body = JSON.stringify({
      type: 'payment.booked',
      data: { sequence: 5, paymentId, orderReference: paymentId },
    });
    const at = new Date(Date.now() - ageMs);
    const headers = {
      'webhook-id': `evt_${paymentId}`,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': new Webhook(secret).sign(`evt_${paymentId}`, at, body),
      'webhook-attempt': String(attempt),
    };
    const response = await fetch(merchant.url, { method: 'POST', headers, body });
    return response.status;
  };

  return { ...merchant, deliver };
}

test('a signed delivery is accepted and recorded', async (t) => {
  const { deliver, received: arrivals } = await setup(t);

  const status = await deliver('2');

  assert.equal(status, 204);
  assert.deepEqual(arrivals, [
    {
      webhookId: 'evt_2',
      verified: true,
      type: 'payment.booked',
      paymentId: '2',
      orderReference: '2',
      payment: null,
      paymentState: '',
      missed: null,
      sequence: 5,
      attempt: 1,
      status: 204,
    },
  ]);
});

test('what Resurs holds of the payment is recorded as it was sent', async (t) => {
  const { received, url } = await setup(t);
  const payment = { state: 'authorized', amounts: { total: '30.00' } };
  const body = JSON.stringify({ type: 'payment.booked', data: { sequence: 5, paymentId: '2', payment } });
  const now = new Date();
  const headers = {
    'webhook-id': 'evt_2',
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': new Webhook(SECRET).sign('evt_2', now, body),
  };

  await fetch(url, { method: 'POST', headers, body });

  assert.deepEqual([received[0]?.payment, received[0]?.paymentState], [JSON.stringify(payment), 'authorized']);
});

test('the very first delivery of one payment is answered 500, the next one 204', async (t) => {
  const { deliver } = await setup(t);

  const statuses = [await deliver('1'), await deliver('2'), await deliver('1', { attempt: 2 })];

  assert.deepEqual(statuses, [500, 204, 204]);
});

test('a delivery signed with another secret is refused, and its body is ignored', async (t) => {
  const { deliver, received: arrivals } = await setup(t);

  const status = await deliver('2', { secret: `whsec_${Buffer.alloc(32, 8).toString('base64')}` });

  assert.equal(status, 401);
  assert.equal(arrivals[0]?.verified, false);
  assert.equal(arrivals[0]?.paymentId, null);
});

test('a delivery signed an hour ago is refused', async (t) => {
  const { deliver } = await setup(t);

  assert.equal(await deliver('2', { ageMs: 3_600_000 }), 401);
});
