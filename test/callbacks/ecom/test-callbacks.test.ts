/**
 * TEST is registered without a digest, so it has rules of its own: it gets 204 unless a digest is wrong, but it is
 * stored only if it is authenticated. Otherwise strangers could write to the database. Real HTTP and Postgres.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { computeDigest } from '../../../src/protocol/ecom/digest.ts';
import { signTest } from '../../../src/protocol/ecom/test-signature.ts';
import { SALT, send } from '../../helpers/callbacks.ts';
import { countRows, NO_ROWS, storedEvents } from '../../helpers/database-state.ts';
import { startMerchant } from '../../helpers/merchant.ts';
import { assertAccepted, assertResponse } from '../../helpers/responses.ts';
import { startTestService, WEBHOOK_SECRET } from '../../helpers/service.ts';

const KEY = 'a-master-key-of-the-tests-0123456789';
const BASE = '/callbacks/resurs';
const PARAM1 = '0123456789abcdef0123456789abcdef';
const FIVE = 'param1=a&param2=b&param4=d';

function setup(t: TestContext, env: Record<string, string> = {}) {
  return startTestService(t, { env });
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

/** Returns the URL of a TEST as `trigger-test` makes Resurs send it. */
function signedTest(secret: string, seconds: number): string {
  return `${BASE}?c=TEST&param1=${PARAM1}&param2=${seconds}&param5=${signTest(secret, PARAM1, String(seconds))}`;
}

test('TEST with a valid digest is stored with its five values, missing ones empty', async (t) => {
  const receiver = await setup(t);

  const response = await send(receiver.url, `${BASE}?c=test&${FIVE}&digest=${computeDigest('sha1', 'abd', SALT)}`);

  assertAccepted(response, 'TEST');
  const [event] = await storedEvents(receiver);
  assert.deepEqual([event?.type, event?.payment_id, event?.verified.digest], ['callback.test', null, true]);
  assert.deepEqual(event?.parameters, { param1: 'a', param2: 'b', param3: '', param4: 'd', param5: '' });
  assert.deepEqual(await countRows(receiver), { events: 1, receipts: 1, deliveries: 0, identities: 1 });
});

test('TEST in the path form is stored too', async (t) => {
  const receiver = await setup(t);
  const digest = computeDigest('sha1', 'abcde', SALT);

  const response = await send(
    receiver.url,
    `${BASE}/test/param1/a/param2/b/param3/c/param4/d/param5/e/digest/${digest}`,
  );

  assertAccepted(response, 'TEST');
  assert.equal((await countRows(receiver)).events, 1);
});

test('TEST with a wrong digest gets 406', async (t) => {
  const receiver = await setup(t);

  const response = await send(receiver.url, `${BASE}?c=TEST&${FIVE}&d=${computeDigest('sha1', 'abd', 'another salt')}`);

  assertResponse(response, { status: 406, reason: 'Digest rejected.', actual: 'TEST' });
  assert.deepEqual(await countRows(receiver), NO_ROWS);
});

test('an unauthenticated TEST gets 204 and is counted, but not stored', async (t) => {
  const receiver = await setup(t);
  const targets = [`${BASE}?c=TEST&${FIVE}`, `${BASE}?c=TEST&${FIVE}&d=`, `${BASE}/test/param1/a`, `${BASE}?c=TEST`];

  const responses = await Promise.all(targets.map((target) => send(receiver.url, target)));

  for (const response of responses) assertAccepted(response, 'TEST');
  assert.deepEqual(await countRows(receiver), NO_ROWS);
  const { json } = await receiver.status('/status');
  assert.equal((json as { callbacks: Record<string, number> }).callbacks.test_taken, targets.length);
});

