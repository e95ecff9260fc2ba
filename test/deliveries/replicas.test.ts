/**
 * Replicas on one database: whoever takes a callback, another one delivers it, once, and both tell the same story. Two
 * services in one process, with real HTTP and Postgres between them.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import pg from 'pg';
import { startMerchant } from '../harness/merchant.ts';
import { waitUntil } from '../harness/wait.ts';
import { callBack, waitForStates, webhookEnv } from '../helpers/deliveries.ts';
import { askReplays } from '../helpers/replays.ts';
import { queryOnce, startWorld } from '../helpers/service.ts';

/** `taking` has no webhook, so that only `sending` can deliver. */
async function setup(t: TestContext) {
  const merchant = await startMerchant(t);
  const taking = await startWorld(t);
  const sending = await startWorld(t, { databaseUrl: taking.databaseUrl, env: webhookEnv(merchant.url) });
  return { merchant, taking, sending };
}

/** Counts the notices on the database, as a third replica would hear them. */
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

test('what one takes, the other delivers', async (t) => {
  const { merchant, taking } = await setup(t);

  for (const type of ['BOOKED', 'UNFREEZE', 'FINALIZATION']) await callBack(taking, type, 'p1');
  await merchant.waitFor(3);
  await waitForStates(taking, ['delivered'], 3);

  const callbacks = merchant.received.map((one) => JSON.parse(one.body).data.callback);
  assert.deepEqual(callbacks, ['BOOKED', 'UNFREEZE', 'FINALIZATION']);
  const { json } = await taking.look('/payments/p1');
  const events: { delivery: { state: string } }[] = (json as { events: [] }).events;
  assert.deepEqual(
    events.map((event) => event.delivery.state),
    ['delivered', 'delivered', 'delivered'],
  );
});

test('a new event and a replay are announced to the others', async (t) => {
  const { taking } = await setup(t);
  assert.ok(await waitUntil(async () => (await taking.query(LISTENING)).length === 2));
  const senders = await listenTo(t, taking.databaseUrl);

  await callBack(taking, 'UNFREEZE', 'p1');
  await waitForStates(taking, ['delivered']);
  assert.ok(await waitUntil(async () => senders.length === 1));
  await askReplays(taking, { paymentId: 'p1' });
  await waitForStates(taking, ['delivered']);
  assert.ok(await waitUntil(async () => senders.length === 2));

  assert.equal(new Set(senders).size, 1);
});

test('a replay that one is asked for, the other sends', async (t) => {
  const { merchant, taking } = await setup(t);
  await callBack(taking, 'UNFREEZE', 'p1');
  const [row] = await waitForStates(taking, ['delivered']);

  await askReplays(taking, { state: 'delivered' });
  await taking.look(`/events/${row?.id}/replay`, 'POST');
  await merchant.waitFor(2);
  await waitForStates(taking, ['delivered']);

  assert.deepEqual(
    merchant.received.slice(0, 2).map((one) => [one.id, one.attempt]),
    [1, 2].map((attempt) => [row?.id, attempt]),
  );
});

test('without any notice, what one takes is delivered all the same', async (t) => {
  const { merchant, taking } = await setup(t);
  assert.ok(await waitUntil(async () => (await taking.query(LISTENING)).length === 2));
  await queryOnce(taking.databaseUrl, `select pg_terminate_backend(pid) from (${LISTENING}) listening`);

  await callBack(taking, 'UNFREEZE', 'p1');
  await merchant.waitFor(1);

  assert.equal(merchant.received.length, 1);
});

test('two that deliver send each event once', async (t) => {
  const { merchant, taking, sending } = await setup(t);
  const env = webhookEnv(merchant.url);
  const third = await startWorld(t, { databaseUrl: taking.databaseUrl, env });
  const payments = Array.from({ length: 40 }, (_, n) => `p${n}`);

  await Promise.all(payments.map((id, n) => callBack([taking, sending, third][n % 3] ?? taking, 'UNFREEZE', id)));
  await waitForStates(taking, ['delivered'], 40);

  assert.equal(merchant.received.length, 40);
  assert.equal(new Set(merchant.received.map((one) => one.id)).size, 40);
});
