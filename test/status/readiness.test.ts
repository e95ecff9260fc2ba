/**
 * The two probes: /healthz reports that the process is alive, /readyz whether a callback could be stored now, and why
 * not. An orchestrator with the wrong state restarts or floods a service. Real database, behind a proxy that breaks.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import pg from 'pg';
import { MIGRATION_LOCK } from '../../src/db/migration-lock.ts';
import { waitUntil } from '../harness/wait.ts';
import { send, target } from '../helpers/callbacks.ts';
import { createDatabase, createEmptyDatabase, urlOf } from '../helpers/postgres.ts';
import { startDatabaseProxy } from '../helpers/postgres-proxy.ts';
import { queryOnce, STATUS_TOKEN, startTestService, type TestService } from '../helpers/service.ts';

/** Returns status and reason of /readyz. */
async function readiness(receiver: TestService): Promise<string> {
  const { status, body } = await send(receiver.url, '/readyz');
  return `${status} ${JSON.parse(body).reason ?? JSON.parse(body).status}`;
}

async function becomes(receiver: TestService, expected: string): Promise<void> {
  let last = '';
  const isSo = await waitUntil(async () => {
    last = await readiness(receiver);
    return last === expected;
  });
  assert.ok(isSo, `${expected} expected, it stays ${last}`);
}

async function setup(t: TestContext, isThere = true) {
  const { url } = await createDatabase(t);
  const proxy = await startDatabaseProxy(t, url);
  if (!isThere) await proxy.leave();
  return { proxy, receiver: await startTestService(t, { databaseUrl: proxy.url, untilReady: isThere }) };
}

test('a service without its database is alive but not ready until the database is back', async (t) => {
  const { proxy, receiver } = await setup(t);
  await becomes(receiver, '200 ready');

  await proxy.leave();
  await becomes(receiver, '503 database');
  const health = await send(receiver.url, '/healthz');
  const callback = await send(receiver.url, target('UNFREEZE', 'p1'));
  const overview = await send(receiver.url, '/status', { headers: { authorization: `Bearer ${STATUS_TOKEN}` } });
  await proxy.comeBack();
  await becomes(receiver, '200 ready');

  assert.equal(health.status, 200);
  assert.deepEqual([callback.status, callback.reason], [503, 'Try again.']);
  assert.ok(overview.status >= 500);
  assert.doesNotMatch(overview.body, /127\.0\.0\.1|select|stack/i);
  assert.equal((await send(receiver.url, target('UNFREEZE', 'p1'))).status, 204);
});

test('a service that waits for its database is starting, responds 503 and works once the database is available', async (t) => {
  const { proxy, receiver } = await setup(t, false);

  const before = await readiness(receiver);
  const callback = await send(receiver.url, target('UNFREEZE', 'p1'));
  await proxy.comeBack();
  await receiver.service.ready;

  assert.equal(before, '503 starting');
  assert.equal(callback.status, 503);
  assert.equal((await send(receiver.url, '/healthz')).status, 200);
  await becomes(receiver, '200 ready');
  assert.equal((await send(receiver.url, target('UNFREEZE', 'p1'))).status, 204);
});

test('a service that waits for a migration reports the reason migrations', async (t) => {
  const { url } = await createEmptyDatabase(t);
  const holder = new pg.Client({ connectionString: url });
  await holder.connect();
  t.after(() => holder.end());
  // Another process migrates: this test holds the migrator's lock until it releases it.
  await holder.query(`select pg_advisory_lock(${MIGRATION_LOCK})`);
  const receiver = await startTestService(t, { databaseUrl: url, untilReady: false });

  await becomes(receiver, '503 migrations');
  const waiting = `select 1 from pg_stat_activity where wait_event = 'advisory' and datname = current_database()`;
  assert.ok(await waitUntil(async () => (await receiver.query(waiting)).length > 0));
  const during = await readiness(receiver);
  await holder.query('select pg_advisory_unlock_all()');
  await receiver.service.ready;

  assert.equal(during, '503 migrations');
  await becomes(receiver, '200 ready');
});

test('with a read-only database the service is not ready', async (t) => {
  const { url } = await createDatabase(t);
  const name = new URL(url).pathname.slice(1);
  await queryOnce(urlOf(url, 'postgres'), `alter database ${name} set default_transaction_read_only = on`);
  const receiver = await startTestService(t, { databaseUrl: url });

  assert.equal(await readiness(receiver), '503 database');
});

test('both probes answer HEAD with the status alone', async (t) => {
  const { proxy, receiver } = await setup(t);
  const heads = () => Promise.all(['/healthz', '/readyz'].map((path) => send(receiver.url, path, { method: 'HEAD' })));

  const up = await heads();
  await proxy.leave();
  await becomes(receiver, '503 database');
  const down = await heads();

  assert.deepEqual(
    [up, down].map((responses) => responses.map(({ status, body }) => [status, body])),
    [
      [
        [200, ''],
        [200, ''],
      ],
      [
        [200, ''],
        [503, ''],
      ],
    ],
  );
});
