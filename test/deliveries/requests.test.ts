/**
 * What the merchant receives: one signed POST for each attempt, the same event under the same id every time, and its
 * own credentials if configured. The standard's own package verifies the signatures.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { readVersion } from '../../src/lib/version.ts';
import { deliveries, sendCallback, waitForStates, webhookEnv } from '../helpers/deliveries.ts';
import { startMerchant, status } from '../helpers/merchant.ts';
import { startTestService, WEBHOOK_SECRET } from '../helpers/service.ts';

async function setup(t: TestContext, env: Record<string, string> = {}) {
  const merchant = await startMerchant(t);
  const receiver = await startTestService(t, { env: webhookEnv(merchant.url, env) });
  return { merchant, receiver };
}

test('an event is sent as a signed POST with the headers of the standard', async (t) => {
  const { merchant, receiver } = await setup(t);

  await sendCallback(receiver, 'UNFREEZE', '100000016');
  const [request] = await merchant.waitFor(1);

  const { headers = {}, body = '' } = request ?? {};
  const [delivery] = await deliveries(receiver);
  assert.equal(headers['content-type'], 'application/json');
  assert.equal(headers['user-agent'], `resurs-callback-receiver/${readVersion()}`);
  assert.equal(headers['webhook-id'], delivery?.id);
  assert.match(
    String(headers['webhook-id']),
    /^evt_[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
  assert.equal(headers['webhook-attempt'], '1');
  assert.ok(Math.abs(Number(headers['webhook-timestamp']) - Date.now() / 1000) < 60);
  assert.equal(headers.authorization, undefined);
  assert.equal(Number(headers['content-length']), Buffer.byteLength(body));
  new Webhook(WEBHOOK_SECRET).verify(body, headers as Record<string, string>);
});

test('the body contains the event as it is stored', async (t) => {
  const { merchant, receiver } = await setup(t);
  const sent = '{ "paymentDiff": {"type":"CREDIT","created":0}, "total": 1.50 }';

  await sendCallback(receiver, 'UPDATE', 'ö/1 2', { method: 'POST', body: sent });
  const [request] = await merchant.waitFor(1);

  const [row] = await receiver.query<{ sequence: string; received_at: Date }>(
    'select sequence, received_at from events',
  );
  const { type, timestamp, data } = JSON.parse(request?.body ?? '');
  assert.equal(type, 'payment.updated');
  assert.equal(timestamp, row?.received_at.toISOString());
  assert.equal(data.sequence, Number(row?.sequence));
  assert.deepEqual([data.paymentId, data.method, data.receivedAt], ['ö/1 2', 'POST', timestamp]);
  assert.deepEqual([data.change.kind, data.change.createdAt], ['credit', '1970-01-01T00:00:00.000Z']);
  assert.deepEqual(data.verified, {
    digest: true,
    result: true,
    basicAuth: false,
    source: false,
    token: false,
    api: false,
  });
  assert.ok(request?.body.includes(`"body":${sent},`));
});

test('retries keep id and body, count the attempt and sign again', async (t) => {
  const { merchant, receiver } = await setup(t);
  merchant.answerWith(status(500));

  await sendCallback(receiver, 'UNFREEZE', 'p1');
  await waitForStates(receiver, ['dead_letter']);

  const { received } = merchant;
  assert.deepEqual(
    received.map((one) => one.attempt),
    [1, 2, 3],
  );
  assert.equal(new Set(received.map((one) => one.id)).size, 1);
  assert.equal(new Set(received.map((one) => one.body)).size, 1);
  for (const { body, headers } of received) new Webhook(WEBHOOK_SECRET).verify(body, headers as Record<string, string>);
});

test('with two secrets each request verifies with either', async (t) => {
  const previous = `whsec_${Buffer.alloc(32, 'previous').toString('base64')}`;
  const { merchant, receiver } = await setup(t, { WEBHOOK_SECRET_PREVIOUS: previous });

  await sendCallback(receiver, 'UNFREEZE', 'p1');
  const [request] = await merchant.waitFor(1);

  const headers = request?.headers as Record<string, string>;
  for (const secret of [WEBHOOK_SECRET, previous]) new Webhook(secret).verify(request?.body ?? '', headers);
});

test("the merchant's own Authorization value is sent", async (t) => {
  const { merchant, receiver } = await setup(t, { WEBHOOK_AUTHORIZATION: 'Bearer of-the-shop-4711' });

  await sendCallback(receiver, 'UNFREEZE', 'p1');
  const [request] = await merchant.waitFor(1);

  assert.equal(request?.headers.authorization, 'Bearer of-the-shop-4711');
});

test('requests in flight do not exceed WEBHOOK_CONCURRENCY', async (t) => {
  const { merchant, receiver } = await setup(t, { WEBHOOK_CONCURRENCY: '2' });
  const unanswered: (() => void)[] = [];
  merchant.answerWith((_request, response) => void unanswered.push(() => response.writeHead(204).end()));
  await Promise.all(Array.from({ length: 9 }, (_, index) => sendCallback(receiver, 'UNFREEZE', `p${index}`)));

  await merchant.waitFor(2);
  const inFlight = (await deliveries(receiver)).filter((row) => row.state === 'delivering');
  merchant.answerWith(status(204));
  for (const respond of unanswered) respond();
  await waitForStates(receiver, ['delivered'], 9);

  assert.deepEqual([inFlight.length, unanswered.length], [2, 2]);
  assert.equal(merchant.received.length, 9);
});
