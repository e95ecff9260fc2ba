/**
 * Behind a pooler in transaction mode every statement is the right one with the right settings, and none of them stays
 * there for others. Replicas wake each other where the server itself is named, and say so where it is not.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { sql } from 'kysely';
import { openDatabase } from '../../src/db/client.ts';
import { findPoolerMode } from '../../src/db/pooler.ts';
import { waitUntil } from '../harness/wait.ts';
import { sendConcurrently } from '../helpers/concurrent-callbacks.ts';
import { waitForAttempts, waitForStates, webhookEnv } from '../helpers/deliveries.ts';
import { startMerchant } from '../helpers/merchant.ts';
import { startDatabasePooler } from '../helpers/pooler.ts';
import { createDatabase } from '../helpers/postgres.ts';
import { assertAccepted } from '../helpers/responses.ts';
import { queryOnce, startTestService } from '../helpers/service.ts';
import { startStopwatch } from '../helpers/stopwatch.ts';

const LISTENERS = `
  select pid from pg_stat_activity
  where datname = current_database() and application_name = 'resurs-callback-receiver notices'`;

function open(t: TestContext, connectionString: string, poolSize = 2) {
  const db = openDatabase({ connectionString, poolSize, onConnectionError: () => undefined });
  t.after(() => db.close());
  const run = <Row>(text: string, signal?: AbortSignal) =>
    db.run(sql<Row>`${sql.raw(text)}`.compile(db.kysely), signal);
  return { db, run };
}

test('two replicas behind one pooler store and deliver every callback once', async (t) => {
  const { url } = await createDatabase(t);
  const pooled = await startDatabasePooler(t, url, { servers: 3 });
  const merchant = await startMerchant(t);
  const env = webhookEnv(merchant.url, { DATABASE_DIRECT_URL: url });
  const here = await startTestService(t, { databaseUrl: pooled, env });
  const there = await startTestService(t, { databaseUrl: pooled, env });

  const results = await Promise.all([
    sendConcurrently(here.url, 60),
    sendConcurrently(there.url, 60, 30),
    here.status('/status'),
    there.status('/events'),
  ]);

  for (const { response } of [...results[0], ...results[1]]) assertAccepted(response, 'UNFREEZE');
  await waitForStates(here, ['delivered'], 90);
  assert.deepEqual([results[2].status, results[3].status], [200, 200]);
  assert.deepEqual(
    await queryOnce(url, 'select count(*)::int as n, count(distinct payment_id)::int as d from events'),
    [{ n: 90, d: 90 }],
  );
  assert.ok(!here.log.some((line) => line.event === 'database.pooler'));
  assert.ok(await waitUntil(async () => (await queryOnce(url, LISTENERS)).length === 2));
});

test('each transaction has its settings behind a pooler, and nothing of them stays for others', async (t) => {
  const { url, name } = await createDatabase(t);
  await queryOnce(url, `alter database ${name} set synchronous_commit = off`);
  const pooled = await startDatabasePooler(t, url, { servers: 1 });
  const { run } = open(t, pooled);
  const settings = `
    select current_setting('synchronous_commit') as commit, current_setting('statement_timeout') as statement,
           current_setting('lock_timeout') as lock, current_setting('enable_seqscan') as seqscan`;

  const ours = await run(settings);
  const others = await queryOnce(pooled, settings);

  assert.deepEqual(ours, [{ commit: 'on', statement: '2500ms', lock: '2s', seqscan: 'off' }]);
  assert.deepEqual(others, [{ commit: 'off', statement: '0', lock: '0', seqscan: 'on' }]);
});

test('behind a pooler the server aborts a statement that takes too long, and the next one succeeds', async (t) => {
  const { url } = await createDatabase(t);
  const { run } = open(t, await startDatabasePooler(t, url, { servers: 1 }));

  await assert.rejects(run('select pg_sleep(60)'), { code: '57014' });

  assert.deepEqual(await run('select 1 as n'), [{ n: 1 }]);
});

test('behind a pooler an aborted statement ends on the server', async (t) => {
  const { url } = await createDatabase(t);
  const { run } = open(t, await startDatabasePooler(t, url, { servers: 1 }));
  const sleeping = `select 1 from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()`;
  const abort = new AbortController();

  const slow = run('select pg_sleep(60)', abort.signal);
  assert.ok(await waitUntil(async () => (await queryOnce(url, sleeping)).length === 1));
  const watch = startStopwatch();
  abort.abort(new Error('aborted'));
  await assert.rejects(slow, /aborted/);

  assert.ok(await waitUntil(async () => (await queryOnce(url, sleeping)).length === 0));
  // The server would abort it after 2.5 s by itself.
  assert.ok(watch.elapsedMs() < 2_000);
});

test('behind a pooler a transaction is one transaction, and its error ends it', async (t) => {
  const { url } = await createDatabase(t);
  const { db, run } = open(t, await startDatabasePooler(t, url), 1);

  await db.kysely.transaction().execute(async (transaction) => {
    await transaction.insertInto('orders').values({ payment_id: 'kept' }).execute();
    await transaction.insertInto('orders').values({ payment_id: 'kept too' }).execute();
  });
  const failing = db.kysely.transaction().execute(async (transaction) => {
    await transaction.insertInto('orders').values({ payment_id: 'lost' }).execute();
    await transaction.insertInto('orders').values({ payment_id: 'kept' }).execute();
  });
  await assert.rejects(failing, { code: '23505' });

  assert.deepEqual(await run('select payment_id from orders order by 1'), [
    { payment_id: 'kept' },
    { payment_id: 'kept too' },
  ]);
});

test('behind a pooler another default isolation is refused in words', async (t) => {
  const { url, name } = await createDatabase(t);
  await queryOnce(url, `alter database ${name} set default_transaction_isolation = 'serializable'`);
  const { run } = open(t, await startDatabasePooler(t, url));

  await assert.rejects(run('select 1'), /default_transaction_isolation is serializable/);
});

test('statements that a pooler dropped or that another client prepared are sent again without a name', async (t) => {
  const { url } = await createDatabase(t);
  const { db, run } = open(t, url, 1);
  const doubled = (n: number) => db.run(sql<{ n: number }>`select ${n}::int * 2 as n`.compile(db.kysely));
  await doubled(1);
  const [{ name = '' } = {}] = await run<{ name: string }>('select name from pg_prepared_statements');
  await run('deallocate all');

  const afterDrop = await doubled(2);

  const other = open(t, url, 1);
  await other.run(`prepare ${name} as select 'foreign'`);
  const afterClash = await other.db.run(sql<{ n: number }>`select ${3}::int * 2 as n`.compile(other.db.kysely));
  assert.match(name, /^r_[0-9a-f]{32}$/);
  assert.deepEqual([afterDrop, afterClash], [[{ n: 4 }], [{ n: 6 }]]);
});

test('without DATABASE_DIRECT_URL the service names the pooler and its fix, listens nowhere and delivers', async (t) => {
  const { url } = await createDatabase(t);
  const pooled = await startDatabasePooler(t, url);
  const merchant = await startMerchant(t);
  const receiver = await startTestService(t, { databaseUrl: pooled, env: webhookEnv(merchant.url) });

  const [sent] = await sendConcurrently(receiver.url, 1);
  await waitForAttempts(receiver, 1);
  assert.ok(await waitUntil(async () => receiver.log.some((line) => line.event === 'database.pooler')));

  assert.equal(sent?.response.status, 204);
  const line = receiver.log.find(({ event }) => event === 'database.pooler');
  assert.match(String(line?.reason), /DATABASE_URL leads to a pooler in transaction mode/);
  assert.match(String(line?.fix), /DATABASE_DIRECT_URL/);
  assert.deepEqual(await queryOnce(pooled, 'select * from pg_listening_channels()'), []);
});

for (const mode of ['transaction', 'session'] as const) {
  test(`a pooler in ${mode} mode is recognised`, async (t) => {
    const { url } = await createDatabase(t);

    const found = await findPoolerMode(await startDatabasePooler(t, url, { mode, servers: 3 }));

    assert.equal(found, mode);
  });
}

test('the server itself is no pooler', async (t) => {
  const { url } = await createDatabase(t);

  assert.equal(await findPoolerMode(url), 'none');
});

test('a pooler that refuses unknown parameters accepts the service', async (t) => {
  const { url } = await createDatabase(t);
  const { run } = open(t, await startDatabasePooler(t, url, { unknownParameters: 'refused' }));

  assert.deepEqual(await run('select 1 as n'), [{ n: 1 }]);
});
