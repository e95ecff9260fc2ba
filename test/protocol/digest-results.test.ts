/**
 * What a digest proves of a result, an account and bytes as they came. Without separators the same characters can be
 * split between id and result in several ways: a digest of one split must be worth nothing for another. Pure functions.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { verifyDigest } from '../../src/protocol/ecom/digest.ts';
import { deriveSalt } from '../../src/protocol/ecom/salts.ts';
import { callback, fixed, INVALID, policy, RESULT_NOT_COVERED, sha1, VALID } from '../helpers/digests.ts';

const NOW_MS = Date.UTC(2026, 10, 20, 12);
const KEY = 'k'.repeat(32);

test('another word as a result is accepted and never proven', () => {
  const words = ['INSPECTION', 'FRAUD', 'ABC', 'A_B', 'A'.repeat(32)];
  const other = ['frozen', 'AB', '_ABC', 'ABC1', 'A B', 'A'.repeat(33), 'Frozen'];
  const verdict = (result: string, paymentId = '10000016') => {
    const digest = sha1(`${paymentId}${result}s`);
    return verifyDigest(callback({ type: 'AUTOMATIC_FRAUD_CONTROL', paymentId, result, digest }), fixed('s'), NOW_MS);
  };

  for (const word of words) assert.deepEqual(verdict(word), RESULT_NOT_COVERED, word);
  for (const word of other) assert.deepEqual(verdict(word), INVALID, word);
  assert.deepEqual(verdict('FROZEN'), VALID);
});

test('another word is accepted with a derived salt too, and only by a digest that covers it', () => {
  const salt = deriveSalt(KEY, 'AUTOMATIC_FRAUD_CONTROL', '17');
  const rules = policy({ keys: [KEY] });
  const verdict = (covered: string) => {
    const afc = { type: 'AUTOMATIC_FRAUD_CONTROL', registrationTime: '17', result: 'INSPECTION' };
    return verifyDigest(callback({ ...afc, digest: sha1(`${covered}${salt}`) }), rules, NOW_MS);
  };

  assert.deepEqual(verdict('10000016INSPECTION'), RESULT_NOT_COVERED);
  assert.deepEqual(verdict('10000016'), INVALID);
});

test('a digest over FROZEN or THAWED is worth nothing for any other split of its characters', () => {
  const rules = policy({ fixed: { '*': ['s'] }, keys: [KEY] });
  const salt = deriveSalt(KEY, 'AUTOMATIC_FRAUD_CONTROL', '17');
  for (const text of ['10000016FROZEN', 'ORDER_THAWED', 'XUNFROZEN', 'FROZENTHAWED', 'AFROZENFROZEN']) {
    for (const used of ['s', salt]) {
      const accepted = Array.from({ length: text.length - 1 }, (_, i) => {
        const [paymentId, result] = [text.slice(0, i + 1), text.slice(i + 1)];
        const afc = { type: 'AUTOMATIC_FRAUD_CONTROL', registrationTime: '17', paymentId, result };
        const verdict = verifyDigest(callback({ ...afc, digest: sha1(text + used) }), rules, NOW_MS);
        return verdict.outcome === 'valid' ? [result, verdict.coversResult] : null;
      });

      assert.deepEqual(
        accepted.filter((split) => split !== null),
        [[text.slice(-6), true]],
        text,
      );
    }
  }
});

test('the digest of PASSWORD_EXPIRATION covers the account', () => {
  const account = { type: 'PASSWORD_EXPIRATION', paymentId: null, accountId: 'shop-1' };

  assert.deepEqual(verifyDigest(callback({ ...account, digest: sha1('shop-1s') }), fixed('s'), NOW_MS), VALID);
  assert.deepEqual(verifyDigest(callback({ ...account, digest: sha1('shop-2s') }), fixed('s'), NOW_MS), INVALID);
  assert.deepEqual(verifyDigest(callback({ ...account, digest: sha1('s') }), fixed('s'), NOW_MS), INVALID);
});

test('a digest may be over the bytes as they came, with the salt in either encoding', () => {
  const signedBytes = Buffer.from([0x80, 0xe5]);
  const over = (salt: Buffer) =>
    createHash('sha1')
      .update(Buffer.concat([signedBytes, salt]))
      .digest('hex');
  const verdict = (digest: string) =>
    verifyDigest(callback({ paymentId: '€å', signedBytes, digest }), fixed('sö'), NOW_MS);

  assert.deepEqual(verdict(over(Buffer.from('sö', 'utf8'))), VALID);
  assert.deepEqual(verdict(over(Buffer.from('sö', 'latin1'))), VALID);
  assert.deepEqual(verdict(sha1('€åsö')), VALID);
  assert.deepEqual(verdict(over(Buffer.from('s'))), INVALID);
});
