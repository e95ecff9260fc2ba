/**
 * The pool recovers: an aborted statement destroys its connection, a broken connection is replaced, and neither ends
 * the process. Real Postgres; a lock or a sleep in the server makes it unresponsive.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { sql } from 'kysely';
import { openDatabase } from '../../src/db/client.ts';
import { waitUntil } from '../harness/wait.ts';
import { createDatabase } from '../helpers/postgres.ts';
import { queryOnce } from '../helpers/service.ts';

async function setup(t: TestContext, poolSize = 1) {
  const { url } = await createDatabase(t);
  const errors: Error[] = [];
  const db = openDatabase({ connectionString: url, poolSize, onConnectionError: (error) => errors.push(error) });
  t.after(() => db.close());
  const run = <Row>(text: string, signal?: AbortSignal) =>
    db.run(sql<Row>`${sql.raw(text)}`.compile(db.kysely), signal);
  return { url, db, run, errors };
}

const pid = 'select pg_backend_pid() as pid';

test('an aborted statement rejects at once and its connection is destroyed', async (t) => {
  const { url, db, run } = await setup(t);
  const [before] = await run<{ pid: number }>(pid);
  const abort = new AbortController();
  const reason = new Error('aborted');

  const slow = run('select pg_sleep(60)', abort.signal);
  const sleeping = `select 1 from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()`;
  assert.ok(await waitUntil(async () => (await queryOnce(url, sleeping)).length > 0));
  abort.abort(reason);
  await assert.rejects(slow, reason);
  const [after] = await run<{ pid: number }>(pid);

  assert.notEqual(after?.pid, before?.pid);
  assert.equal(db.usage().total, 1);
});

test('a statement that was aborted before it began is not run', async (t) => {
  const { run } = await setup(t);
  await run('create table marks (mark int)');

  await assert.rejects(run('insert into marks values (1)', AbortSignal.abort(new Error('too late'))), /too late/);

  assert.deepEqual(await run('select * from marks'), []);
});

test('an ordinary error keeps its connection', async (t) => {
  const { run } = await setup(t);
  const [before] = await run<{ pid: number }>(pid);

  await assert.rejects(run('select 1 / 0'), { code: '22012' });

  assert.deepEqual(await run(pid), [before]);
});

test('the server aborts a statement that takes too long', async (t) => {
  const { run } = await setup(t);
  const startedAt = performance.now();

  await assert.rejects(run('select pg_sleep(60)'), { code: '57014' });

  const tookMs = performance.now() - startedAt;
  assert.ok(tookMs > 2_000 && tookMs < 50_000, `${tookMs} ms`);
});

test('a connection that the server closes, in use or idle, fails only its own statement', async (t) => {
  const { url, run, errors } = await setup(t);
  const [idle] = await run<{ pid: number }>(pid);
  const terminate = 'select pg_terminate_backend($1)';
  await queryOnce(url, terminate, [idle?.pid]);
  assert.ok(await waitUntil(async () => errors.length > 0));
  const [used] = await run<{ pid: number }>(pid);

  const terminating = queryOnce(url, terminate, [used?.pid]);
  await assert.rejects(run('select pg_sleep(2)'));
  const [replacement] = await run<{ pid: number }>(pid);
  await terminating;

  assert.equal(new Set([idle?.pid, used?.pid, replacement?.pid]).size, 3);
});

test('every connection commits synchronously and uses UTC', async (t) => {
  const { run } = await setup(t);

  const rows = await run(
    `select current_setting('synchronous_commit') as commit, current_setting('TimeZone') as zone,
       current_setting('application_name') as name`,
  );

  assert.deepEqual(rows, [{ commit: 'on', zone: 'UTC', name: 'resurs-callback-receiver' }]);
});

test('a bigint is a number, and one beyond the safe integers is an error', async (t) => {
  const { run } = await setup(t);

  assert.deepEqual(await run('select 9007199254740991::bigint as n'), [{ n: Number.MAX_SAFE_INTEGER }]);
  await assert.rejects(run('select 9007199254740993::bigint as n'), RangeError);
});

test('callers wait when all connections are in use', async (t) => {
  const { db, run } = await setup(t, 2);

  const rows = await Promise.all(Array.from({ length: 20 }, (_, n) => run<{ n: number }>(`select ${n} as n`)));

  assert.deepEqual(
    rows.map(([row]) => row?.n),
    Array.from({ length: 20 }, (_, n) => n),
  );
  assert.ok(db.usage().total <= 2);
});
