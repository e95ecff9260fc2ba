/**
 * How long an identity counts, and what ends its window: a fact that happens again after its opposite is a new event.
 * Pure; the store that applies the windows is tested elsewhere.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { identityOf } from '../../../src/callbacks/ecom/identity.ts';
import { paymentKeyOf } from '../../../src/events/payment-key.ts';
import { callback, identity, WINDOW_MS } from '../../helpers/identities.ts';

const LINES = '{"addedPaymentSpecificationLines":[{"id":"7","totalAmount":25.0}]}';

test('JSON with a byte order mark is the same as without', () => {
  assert.deepEqual(identity('UPDATE', `\ufeff${LINES}`), identity('UPDATE', LINES));
  assert.deepEqual(identity('BOOKED', `\ufeff${LINES}`), identity('BOOKED', LINES));
});

test('a result that is neither FROZEN nor THAWED and not proven counts for a minute', () => {
  const windowOf = (result: string | null, isProven: boolean) =>
    identity('AUTOMATIC_FRAUD_CONTROL', null, { result }, isProven).windowMs;

  assert.deepEqual(
    ['FROZEN', 'THAWED', 'INSPECTION', 'frozen'].map((result) => windowOf(result, false)),
    [WINDOW_MS, WINDOW_MS, 60_000, 60_000],
  );
  assert.deepEqual([windowOf('FROZEN', true), windowOf(null, true)], [WINDOW_MS, WINDOW_MS]);
});

test('FROZEN ends the windows of THAWED and UNFREEZE, and each of them that of FROZEN', () => {
  const result = (word: string) => identity('AUTOMATIC_FRAUD_CONTROL', null, { result: word });
  const [frozen, thawed, unfreeze] = [result('FROZEN'), result('THAWED'), identity('UNFREEZE')];

  assert.deepEqual(new Set(frozen.endedKeys), new Set([thawed.key, unfreeze.key]));
  assert.deepEqual([thawed.endedKeys, unfreeze.endedKeys], [[frozen.key], [frozen.key]]);
  for (const other of [result('INSPECTION'), identity('ANNULMENT'), identity('BOOKED'), identity('UPDATE', LINES)]) {
    assert.deepEqual(other.endedKeys, []);
  }
});

test('PASSWORD_EXPIRATION is identified by its account for a day', () => {
  const account = (accountId: string) => callback('PASSWORD_EXPIRATION', { paymentId: null, accountId });
  const one = account('shop-1');

  const evidence = { body: Buffer.from('{"a":1}'), isResultProven: true };
  const identified = identityOf({ ...one, parameters: { lastReg: '1' } }, evidence, WINDOW_MS);

  assert.deepEqual(identified, { key: 'PASSWORD_EXPIRATION', aliasKey: null, windowMs: 86_400_000, endedKeys: [] });
  assert.ok(paymentKeyOf(one).startsWith('\u0001ACCOUNT:'));
  assert.notEqual(paymentKeyOf(account('shop-2')), paymentKeyOf(one));
  assert.equal(paymentKeyOf(account('shop-1')), paymentKeyOf(one));
});
