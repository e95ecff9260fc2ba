/**
 * Notifications between replicas: each receives those of the other and never its own, at most 20 a second, and
 * reconnects by itself after its connection was lost. Real connections to a real Postgres.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import pg from 'pg';
import { createNotifier } from '../../src/db/notifier.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { waitUntil } from '../harness/wait.ts';
import { createDatabase } from '../helpers/postgres.ts';
import { startDatabaseProxy } from '../helpers/postgres-proxy.ts';
import { queryOnce } from '../helpers/service.ts';

const CHANNEL = 'resurs_callback_receiver_due';
const CONNECTIONS = `
  select pid from pg_stat_activity
  where datname = current_database() and application_name = 'resurs-callback-receiver notices'`;

/** Starts the notifier of one replica. `received` counts notifications; the first one means that it is connected. */
function startNotifier(t: TestContext, connectionString: string) {
  let received = 0;
  const notifier = createNotifier({
    connectionString,
    senderId: randomUUID(),
    clock: systemClock,
    onNotification() {
      received += 1;
    },
  });
  t.after(() => notifier.stop());
  notifier.start();
  return {
    notifier,
    received: () => received,
    async waitFor(count: number) {
      assert.ok(
        await waitUntil(async () => received >= count),
        `expected ${count} notifications, received ${received}`,
      );
    },
  };
}

async function setup(t: TestContext) {
  const { url } = await createDatabase(t);
  const here = startNotifier(t, url);
  const there = startNotifier(t, url);
  await Promise.all([here.waitFor(1), there.waitFor(1)]);
  return { url, here, there };
}

test('a notification reaches the other replica and not its sender', async (t) => {
  const { here, there } = await setup(t);

  here.notifier.notify();
  await there.waitFor(2);
  there.notifier.notify();
  await here.waitFor(2);

  // Postgres delivers notifications in the order of their commits, so its own would have arrived before.
  assert.deepEqual([here.received(), there.received()], [2, 2]);
});

test('at most 40 notifications a second are sent under constant load', async (t) => {
  const { here, there } = await setup(t);
  const count = 6;
  const startedAtMs = performance.now();

  await waitUntil(async () => {
    for (let n = 0; n < 100; n += 1) here.notifier.notify();
    return there.received() > count;
  });

  const tookMs = performance.now() - startedAtMs;
  assert.ok(there.received() > count);
  // The first is sent at once; timers may be a millisecond early.
  assert.ok(tookMs >= (count - 1) * 24, `${count} notifications in ${tookMs} ms`);
});

test('the last notification of a burst is not lost', async (t) => {
  const { here, there } = await setup(t);
  here.notifier.notify();
  await there.waitFor(2);

  here.notifier.notify();
  await there.waitFor(3);

  assert.equal(there.received(), 3);
});

test('a replica that lost its connection reconnects, is woken at once, and sends and receives again', async (t) => {
  const { url, here, there } = await setup(t);
  await queryOnce(url, `select pg_terminate_backend(pid) from (${CONNECTIONS}) lost`);
  await Promise.all([here.waitFor(2), there.waitFor(2)]);

  here.notifier.notify();
  await there.waitFor(3);
  there.notifier.notify();
  await here.waitFor(3);

  assert.deepEqual([here.received(), there.received()], [3, 3]);
  assert.equal((await queryOnce(url, CONNECTIONS)).length, 2);
});

test('a notifier that starts while the database is unavailable connects when it is available', async (t) => {
  const { url } = await createDatabase(t);
  const proxy = await startDatabaseProxy(t, url);
  await proxy.leave();
  const here = startNotifier(t, proxy.url);
  here.notifier.notify();
  await proxy.comeBack();

  await here.waitFor(1);
  await queryOnce(url, `select pg_notify('${CHANNEL}', 'another replica')`);
  await here.waitFor(2);

  assert.equal(here.received(), 2);
});

test('stop closes the connection at any time and nothing reopens it', async (t) => {
  const { url, here, there } = await setup(t);
  const early = startNotifier(t, url);

  await Promise.all([here.notifier.stop(), early.notifier.stop()]);
  here.notifier.notify();
  await here.notifier.stop();

  assert.ok(await waitUntil(async () => (await queryOnce(url, CONNECTIONS)).length === 1));
  assert.equal(there.received(), 1);
});

test('stop does not hang while the database is unresponsive', { timeout: 60_000 }, async (t) => {
  const { url } = await createDatabase(t);
  const proxy = await startDatabaseProxy(t, url);
  const here = startNotifier(t, proxy.url);
  await here.waitFor(1);
  proxy.silence();

  await here.notifier.stop();

  assert.equal(here.received(), 1);
});

test('a notification contains only the id of its sender', async (t) => {
  const { url, here } = await setup(t);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  t.after(() => client.end());
  await client.query(`listen ${CHANNEL}`);
  const payloads: string[] = [];
  client.on('notification', ({ payload = '' }) => void payloads.push(payload));

  here.notifier.notify();
  assert.ok(await waitUntil(async () => payloads.length > 0));

  assert.match(payloads.join(), /^[0-9a-f-]{36}$/);
});
