/**
 * A statement that was given up is cancelled on the server, and its connection counts until the server has ended it: a
 * process never holds more connections there than its pool size. A commit that was not confirmed by the synchronous
 * standby is no success. Real Postgres; a server of its own waits for a standby that does not exist.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { sql } from 'kysely';
import { openDatabase } from '../../src/db/client.ts';
import { startEmbeddedPostgres } from '../../src/db/embedded/embedded.ts';
import { waitUntil } from '../harness/wait.ts';
import { sendConcurrently } from '../helpers/concurrent-callbacks.ts';
import { FAST_POSTGRES_SETTINGS, makeUsedDataDir } from '../helpers/embedded.ts';
import { createDatabase } from '../helpers/postgres.ts';
import { startDatabaseProxy } from '../helpers/postgres-proxy.ts';
import { queryOnce, startTestService } from '../helpers/service.ts';

const STANDBY_SETTINGS = { ...FAST_POSTGRES_SETTINGS, wal_level: 'replica', max_wal_senders: '2' };
const POOLED = `
  select pid from pg_stat_activity
  where datname = current_database() and application_name = 'resurs-callback-receiver'`;
const WAITING = `${POOLED} and wait_event = 'SyncRep'`;
const SLEEPING = `select pid from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()`;

/** A Postgres of its own; `await` makes every commit wait for a standby that does not exist. */
async function startPrimary(t: TestContext) {
  const dataDir = await makeUsedDataDir(t);
  const { connectionString: url, stop } = await startEmbeddedPostgres({ dataDir, settings: STANDBY_SETTINGS });
  t.after(() => t.after(() => stop()));
  async function setStandby(name: string) {
    await queryOnce(url, `alter system set synchronous_standby_names = '${name}'`);
    await queryOnce(url, 'select pg_reload_conf()');
    const isSet = `select 1 where current_setting('synchronous_standby_names') = '${name}'`;
    assert.ok(await waitUntil(async () => (await queryOnce(url, isSet)).length === 1));
    if (name !== '') assert.ok(await waitUntil(() => isCommitWaiting(url)));
  }
  return { url, setStandby };
}

/**
 * Whether a commit waits for the standby. A process of the server of its own tells all others that there is one, so the
 * setting may be read before it is in effect.
 */
async function isCommitWaiting(url: string): Promise<boolean> {
  let isOver = false;
  const committing = queryOnce(url, "select pg_logical_emit_message(true, 'probe', '')").finally(() => {
    isOver = true;
  });
  const cancel = "select pg_cancel_backend(pid) from pg_stat_activity where wait_event = 'SyncRep'";
  let isWaiting = false;
  while (!isOver && !isWaiting) isWaiting = (await queryOnce(url, cancel)).length > 0;
  await committing;
  return isWaiting;
}

function open(t: TestContext, connectionString: string, poolSize: number) {
  const db = openDatabase({ connectionString, poolSize, onConnectionError: () => undefined });
  t.after(() => db.close());
  const run = <Row>(text: string, signal?: AbortSignal) =>
    db.run(sql<Row>`${sql.raw(text)}`.compile(db.kysely), signal);
  return { db, run };
}

test('while every commit waits for a standby, a pool of 3 holds 3 connections at most, and recovers by itself', async (t) => {
  const { url, setStandby } = await startPrimary(t);
  const receiver = await startTestService(t, { databaseUrl: url, env: { DATABASE_POOL_SIZE: '3' } });
  await setStandby('absent');

  let most = 0;
  let isOver = false;
  const watching = (async () => {
    while (!isOver) most = Math.max(most, (await queryOnce(url, POOLED)).length);
  })();
  const results = [];
  for (let round = 0; round < 4; round += 1) results.push(...(await sendConcurrently(receiver.url, 10, 10 * round)));
  isOver = true;
  await watching;
  await setStandby('');
  const recovered = await waitUntil(async () => (await sendConcurrently(receiver.url, 1))[0]?.response.status === 204);

  assert.deepEqual([...new Set(results.map(({ response }) => response.status))], [503]);
  assert.ok(most >= 1 && most <= 3, `${most} connections`);
  assert.ok(recovered);
  assert.deepEqual(await queryOnce(url, WAITING), []);
});

test('a commit that ends without the confirmation of the standby is an error', async (t) => {
  const { url, setStandby } = await startPrimary(t);
  const { run } = open(t, url, 1);
  await run('create table marks (mark int)');
  await setStandby('absent');

  const writing = run('insert into marks values (1)');
  const rejected = assert.rejects(writing, /the standby has not confirmed the commit/);
  const cancel = `select pg_cancel_backend(pid) from (${WAITING}) waiting`;
  assert.ok(await waitUntil(async () => (await queryOnce(url, cancel)).length === 1));

  await rejected;
  await setStandby('');
});

test('a given up statement ends on the server, and its connection counts until then', async (t) => {
  const { url } = await createDatabase(t);
  const { db, run } = open(t, url, 1);
  const abort = new AbortController();

  const slow = run('select pg_sleep(60)', abort.signal);
  assert.ok(await waitUntil(async () => (await queryOnce(url, SLEEPING)).length === 1));
  abort.abort(new Error('too late'));
  await assert.rejects(slow, /too late/);
  const counted = db.usage().total;
  await run('select 1');

  assert.equal(counted, 1);
  assert.deepEqual(await queryOnce(url, SLEEPING), []);
});

test('while a server does not respond, the connections that were given up stay counted and no more are opened', async (t) => {
  const { url } = await createDatabase(t);
  const proxy = await startDatabaseProxy(t, url);
  const { db, run } = open(t, proxy.url, 2);
  await Promise.all([run('select pg_sleep(0.1)'), run('select pg_sleep(0.1)')]);
  const before = (await queryOnce(url, POOLED)).length;
  proxy.holdReplies();

  await Promise.all([run('select 1'), run('select 2')].map((query) => assert.rejects(query, /timeout/)));
  const during = db.usage().total;
  proxy.speak();
  await run('select 3');

  assert.deepEqual([before, during], [2, 2]);
  assert.ok((await queryOnce(url, POOLED)).length <= 2);
});

test('a connection that the network breaks off in the middle of a statement ends the statement on the server', async (t) => {
  const { url } = await createDatabase(t);
  const proxy = await startDatabaseProxy(t, url);
  const { run } = open(t, proxy.url, 1);

  const slow = run('select pg_sleep(2)').catch((error: unknown) => error);
  assert.ok(await waitUntil(async () => (await queryOnce(url, SLEEPING)).length === 1));
  const [waiting] = await queryOnce<{ pid: number }>(url, SLEEPING);
  proxy.cut();
  assert.ok((await slow) instanceof Error);
  await run('select 1');

  const still = await queryOnce<{ pid: number }>(url, SLEEPING);
  assert.ok(!still.some(({ pid }) => pid === waiting?.pid));
});

test('a pool that is closed does not wait for a server that does not respond', async (t) => {
  const { url } = await createDatabase(t);
  const proxy = await startDatabaseProxy(t, url);
  const db = openDatabase({ connectionString: proxy.url, poolSize: 1, onConnectionError: () => undefined });
  await db.run(sql`select 1`.compile(db.kysely));
  proxy.silence();
  const abort = new AbortController();
  const slow = db.run(sql`select 2`.compile(db.kysely), abort.signal);
  setImmediate(() => abort.abort(new Error('too late')));
  await assert.rejects(slow, /too late/);

  await db.close();

  assert.equal(db.usage().total, 0);
});
