/**
 * Backup and restore with the unchanged commands of docs/operations.md, by the programs of a real Postgres, under a running
 * service; then a receiver starts on the restored database of another server and continues from the dump. With one role
 * that owns everything, and with the two of deploy/roles.sql.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, symlink } from 'node:fs/promises';
import * as path from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { waitUntil } from '../harness/wait.ts';
import { deliveries, sendCallback, waitForAttempts, waitForStates, webhookEnv } from '../helpers/deliveries.ts';
import { makeFolder } from '../helpers/embedded.ts';
import { type Received, startMerchant } from '../helpers/merchant.ts';
import { queryOnce, startTestService, type TestService } from '../helpers/service.ts';
import { skipWithout } from '../helpers/tools.ts';
import { findSystemPostgres, type SystemPostgres, startSystemPostgres } from './system-postgres.ts';

const PAGE = path.join(import.meta.dirname, '..', '..', 'docs', 'operations.md');
const BIN = await findSystemPostgres();
const skip = skipWithout([{ name: 'a Postgres with pg_dump', command: [BIN === null ? 'false' : 'true'] }]);

const paymentOf = ({ body }: Received): string => JSON.parse(body).data.paymentId;
const sequenceOf = ({ body }: Received): number => JSON.parse(body).data.sequence;

/** The page's commands: to dump, to create a database, to restore, and to find the time from which events are missing. */
interface Commands {
  readonly dump: string;
  readonly create: string;
  readonly restore: string;
  readonly lastReceived: string;
}

async function readCommands(): Promise<Commands> {
  const [, section = ''] = (await readFile(PAGE, 'utf8')).split('## Backup and restore\n');
  const blocks = [...section.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);
  const [dump = '', create = '', restore = '', lastReceived = ''] = blocks;
  return { dump, create, restore, lastReceived };
}

/** Who uses the database: one role that may do everything, or the two of deploy/roles.sql. */
type Roles = 'one role' | 'two roles';

/** The settings of a receiver, and of the page's commands, for the database of a server. */
function settingsOf(postgres: SystemPostgres, roles: Roles): Record<string, string> {
  const urlAs = (role: string) => {
    const url = new URL(postgres.urlOf('receiver'));
    url.username = role;
    return url.href;
  };
  if (roles === 'one role') return { DATABASE_URL: postgres.urlOf('receiver') };
  return { DATABASE_URL: urlAs('receiver_service'), MIGRATION_DATABASE_URL: urlAs('receiver_owner') };
}

/** The unchanged commands; with one role without the line that the page says to leave out. */
function forRoles(script: string, roles: Roles): string {
  return roles === 'two roles' ? script : script.replace(/^.*roles\.sql\n/m, '');
}

/**
 * Starts a service with a delivery in each state, and returns functions to run the page's commands on its server and on
 * another one. While `isFailing`, the merchant answers 500 to the payment `failing` and nothing to `hanging`.
 */
async function setup(t: TestContext, roles: Roles) {
  const folder = await makeFolder(t);
  await symlink(path.join(import.meta.dirname, '..', '..', 'deploy'), path.join(folder, 'deploy'));
  const [here, there] = [
    await startSystemPostgres(t, BIN ?? assert.fail()),
    await startSystemPostgres(t, BIN ?? assert.fail()),
  ];
  const merchant = await startMerchant(t);
  const merchantState = { isFailing: true };
  merchant.answerWith((request, response) => {
    const paymentId = paymentOf(request);
    if (merchantState.isFailing && paymentId === 'hanging') return;
    response
      .writeHead(paymentId === 'dead' ? 410 : merchantState.isFailing && paymentId === 'failing' ? 500 : 204)
      .end();
  });
  const runOn = (postgres: SystemPostgres) => async (script: string) => {
    const urls = { ADMIN_URL: postgres.urlOf('postgres'), ...settingsOf(postgres, roles) };
    const env = { ...process.env, PATH: `${postgres.bin}:${process.env.PATH}`, ...urls };
    return (await promisify(execFile)('bash', ['-ec', forRoles(script, roles)], { cwd: folder, env })).stdout;
  };
  const startOn = (postgres: SystemPostgres) => {
    const { DATABASE_URL: databaseUrl = '', ...more } = settingsOf(postgres, roles);
    const env = webhookEnv(merchant.url, { WEBHOOK_RETRY_SCHEDULE: '1h,1h', ...more });
    return startTestService(t, { databaseUrl, env });
  };
  const { create } = await readCommands();
  // The server of the tests comes with one.
  for (const { urlOf } of [here, there]) await queryOnce(urlOf('postgres'), 'drop database receiver');
  await runOn(here)(create);
  const first = await startOn(here);
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
    runHere: runOn(here),
    runThere: runOn(there),
    startThere: () => startOn(there),
  };
}

function eventsOf(receiver: TestService) {
  return receiver.query(
    'select id, sequence, payment_id, callback, type, body, parameters, received_at from events order by sequence',
  );
}

for (const roles of ['one role', 'two roles'] as const) {
  test(
    `with ${roles} a restore brings back every event of the dump, and unfinished deliveries continue`,
    {
      skip,
    },
    (t) => restoreAndContinue(t, roles),
  );
}

async function restoreAndContinue(t: TestContext, roles: Roles): Promise<void> {
  const { first, merchant, merchantState, runHere, runThere, startThere } = await setup(t, roles);
  const { dump, create, restore, lastReceived } = await readCommands();
  const stored = await eventsOf(first);

  await runHere(dump);
  await first.service.stop();
  await runThere(create);
  await runThere(restore);
  const lastReceivedAt = await runThere(lastReceived);
  merchantState.isFailing = false;
  // As it would be after the schedule's hour, and after WEBHOOK_TIMEOUT_MS and five seconds.
  await runThere('psql "$DATABASE_URL" -c "update outbox set wake_at = now() where wake_at is not null"');
  const before = merchant.received.length;
  const second = await startThere();
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
}

test('after a restore a repeat is a duplicate, and a new event has a higher sequence than any the merchant received', {
  skip,
}, async (t) => {
  const { first, merchant, merchantState, runHere, runThere, startThere } = await setup(t, 'two roles');
  const { dump, create, restore } = await readCommands();
  await runHere(dump);
  await sendCallback(first, 'UNFREEZE', 'done');
  await sendCallback(first, 'ANNULMENT', 'after-the-dump');
  await waitUntil(async () => merchant.received.some((request) => paymentOf(request) === 'after-the-dump'));
  const highest = Math.max(...merchant.received.map(sequenceOf));
  await first.service.stop();
  await runThere(create);
  await runThere(restore);
  merchantState.isFailing = false;

  const second = await startThere();
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
