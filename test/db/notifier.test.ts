/**
 * Notices between replicas: one hears of the other's announcements and never of its own, at most 20 a second, and comes
 * back by itself after its connection was lost. Real connections to a real Postgres.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import pg from 'pg';
import { createNotifier } from '../../src/db/notifier.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { startDatabaseProxy } from '../harness/postgres-proxy.ts';
import { waitUntil } from '../harness/wait.ts';
import { createDatabase } from '../helpers/postgres.ts';
import { queryOnce } from '../helpers/service.ts';

const CHANNEL = 'resurs_callback_receiver_due';
const CONNECTIONS = `
  select pid from pg_stat_activity
  where datname = current_database() and application_name = 'resurs-callback-receiver notices'`;

/** One replica's end, begun; `heard` counts, and the first time is when it is connected. */
function begin(t: TestContext, connectionString: string) {
  let heard = 0;
  const notices = createNotifier({
    connectionString,
    senderId: randomUUID(),
    clock: systemClock,
    onNotification() {
      heard += 1;
    },
  });
  t.after(() => notices.stop());
  notices.start();
  return {
    notices,
    heard: () => heard,
    async waitFor(count: number) {
      assert.ok(await waitUntil(async () => heard >= count), `${count} notices expected, heard ${heard}`);
    },
  };
}

async function setup(t: TestContext) {
  const { url } = await createDatabase(t);
  const here = begin(t, url);
  const there = begin(t, url);
  await Promise.all([here.waitFor(1), there.waitFor(1)]);
  return { url, here, there };
}

test('an announcement is heard by the other and not by who made it', async (t) => {
  const { here, there } = await setup(t);

  here.notices.notify();
  await there.waitFor(2);
  there.notices.notify();
  await here.waitFor(2);

  // Postgres hands notices out in the order of their commits, so its own would have come before.
  assert.deepEqual([here.heard(), there.heard()], [2, 2]);
});

test('without an end of announcing, at most 20 notices a second go out', async (t) => {
  const { here, there } = await setup(t);
  const count = 6;
  const startedAtMs = performance.now();

  await waitUntil(async () => {
    for (let n = 0; n < 100; n += 1) here.notices.notify();
    return there.heard() > count;
  });

  const tookMs = performance.now() - startedAtMs;
  assert.ok(there.heard() > count);
  // The first goes at once; timers may be a millisecond early.
  assert.ok(tookMs >= (count - 1) * 49, `${count} notices in ${tookMs} ms`);
});

test('the last announcement of a burst is not swallowed by the first', async (t) => {
  const { here, there } = await setup(t);
  here.notices.notify();
  await there.waitFor(2);

  here.notices.notify();
  await there.waitFor(3);

  assert.equal(there.heard(), 3);
});

test('who lost the connection comes back, looks at once, and hears and is heard again', async (t) => {
  const { url, here, there } = await setup(t);
  await queryOnce(url, `select pg_terminate_backend(pid) from (${CONNECTIONS}) lost`);
  await Promise.all([here.waitFor(2), there.waitFor(2)]);

  here.notices.notify();
  await there.waitFor(3);
  there.notices.notify();
  await here.waitFor(3);

  assert.deepEqual([here.heard(), there.heard()], [3, 3]);
  assert.equal((await queryOnce(url, CONNECTIONS)).length, 2);
});

test('started while the database is away, it connects when the database is there', async (t) => {
  const { url } = await createDatabase(t);
  const proxy = await startDatabaseProxy(t, url);
  await proxy.leave();
  const here = begin(t, proxy.url);
  here.notices.notify();
  await proxy.comeBack();

  await here.waitFor(1);
  await queryOnce(url, `select pg_notify('${CHANNEL}', 'somebody else')`);
  await here.waitFor(2);

  assert.equal(here.heard(), 2);
});

test('a stop ends the connection for good and may come at any time', async (t) => {
  const { url, here, there } = await setup(t);
  const early = begin(t, url);

  await Promise.all([here.notices.stop(), early.notices.stop()]);
  here.notices.notify();
  await here.notices.stop();

  assert.ok(await waitUntil(async () => (await queryOnce(url, CONNECTIONS)).length === 1));
  assert.equal(there.heard(), 1);
});

test('a stop while the database is silent does not hang', { timeout: 15_000 }, async (t) => {
  const { url } = await createDatabase(t);
  const proxy = await startDatabaseProxy(t, url);
  const here = begin(t, proxy.url);
  await here.waitFor(1);
  proxy.silence();

  await here.notices.stop();

  assert.equal(here.heard(), 1);
});

test('the announcement is one NOTIFY that says nothing but who made it', async (t) => {
  const { url, here } = await setup(t);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  t.after(() => client.end());
  await client.query(`listen ${CHANNEL}`);
  const payloads: string[] = [];
  client.on('notification', ({ payload = '' }) => void payloads.push(payload));

  here.notices.notify();
  assert.ok(await waitUntil(async () => payloads.length > 0));

  assert.match(payloads.join(), /^[0-9a-f-]{36}$/);
});
