/**
 * `GET /payments/{id}/now` where payments are of the Merchant API, or may be: which of Resurs' interfaces is asked, by id
 * and by the reference of the order, and what is said where an account is missing. Real service, database and sockets.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { respondJson, startMerchantApi } from '../harness/merchant-api.ts';
import { sendCallback } from '../helpers/deliveries.ts';
import { ACCOUNT, type Responder, respondXml, startFakeServer } from '../helpers/fake-account.ts';
import { storeMapiEvent } from '../helpers/mapi-events.ts';
import { startTestService, type TestService } from '../helpers/service.ts';
import { requestStatusApi } from '../helpers/status.ts';
import { paymentResponse, paymentXml, UNKNOWN_PAYMENT } from '../resurs/payment-responses.ts';

const ID = '0a1b2c3d-0000-4000-8000-000000000001';
const REFERENCE = 'order-0a1b2c3d';
const CREATED = '2026-11-20T12:00:00Z';
const UNKNOWN = respondXml(500, UNKNOWN_PAYMENT);
const booked = (id: string) => respondXml(200, paymentResponse(paymentXml({ id, statuses: ['DEBITABLE'], diffs: '' })));

interface Answer {
  readonly status: number;
  readonly json: {
    readonly paymentId: string;
    readonly provider: string;
    readonly payment: Readonly<Record<string, unknown>>;
    readonly order: Readonly<Record<string, unknown>>;
    readonly error?: { readonly code: string; readonly message: string };
  };
}

async function ask(receiver: TestService, name: string): Promise<Answer> {
  const { status, body } = await requestStatusApi(receiver, 'GET', `/payments/${encodeURIComponent(name)}/now`);
  for (const word of ['customer@example.com', '198305147715']) assert.ok(!body.includes(word), body);
  return { status, json: JSON.parse(body) };
}

interface Setup {
  readonly accounts?: readonly ('ecom' | 'mapi')[];
  readonly ecom?: Responder;
  readonly env?: Record<string, string>;
}

/** A service with the accounts; the Merchant API holds one payment, eCom answers as the test says. */
async function setup(t: TestContext, { accounts = ['ecom', 'mapi'], ecom = UNKNOWN, env = {} }: Setup = {}) {
  const mapi = await startMerchantApi();
  t.after(() => mapi.close());
  mapi.hold(ID);
  const resurs = await startFakeServer(t, (response) => ecom(response));
  const ofEcom = {
    RESURS_USERNAME: ACCOUNT.username,
    RESURS_PASSWORD: ACCOUNT.password,
    RESURS_SOAP_URL: resurs.baseUrl,
  };
  const ofMapi = { MAPI_CLIENT_ID: mapi.clientId, MAPI_CLIENT_SECRET: mapi.clientSecret, MAPI_URL: mapi.url };
  const receiver = await startTestService(t, {
    env: { ...(accounts.includes('ecom') ? ofEcom : {}), ...(accounts.includes('mapi') ? ofMapi : {}), ...env },
  });
  /** What was asked since the last time, in order, without tokens. */
  let [seenMapi, seenEcom] = [0, 0];
  const asked = () => {
    const paths = mapi.requests.slice(seenMapi).map(({ path }) => path.replace(/^\/v2/, ''));
    const ecomCount = resurs.requests.length - seenEcom;
    [seenMapi, seenEcom] = [mapi.requests.length, resurs.requests.length];
    return [...Array<string>(ecomCount).fill('eCom'), ...paths.filter((path) => path !== '/oauth2/token')];
  };
  t.after(() => {
    for (const word of ['customer@example.com', mapi.clientSecret, 'token-'])
      assert.ok(!receiver.logText().includes(word), word);
  });
  return { mapi, receiver, asked };
}

test('a payment of the Merchant API is asked for there, in any case of its id, and says what follows', async (t) => {
  const { receiver, asked } = await setup(t);
  await storeMapiEvent(receiver, { paymentId: ID, status: 'FROZEN', created: CREATED });

  const { status, json } = await ask(receiver, ID.toUpperCase());

  assert.equal(status, 200);
  const { readAt, ...payment } = json.payment;
  assert.match(String(readAt), /^\d{4}-.*Z$/);
  assert.deepEqual(
    { ...json, payment },
    {
      paymentId: ID,
      provider: 'resurs-mapi',
      payment: {
        state: 'authorized',
        frozen: false,
        orderReference: REFERENCE,
        statuses: ['ACCEPTED'],
        amounts: { total: '300.00', authorized: '300.00', captured: '0.00', refunded: '0.00', annulled: '0.00' },
        rejectedReason: null,
      },
      order: { state: 'may_ship', certain: true, earlier: ['frozen'] },
    },
  );
  assert.deepEqual(asked(), [`/payments/${ID}`]);
});

test('by the reference of an order, the payment that is stored of it is asked for', async (t) => {
  const { receiver, asked } = await setup(t);
  await storeMapiEvent(
    receiver,
    { paymentId: ID, status: 'AUTHORIZED', created: CREATED },
    { orderReference: 'shop-7' },
  );

  const { json } = await ask(receiver, 'shop-7');

  assert.deepEqual([json.paymentId, json.order.earlier], [ID, ['authorized']]);
  assert.deepEqual(asked(), [`/payments/${ID}`]);
});

