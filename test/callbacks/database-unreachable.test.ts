/**
 * A database that becomes unreachable, closes its connections, or is not reachable yet when the service starts:
 * callbacks get 503 meanwhile, and are accepted as soon as it is back, without a restart. Real Postgres behind a proxy.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { createLogger } from '../../src/lib/logger.ts';
import { startService } from '../../src/service.ts';
import { SALT, send, target } from '../helpers/callbacks.ts';
import { assertAllDeferred, sendConcurrently } from '../helpers/concurrent-callbacks.ts';
import { waitForLine } from '../helpers/deliveries.ts';
import { createDatabase, urlOf } from '../helpers/postgres.ts';
import { startDatabaseProxy } from '../helpers/postgres-proxy.ts';
import { assertAccepted } from '../helpers/responses.ts';
import { type LogLine, queryOnce, startTestService } from '../helpers/service.ts';

async function setup(t: TestContext) {
  const database = await createDatabase(t);
  const proxy = await startDatabaseProxy(t, database.url);
  const countEvents = async () => (await queryOnce(database.url, 'select 1 from events')).length;
  return { proxy, database, countEvents };
}

test('while the database is unreachable callbacks get 503, and before and after it they are stored', async (t) => {
  const { proxy, countEvents } = await setup(t);
  const receiver = await startTestService(t, { databaseUrl: proxy.url });
  await sendConcurrently(receiver.url, 10);
  await proxy.leave();

  const results = await sendConcurrently(receiver.url, 10, 10);
  await proxy.comeBack();
  const after = await sendConcurrently(receiver.url, 10, 20);

  assertAllDeferred(results, receiver.log);
  for (const { response } of after) assertAccepted(response, 'UNFREEZE');
  assert.equal(await countEvents(), 20);
});

test('connections that the database closes are replaced, and callbacks get 204 or 503', async (t) => {
  const { proxy, database } = await setup(t);
  const receiver = await startTestService(t, { databaseUrl: proxy.url });
  await sendConcurrently(receiver.url, 10);
  await queryOnce(
    database.url,
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
  );

  const after = await sendConcurrently(receiver.url, 10, 10);

  const statuses = after.map(({ response }) => response.status);
  // A statement may be the first to notice that its connection is closed; then Resurs retries its callbacks.
  assert.ok(
    statuses.every((status) => status === 204 || status === 503),
    String(statuses),
  );
  assertAccepted(await send(receiver.url, target('UNFREEZE', 'after')), 'UNFREEZE');
});

test('without a database at startup callbacks get 503, and are accepted once it is reachable', async (t) => {
  const { proxy } = await setup(t);
  await proxy.leave();
  const loaded = loadConfig({ DATABASE_URL: proxy.url, HOST: '127.0.0.1', PORT: '0', DIGEST_SALT: SALT });
  assert.ok(loaded.outcome === 'loaded');
  const log: LogLine[] = [];
  const logger = createLogger('info', { write: (line) => void log.push(JSON.parse(line)) });
  const service = await startService({ config: loaded.config, connectionString: proxy.url, logger });
  t.after(() => service.stop());
  const url = service.urls.callbacks;

  const early = await sendConcurrently(url, 3);
  const unready = await send(url, '/readyz');
  await proxy.comeBack();
  await service.ready;
  const late = await sendConcurrently(url, 3);

  assertAllDeferred(early, log);
  assert.deepEqual([unready.status, JSON.parse(unready.body).reason], [503, 'starting']);
  for (const { response } of late) assertAccepted(response, 'UNFREEZE');
});

test('a start that waits for its database says in the log for which one, why, and what to do', async (t) => {
  const { proxy } = await setup(t);
  const url = urlOf(proxy.url, 'nowhere');
  const receiver = await startTestService(t, { databaseUrl: url, untilReady: false });
  receiver.service.ready.catch(() => undefined);
  const line = await waitForLine(receiver, 'database.unreachable');

  const { host } = new URL(proxy.url);
  assert.equal(line.waitingFor, `${host}/nowhere`);
  assert.equal(line.reason, '3D000 database "nowhere" does not exist');
  assert.match(String(line.fix), /Create the database/);
});
