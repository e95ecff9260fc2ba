/**
 * "A bad day" of docs/runbook.md works: each part's commands run unchanged while its fault is really there, then again
 * when it is repaired, and show what the page says. Service, database, shop and the simulated Resurs are real. Here are
 * the faults of keys, shop and data.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { plannedCallback } from '../../src/simulator/callbacks.ts';
import { freePort } from '../harness/listen.ts';
import { waitUntil } from '../harness/wait.ts';
import { sendCallback, waitForAttempts, waitForLine, waitForStates, webhookEnv } from '../helpers/deliveries.ts';
import { startMerchant, status } from '../helpers/merchant.ts';
import { createEmptyDatabase, urlOf } from '../helpers/postgres.ts';
import { startLosingResurs } from '../helpers/reconciled-resurs.ts';
import { queryOnce, startTestService } from '../helpers/service.ts';
import { createShell, skip, takeBlocks } from './bad-day-shell.ts';

const HOUR_AGO = () => new Date(Date.now() - 2 * 3_600_000).toISOString();

test('a lost key is replaced, registered and asked for what it has refused', { skip }, async (t) => {
  const [shows = '', register = '', ask = '', over = ''] = takeBlocks('The salt or the key is lost', 4);
  const { env: account, happen } = await startLosingResurs(t);
  const port = String(await freePort());
  const env = { ...account, DIGEST_SALT: '', PORT: port, PUBLIC_URL: `http://127.0.0.1:${port}` };
  const first = await startTestService(t, { env });
  await createShell(t, env)(first, 'npx receiver register --yes');
  await first.service.stop();
  const changed = { ...env, DIGEST_KEY: 'another-key-of-the-tests-that-is-long-enough' };
  const second = await startTestService(t, { env: changed, databaseUrl: first.databaseUrl });
  const run = createShell(t, changed);
  // Resurs sends it with the digest of the lost key, and gives up after twenty tries.
  await happen(plannedCallback('BOOKED', 'refused-1', {}));

  const lost = await run(second, shows);
  const repaired = await run(second, register);
  const asked = await run(second, ask, { since: HOUR_AGO() });
  const after = await run(second, over);

  assert.match(lost, /another salt[\s\S]*"outcome":"digest_rejected"/);
  assert.match(repaired, /All 7 read back[\s\S]*TEST arrived .*\nSalts: its digest is right/);
  assert.match(asked, /refused-1 +booked/);
  assert.match(after, /✓ BOOKED[\s\S]*"digestRefusals"/);
});

test('what waited for the shop is sent in order once it answers, and what was given up is counted', {
  skip,
}, async (t) => {
  const [shows = '', probe = '', dead = ''] = takeBlocks('The webhook was down for a day', 3);
  const merchant = await startMerchant(t);
  merchant.answerWith((request, response) =>
    response.writeHead(JSON.parse(request.body).data.paymentId === 'refused' ? 410 : 503).end(),
  );
  const env = webhookEnv(merchant.url, { WEBHOOK_RETRY_SCHEDULE: '1s,1h' });
  const receiver = await startTestService(t, { env });
  for (const paymentId of ['refused', 'p-1', 'p-2', 'p-3', 'p-4', 'p-5'])
    await sendCallback(receiver, 'UNFREEZE', paymentId);
  await waitForLine(receiver, 'webhook.down');
  await sendCallback(receiver, 'BOOKED', 'later');
  const run = createShell(t, env);

  const down = await run(receiver, shows);
  merchant.answerWith(status(204));
  await run(receiver, probe);
  await waitForLine(receiver, 'webhook.up');
  await waitForStates(receiver, ['delivered', 'dead_letter'], 7);
  const left = await run(receiver, dead);
  const after = await run(receiver, shows);

  assert.match(down, /"state":"down"[\s\S]*"state":"pending"/);
  assert.match(left, /"reason":"410","count":1[\s\S]*1 delivery would be sent again/);
  assert.match(after, /"oldestPendingAgeSeconds":null[\s\S]*"webhook":\{"state":"up"[\s\S]*"events":\[\]/);
});

test('after a restore Resurs is asked from the last event on, and the shop gets what is missing', {
  skip,
}, async (t) => {
  const [note = '', ask = '', over = ''] = takeBlocks("The database comes from last night's backup", 3);
  const { env, happen } = await startLosingResurs(t);
  const merchant = await startMerchant(t);
  const settings = webhookEnv(merchant.url, env);
  const before = await startTestService(t, { env: settings });
  await happen(plannedCallback('BOOKED', 'old-1', {}), plannedCallback('BOOKED', 'since-1', {}));
  await sendCallback(before, 'BOOKED', 'old-1');
  await before.query("update events set received_at = now() - interval '2 hours'");
  await waitForStates(before, ['delivered']);
  await before.service.stop();
  const restored = await copyDatabase(t, before.databaseUrl);
  const after = await startTestService(t, { env: settings, databaseUrl: restored });
  const run = createShell(t, settings);

  const since = (await run(after, note)).trim();
  const reported = await run(after, ask, { since });
  const rest = await run(after, over, { since });

  assert.match(since, /^\d{4}-\d\d-\d\dT\d\d:\d\dZ$/);
  assert.match(reported, /since-1 +booked[\s\S]*since-1 +booked +evt_/);
  assert.doesNotMatch(rest, /since-1/);
  assert.ok(
    await waitUntil(async () => merchant.received.some(({ body }) => JSON.parse(body).data.paymentId === 'since-1')),
  );
});

/** A copy of a database that nobody uses, as a dump and a restore make one. */
async function copyDatabase(t: TestContext, url: string): Promise<string> {
  const copy = await createEmptyDatabase(t);
  const [from, to] = [new URL(url), new URL(copy.url)].map(({ pathname }) => pathname.slice(1));
  const admin = urlOf(url, 'postgres');
  await queryOnce(admin, `drop database "${to}"`);
  await queryOnce(admin, `create database "${to}" template "${from}"`);
  return copy.url;
}

