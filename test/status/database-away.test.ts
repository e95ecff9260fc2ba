/**
 * While the database is away, every route of the status API answers 503 with a reason, without a stack in the log, and
 * works again as soon as it is back. An outage is one line in the log, however many connections it breaks.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { waitUntil } from '../harness/wait.ts';
import { sendConcurrently } from '../helpers/concurrent-callbacks.ts';
import { createDatabase } from '../helpers/postgres.ts';
import { startDatabaseProxy } from '../helpers/postgres-proxy.ts';
import { queryOnce, startTestService } from '../helpers/service.ts';
import { requestStatusApi } from '../helpers/status.ts';

const EVENT_ID = 'evt_01a22912-53fc-72bc-804d-93de19ad6ec3';
const ROUTES = [
  ['GET', '/status'],
  ['GET', '/events'],
  ['GET', `/events/${EVENT_ID}`],
  ['GET', '/payments/p1'],
  ['GET', '/rejections'],
  ['GET', '/dead-letters'],
  ['GET', '/replays'],
  ['GET', '/orders/p1'],
  ['PUT', '/orders/p1'],
  ['DELETE', '/orders/p1'],
  ['POST', `/events/${EVENT_ID}/replay`],
  ['POST', '/replays', { state: 'delivered', dryRun: true }],
  ['GET', '/replays/01a22912-53fc-72bc-804d-93de19ad6ec3'],
  ['DELETE', '/replays/01a22912-53fc-72bc-804d-93de19ad6ec3'],
] as const;

/** As options of a request. */
function json(body: object | undefined) {
  if (body === undefined) return {};
  return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

async function setup(t: TestContext) {
  const database = await createDatabase(t);
  const proxy = await startDatabaseProxy(t, database.url);
  const receiver = await startTestService(t, { databaseUrl: proxy.url });
  return { database, proxy, receiver };
}

for (const [method, path, body] of ROUTES) {
  test(`${method} ${path.replace(EVENT_ID, '{id}')} answers 503 with a reason while the database is away`, async (t) => {
    const { proxy, receiver } = await setup(t);
    await proxy.leave();

    const away = await requestStatusApi(receiver, method, path, json(body));
    await proxy.comeBack();
    const back = await requestStatusApi(receiver, method, path, json(body));

    assert.equal(away.status, 503, away.body);
    assert.match(
      away.body,
      /^\{"error":\{"code":"database","message":"The database cannot answer now: ECONNREFUSED\."\}\}$/,
    );
    assert.ok(back.status < 500, back.body);
    assert.ok(receiver.log.some((line) => line.event === 'request.unavailable' && line.reason === 'ECONNREFUSED'));
    assert.ok(!receiver.log.some((line) => line.event === 'request.failed' || line.stack !== undefined));
  });
}

test('a table that is missing is no outage: 500', async (t) => {
  const { database, receiver } = await setup(t);
  await queryOnce(database.url, 'alter table rejections rename to away');

  const defect = await requestStatusApi(receiver, 'GET', '/rejections');

  assert.equal(defect.status, 500);
});

test('an outage that breaks many connections is logged once, and its end', async (t) => {
  const { database, proxy, receiver } = await setup(t);
  const lines = (event: string) => receiver.log.filter((line) => line.event === event);
  await Promise.all([
    sendConcurrently(receiver.url, 40),
    ...ROUTES.slice(0, 6).map(([, path]) => receiver.status(path)),
  ]);
  const open = await queryOnce(
    database.url,
    `select 1 from pg_stat_activity where datname = current_database() and application_name = 'resurs-callback-receiver'`,
  );
  await proxy.leave();
  assert.ok(await waitUntil(async () => lines('database.connection_lost').length > 0));
  await proxy.comeBack();
  const isRestored = await waitUntil(async () => {
    await receiver.status('/orders/p1');
    return lines('database.connection_restored').length > 0;
  });

  assert.ok(isRestored);
  assert.ok(open.length > 2, `${open.length} connections were open`);
  assert.equal(lines('database.connection_lost').length, 1);
  assert.ok(Number(lines('database.connection_restored')[0]?.reports) >= open.length);
});
