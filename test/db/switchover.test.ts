/**
 * A planned switchover that closes no connection: the former primary stays up and only reads from now on, and its
 * address leads to the new one. Two real servers behind an endpoint that moves.
 */
import assert from 'node:assert/strict';
import * as path from 'node:path';
import { type TestContext, test } from 'node:test';
import { startEmbeddedPostgres } from '../../src/db/embedded/embedded.ts';
import { migrateToLatest } from '../../src/db/migrate.ts';
import { startBreakableProxy } from '../harness/breakable-proxy.ts';
import { waitUntil } from '../harness/wait.ts';
import { send, target } from '../helpers/callbacks.ts';
import { sendConcurrently } from '../helpers/concurrent-callbacks.ts';
import { FAST_POSTGRES_SETTINGS, makeUsedDataDir } from '../helpers/embedded.ts';
import { queryOnce, startTestService } from '../helpers/service.ts';

const OURS = `
  select application_name from pg_stat_activity
  where datname = current_database() and application_name like 'resurs-callback-receiver%'`;

async function startServer(t: TestContext) {
  const dataDir = await makeUsedDataDir(t);
  const { connectionString: url, stop } = await startEmbeddedPostgres({ dataDir, settings: FAST_POSTGRES_SETTINGS });
  t.after(() => t.after(() => stop()));
  await migrateToLatest(url);
  const parameters = new URL(url);
  return { url, socketPath: path.join(parameters.searchParams.get('host') ?? '', '.s.PGSQL.5432') };
}

/** A service behind an endpoint, with connections of all pools open. `switchOver` makes the other server the primary. */
async function setup(t: TestContext) {
  const [former, next] = await Promise.all([startServer(t), startServer(t)]);
  let current = former;
  const endpoint = await startBreakableProxy(() => current.socketPath);
  t.after(() => endpoint.leave());
  const url = new URL(former.url);
  url.hostname = '127.0.0.1';
  url.port = String(endpoint.port);
  url.searchParams.delete('host');
  const receiver = await startTestService(t, { databaseUrl: url.href });
  await Promise.all([sendConcurrently(receiver.url, 20), receiver.status('/status'), receiver.status('/events')]);
  async function switchOver() {
    await queryOnce(former.url, 'alter system set default_transaction_read_only = on');
    await queryOnce(former.url, 'select pg_reload_conf()');
    const isSet = `select 1 where current_setting('transaction_read_only') = 'on'`;
    assert.ok(await waitUntil(async () => (await queryOnce(former.url, isSet)).length === 1));
    current = next;
  }
  return { former, next, receiver, switchOver };
}

test('after a switchover callbacks are stored at the new primary, and no connection stays at the former one', async (t) => {
  const { former, next, receiver, switchOver } = await setup(t);
  const before = (await queryOnce(former.url, OURS)).length;
  await switchOver();

  const answers: number[] = [];
  const isStored = await waitUntil(async () => {
    const { status } = await send(receiver.url, target('UNFREEZE', 'after'));
    answers.push(status);
    return status === 204;
  });
  const isLeft = await waitUntil(async () => {
    await Promise.all(['/status', '/events', '/rejections'].map((route) => receiver.status(route)));
    return (await queryOnce(former.url, OURS)).length === 0;
  });

  assert.ok(before >= 3, `${before} connections before`);
  assert.ok(isStored);
  assert.ok(answers.slice(0, -1).every((status) => status === 503) && answers.length <= 4, String(answers));
  assert.ok(isLeft, JSON.stringify(await queryOnce(former.url, OURS)));
  assert.deepEqual(await queryOnce(next.url, 'select payment_id from events'), [{ payment_id: 'after' }]);
  const namesAtNext = async () => (await queryOnce<{ application_name: string }>(next.url, OURS)).map(nameOf);
  // It looks for the server again after a pause of its own.
  const hasNotices = await waitUntil(async () => (await namesAtNext()).includes('resurs-callback-receiver notices'));
  assert.ok(hasNotices, String(await namesAtNext()));
});

function nameOf(row: { application_name: string }): string {
  return row.application_name;
}
