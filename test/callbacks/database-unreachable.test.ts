/**
 * A database that goes away, ends its connections, or is not there yet when the service starts: callbacks are put off in
 * the meantime, and taken at once when it is back, without anybody's help. Real Postgres behind a network of ours.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { createLogger } from '../../src/lib/logger.ts';
import { startService } from '../../src/service.ts';
import { startDatabaseProxy } from '../harness/postgres-proxy.ts';
import { SALT, send, target } from '../helpers/callbacks.ts';
import { assertAllPutOff, sendMany } from '../helpers/concurrent-callbacks.ts';
import { createDatabase } from '../helpers/postgres.ts';
import { assertTaken } from '../helpers/responses.ts';
import { type LogLine, queryOnce, startWorld } from '../helpers/service.ts';

async function setup(t: TestContext) {
  const database = await createDatabase(t);
  const proxy = await startDatabaseProxy(t, database.url);
  const countEvents = async () => (await queryOnce(database.url, 'select 1 from events')).length;
  return { proxy, database, countEvents };
}

test('a database that goes away and comes back costs only the callbacks in between', async (t) => {
  const { proxy, countEvents } = await setup(t);
  const world = await startWorld(t, { databaseUrl: proxy.url });
  await sendMany(world.url, 10);
  await proxy.leave();

  const results = await sendMany(world.url, 10, 10);
  await proxy.comeBack();
  const after = await sendMany(world.url, 10, 20);

  assertAllPutOff(results, world.log);
  for (const { answer } of after) assertTaken(answer, 'UNFREEZE');
  assert.equal(await countEvents(), 20);
});

test('connections that the database ends are replaced without a word to Resurs', async (t) => {
  const { proxy, database } = await setup(t);
  const world = await startWorld(t, { databaseUrl: proxy.url });
  await sendMany(world.url, 10);
  await queryOnce(
    database.url,
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
  );

  const after = await sendMany(world.url, 10, 10);

  const answers = after.map(({ answer }) => answer.status);
  // The end of a connection may be noticed by the statement that wanted to use it; then its callbacks come again.
  assert.ok(
    answers.every((status) => status === 204 || status === 503),
    String(answers),
  );
  assertTaken(await send(world.url, target('UNFREEZE', 'after')), 'UNFREEZE');
});

test('without a database at the start callbacks are put off, and taken once it is there', async (t) => {
  const { proxy } = await setup(t);
  await proxy.leave();
  const loaded = loadConfig({ DATABASE_URL: proxy.url, HOST: '127.0.0.1', PORT: '0', DIGEST_SALT: SALT });
  assert.ok(loaded.outcome === 'loaded');
  const log: LogLine[] = [];
  const logger = createLogger('info', { write: (line) => void log.push(JSON.parse(line)) });
  const service = await startService({ config: loaded.config, connectionString: proxy.url, logger });
  t.after(() => service.stop());
  const url = service.urls.callbacks;

  const early = await sendMany(url, 3);
  const unready = await send(url, '/readyz');
  await proxy.comeBack();
  await service.ready;
  const late = await sendMany(url, 3);

  assertAllPutOff(early, log);
  assert.deepEqual([unready.status, JSON.parse(unready.body).reason], [503, 'starting']);
  for (const { answer } of late) assertTaken(answer, 'UNFREEZE');
});