test('Basic credentials authenticate a TEST, but do not replace a wrong digest', async (t) => {
  const receiver = await setup(t, { BASIC_AUTH_USERNAME: 'resurs', BASIC_AUTH_PASSWORD: 'a-password-of-the-tests' });
  const headers = { authorization: `Basic ${Buffer.from('resurs:a-password-of-the-tests').toString('base64')}` };

  const without = await send(receiver.url, `${BASE}?c=TEST&${FIVE}`);
  const response = await send(receiver.url, `${BASE}?c=TEST&${FIVE}`, { headers });
  const wrongDigest = await send(receiver.url, `${BASE}?c=TEST&${FIVE}&d=${'0'.repeat(40)}`, { headers });

  assert.deepEqual([without.status, wrongDigest.status], [401, 406]);
  assertAccepted(response, 'TEST');
  const [event] = await storedEvents(receiver);
  assert.deepEqual(event?.verified, { digest: false, result: true, basicAuth: true, source: false });
});

test('an allowed source alone does not authenticate a TEST: it gets 204 and is not stored', async (t) => {
  const receiver = await setup(t, { ALLOWED_SOURCES: '127.0.0.1' });

  const response = await send(receiver.url, `${BASE}?c=TEST&${FIVE}`);

  assertAccepted(response, 'TEST');
  assert.deepEqual(await countRows(receiver), NO_ROWS);
});

test('without any authentication configured TEST is stored', async (t) => {
  const receiver = await setup(t, { DIGEST_SALT: '', ALLOW_UNAUTHENTICATED: 'true' });

  const response = await send(receiver.url, `${BASE}?c=TEST&${FIVE}`);

  assertAccepted(response, 'TEST');
  assert.equal((await countRows(receiver)).events, 1);
});

test('ALLOW_UNAUTHENTICATED disables no check that is configured', async (t) => {
  const receiver = await setup(t, { ALLOW_UNAUTHENTICATED: 'true' });

  await send(receiver.url, `${BASE}?c=TEST&${FIVE}`);
  const other = await send(receiver.url, `${BASE}?c=UNFREEZE&p=1`);

  assert.equal(other.status, 406);
  assert.deepEqual(await countRows(receiver), NO_ROWS);
});

test('the signature of trigger-test authenticates a TEST for an hour, and only a valid one', async (t) => {
  const receiver = await setup(t, { DIGEST_KEY: KEY });
  const rejected = [
    signedTest(KEY, nowSeconds() - 3_700),
    signedTest(KEY, nowSeconds() + 3_700),
    signedTest('another-master-key-of-the-tests-0123', nowSeconds()),
    signedTest(SALT, nowSeconds()),
    signedTest(KEY, nowSeconds()).replace('c=TEST', 'c=TEST&param3=x').replace(PARAM1, PARAM1.replace('0', '1')),
  ];

  const responses = await Promise.all(rejected.map((target) => send(receiver.url, target)));
  const before = await countRows(receiver);
  const response = await send(receiver.url, signedTest(KEY, nowSeconds()));

  for (const one of [...responses, response]) assertAccepted(one, 'TEST');
  assert.deepEqual(before, NO_ROWS);
  assert.equal((await countRows(receiver)).events, 1);
});

test('without a key trigger-test signs with the salt of TEST', async (t) => {
  const receiver = await setup(t, { DIGEST_SALT_TEST: 'a-salt-for-test-alone-5Kq' });

  await send(receiver.url, signedTest(SALT, nowSeconds()));
  const before = await countRows(receiver);
  await send(receiver.url, signedTest('a-salt-for-test-alone-5Kq', nowSeconds()));

  assert.deepEqual(before, NO_ROWS);
  assert.equal((await countRows(receiver)).events, 1);
});

test('TEST is delivered with FORWARD_TEST_CALLBACKS, without an ownership check', async (t) => {
  const merchant = await startMerchant(t);
  const webhook = { WEBHOOK_URL: merchant.url, WEBHOOK_SECRET, FORWARD_TEST_CALLBACKS: 'true' };
  const receiver = await setup(t, { ...webhook, ORDER_OWNERSHIP: 'pattern', ORDER_PATTERN: 'nothing at all' });

  const response = await send(receiver.url, `${BASE}?c=TEST&${FIVE}&digest=${computeDigest('sha1', 'abd', SALT)}`);

  assertAccepted(response, 'TEST');
  const [request] = await merchant.waitFor(1);
  const { type, data } = JSON.parse(request?.body ?? '');
  assert.deepEqual([type, data.paymentId, data.parameters.param4], ['callback.test', null, 'd']);
});
