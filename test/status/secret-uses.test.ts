/**
 * `GET /status` says when each secret was last used, and since when a previous one was not, so that a rotation ends.
 * What is known survives a restart, is shared by replicas, and belongs to a secret and not to the setting that it has
 * moved to. Real service and Postgres.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { waitUntil } from '../harness/wait.ts';
import { send, target } from '../helpers/callbacks.ts';
import { waitForStates, webhookEnv } from '../helpers/deliveries.ts';
import { startMerchant } from '../helpers/merchant.ts';
import { createDatabase } from '../helpers/postgres.ts';
import { STATUS_TOKEN, startTestService, type TestService } from '../helpers/service.ts';

interface Use {
  readonly name: string;
  readonly lastUsedAt: string | null;
  readonly previous: {
    readonly name: string;
    readonly lastUsedAt: string | null;
    readonly unusedSince: string | null;
  } | null;
}

async function useOf(receiver: TestService, name: string): Promise<Use> {
  const { json } = await receiver.status('/status');
  const use = (json as { secrets: Use[] }).secrets.find((each) => each.name === name);
  assert.ok(use !== undefined, name);
  return use;
}

const OLD = 'an-old-salt-of-the-tests-4Kd8';
const NEW = 'a-new-salt-of-the-tests-9Wm3';
const ROTATED = { DIGEST_SALT: NEW, DIGEST_SALT_PREVIOUS: OLD };

async function sendSigned(receiver: TestService, paymentId: string, salt: string): Promise<void> {
  assert.equal((await send(receiver.url, target('UNFREEZE', paymentId, { salt }))).status, 204);
}

/** Starts receivers on one database, one after another or side by side. */
async function setup(t: TestContext) {
  const { url } = await createDatabase(t);
  return (env: Record<string, string>) => startTestService(t, { databaseUrl: url, env });
}

test('a use of the previous salt and one of the current salt are told apart', async (t) => {
  const receiver = await startTestService(t, { env: ROTATED });

  const unused = await useOf(receiver, 'DIGEST_SALT');
  await sendSigned(receiver, 'p1', OLD);
  const old = await useOf(receiver, 'DIGEST_SALT');
  await sendSigned(receiver, 'p2', NEW);
  const both = await useOf(receiver, 'DIGEST_SALT');

  assert.deepEqual([unused.lastUsedAt, unused.previous?.lastUsedAt], [null, null]);
  assert.equal(old.lastUsedAt, null);
  assert.ok(Math.abs(Date.parse(old.previous?.lastUsedAt ?? '') - Date.now()) < 60_000);
  assert.equal(old.previous?.unusedSince, old.previous?.lastUsedAt);
  assert.ok(Math.abs(Date.parse(both.lastUsedAt ?? '') - Date.now()) < 60_000);
});

test('a refused digest uses no secret', async (t) => {
  const receiver = await startTestService(t, { env: ROTATED });

  const { status } = await send(receiver.url, target('UNFREEZE', 'p1', { salt: 'another-salt-5Tz9' }));

  assert.equal(status, 406);
  const { lastUsedAt, previous } = await useOf(receiver, 'DIGEST_SALT');
  assert.deepEqual([lastUsedAt, previous?.lastUsedAt], [null, null]);
});

test('what is known survives a restart', async (t) => {
  const start = await setup(t);
  const first = await start(ROTATED);
  await sendSigned(first, 'p1', OLD);
  const before = await useOf(first, 'DIGEST_SALT');

  await first.service.stop();
  const after = await useOf(await start(ROTATED), 'DIGEST_SALT');

  const moved = Date.parse(after.previous?.lastUsedAt ?? '') - Date.parse(before.previous?.lastUsedAt ?? '');
  assert.ok(Math.abs(moved) < 60_000, JSON.stringify(after));
});

test('a previous salt that nothing uses has been unused since the start of the rotation, over restarts', async (t) => {
  const start = await setup(t);
  const first = await start(ROTATED);
  const since = async (receiver: TestService) => (await useOf(receiver, 'DIGEST_SALT')).previous?.unusedSince ?? null;
  assert.ok(await waitUntil(async () => (await since(first)) !== null));
  const before = await since(first);

  await first.service.stop();
  const second = await start(ROTATED);

  assert.equal(await since(second), before);
});

