/**
 * Callbacks as Resurs documents them and as shop plugins have registered them: documented URLs with their documented
 * digests, plugin URLs, sample bodies. Each gets the documented response, is stored once and delivered once, from
 * socket to socket.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { computeDigest } from '../../src/protocol/ecom/digest.ts';
import { SALT, type SendOptions, send } from '../helpers/callbacks.ts';
import { countRows, storedEvents } from '../helpers/database-state.ts';
import { startMerchant } from '../helpers/merchant.ts';
import { assertAccepted } from '../helpers/responses.ts';
import { startTestService, WEBHOOK_SECRET } from '../helpers/service.ts';

async function setup(t: TestContext, env: Record<string, string> = {}) {
  const merchant = await startMerchant(t);
  const receiver = await startTestService(t, { env: { WEBHOOK_URL: merchant.url, WEBHOOK_SECRET, ...env } });
  /** Sends the callback twice, as Resurs may; checks that it is stored once and delivered once. */
  const sendTwice = async (target: string, sending: SendOptions = {}) => {
    const responses = [await send(receiver.url, target, sending), await send(receiver.url, target, sending)];
    for (const { status } of responses) assert.equal(status, 204);
    const [request] = await merchant.waitFor(1);
    const { events, receipts, deliveries } = await countRows(receiver);
    assert.deepEqual([events, receipts, deliveries, merchant.received.length], [1, 2, 1, 1]);
    return { delivered: JSON.parse(request?.body ?? ''), responses };
  };
  return { receiver, merchant, sendTwice };
}

function digestOf(paymentId: string): string {
  return computeDigest('sha1', paymentId, SALT);
}

test('the documented MD5 digest is valid at its documented URL', async (t) => {
  const salted = {
    DIGEST_SALT: 'iCanHasCheezeburger',
    DIGEST_ALGORITHM: 'sha1,md5',
    CALLBACK_PATHS: '/Resursbank.aspx',
  };
  const { sendTwice } = await setup(t, salted);
  const query = 'orderId=lePayment&status=UNFREEZE&partnerId=Resursbank&digest=ED3381936CCAA2659CF3089F4AA83007';

  const { delivered, responses } = await sendTwice(`/Resursbank.aspx?${query}`);

  for (const response of responses) assertAccepted(response, 'UNFREEZE');
  assert.equal(delivered.type, 'payment.unfrozen');
  assert.deepEqual([delivered.data.paymentId, delivered.data.method], ['lePayment', 'GET']);
  assert.deepEqual(delivered.data.parameters, { partnerId: 'Resursbank' });
  assert.deepEqual(delivered.data.verified, {
    digest: true,
    result: true,
    basicAuth: false,
    source: false,
    token: false,
    api: false,
  });
});

test('an MD5 digest is rejected unless DIGEST_ALGORITHM allows it', async (t) => {
  const { receiver } = await setup(t, { DIGEST_SALT: 'iCanHasCheezeburger' });
  const query = 'orderId=lePayment&status=UNFREEZE&digest=ED3381936CCAA2659CF3089F4AA83007';

  const response = await send(receiver.url, `/callbacks/resurs?${query}`);

  assert.deepEqual([response.status, response.reason], [406, 'Digest rejected.']);
});

test('the documented SHA-1 digest of UPDATE is valid, and its change is delivered', async (t) => {
  const { sendTwice } = await setup(t, { DIGEST_SALT: 'SecretHashSalt', CALLBACK_PATHS: '/callbacks' });
  const body = `{"paymentDiff": {"type": "DEBIT", "transactionId": "TrD-1473258203595-2404", "created": 1473258212019,
    "createdBy": "B User", "paymentSpecification": {"paymentSpecificationLines": [{"id": "1", "artNo": "NUT-001",
    "quantity": 10, "unitMeasure": "st", "unitAmountWithoutVat": 0.80000, "vatPct": 25, "totalVatAmount": 2, "totalAmount": 8}],
    "totalAmount": null, "totalVatAmount": 6, "bonusPoints": 0}, "orderId": "Ord-1473258203595-2404", "invoiceId": null}}`;

  const { delivered } = await sendTwice(
    '/callbacks/update/paymentId/10000016/digest/C60345B6E58FD0B363FD2904A39EBB03442CF778',
    { method: 'POST', body, headers: { 'content-type': 'application/Json' } },
  );

  assert.equal(delivered.type, 'payment.updated');
  assert.deepEqual(delivered.data.body, JSON.parse(body));
  assert.deepEqual(delivered.data.change, {
    kind: 'debit',
    transactionId: 'TrD-1473258203595-2404',
    createdAt: '2016-09-07T14:23:32.019Z',
    createdBy: 'B User',
    totalAmount: null,
    totalVatAmount: 6,
    orderId: 'Ord-1473258203595-2404',
    invoiceId: null,
  });
});

