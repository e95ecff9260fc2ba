/**
 * Verification of digests. The documented digests are checked at their documented URLs; the rest is the rules an
 * operator relies on: salts per type, derived salts, rotation, and what never authenticates. Pure functions; the time
 * is an argument.
 */
import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { test } from 'node:test';
import type { Callback } from '../../src/protocol/ecom/callback.ts';
import { computeDigest, verifyDigest } from '../../src/protocol/ecom/digest.ts';
import {
  createDigestPolicy,
  type DigestPolicy,
  type DigestSettings,
  deriveSalt,
  isDigestRequired,
} from '../../src/protocol/ecom/salts.ts';
import { signTest, verifyTestSignature } from '../../src/protocol/ecom/test-signature.ts';
import { parseTarget } from '../helpers/parse.ts';

const NOW_MS = Date.UTC(2026, 10, 20, 12);
const NOW_SECONDS = NOW_MS / 1000;
const KEY = 'k'.repeat(32);
const VALID = { outcome: 'valid', coversResult: true };
const RESULT_NOT_COVERED = { outcome: 'valid', coversResult: false };
const INVALID = { outcome: 'invalid' };

function policy(changes: Partial<DigestPolicy> = {}): DigestPolicy {
  return { fixed: {}, keys: [], validFromSeconds: null, algorithms: ['sha1'], ...changes };
}

function fixed(...salts: string[]): DigestPolicy {
  return policy({ fixed: { '*': salts } });
}

function callback(changes: Partial<Callback> = {}): Callback {
  const base = { type: 'UNFREEZE', paymentId: '10000016', result: null, digest: null, registrationTime: null };
  return { ...base, accountId: null, testParams: [], signedBytes: null, parameters: {}, ...changes };
}

function sha1(text: string, encoding: 'utf8' | 'latin1' = 'utf8'): string {
  return createHash('sha1').update(text, encoding).digest('hex').toUpperCase();
}

const DOCUMENTED = [
  {
    name: 'MD5 of lePayment',
    basePath: '/Resursbank.aspx',
    target:
      '/Resursbank.aspx?orderId=lePayment&status=UNFREEZE&partnerId=Resursbank&digest=ED3381936CCAA2659CF3089F4AA83007',
    salt: 'iCanHasCheezeburger',
  },
  {
    name: 'SHA-1 of 10000016',
    basePath: '/callbacks',
    target: '/callbacks/update/paymentId/10000016/digest/C60345B6E58FD0B363FD2904A39EBB03442CF778',
    salt: 'SecretHashSalt',
  },
  {
    name: 'MD5 of 10000016',
    basePath: '/callbacks',
    target: '/callbacks?c=BOOKED&p=10000016&d=E219B9BC55A017DBC524A42ACF274117',
    salt: 'SecretHashSalt',
  },
  {
    name: 'SHA-1 of 10000016 and FROZEN',
    basePath: '/callbacks',
    target:
      '/callbacks?event-type=AUTOMATIC_FRAUD_CONTROL&amp;paymentId=10000016&amp;result=FROZEN&amp;digest=4ffe42f0c65006e0ac309202cdae47d0214b5995',
    salt: 'SecretHashSalt',
  },
];

for (const { name, basePath, target, salt } of DOCUMENTED) {
  test(`the documented digest is valid: ${name}`, () => {
    const result = parseTarget(target, basePath);
    const rules = policy({ fixed: { '*': [salt] }, algorithms: ['sha1', 'md5'] });

    assert.ok(result.outcome === 'parsed');
    assert.deepEqual(verifyDigest(result.callback, rules, NOW_MS), VALID);
    assert.deepEqual(verifyDigest({ ...result.callback, paymentId: '10000017' }, rules, NOW_MS), INVALID);
  });
}

test('a digest is computed in upper-case hex over the values and then the salt', () => {
  assert.equal(computeDigest('md5', 'lePayment', 'iCanHasCheezeburger'), 'ED3381936CCAA2659CF3089F4AA83007');
  assert.equal(computeDigest('sha1', 'Öl', 'salt', 'latin1'), sha1('Ölsalt', 'latin1'));
});