test('the provider of the stored events alone is asked', async (t) => {
  const { receiver, asked, mapi } = await setup(t, { ecom: booked('0a1b2c3d-0000-4000-8000-000000000002') });
  mapi.hold('0a1b2c3d-0000-4000-8000-000000000002');
  await sendCallback(receiver, 'BOOKED', '0a1b2c3d-0000-4000-8000-000000000002');
  await storeMapiEvent(receiver, {
    paymentId: '0a1b2c3d-0000-4000-8000-000000000003',
    status: 'FROZEN',
    created: CREATED,
  });

  const ofEcom = await ask(receiver, '0a1b2c3d-0000-4000-8000-000000000002');
  assert.deepEqual([ofEcom.json.provider, asked()], ['resurs-ecom', ['eCom']]);
  const gone = await ask(receiver, '0a1b2c3d-0000-4000-8000-000000000003');

  assert.deepEqual([gone.status, asked()], [404, ['/payments/0a1b2c3d-0000-4000-8000-000000000003']]);
});

test('where nothing is stored, each that may know the name is asked until one does', async (t) => {
  const other = '0a1b2c3d-0000-4000-8000-00000000000f';
  const search = ['/stores?size=2000', '/payments/search'];
  const { receiver, asked } = await setup(t);

  const byId = await ask(receiver, ID);
  assert.deepEqual([byId.json.paymentId, byId.json.order.earlier, asked()], [ID, [], [`/payments/${ID}`]]);
  const byReference = await ask(receiver, REFERENCE);
  assert.deepEqual([byReference.json.paymentId, asked()], [ID, ['eCom', ...search, `/payments/${ID}`]]);
  // The stores are known for a day.
  assert.deepEqual(
    [(await ask(receiver, other)).status, asked()],
    [404, ['eCom', `/payments/${other}`, '/payments/search']],
  );
  // No order of the Merchant API has such a reference.
  assert.deepEqual([(await ask(receiver, 'two words')).status, asked()], [404, ['eCom']]);
});

test('what eCom knows is not searched for elsewhere, and what one cannot tell the other does not deny', async (t) => {
  const known = await setup(t, { ecom: booked(REFERENCE) });
  assert.deepEqual([(await ask(known.receiver, REFERENCE)).json.provider, known.asked()], ['resurs-ecom', ['eCom']]);
  const failing = await setup(t);
  failing.mapi.override('/v2/', (_, response) => respondJson(response, 500, { code: 'INTERNAL' }));

  const answer = await ask(failing.receiver, ID);

  assert.deepEqual([answer.status, answer.json.error?.code, failing.asked()], [503, 'resurs', [`/payments/${ID}`]]);
  assert.match(answer.json.error?.message ?? '', /^Resurs did not tell: MAPI GET .*HTTP 500, code INTERNAL/);
});

test('an order is searched in the store that is set, and of its payments the one that counts is read', async (t) => {
  const { receiver, asked, mapi } = await setup(t, { accounts: ['mapi'], env: { MAPI_STORE_ID: 'store-9' } });
  const order = { orderReference: 'order-9', totalOrderAmount: 1 };
  const [rejected, paid] = ['0a1b2c3d-0000-4000-8000-0000000000a1', '0a1b2c3d-0000-4000-8000-0000000000a2'];
  mapi.hold(rejected, { status: 'REJECTED', order });
  mapi.hold(paid, { order, status: 'FROZEN' });

  const { json } = await ask(receiver, 'order-9');

  assert.deepEqual([json.paymentId, json.payment.state], [paid, 'frozen']);
  assert.deepEqual(asked(), ['/payments/search', `/payments/${paid}`]);
  const [search] = mapi.requests.filter(({ path }) => path === '/v2/payments/search');
  assert.deepEqual(JSON.parse(search?.body ?? ''), { storeId: 'store-9', orderReference: 'order-9' });
});

test('a store that cannot be searched is no proof that an order is unknown', async (t) => {
  const { receiver, mapi } = await setup(t, { accounts: ['mapi'] });
  mapi.override('/v2/stores', (_, response) => respondJson(response, 200, { content: [{ id: 'a' }, { id: 'b' }] }));
  mapi.override('/v2/payments/search', ({ body }, response) => {
    if (body.includes('"a"')) return respondJson(response, 200, { content: [] });
    return respondJson(response, 500, { code: 'INTERNAL' });
  });

  assert.equal((await ask(receiver, REFERENCE)).status, 503);
});

test('where an account is missing, its settings are named', async (t) => {
  const none = await setup(t, { accounts: [] });
  const onlyEcom = await setup(t, { accounts: ['ecom'] });
  const onlyMapi = await setup(t, { accounts: ['mapi'] });
  await storeMapiEvent(onlyEcom.receiver, { paymentId: ID, status: 'AUTHORIZED', created: CREATED });
  await sendCallback(onlyMapi.receiver, 'BOOKED', 'p-1');

  for (const [{ receiver, asked }, name, settings] of [
    [none, ID, 'RESURS_USERNAME and RESURS_PASSWORD, or MAPI_CLIENT_ID and MAPI_CLIENT_SECRET'],
    [onlyEcom, ID, 'MAPI_CLIENT_ID and MAPI_CLIENT_SECRET'],
    [onlyMapi, 'p-1', 'RESURS_USERNAME and RESURS_PASSWORD'],
    [onlyMapi, 'two words', 'RESURS_USERNAME and RESURS_PASSWORD'],
  ] as const) {
    const { status, json } = await ask(receiver, name);

    assert.deepEqual([status, json.error?.code, asked()], [503, 'no_account', []]);
    assert.equal(json.error?.message, `Resurs cannot be asked: set ${settings}.`);
  }
});

test('the quota is one of questions, whichever interface answers them', async (t) => {
  const { receiver, mapi } = await setup(t);
  for (let question = 0; question < 10; question += 1) assert.equal((await ask(receiver, ID)).status, 200);
  const asked = mapi.requests.length;

  const { status, json } = await ask(receiver, REFERENCE);

  assert.deepEqual([status, json.error?.code, mapi.requests.length], [429, 'too_many_requests', asked]);
});
