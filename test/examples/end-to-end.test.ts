/**
 * The whole path to the order of a shop: callbacks to the real service, its webhook to an example, the question of the
 * example to the service, and its question to Resurs, which a server of the test plays.
 */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { freePort } from '../harness/listen.ts';
import { send, target } from '../helpers/callbacks.ts';
import { sendCallback, waitForStates, webhookEnv } from '../helpers/deliveries.ts';
import { ACCOUNT, respondXml, startFakeServer } from '../helpers/fake-account.ts';
import { STATUS_TOKEN, startTestService } from '../helpers/service.ts';
import { paymentResponse, paymentXml, type ShownPayment } from '../resurs/payment-responses.ts';
import { CURRENT } from './sender.ts';
import { startShop, testEach } from './shops.ts';

const PAYMENTS: Readonly<Record<string, ShownPayment>> = {
  'never frozen': { statuses: ['DEBITABLE'] },
  'frozen late': { statuses: ['DEBITABLE'] },
  refunded: { statuses: ['IS_DEBITED', 'IS_CREDITED'], total: '<totalAmount>0</totalAmount>' },
};

/** Resurs answers for the payment that the request names. */
async function startResurs(t: TestContext) {
  const resurs = await startFakeServer(t, (response) => {
    const asked = resurs.requests.at(-1)?.body ?? '';
    const id = Object.keys(PAYMENTS).find((name) => asked.includes(name)) ?? '';
    respondXml(200, paymentResponse(paymentXml({ id, diffs: '', ...PAYMENTS[id] })))(response);
  });
  return resurs;
}

testEach(
  'callbacks accepted by the service reach the order, and Resurs is asked where they are not certain',
  async (t, example) => {
    const resurs = await startResurs(t);
    const port = await freePort();
    const shop = await startShop(t, example, { receiver: { url: `http://127.0.0.1:${port}`, token: STATUS_TOKEN } });
    const account = { RESURS_USERNAME: ACCOUNT.username, RESURS_PASSWORD: ACCOUNT.password };
    const env = webhookEnv(shop.url, { WEBHOOK_SECRET: CURRENT, PORT: String(port), RESURS_SOAP_URL: resurs.baseUrl });
    const receiver = await startTestService(t, { env: { ...env, ...account } });

    await sendCallback(receiver, 'BOOKED', 'never frozen', {
      method: 'POST',
      body: '{"addedPaymentSpecificationLines":[]}',
    });
    await sendCallback(receiver, 'UNFREEZE', 'frozen late');
    await send(receiver.url, target('AUTOMATIC_FRAUD_CONTROL', 'frozen late', { extra: '&r=FROZEN' }));
    await sendCallback(receiver, 'FINALIZATION', 'refunded');
    await sendCallback(receiver, 'UPDATE', 'refunded');
    await sendCallback(receiver, 'ANNULMENT', 'annulled');
    await sendCallback(receiver, 'UNFREEZE', 'annulled');
    await sendCallback(receiver, 'UNFREEZE', 'annulled');
    await waitForStates(receiver, ['delivered'], 7);
    await shop.settle();

    assert.deepEqual(shop.orders(), {
      'never frozen': 'processing',
      'frozen late': 'processing',
      refunded: 'refunded',
      annulled: 'cancelled',
    });
    assert.equal(resurs.requests.length, 3);
  },
);