test('a digest of an algorithm that is not configured is invalid', () => {
  const md5 = callback({ digest: computeDigest('md5', '10000016', 's') });
  const digest = computeDigest('sha1', '10000016', 's');

  assert.deepEqual(verifyDigest(md5, fixed('s'), NOW_MS), INVALID);
  assert.deepEqual(verifyDigest(callback({ digest }), { ...fixed('s'), algorithms: ['md5'] }, NOW_MS), INVALID);
});

test('a missing digest and a text that is no digest are invalid', () => {
  const right = sha1('10000016s');

  for (const digest of [null, 'digest123xyz', right.slice(1), `${right}0`, `${right} `, `G${right.slice(1)}`]) {
    assert.deepEqual(verifyDigest(callback({ digest }), fixed('s'), NOW_MS), INVALID, String(digest));
  }
});

test('the previous salt is still valid, another is not', () => {
  const rules = fixed('new', 'old');

  assert.deepEqual(verifyDigest(callback({ digest: sha1('10000016new') }), rules, NOW_MS), VALID);
  assert.deepEqual(verifyDigest(callback({ digest: sha1('10000016old') }), rules, NOW_MS), VALID);
  assert.deepEqual(verifyDigest(callback({ digest: sha1('10000016older') }), rules, NOW_MS), INVALID);
});

test('the salts of a type replace the general ones for that type only', () => {
  const rules = policy({ fixed: { '*': ['general'], UNFREEZE: ['own'] } });
  const general = sha1('10000016general');

  assert.deepEqual(verifyDigest(callback({ digest: sha1('10000016own') }), rules, NOW_MS), VALID);
  assert.deepEqual(verifyDigest(callback({ digest: general }), rules, NOW_MS), INVALID);
  assert.deepEqual(verifyDigest(callback({ type: 'BOOKED', digest: general }), rules, NOW_MS), VALID);
  assert.deepEqual(verifyDigest(callback({ type: 'BRAND_NEW', digest: general }), rules, NOW_MS), VALID);
});

test('a type without a salt is invalid while others have one', () => {
  const rules = policy({ fixed: { '*': [], UNFREEZE: ['own'] } });
  const unsalted = callback({ type: 'BOOKED', digest: sha1('10000016') });

  assert.equal(isDigestRequired(rules), true);
  assert.deepEqual(verifyDigest(unsalted, rules, NOW_MS), INVALID);
});

test('an id outside ASCII may be hashed as UTF-8 or as ISO-8859-1', () => {
  const paymentId = 'Öl-1';

  assert.deepEqual(verifyDigest(callback({ paymentId, digest: sha1('Öl-1s') }), fixed('s'), NOW_MS), VALID);
  assert.deepEqual(verifyDigest(callback({ paymentId, digest: sha1('Öl-1s', 'latin1') }), fixed('s'), NOW_MS), VALID);
});

test('characters outside ISO-8859-1 are never truncated to it', () => {
  const cut = callback({ paymentId: 'Ŗ1', digest: sha1('V1s') });

  assert.deepEqual(verifyDigest(cut, fixed('s'), NOW_MS), INVALID);
});

test('the result is part of the digest of AUTOMATIC_FRAUD_CONTROL only', () => {
  const digest = sha1('10000016FROZENs');
  const idOnly = sha1('10000016s');
  const afc = { type: 'AUTOMATIC_FRAUD_CONTROL', result: 'FROZEN' };

  assert.deepEqual(verifyDigest(callback({ ...afc, digest }), fixed('s'), NOW_MS), VALID);
  assert.deepEqual(verifyDigest(callback({ ...afc, digest: idOnly }), fixed('s'), NOW_MS), RESULT_NOT_COVERED);
  assert.deepEqual(verifyDigest(callback({ ...afc, result: null, digest: idOnly }), fixed('s'), NOW_MS), VALID);
  assert.deepEqual(verifyDigest(callback({ result: 'FROZEN', digest }), fixed('s'), NOW_MS), INVALID);
  assert.deepEqual(
    verifyDigest(callback({ result: 'FROZEN', digest: idOnly }), fixed('s'), NOW_MS),
    RESULT_NOT_COVERED,
  );
});