test('the next rotation does not inherit what is known of the one before', async (t) => {
  const start = await setup(t);
  const first = await start({ DIGEST_SALT: OLD, DIGEST_SALT_PREVIOUS: 'an-older-salt-of-the-tests-2Bf6' });
  await sendSigned(first, 'p1', OLD);
  await first.service.stop();
  await first.query(`update secret_uses set previous_since = previous_since - interval '90 days'`);

  const second = await start(ROTATED);
  const since = async () => (await useOf(second, 'DIGEST_SALT')).previous?.unusedSince ?? null;

  // The old salt was used as the current one; as the previous one it counts from now.
  assert.ok(await waitUntil(async () => (await since()) !== null));
  assert.ok(Math.abs(Date.parse((await since()) ?? '') - Date.now()) < 60_000);
  assert.equal((await useOf(second, 'DIGEST_SALT')).lastUsedAt, null);
});

test('a use in one replica is seen by the other after it was written', async (t) => {
  const start = await setup(t);
  const [one, other] = [await start(ROTATED), await start(ROTATED)];
  await sendSigned(one, 'p1', OLD);

  await one.service.stop();

  assert.notEqual((await useOf(other, 'DIGEST_SALT')).previous?.lastUsedAt, null);
});

test('Basic credentials, master keys and status tokens are told apart as well', async (t) => {
  const pair = (password: string) => `Basic ${Buffer.from(`resurs:${password}`).toString('base64')}`;
  const receiver = await startTestService(t, {
    env: {
      DIGEST_SALT: '',
      BASIC_AUTH_USERNAME: 'resurs',
      BASIC_AUTH_PASSWORD: 'Ju5-nBv8-Ex3k',
      BASIC_AUTH_USERNAME_PREVIOUS: 'resurs',
      BASIC_AUTH_PASSWORD_PREVIOUS: 'Tq7-mWx2-Lp9z',
      STATUS_TOKEN: 'a-new-token-of-the-tests-2Xd7',
      STATUS_TOKEN_PREVIOUS: STATUS_TOKEN,
    },
  });

  const headers = { authorization: pair('Tq7-mWx2-Lp9z') };
  assert.equal((await send(receiver.url, '/callbacks/resurs?c=UNFREEZE&p=1', { headers })).status, 204);

  const basic = await useOf(receiver, 'BASIC_AUTH_PASSWORD');
  const token = await useOf(receiver, 'STATUS_TOKEN');
  assert.equal(basic.lastUsedAt, null);
  assert.notEqual(basic.previous?.lastUsedAt ?? null, null);
  assert.equal(token.lastUsedAt, null);
  assert.notEqual(token.previous?.lastUsedAt ?? null, null);
});

test('a delivery uses both webhook secrets', async (t) => {
  const merchant = await startMerchant(t);
  const previous = `whsec_${Buffer.from('another webhook secret of tests').toString('base64')}`;
  const receiver = await startTestService(t, { env: webhookEnv(merchant.url, { WEBHOOK_SECRET_PREVIOUS: previous }) });
  await send(receiver.url, target('UNFREEZE', 'p1'));
  await waitForStates(receiver, ['delivered']);

  const { lastUsedAt, previous: second } = await useOf(receiver, 'WEBHOOK_SECRET');

  assert.notEqual(lastUsedAt, null);
  assert.notEqual(second?.lastUsedAt ?? null, null);
});

test('the database holds no secret, and one row for each that was used', async (t) => {
  const receiver = await startTestService(t, { env: ROTATED });
  await sendSigned(receiver, 'p1', OLD);
  await sendSigned(receiver, 'p2', NEW);
  await receiver.service.stop();

  const rows = await receiver.query('select u::text as text from secret_uses u');

  const text = JSON.stringify(rows);
  for (const secret of [OLD, NEW, STATUS_TOKEN]) assert.ok(!text.includes(secret));
  assert.equal(rows.filter((row) => String(row.text).includes('digest_salt')).length, 2);
});
