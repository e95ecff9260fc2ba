/**
 * PASSWORD_EXPIRATION is about the account at Resurs: it has no payment, belongs to no order, and reaches the merchant
 * as an event of its own. An account whose password expires gets no callbacks any more. Real HTTP and Postgres.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { computeDigest } from '../../../src/protocol/ecom/digest.ts';
import { deriveSalt } from '../../../src/protocol/ecom/salts.ts';
import { SALT, send } from '../../helpers/callbacks.ts';
import { countRows, NO_ROWS } from '../../helpers/database-state.ts';
import { startMerchant } from '../../helpers/merchant.ts';
import { assertAccepted, assertResponse } from '../../helpers/responses.ts';
import { startTestService, WEBHOOK_SECRET } from '../../helpers/service.ts';

const TYPE = 'PASSWORD_EXPIRATION';

function target(identifier: string, salt = SALT): string {
  const digest = computeDigest('sha1', identifier, salt);
  return `/callbacks/resurs?c=${TYPE}&identifier=${encodeURIComponent(identifier)}&d=${digest}`;
}

test('an expiring password is delivered without a payment, whoever owns orders', async (t) => {
  const merchant = await startMerchant(t);
  const env = { WEBHOOK_URL: merchant.url, WEBHOOK_SECRET, ORDER_OWNERSHIP: 'registered' };
  const receiver = await startTestService(t, { env });

  assertAccepted(await send(receiver.url, target('shop-1')), TYPE);

  const [request] = await merchant.waitFor(1);
  const { type, data } = JSON.parse(request?.body ?? '');
  assert.deepEqual([type, data.callback, data.paymentId], ['account.password_expiring', TYPE, null]);
  assert.deepEqual(data.parameters, { identifier: 'shop-1' });
  assert.equal(data.verified.digest, true);
  const { json } = await receiver.status('/events?type=account.password_expiring');
  assert.equal((json as { events: unknown[] }).events.length, 1);
});

test('an account needs a valid digest and a valid name', async (t) => {
  const receiver = await startTestService(t);
  const other = target('shop-1').replace('identifier=shop-1', 'identifier=shop-2');
  const names = ['', '.', 'a\tb', 'x'.repeat(256)];

  const forged = await send(receiver.url, other);
  const malformed = await Promise.all(names.map((name) => send(receiver.url, target(name))));

  assertResponse(forged, { status: 406, reason: 'Digest rejected.', actual: TYPE });
  for (const response of malformed) {
    assertResponse(response, { status: 400, reason: 'Malformed callback.', actual: TYPE });
  }
  assert.deepEqual(await countRows(receiver), NO_ROWS);
});

test('an account may be signed with a derived salt', async (t) => {
  const key = 'a-master-key-of-the-tests-7Jx2-Qm4-Zr8';
  const receiver = await startTestService(t, { env: { DIGEST_SALT: '', DIGEST_KEY: key } });

  const response = await send(receiver.url, `${target('shop-1', deriveSalt(key, TYPE, '1700000000'))}&t=1700000000`);

  assertAccepted(response, TYPE);
});
