/**
 * Backup and restore with the unchanged commands of docs/operations.md, by the programs of a real Postgres, under a running
 * service; then a receiver starts on the restored database and continues from the dump.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { waitUntil } from '../harness/wait.ts';
import { deliveries, sendCallback, waitForAttempts, waitForStates, webhookEnv } from '../helpers/deliveries.ts';
import { makeFolder } from '../helpers/embedded.ts';
import { type Received, startMerchant } from '../helpers/merchant.ts';
import { queryOnce, startTestService, type TestService } from '../helpers/service.ts';
import { skipWithout } from '../helpers/tools.ts';
import { findSystemPostgres, startSystemPostgres } from './system-postgres.ts';

const PAGE = path.join(import.meta.dirname, '..', '..', 'docs', 'operations.md');
const BIN = await findSystemPostgres();
const skip = skipWithout([{ name: 'a Postgres with pg_dump', command: [BIN === null ? 'false' : 'true'] }]);

const paymentOf = ({ body }: Received): string => JSON.parse(body).data.paymentId;
const sequenceOf = ({ body }: Received): number => JSON.parse(body).data.sequence;

/** Reads the page's commands: to dump, to restore, and to find the time from which events are missing. */
async function readCommands(): Promise<string[]> {
  const [, section = ''] = (await readFile(PAGE, 'utf8')).split('## Backup and restore\n');
  return [...section.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);
}

/**
 * Starts a service with a delivery in each state, and returns functions to dump and restore its database. While `isFailing`, the
 * merchant answers 500 to the payment `failing` and nothing to `hanging`.
 */
async function setup(t: TestContext) {
  const folder = await makeFolder(t);
  const postgres = await startSystemPostgres(t, BIN ?? assert.fail());
  const merchant = await startMerchant(t);
  const merchantState = { isFailing: true };
  merchant.answerWith((request, response) => {
    const paymentId = paymentOf(request);
    if (merchantState.isFailing && paymentId === 'hanging') return;
    response
      .writeHead(paymentId === 'dead' ? 410 : merchantState.isFailing && paymentId === 'failing' ? 500 : 204)
      .end();
  });
  const run = async (script: string, database: string) => {
    const env = { ...process.env, PATH: `${postgres.bin}:${process.env.PATH}`, DATABASE_URL: postgres.urlOf(database) };
    return (await promisify(execFile)('bash', ['-ec', script], { cwd: folder, env })).stdout;
  };
  const start = (database: string) => {
    const env = webhookEnv(merchant.url, { WEBHOOK_RETRY_SCHEDULE: '1h,1h' });
    return startTestService(t, { databaseUrl: postgres.urlOf(database), env });
  };
  const first = await start('receiver');
  await sendCallback(first, 'BOOKED', 'done', {
    method: 'POST',
    body: '{"addedPaymentSpecificationLines":[{"id":1.50}]}',
  });
  for (const paymentId of ['dead', 'failing', 'failing-too', 'hanging'])
    await sendCallback(first, 'UNFREEZE', paymentId);
  await sendCallback(first, 'ANNULMENT', 'failing');
  await waitForAttempts(first, 4);
  await waitUntil(async () => merchant.received.some((request) => paymentOf(request) === 'hanging'));
  return {
    first,
    merchant,
    merchantState,
    run,
    start,
    createDatabase: () => queryOnce(postgres.urlOf('receiver'), 'create database restored'),
  };
}

function eventsOf(receiver: TestService) {
  return receiver.query(
    'select id, sequence, payment_id, callback, type, body, parameters, received_at from events order by sequence',
  );
}

test('a restore brings back every event of the dump, and unfinished deliveries continue', { skip }, async (t) => {
  const { first, merchant, merchantState, run, start, createDatabase } = await setup(t);
  const [dump = '', restore = '', lastReceived = ''] = await readCommands();
  const stored = await eventsOf(first);

  await run(dump, 'receiver');
  await first.service.stop();
  await createDatabase();
  await run(restore, 'restored');
  const lastReceivedAt = await run(lastReceived, 'restored');
  merchantState.isFailing = false;
  // As it would be after the schedule's hour, and after WEBHOOK_TIMEOUT_MS and five seconds.
  await queryOnce(
    first.databaseUrl.replace('/receiver', '/restored'),
    'update outbox set wake_at = now() where wake_at is not null',
  );
  const before = merchant.received.length;
  const second = await start('restored');
  await waitForStates(second, ['delivered', 'dead_letter'], stored.length);

  assert.deepEqual(await eventsOf(second), stored);
  assert.match(lastReceivedAt, /\d{4}-\d\d-\d\d \d\d:/);
  const sent = merchant.received.slice(before);
  assert.deepEqual(sent.map(paymentOf).toSorted(), ['failing', 'failing', 'hanging']);
  assert.deepEqual(
    sent.filter((request) => paymentOf(request) === 'failing').map(({ body }) => JSON.parse(body).type),
    ['payment.unfrozen', 'payment.annulled'],
  );
  const [repeat] = sent.filter((request) => paymentOf(request) === 'hanging');
  assert.ok(
    merchant.received.slice(0, before).some(({ id }) => id === repeat?.id),
    'the same webhook-id as before the dump',
  );
});

test('after a restore a repeat is a duplicate, and a new event has a higher sequence than any the merchant received', {
  skip,
}, async (t) => {
  const { first, merchant, merchantState, run, start, createDatabase } = await setup(t);
  const [dump = '', restore = ''] = await readCommands();
  await run(dump, 'receiver');
  await sendCallback(first, 'UNFREEZE', 'done');
  await sendCallback(first, 'ANNULMENT', 'after-the-dump');
  await waitUntil(async () => merchant.received.some((request) => paymentOf(request) === 'after-the-dump'));
  const highest = Math.max(...merchant.received.map(sequenceOf));
  await first.service.stop();
  await createDatabase();
  await run(restore, 'restored');
  merchantState.isFailing = false;

  const second = await start('restored');
  const events = (await eventsOf(second)).length;
  await sendCallback(second, 'BOOKED', 'done', {
    method: 'POST',
    body: '{"addedPaymentSpecificationLines":[{"id":1.50}]}',
  });
  await sendCallback(second, 'UNFREEZE', 'dead');
  const repeated = (await eventsOf(second)).length;
  await sendCallback(second, 'FINALIZATION', 'done');
  await waitUntil(async () => merchant.received.some(({ body }) => JSON.parse(body).type === 'payment.finalized'));

  assert.equal(repeated, events);
  const [latest] = merchant.received.filter(({ body }) => JSON.parse(body).type === 'payment.finalized');
  assert.ok(latest !== undefined && sequenceOf(latest) > highest, `${latest?.body} comes after ${highest}`);
  const rows = await deliveries(second);
  assert.ok(
    !rows.some(({ paymentId }) => paymentId === 'after-the-dump'),
    'an event after the dump is missing, as the page says',
  );
});
