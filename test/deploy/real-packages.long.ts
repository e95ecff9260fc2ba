/**
 * The whole path over the real packages of a machine: callbacks through nginx with deploy/nginx.conf, into a receiver
 * whose database is behind PgBouncer, out to the merchant; and a streaming standby that takes over. What was answered 204
 * is stored and delivered, once.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import * as https from 'node:https';
import { type TestContext, test } from 'node:test';
import { waitUntil } from '../harness/wait.ts';
import { send, target } from '../helpers/callbacks.ts';
import { webhookEnv } from '../helpers/deliveries.ts';
import { startMerchant } from '../helpers/merchant.ts';
import { PGBOUNCER, POSTGRES, startPgBouncer, startRealPostgres, startStandby } from '../helpers/real-postgres.ts';
import { PROXIES, PROXY_NAME, startRealProxy } from '../helpers/real-proxies.ts';
import { startTestService } from '../helpers/service.ts';
import { skipWithout } from '../helpers/tools.ts';

const NGINX = PROXIES.find(({ name }) => name === 'nginx') ?? assert.fail('there is no nginx');
const COUNT = 300;
/** As often as Resurs tries. */
const MAX_TRIES = 20;
const DELIVERED_WITHIN_MS = 40_000;

/** What PgBouncer's users are advised to set: settings that a client sends when it connects are dropped silently. */
const ADVISED = ['ignore_startup_parameters = extra_float_digits,options,statement_timeout,lock_timeout'];

/**
 * Sends callbacks of `count` payments through nginx, some at a time. Like Resurs it sends one again that was answered "try
 * again", by the receiver or by nginx, which a busy machine may cause. Any other answer than 204 is a failure.
 */
async function sendThroughNginx(t: TestContext, receiverUrl: string, count: number): Promise<void> {
  const { httpsPort, certificate } = await startRealProxy(t, NGINX, new URL(receiverUrl).host);
  const agent = new https.Agent({ keepAlive: true, maxSockets: 8, ca: certificate, servername: PROXY_NAME });
  t.after(() => agent.destroy());
  const base = { host: '127.0.0.1', port: httpsPort, agent, headers: { host: PROXY_NAME } };
  const sendOnce = async (callback: string) => {
    const [answer]: IncomingMessage[] = await once(https.get({ ...base, path: callback }), 'response');
    answer?.resume();
    return answer?.statusCode ?? 0;
  };
  const sendUntilTaken = async (n: number) => {
    const callback = target(n % 3 === 0 ? 'ANNULMENT' : 'UNFREEZE', `payment-${n}`);
    let last = 0;
    for (let tries = 0; tries < MAX_TRIES && [0, 502, 503, 504].includes(last); tries += 1) {
      last = await sendOnce(callback);
    }
    return last;
  };
  const statuses = await Promise.all(Array.from({ length: count }, (_, n) => sendUntilTaken(n)));
  assert.deepEqual(
    statuses.filter((status) => status !== 204),
    [],
  );
}

async function assertAllDelivered(
  server: { query(text: string): Promise<unknown[]> },
  merchant: Awaited<ReturnType<typeof startMerchant>>,
): Promise<void> {
  const isDone = async () => (await server.query('select 1 from outbox limit 1')).length === 0;
  assert.ok(await waitUntil(isDone, DELIVERED_WITHIN_MS), 'not every event was delivered');
  const counted = await server.query(
    'select count(*)::int as count, count(distinct payment_id)::int as payments from events',
  );
  assert.deepEqual(counted, [{ count: COUNT, payments: COUNT }]);
  const delivered = new Set(merchant.received.map(({ body }) => JSON.parse(body).data.paymentId));
  assert.equal(delivered.size, COUNT);
}

for (const mode of ['session', 'transaction'] as const) {
  const skip = skipWithout([...NGINX.needs, ...POSTGRES, ...PGBOUNCER]);

  test(`callbacks through nginx and PgBouncer in ${mode} mode are stored and delivered, each once`, {
    skip,
  }, async (t) => {
    // The server's default would answer before the disk has it.
    const server = await startRealPostgres(t, ['synchronous_commit = off']);
    const pooled = await startPgBouncer(t, server, { mode, settings: ADVISED });
    const merchant = await startMerchant(t);
    const direct = { DATABASE_DIRECT_URL: server.url, MIGRATION_DATABASE_URL: server.url };
    const env = { TRUST_PROXY: '127.0.0.1', ...webhookEnv(merchant.url), ...(mode === 'transaction' ? direct : {}) };
    const receiver = await startTestService(t, { databaseUrl: pooled, env });
    const replica = await startTestService(t, { databaseUrl: pooled, env });

    await sendThroughNginx(t, receiver.url, COUNT / 2);
    await sendThroughNginx(t, replica.url, COUNT);

    await assertAllDelivered(server, merchant);
  });
}

test('a standby that is promoted has every event that was answered 204', { skip: skipWithout(POSTGRES) }, async (t) => {
  const primary = await startRealPostgres(t, ['wal_level = replica', 'hot_standby = on']);
  const standby = await startStandby(t, primary);
  await primary.query("alter system set synchronous_standby_names = 'standby'");
  await primary.query('select pg_reload_conf()');
  const merchant = await startMerchant(t);
  const hosts = `127.0.0.1:${primary.port},127.0.0.1:${standby.port}`;
  const databaseUrl = `postgres://postgres@${hosts}/receiver?sslmode=disable&target_session_attrs=read-write`;
  const receiver = await startTestService(t, { databaseUrl, env: webhookEnv(merchant.url) });
  const answered: string[] = [];
  let isOver = false;
  const sender = async (name: string) => {
    for (let n = 0; !isOver; n += 1) {
      const { status } = await send(receiver.url, target('UNFREEZE', `${name}-${n}`));
      if (status === 204) answered.push(`${name}-${n}`);
      else assert.equal(status, 503);
    }
  };

  const sending = Promise.all(['a', 'b', 'c', 'd'].map(sender));
  assert.ok(await waitUntil(async () => answered.length > 200));
  await primary.kill();
  await standby.query('select pg_promote()');
  await standby.query("alter system set synchronous_standby_names = ''");
  await standby.query('select pg_reload_conf()');
  const before = answered.length;
  assert.ok(await waitUntil(async () => answered.length > before + 100, 60_000), 'no callback is accepted afterwards');
  isOver = true;
  await sending;

  const stored = await standby.query<{ id: string }>('select payment_id as id from events');
  const ids = new Set(stored.map(({ id }) => id));
  assert.deepEqual(
    answered.filter((id) => !ids.has(id)),
    [],
  );
  const isDone = async () => (await standby.query('select 1 from outbox limit 1')).length === 0;
  assert.ok(await waitUntil(isDone, DELIVERED_WITHIN_MS), 'not every event was delivered');
  const delivered = new Set(merchant.received.map(({ body }) => JSON.parse(body).data.paymentId));
  assert.deepEqual(
    answered.filter((id) => !delivered.has(id)),
    [],
  );
});
