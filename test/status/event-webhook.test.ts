/**
 * `GET /events/{id}/webhook`: the request as the merchant got it, byte for byte, and nothing with which it could be sent as
 * ours. Real service, Postgres and merchant.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { computeDigest } from '../../src/protocol/ecom/digest.ts';
import { SALT, send } from '../helpers/callbacks.ts';
import { deliveries, sendCallback, waitForAttempts, waitForStates, webhookEnv } from '../helpers/deliveries.ts';
import { type Received, startMerchant, status } from '../helpers/merchant.ts';
import { startTestService, type TestService } from '../helpers/service.ts';
import { requestStatusApi } from '../helpers/status.ts';

interface Webhook {
  readonly method: string;
  readonly url: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly sentAt: string | null;
}

const MASK = '********';
const AUTHORIZATION = 'Bearer the-secret-of-the-shop-8Rt';
const PREVIOUS = `whsec_${Buffer.from('the webhook secret before this').toString('base64')}`;
const SIGNED_TEST = `/callbacks/resurs?c=TEST&param1=a&d=${computeDigest('sha1', 'a', SALT)}`;
/** Spaces, an escape, a big number and markup: a second rendering would change some of them. */
const BODY = '{ "total": 1.50, "n": 12345678901234567890, "text": "\\u003cscript\\u003e </script> å 🙂\\u2028" }';

async function setup(t: TestContext, env: Record<string, string> = {}) {
  const merchant = await startMerchant(t);
  const receiver = await startTestService(t, { env: webhookEnv(`${merchant.url}?key=in-the-query`, env) });
  return { merchant, receiver };
}

async function show(receiver: TestService, id: string | undefined): Promise<{ webhook: Webhook; text: string }> {
  const { status: code, body } = await requestStatusApi(receiver, 'GET', `/events/${id}/webhook`);
  assert.equal(code, 200, body);
  return { webhook: JSON.parse(body), text: body };
}

async function assertAsReceived({ headers, body, sentAt }: Webhook, received: Received | undefined): Promise<void> {
  assert.equal(body, received?.body);
  const { 'webhook-signature': _, 'webhook-timestamp': timestamp, authorization: __, ...others } = headers;
  for (const [name, value] of Object.entries(others)) assert.equal(value, received?.headers[name], name);
  // The attempt's time is by the database's clock.
  assert.ok(Math.abs(Number(timestamp) - Number(received?.headers['webhook-timestamp'])) <= 2, timestamp);
  assert.equal(Number(timestamp), Math.floor(Date.parse(sentAt ?? '') / 1000));
}

test('the request is that of the last attempt, with its secrets masked', async (t) => {
  const env = { WEBHOOK_AUTHORIZATION: AUTHORIZATION, WEBHOOK_SECRET_PREVIOUS: PREVIOUS };
  const { merchant, receiver } = await setup(t, { ...env, WEBHOOK_RETRY_SCHEDULE: '1ms,1h' });
  merchant.answerWith(status(500));
  await sendCallback(receiver, 'UPDATE', 'ö/1', { method: 'POST', body: BODY });
  await waitForAttempts(receiver, 2);
  const [, second] = await merchant.waitFor(2);

  const { webhook, text } = await show(receiver, second?.id);

  assert.deepEqual([webhook.method, webhook.url], ['POST', `${merchant.url}?${MASK}`]);
  assert.deepEqual(Object.keys(webhook.headers).sort(), [
    'authorization',
    'content-type',
    'user-agent',
    'webhook-attempt',
    'webhook-id',
    'webhook-signature',
    'webhook-timestamp',
  ]);
  assert.equal(webhook.headers['webhook-attempt'], '2');
  assert.equal(webhook.headers['webhook-signature'], `v1,${MASK} v1,${MASK}`);
  assert.equal(webhook.headers.authorization, MASK);
  await assertAsReceived(webhook, second);
  const signatures = String(second?.headers['webhook-signature']).split(' ');
  for (const secret of [AUTHORIZATION, 'in-the-query', ...signatures.map((one) => one.slice('v1,'.length))]) {
    assert.ok(!text.includes(secret), secret);
  }
});

test('every kind of event is shown as it was sent', async (t) => {
  const { merchant, receiver } = await setup(t, { FORWARD_TEST_CALLBACKS: 'true' });
  await sendCallback(receiver, 'BOOKED', 'p1', { method: 'POST', body: BODY });
  await sendCallback(receiver, 'UPDATE', 'p2', { method: 'POST', body: Buffer.from([0x7b, 0xff, 0x00]) });
  await sendCallback(receiver, 'UNFREEZE', 'p1');
  await send(receiver.url, SIGNED_TEST);
  await waitForStates(receiver, ['delivered'], 4);

  for (const received of merchant.received) {
    const { webhook } = await show(receiver, received.id);
    await assertAsReceived(webhook, received);
    assert.equal(webhook.headers['webhook-signature'], `v1,${MASK}`);
    assert.equal(webhook.headers.authorization, undefined);
  }
});

test('before the first attempt, and without a webhook, it is the request to come', async (t) => {
  const receiver = await startTestService(t);
  await sendCallback(receiver, 'UNFREEZE', 'p1');
  const [delivery] = await deliveries(receiver);

  const { webhook } = await show(receiver, delivery?.id);

  assert.deepEqual([webhook.url, webhook.sentAt, webhook.headers['webhook-attempt']], [null, null, '1']);
  assert.ok(Math.abs(Number(webhook.headers['webhook-timestamp']) - Date.now() / 1000) < 60);
  const { id, data } = JSON.parse(webhook.body);
  assert.deepEqual([id, data.paymentId, data.order.state], [delivery?.id, 'p1', 'may_ship']);
});

test('an event that is not forwarded gets 409, and one that is not there 404', async (t) => {
  const receiver = await startTestService(t);
  await send(receiver.url, SIGNED_TEST);
  const [event] = await receiver.query<{ id: string }>(`select 'evt_' || id as id from events`);
  const codes: unknown[] = [];

  for (const id of [event?.id, 'evt_01234567-89ab-7cde-8f01-23456789abcd', 'x', '%00', "' or 1=1"]) {
    const response = await requestStatusApi(receiver, 'GET', `/events/${encodeURI(id ?? '')}/webhook`);
    codes.push([response.status, JSON.parse(response.body).error.code]);
  }

  const missing = [404, 'not_found'];
  assert.deepEqual(codes, [[409, 'no_delivery'], missing, missing, missing, missing]);
});