test('no characters can move from the id into another result', () => {
  const digest = sha1('10000016s');
  const shifted = { type: 'AUTOMATIC_FRAUD_CONTROL', paymentId: '1000001', result: '6' };
  const lower = { type: 'AUTOMATIC_FRAUD_CONTROL', result: 'frozen', digest: sha1('10000016frozens') };

  assert.deepEqual(verifyDigest(callback({ ...shifted, digest }), fixed('s'), NOW_MS), INVALID);
  assert.deepEqual(verifyDigest(callback(lower), fixed('s'), NOW_MS), INVALID);
});

test('the digest of TEST covers the five values', () => {
  const testParams = ['a', '', 'c', '', 'e'];
  const right = callback({ type: 'TEST', paymentId: null, testParams, digest: sha1('aces') });

  assert.deepEqual(verifyDigest(right, fixed('s'), NOW_MS), VALID);
  assert.deepEqual(verifyDigest({ ...right, testParams: ['a', '', 'c', '', 'x'] }, fixed('s'), NOW_MS), INVALID);
  assert.deepEqual(verifyDigest({ ...right, result: 'r' }, fixed('s'), NOW_MS), RESULT_NOT_COVERED);
});

test('a derived salt is bound to type and registration', () => {
  const salt = createHmac('sha256', KEY).update('UNFREEZE:017').digest('hex').slice(0, 40);
  const rules = policy({ keys: [KEY] });
  const right = callback({ registrationTime: '017', digest: sha1(`10000016${salt}`) });

  assert.equal(deriveSalt(KEY, 'unfreeze', '017'), salt);
  assert.deepEqual(verifyDigest(right, rules, NOW_MS), VALID);
  assert.deepEqual(verifyDigest({ ...right, registrationTime: '17' }, rules, NOW_MS), INVALID);
  assert.deepEqual(verifyDigest({ ...right, registrationTime: null }, rules, NOW_MS), INVALID);
  assert.deepEqual(verifyDigest({ ...right, type: 'BOOKED' }, rules, NOW_MS), INVALID);
});

test('the previous key and the fixed salts are valid beside the key', () => {
  const rules = policy({ fixed: { '*': ['s'] }, keys: ['new key', KEY] });
  const signed = (salt: string) => callback({ registrationTime: '17', digest: sha1(`10000016${salt}`) });

  assert.deepEqual(verifyDigest(signed(deriveSalt('new key', 'UNFREEZE', '17')), rules, NOW_MS), VALID);
  assert.deepEqual(verifyDigest(signed(deriveSalt(KEY, 'UNFREEZE', '17')), rules, NOW_MS), VALID);
  assert.deepEqual(verifyDigest(signed('s'), rules, NOW_MS), VALID);
});

test('no derived salt is tried before DIGEST_VALID_FROM or more than a day ahead', () => {
  const rules = policy({ fixed: { '*': ['s'] }, keys: [KEY], validFromSeconds: 1_700_000_000 });
  const verdict = (t: number) => {
    const digest = sha1(`10000016${deriveSalt(KEY, 'UNFREEZE', String(t))}`);
    return verifyDigest(callback({ registrationTime: String(t), digest }), rules, NOW_MS).outcome;
  };

  assert.equal(verdict(1_699_999_999), 'invalid');
  assert.equal(verdict(1_700_000_000), 'valid');
  assert.equal(verdict(NOW_SECONDS + 86_400), 'valid');
  assert.equal(verdict(NOW_SECONDS + 86_401), 'invalid');
  const old = callback({ registrationTime: '1', digest: sha1('10000016s') });
  assert.deepEqual(verifyDigest(old, rules, NOW_MS), VALID);
});

test('a derived salt of AUTOMATIC_FRAUD_CONTROL covers the result or is invalid', () => {
  const salt = deriveSalt(KEY, 'AUTOMATIC_FRAUD_CONTROL', '17');
  const afc = { type: 'AUTOMATIC_FRAUD_CONTROL', registrationTime: '17', result: 'THAWED' };
  const rules = policy({ keys: [KEY] });

  assert.deepEqual(verifyDigest(callback({ ...afc, digest: sha1(`10000016THAWED${salt}`) }), rules, NOW_MS), VALID);
  assert.deepEqual(verifyDigest(callback({ ...afc, digest: sha1(`10000016${salt}`) }), rules, NOW_MS), INVALID);
});

