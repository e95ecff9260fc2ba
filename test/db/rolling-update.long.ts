/**
 * A rolling update: after processes of the next version have changed the schema, processes of this version keep doing
 * everything, with connections and prepared statements from before the change, and new ones can start. The next version
 * is a copy of this one with one more migration.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { openDatabase } from '../../src/db/client.ts';
import { pendingMigrations } from '../../src/db/migrate.ts';
import { NEXT_MIGRATION } from '../harness/next-version.ts';
import { waitUntil } from '../harness/wait.ts';
import { SALT, send, target } from '../helpers/callbacks.ts';
import { deliveries, waitForStates, webhookEnv } from '../helpers/deliveries.ts';
import { doEverything, LINES } from '../helpers/full-tour.ts';
import { startMerchant } from '../helpers/merchant.ts';
import { makeNextVersion } from '../helpers/other-version.ts';
import { createDatabase } from '../helpers/postgres.ts';
import { startProcess } from '../helpers/process.ts';
import { runProgram } from '../helpers/program.ts';
import { dumpSchema } from '../helpers/schema-dump.ts';
import { queryOnce, STATUS_TOKEN, startTestService } from '../helpers/service.ts';

async function setup(t: TestContext) {
  const merchant = await startMerchant(t);
  const { url: databaseUrl } = await createDatabase(t);
  // Few connections, so that each of them has prepared its statements before the schema changes.
  const webhook = webhookEnv(merchant.url, { DATABASE_POOL_SIZE: '2', ORDER_OWNERSHIP: 'registered' });
  const next = await makeNextVersion(t);
  const env = { ...webhook, DATABASE_URL: databaseUrl, DIGEST_SALT: SALT, STATUS_TOKEN };
  return { merchant, databaseUrl, webhook, next, env };
}

test('a running process keeps doing everything after the next version has changed the schema', async (t) => {
  const { databaseUrl, webhook, next, env } = await setup(t);
  const receiver = await startTestService(t, { databaseUrl, env: webhook });
  const db = openDatabase({ connectionString: databaseUrl, poolSize: 1, onConnectionError: () => undefined });
  t.after(() => db.close());
  await doEverything(receiver, db, 'before');
  const before = await dumpSchema(databaseUrl);

  const printed = await next.run('migrate', env);
  await doEverything(receiver, db, 'after');

  assert.equal(printed, `applied ${NEXT_MIGRATION}\n`);
  assert.notEqual(await dumpSchema(databaseUrl), before);
  const errorLines = receiver.log.filter(({ level }) => level === 'error' || level === 'fatal' || Number(level) >= 50);
  assert.deepEqual(errorLines, []);
});

test('processes of both versions share the work: one event each, one delivery each', async (t) => {
  const { merchant, databaseUrl, webhook, next, env } = await setup(t);
  const receiver = await startTestService(t, { databaseUrl, env: { ...webhook, ORDER_OWNERSHIP: 'any' } });
  const { url: newer } = await next.serve({ ...env, ORDER_OWNERSHIP: 'any' });
  const payments = Array.from({ length: 20 }, (_, n) => `p-${n}`);

  const responses = await Promise.all(
    payments.flatMap((paymentId) => [
      send(receiver.url, target('UNFREEZE', paymentId)),
      send(newer, target('UNFREEZE', paymentId)),
      send(newer, target('BOOKED', paymentId), { method: 'POST', body: LINES }),
    ]),
  );
  await waitForStates(receiver, ['delivered'], 40);

  assert.ok(responses.every(({ status }) => status === 204));
  assert.deepEqual(
    (await deliveries(receiver)).map(({ attemptCount }) => attemptCount),
    Array(40).fill(1),
  );
  assert.equal(new Set(merchant.received.map(({ id }) => id)).size, 40);
});

for (const MIGRATE_ON_START of ['true', 'false']) {
  test(`this version starts on the schema of the next with MIGRATE_ON_START=${MIGRATE_ON_START}, and does not change it`, async (t) => {
    const { merchant, databaseUrl, next, env } = await setup(t);
    await next.run('migrate', env);
    const schema = await dumpSchema(databaseUrl);

    const older = await startProcess(t, databaseUrl, { ...env, ORDER_OWNERSHIP: 'any', MIGRATE_ON_START });
    const { status } = await send(older.url, target('UNFREEZE', 'p-1'));
    await merchant.waitFor(1);
    const code = await older.stop();

    assert.deepEqual([status, code], [204, 0]);
    assert.equal(await dumpSchema(databaseUrl), schema);
  });
}

test('migrate of this version applies nothing on the schema of the next', async (t) => {
  const { databaseUrl, next, env } = await setup(t);
  await next.run('migrate', env);

  const { code, stdout } = await runProgram(t, ['migrate'], env).ended;

  assert.deepEqual([code, stdout], [0, 'The schema is current.\n']);
  assert.deepEqual(await pendingMigrations(databaseUrl), []);
});

test('callbacks that arrive while the next version migrates are stored or deferred, and never lost', async (t) => {
  const { databaseUrl, webhook, next, env } = await setup(t);
  const receiver = await startTestService(t, { databaseUrl, env: { ...webhook, ORDER_OWNERSHIP: 'any' } });
  const statuses = new Map<string, number>();
  let isMigrating = true;
  const migrating = next.run('migrate', env).finally(() => {
    isMigrating = false;
  });

  for (let n = 0; isMigrating; n += 1) {
    statuses.set(`p-${n}`, (await send(receiver.url, target('UNFREEZE', `p-${n}`))).status);
  }
  await migrating;
  const accepted = [...statuses].filter(([, status]) => status === 204).map(([paymentId]) => paymentId);
  await waitUntil(
    async () => (await deliveries(receiver)).filter(({ state }) => state === 'delivered').length >= accepted.length,
  );

  assert.ok(accepted.length > 0 && [...statuses.values()].every((status) => status === 204 || status === 503));
  const stored = await queryOnce<{ payment_id: string }>(databaseUrl, 'select payment_id from events');
  const storedIds = new Set(stored.map(({ payment_id }) => payment_id));
  assert.deepEqual(
    accepted.filter((paymentId) => !storedIds.has(paymentId)),
    [],
  );
});
