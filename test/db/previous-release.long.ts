/**
 * The release before this one and this one on one database: an update that is rolled out beside it, one that is rolled
 * back, and one that is made again. The archive in test/fixtures/releases is that release as it was; its successor takes
 * its place with each release.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { pendingMigrations } from '../../src/db/migrate.ts';
import { SALT, send, target } from '../helpers/callbacks.ts';
import { waitForStates, webhookEnv } from '../helpers/deliveries.ts';
import { LINES } from '../helpers/full-tour.ts';
import { type Merchant, startMerchant, status } from '../helpers/merchant.ts';
import { unpackRelease } from '../helpers/other-version.ts';
import { createDatabase } from '../helpers/postgres.ts';
import { STATUS_TOKEN, startTestService, type TestService } from '../helpers/service.ts';

const PREVIOUS = '0.1.0';

async function setup(t: TestContext) {
  const merchant = await startMerchant(t);
  const { url: databaseUrl } = await createDatabase(t);
  // More tries than a delivery needs until the merchant takes it.
  const webhook = webhookEnv(merchant.url, { WEBHOOK_RETRY_SCHEDULE: Array(40).fill('100ms').join(',') });
  const previous = await unpackRelease(t, PREVIOUS);
  return {
    merchant,
    databaseUrl,
    webhook,
    previous,
    env: { ...webhook, DATABASE_URL: databaseUrl, DIGEST_SALT: SALT, STATUS_TOKEN },
  };
}

test('the previous release and this one share the work while an update is rolled out', async (t) => {
  const { merchant, databaseUrl, webhook, previous, env } = await setup(t);
  const older = await previous.serve(env);
  await sendLife(older.url, 'before');
  await merchant.waitFor(3);

  const receiver = await startTestService(t, { databaseUrl, env: webhook });
  const payments = Array.from({ length: 20 }, (_, n) => `p-${n}`);
  const statuses = await Promise.all(
    payments.flatMap((paymentId) => [
      send(older.url, target('UNFREEZE', paymentId)),
      send(receiver.url, target('UNFREEZE', paymentId)),
      send(receiver.url, target('BOOKED', paymentId), { method: 'POST', body: LINES }),
    ]),
  );
  await waitForStates(receiver, ['delivered'], 43);

  assert.ok(statuses.every((response) => response.status === 204));
  assertDeliveredOnce(merchant, 43);
  assert.deepEqual(await pendingMigrations(databaseUrl), []);
  assert.deepEqual(errorsIn(older.lastLines()), []);
  assert.deepEqual(errorsOf(receiver), []);
});

test('the previous release goes on with what this one has left, and this one with what it left', async (t) => {
  const { merchant, databaseUrl, webhook, previous, env } = await setup(t);
  merchant.answerWith(status(503));
  const receiver = await startTestService(t, { databaseUrl, env: webhook });
  await sendLife(receiver.url, 'newer');
  await merchant.waitFor(1);
  await receiver.service.stop();

  const rolledBack = await previous.serve(env);
  await sendLife(rolledBack.url, 'older');
  const repeat = await send(rolledBack.url, target('UNFREEZE', 'newer'));
  assert.equal(await rolledBack.stop(), 0);
  merchant.answerWith(status(204));
  const again = await startTestService(t, { databaseUrl, env: webhook });
  await waitForStates(again, ['delivered'], 6);

  assert.equal(repeat.status, 204);
  assert.equal(new Set(merchant.received.map(({ id }) => id)).size, 6);
  assert.deepEqual(errorsIn(rolledBack.lastLines()), []);
  assert.deepEqual(errorsOf(again), []);
  for (const paymentId of ['newer', 'older']) assert.deepEqual(await orderStates(again, paymentId), LIFE_STATES);
});

const LIFE_STATES = ['on_hold', 'may_ship', 'paid'];

/** Three events of one payment. */
async function sendLife(url: string, paymentId: string): Promise<void> {
  for (const [type, options] of [
    ['BOOKED', { method: 'POST', body: LINES }],
    ['UNFREEZE', {}],
    ['FINALIZATION', {}],
  ] as const) {
    assert.equal((await send(url, target(type, paymentId), options)).status, 204);
  }
}

function orderStates(receiver: TestService, paymentId: string): Promise<string[]> {
  const text = 'select order_state from events where payment_id = $1 order by sequence';
  return receiver.query<{ order_state: string }>(text, [paymentId]).then((rows) => rows.map((row) => row.order_state));
}

function assertDeliveredOnce({ received }: Merchant, count: number): void {
  assert.deepEqual([received.length, new Set(received.map(({ id }) => id)).size], [count, count]);
}

/** Pino's level of an error is 50. */
function errorsIn(lines: readonly string[]): string[] {
  return lines.filter((line) => /"level":(?:"error"|"fatal"|[56]0)/.test(line));
}

function errorsOf({ log }: TestService) {
  return log.filter(({ level }) => level === 'error' || level === 'fatal' || Number(level) >= 50);
}