test("a customer's data is exported with its bodies, and is gone after the erasure", { skip }, async (t) => {
  const [exported = '', erase = '', over = ''] = takeBlocks('A customer asks what is stored, or wants it erased', 3);
  const merchant = await startMerchant(t);
  const env = webhookEnv(merchant.url);
  const receiver = await startTestService(t, { env });
  const body = '{"addedPaymentSpecificationLines":[{"description":"a bicycle"}]}';
  await sendCallback(receiver, 'BOOKED', '1795981234567', { method: 'POST', body });
  await sendCallback(receiver, 'UNFREEZE', '1795981234567');
  await waitForStates(receiver, ['delivered'], 2);
  const run = createShell(t, env);
  const payment = '1795981234567';

  const before = await run(receiver, exported);
  const erased = await run(receiver, erase, { payment });
  const after = await run(receiver, over, { payment });
  const later = await run(receiver, exported);

  assert.match(before, /"attempts":\[[\s\S]*a bicycle/);
  assert.match(erased, /^HTTP\/1\.1 204/);
  assert.match(after, /"erasedAt":"2[\s\S]*"action":"payment\.erased"|"erasedAt":"2[\s\S]*erase/);
  assert.doesNotMatch(later, /a bicycle/);
});

test('why the shop handled an event twice shows in the attempts', { skip }, async (t) => {
  const [shows = ''] = takeBlocks('The shop handled an event twice', 1);
  const merchant = await startMerchant(t);
  let isFirst = true;
  merchant.answerWith((_request, response) => {
    response.writeHead(isFirst ? 500 : 204).end();
    isFirst = false;
  });
  const env = webhookEnv(merchant.url);
  const receiver = await startTestService(t, { env });
  await sendCallback(receiver, 'BOOKED', '1795981234567');
  await waitForAttempts(receiver, 2);
  await waitForStates(receiver, ['delivered']);

  const shown = await createShell(t, env)(receiver, shows);

  assert.match(shown, /"outcome":"refused","status":500[\s\S]*"outcome":"accepted","status":204/);
  assert.equal(new Set(merchant.received.map(({ id }) => id)).size, 1);
});

test('after a repair the commands say what is registered and which previous secret is used', { skip }, async (t) => {
  const [shows = ''] = takeBlocks('After a repair', 1);
  const { env: account } = await startLosingResurs(t);
  const env = { ...account, DIGEST_KEY_PREVIOUS: 'the-key-before-of-the-tests-long-enough' };
  const receiver = await startTestService(t, { env });
  const run = createShell(t, { ...env, PUBLIC_URL: receiver.url });
  await run(receiver, 'npx receiver register --yes');

  const shown = await run(receiver, shows);

  assert.match(shown, /✓ registrations[\s\S]*previous-secrets[\s\S]*"secrets":\[/);
});