function settings(changes: Partial<DigestSettings> = {}): DigestSettings {
  const types = ['BOOKED', 'UPDATE', 'UNFREEZE', 'ANNULMENT', 'FINALIZATION', 'AUTOMATIC_FRAUD_CONTROL', 'TEST'];
  const salts = types.flatMap((type) => [`DIGEST_SALT_${type}`, `DIGEST_SALT_${type}_PREVIOUS`]);
  const unset = ['DIGEST_SALT', 'DIGEST_SALT_PREVIOUS', 'DIGEST_KEY', 'DIGEST_KEY_PREVIOUS', ...salts];
  const empty = Object.fromEntries(unset.map((name) => [name, null])) as unknown as DigestSettings;
  return { ...empty, DIGEST_VALID_FROM: null, DIGEST_ALGORITHM: ['sha1'], ...changes };
}

test('the settings become a policy, and without salt or key no digest is required', () => {
  const full = createDigestPolicy(
    settings({
      DIGEST_SALT: 'a',
      DIGEST_SALT_PREVIOUS: 'b',
      DIGEST_SALT_UPDATE: 'c',
      DIGEST_SALT_TEST_PREVIOUS: 'd',
      DIGEST_KEY: KEY,
      DIGEST_VALID_FROM: 17,
    }),
  );

  assert.deepEqual(full, {
    fixed: { '*': ['a', 'b'], UPDATE: ['c'], TEST: ['d'] },
    keys: [KEY],
    validFromSeconds: 17,
    algorithms: ['sha1'],
  });
  assert.equal(isDigestRequired(full), true);
  assert.equal(isDigestRequired(createDigestPolicy(settings())), false);
  assert.equal(isDigestRequired(createDigestPolicy(settings({ DIGEST_KEY_PREVIOUS: KEY }))), true);
});

function triggered(secret: string, seconds: number, changes: Partial<Callback> = {}): Callback {
  const [param1, param2] = ['0123456789abcdef'.repeat(2), String(seconds)];
  const testParams = [param1, param2, '', '', signTest(secret, param1, param2)];
  return callback({ type: 'TEST', paymentId: null, testParams, ...changes });
}

test('the signature of trigger-test is valid for an hour, and up to five minutes ahead', () => {
  const rules = policy({ keys: ['new key', KEY], fixed: { '*': ['s'] } });

  assert.equal(verifyTestSignature(triggered(KEY, NOW_SECONDS), rules, NOW_MS), true);
  assert.equal(verifyTestSignature(triggered('new key', NOW_SECONDS - 3600), rules, NOW_MS), true);
  assert.equal(verifyTestSignature(triggered(KEY, NOW_SECONDS - 3601), rules, NOW_MS), false);
  assert.equal(verifyTestSignature(triggered(KEY, NOW_SECONDS + 300), rules, NOW_MS), true);
  assert.equal(verifyTestSignature(triggered(KEY, NOW_SECONDS + 301), rules, NOW_MS), false);
});

test('trigger-test signs with a salt of TEST only without a key', () => {
  const made = triggered('test salt', NOW_SECONDS);
  const salted = policy({ fixed: { '*': ['general'], TEST: ['test salt'] } });

  assert.equal(verifyTestSignature(made, salted, NOW_MS), true);
  assert.equal(verifyTestSignature(triggered('general', NOW_SECONDS), salted, NOW_MS), false);
  assert.equal(verifyTestSignature(made, { ...salted, keys: [KEY] }, NOW_MS), false);
  assert.equal(verifyTestSignature(made, policy(), NOW_MS), false);
});

test('nothing else is a signature of trigger-test', () => {
  const rules = policy({ keys: [KEY] });
  const made = triggered(KEY, NOW_SECONDS);
  const [param1 = '', param2 = '', , , param5 = ''] = made.testParams;

  assert.equal(verifyTestSignature({ ...made, type: 'BOOKED' }, rules, NOW_MS), false);
  assert.equal(verifyTestSignature({ ...made, testParams: [] }, rules, NOW_MS), false);
  assert.equal(verifyTestSignature({ ...made, testParams: [param1, param2, '', '', ''] }, rules, NOW_MS), false);
  assert.equal(verifyTestSignature({ ...made, testParams: [param2, param1, '', '', param5] }, rules, NOW_MS), false);
  assert.equal(
    verifyTestSignature({ ...made, testParams: [`${param1}0`, param2, '', '', param5] }, rules, NOW_MS),
    false,
  );
});
