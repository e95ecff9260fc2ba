/** `GET /status`: the figures that an operator needs first, correct right after each kind of event. Real service. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readVersion } from '../../src/lib/version.ts';
import { waitUntil } from '../harness/wait.ts';
import { send } from '../helpers/callbacks.ts';
import { deliveries, sendCallback, waitForAttempts, waitForStates, webhookEnv } from '../helpers/deliveries.ts';
import { startMerchant, status } from '../helpers/merchant.ts';
import { startTestService, type TestService } from '../helpers/service.ts';

interface Overview {
  readonly version: string;
  readonly revision: string | null;
  readonly environment: string;
  readonly service: string;
  readonly interfaces: object;
  readonly webhookUrl: string | null;
  readonly snapshot: boolean;
  readonly uptimeSeconds: number;
  readonly callbacks: Record<string, number>;
  readonly deliveries: Record<string, number>;
  readonly oldestPendingAgeSeconds: number | null;
  readonly nextRetryAt: string | null;
  readonly lastCallbackAt: string | null;
  readonly lastDeliveryAt: string | null;
  readonly lastTestAt: string | null;
  readonly webhook: { state: string; lastError: string | null };
  readonly secrets: readonly { name: string; lastUsedAt: string | null; previous: unknown }[];
}

async function overview(receiver: TestService): Promise<Overview> {
  return (await receiver.status('/status')).json;
}

test('an unused service without a webhook reports only zeros and nulls', async (t) => {
  const receiver = await startTestService(t);

  const { uptimeSeconds, secrets, ...rest } = await overview(receiver);

  assert.ok(Number.isInteger(uptimeSeconds) && uptimeSeconds >= 0 && uptimeSeconds < 60);
  assert.deepEqual(rest, {
    version: readVersion(),
    revision: null,
    lastCallbackAt: null,
    lastDeliveryAt: null,
    lastTestAt: null,
    callbacks: {},
    deliveries: { held: 0, pending: 0, delivering: 0, dead_letter: 0, delivered: 0, deliveredHours: 24 },
    oldestPendingAgeSeconds: null,
    nextRetryAt: null,
    webhook: { state: 'unset', lastError: null },
    environment: 'test',
    service: 'resurs-callback-receiver',
    interfaces: { ecom: true, merchantApi: false },
    webhookUrl: null,
    snapshot: false,
    doctor: null,
    heartbeat: null,
    reconciliation: {
      lastRunAt: null,
      checked: null,
      missed: null,
      failed: null,
      error: null,
      failedInRow: 0,
      clockDifferenceMs: null,
    },
    registrations: [],
    digestRefusals: { lastHour: 0, byType: {} },
  });
  // The request itself uses the token.
  assert.deepEqual(
    secrets.map(({ name, lastUsedAt, previous }) => [name, lastUsedAt === null, previous]),
    [
      ['DIGEST_SALT', true, null],
      ['STATUS_TOKEN', false, null],
    ],
  );
});

test('the settings say what the service is and what it is connected with, without a secret', async (t) => {
  const env = {
    RESURS_ENVIRONMENT: 'production',
    PUBLIC_URL: 'https://pay.shop.example/resurs',
    DIGEST_SALT: '',
    ALLOW_UNAUTHENTICATED: 'true',
    MAPI_CALLBACK_PATHS: '/mapi',
    MAPI_CALLBACK_TOKEN: 'a-token-of-24-characters-x',
    MAPI_CLIENT_ID: 'shop',
    MAPI_CLIENT_SECRET: 'a-secret-of-the-tests',
  };
  const webhook = webhookEnv('https://shop.example', { WEBHOOK_URL: 'https://shop.example/hook?key=secret' });
  const receiver = await startTestService(t, { env: { ...env, ...webhook } });

  const { environment, service, interfaces, webhookUrl, snapshot } = await overview(receiver);

  assert.deepEqual([environment, service, snapshot], ['production', 'pay.shop.example', true]);
  assert.deepEqual(interfaces, { ecom: false, merchantApi: true });
  assert.equal(webhookUrl, 'https://shop.example/hook?********');
});

test('deliveries are counted by state, with the next retry', async (t) => {
  const merchant = await startMerchant(t);
  merchant.answerWith((request, response) => {
    const { paymentId } = JSON.parse(request.body).data;
    if (paymentId === 'hangs') return;
    response.writeHead(paymentId === 'fine' ? 200 : paymentId === 'dead' ? 410 : 500).end();
  });
  const receiver = await startTestService(t, { env: webhookEnv(merchant.url, { WEBHOOK_RETRY_SCHEDULE: '1h' }) });
  for (const paymentId of ['failing', 'fine', 'dead', 'hangs']) await sendCallback(receiver, 'UNFREEZE', paymentId);
  await sendCallback(receiver, 'ANNULMENT', 'failing');
  await waitForAttempts(receiver, 3);
  await merchant.waitFor(4);
  await receiver.query(`update events set received_at = now() - interval '1 h' where payment_key = 'failing'`);

  const status = await overview(receiver);

  const { deliveredHours, ...counts } = status.deliveries;
  assert.deepEqual(counts, { held: 0, pending: 2, delivering: 1, dead_letter: 1, delivered: 1 });
  assert.equal(deliveredHours, 24);
  assert.ok(Math.abs((status.oldestPendingAgeSeconds ?? 0) - 3600) < 60, String(status.oldestPendingAgeSeconds));
  const waitMs = Date.parse(status.nextRetryAt ?? '') - Date.now();
  assert.ok(waitMs > 3_500_000 && waitMs < 4_400_000, String(waitMs));
  assert.equal(status.webhook.state, 'up');
  assert.match(String(status.lastDeliveryAt), /Z$/);
});

test('the next retry is the soonest, whichever event it belongs to', async (t) => {
  const merchant = await startMerchant(t);
  merchant.answerWith(status(500));
  const receiver = await startTestService(t, { env: webhookEnv(merchant.url, { WEBHOOK_RETRY_SCHEDULE: '2h' }) });
  for (const paymentId of ['p1', 'p2', 'p3']) await sendCallback(receiver, 'UNFREEZE', paymentId);
  await waitForAttempts(receiver, 3);
  const [{ soonest } = assert.fail()] = await receiver.query<{ soonest: Date }>(`
    update outbox set wake_at = now() + interval '1 h' where payment_key = 'p2' returning wake_at as soonest`);

  const { nextRetryAt } = await overview(receiver);

  assert.equal(nextRetryAt, soonest.toISOString());
});

test('an attempt that used no try is a retry as well', async (t) => {
  const receiver = await startTestService(t);
  await sendCallback(receiver, 'UNFREEZE', 'p1');
  const [{ due } = assert.fail()] = await receiver.query<{ due: Date }>(`
    update outbox set wake_at = now() + interval '1 h', attempt_count = 1 returning wake_at as due`);

  const { nextRetryAt } = await overview(receiver);

  assert.equal(nextRetryAt, due.toISOString());
});

test('pending deliveries without a webhook are counted as held', async (t) => {
  const receiver = await startTestService(t);
  await sendCallback(receiver, 'UNFREEZE', 'p1');
  await sendCallback(receiver, 'ANNULMENT', 'p1');

  const status = await overview(receiver);

  assert.deepEqual([status.deliveries.held, status.deliveries.pending], [2, 0]);
});

test('a delivery of more than a day ago is not counted as delivered', async (t) => {
  const merchant = await startMerchant(t);
  const receiver = await startTestService(t, { env: webhookEnv(merchant.url) });
  for (const paymentId of ['old', 'new']) await sendCallback(receiver, 'UNFREEZE', paymentId);
  await waitForStates(receiver, ['delivered'], 2);
  await receiver.query(
    `update deliveries d set finished_at = now() - interval '25 h' from events e where e.sequence = d.sequence and e.payment_key = 'old'`,
  );

  const isSo = await waitUntil(async () => (await overview(receiver)).deliveries.delivered === 1);

  assert.ok(isSo);
});

test('callbacks are counted by response, with the times of the last ones', async (t) => {
  const receiver = await startTestService(t);
  await sendCallback(receiver, 'UNFREEZE', 'p1');
  await sendCallback(receiver, 'UNFREEZE', 'p1');
  await send(receiver.url, '/callbacks/resurs?c=UNFREEZE&p=p1&d=wrong');

  const { callbacks, lastCallbackAt, lastTestAt } = await overview(receiver);

  assert.deepEqual(callbacks, { recorded: 1, duplicate: 1, digest_rejected: 1 });
  assert.ok(Math.abs(Date.parse(lastCallbackAt ?? '') - Date.now()) < 60_000);
  assert.equal(lastTestAt, null);
  assert.equal((await deliveries(receiver)).length, 1);
});

test('what reconciliation found is no callback that came: the last one was before', async (t) => {
  const receiver = await startTestService(t);
  await sendCallback(receiver, 'UNFREEZE', 'p1');
  await receiver.query("update events set received_at = now() - interval '2 days'");
  await receiver.query(
    `insert into events (id, payment_key, payment_id, callback, type, method, parameters, received_at, verified)
     values (gen_random_uuid(), 'p2', 'p2', 'RECONCILIATION', 'payment.reconciled', 'GET', '{}', now(), '{}')`,
  );

  const { lastCallbackAt } = await overview(receiver);

  assert.ok(Date.parse(lastCallbackAt ?? '') < Date.now() - 86_400_000);
});