test('BOOKED with a fee line is delivered as sent, numbers as written', async (t) => {
  const { sendTwice, merchant } = await setup(t);
  const body = `{"addedPaymentSpecificationLines":[{"id":"9999999","artNo":"fff_999","description":"Invoice fee","quantity":1,
    "unitMeasure":"pcs","unitAmountWithoutVat":16.00000,"vatPct":25,"totalVatAmount":4.00000,"totalAmount":20.00000}]}`;

  const target = `/callbacks/resurs/booked/paymentId/10000016/digest/${digestOf('10000016')}`;
  const { delivered } = await sendTwice(target, { method: 'POST', body });

  assert.equal(delivered.type, 'payment.booked');
  assert.ok(merchant.received[0]?.body.includes(body));
});

for (const form of ['/wc-api/ResursDefault?', '/wc-api/ResursDefault/?', '/?wc-api=ResursDefault&']) {
  test(`the WooCommerce form ${form} is accepted as registered`, async (t) => {
    const { sendTwice } = await setup(t, { CALLBACK_PATHS: '/wc-api/ResursDefault,/' });

    const { delivered } = await sendTwice(`${form}c=UNFREEZE&t=1700000000&p=10000016&d=${digestOf('10000016')}`);

    assert.deepEqual([delivered.type, delivered.data.paymentId], ['payment.unfrozen', '10000016']);
    assert.equal(delivered.data.registeredAt, '2023-11-14T22:13:20.000Z');
  });
}

test('the older WooCommerce form is accepted with its ts as an ordinary parameter', async (t) => {
  const { sendTwice } = await setup(t, { CALLBACK_PATHS: '/' });
  const query = `wc-api=WC_Resurs_Bank&event-type=ANNULMENT&paymentId=10000016&digest=${digestOf('10000016')}`;

  const { delivered } = await sendTwice(`/?${query}&env=production&ts=2611201200`);

  assert.deepEqual([delivered.type, delivered.data.registeredAt], ['payment.annulled', null]);
  assert.deepEqual(delivered.data.parameters, { 'wc-api': 'WC_Resurs_Bank', env: 'production', ts: '2611201200' });
});

test('a URL registered with &amp; is parsed like one with &', async (t) => {
  const { sendTwice } = await setup(t);
  const query = `event-type=FINALIZATION&amp;paymentId=10000016&amp;digest=${digestOf('10000016').toLowerCase()}`;

  const { delivered } = await sendTwice(`/callbacks/resurs?${query}`);

  assert.deepEqual([delivered.type, delivered.data.paymentId], ['payment.finalized', '10000016']);
  assert.deepEqual(delivered.data.parameters, {});
});

test('AUTOMATIC_FRAUD_CONTROL is accepted with and without the result in its digest, and verified.result shows which', async (t) => {
  const { receiver } = await setup(t, { DIGEST_SALT: 'SecretHashSalt' });
  const form = '/callbacks/resurs/automatic_fraud_control/paymentId/10000016/result';

  const both = await send(receiver.url, `${form}/FROZEN/digest/4FFE42F0C65006E0AC309202CDAE47D0214B5995`);
  const alone = await send(receiver.url, `${form}/THAWED/digest/C60345B6E58FD0B363FD2904A39EBB03442CF778`);
  const moved = await send(
    receiver.url,
    '/callbacks/resurs?c=AUTOMATIC_FRAUD_CONTROL&p=1000001&r=6&d=C60345B6E58FD0B363FD2904A39EBB03442CF778',
  );

  assert.deepEqual([both.status, alone.status, moved.status], [204, 204, 406]);
  const events = await storedEvents(receiver);
  assert.deepEqual(
    events.map(({ type, verified }) => [type, verified.result]),
    [
      ['payment.frozen', true],
      ['payment.thawed', false],
    ],
  );
});
