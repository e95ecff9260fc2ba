/**
 * Replicas on one database: whichever accepts a callback, another one delivers it, once, and both return the same
 * status. Two services in one process, with real HTTP and Postgres between them.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import pg from 'pg';
import { waitUntil } from '../harness/wait.ts';
import { sendCallback, waitForStates, webhookEnv } from '../helpers/deliveries.ts';
import { startMerchant } from '../helpers/merchant.ts';
import { postReplays } from '../helpers/replays.ts';
import { queryOnce, startTestService } from '../helpers/service.ts';

/** `receiving` has no webhook, so that only `sending` can deliver. */
async function setup(t: TestContext) {
  const merchant = await startMerchant(t);
  const receiving = await startTestService(t);
  const sending = await startTestService(t, { databaseUrl: receiving.databaseUrl, env: webhookEnv(merchant.url) });
  return { merchant, receiving, sending };
}

/** Records the notifications of the database, as a third replica would receive them. */
async function listenTo(t: TestContext, databaseUrl: string) {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  t.after(() => client.end());
  const senders: string[] = [];
  client.on('notification', ({ payload = '' }) => void senders.push(payload));
  await client.query('listen resurs_callback_receiver_due');
  return senders;
}

const LISTENING = `
  select pid from pg_stat_activity
  where datname = current_database() and application_name = 'resurs-callback-receiver notices' and query like 'listen %'`;

test('one replica delivers what another one stored', async (t) => {
  const { merchant, receiving } = await setup(t);

  for (const type of ['BOOKED', 'UNFREEZE', 'FINALIZATION']) await sendCallback(receiving, type, 'p1');
  await merchant.waitFor(3);
  await waitForStates(receiving, ['delivered'], 3);

  const callbacks = merchant.received.map((one) => JSON.parse(one.body).data.callback);
  assert.deepEqual(callbacks, ['BOOKED', 'UNFREEZE', 'FINALIZATION']);
  const { json } = await receiving.status('/payments/p1');
  const events: { delivery: { state: string } }[] = (json as { events: [] }).events;
  assert.deepEqual(
    events.map((event) => event.delivery.state),
    ['delivered', 'delivered', 'delivered'],
  );
});

test('a new event and a replay are notified to the other replicas', async (t) => {
  const { receiving } = await setup(t);
  assert.ok(await waitUntil(async () => (await receiving.query(LISTENING)).length === 2));
  const senders = await listenTo(t, receiving.databaseUrl);

  await sendCallback(receiving, 'UNFREEZE', 'p1');
  await waitForStates(receiving, ['delivered']);
  assert.ok(await waitUntil(async () => senders.length === 1));
  await postReplays(receiving, { paymentId: 'p1' });
  await waitForStates(receiving, ['delivered']);
  assert.ok(await waitUntil(async () => senders.length === 2));

  assert.equal(new Set(senders).size, 1);
});

test('one replica sends what another one was asked to replay', async (t) => {
  const { merchant, receiving } = await setup(t);
  await sendCallback(receiving, 'UNFREEZE', 'p1');
  const [row] = await waitForStates(receiving, ['delivered']);

  await postReplays(receiving, { state: 'delivered' });
  await receiving.status(`/events/${row?.id}/replay`, 'POST');
  await merchant.waitFor(2);
  await waitForStates(receiving, ['delivered']);

  assert.deepEqual(
    merchant.received.slice(0, 2).map((one) => [one.id, one.attempt]),
    [1, 2].map((attempt) => [row?.id, attempt]),
  );
});

test('without any notification, an event is delivered all the same', async (t) => {
  const { merchant, receiving } = await setup(t);
  assert.ok(await waitUntil(async () => (await receiving.query(LISTENING)).length === 2));
  await queryOnce(receiving.databaseUrl, `select pg_terminate_backend(pid) from (${LISTENING}) listening`);

  await sendCallback(receiving, 'UNFREEZE', 'p1');
  await merchant.waitFor(1);

  assert.equal(merchant.received.length, 1);
});

test('two replicas with a webhook send each event once', async (t) => {
  const { merchant, receiving, sending } = await setup(t);
  const env = webhookEnv(merchant.url);
  const third = await startTestService(t, { databaseUrl: receiving.databaseUrl, env });
  const payments = Array.from({ length: 40 }, (_, n) => `p${n}`);

  await Promise.all(
    payments.map((id, n) => sendCallback([receiving, sending, third][n % 3] ?? receiving, 'UNFREEZE', id)),
  );
  await waitForStates(receiving, ['delivered'], 40);

  assert.equal(merchant.received.length, 40);
  assert.equal(new Set(merchant.received.map((one) => one.id)).size, 40);
});
