/**
 * Warnings about settings. Warnings must be few and true, so that operators read them: a sound configuration gives
 * none, and each weakness gives one that names the setting. Nothing is replaced.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { CALLBACK_TYPES } from '../../src/protocol/ecom/callback-types.ts';
import { assertWarning, DIGEST_KEY } from '../helpers/config.ts';

const SALT = 'p4Vd8sKq1ZtW6yBn3LrX';
const SECRET = `whsec_${Buffer.from('Zk3vP9qLw7Xt2RbYc8NdJf5HsGa1Tue0').toString('base64')}`;

/** A trusted proxy counts as TLS, so that only tests about TLS get the warning about it. */
const PROXY = { TRUST_PROXY: '10.0.0.0/8' };

function warningsOf(env: Record<string, string>): readonly string[] {
  return loadConfig({ ...PROXY, ...env }).warnings;
}

/** The settings with a warning: the first word of each warning. */
function warnedSettings(env: Record<string, string>): string[] {
  return warningsOf(env).map((warning) => /^\w+/.exec(warning)?.[0] ?? warning);
}

test('a sound configuration gives no warning', () => {
  const warnings = warningsOf({
    DIGEST_KEY,
    BASIC_AUTH_USERNAME: 'resurs',
    BASIC_AUTH_PASSWORD: 'Tq7-mWx2-Lp9z',
    STATUS_TOKEN: 'Zk3vP9qLw7Xt2RbYc8NdJf5H',
    WEBHOOK_URL: 'https://shop.example/hooks',
    WEBHOOK_SECRET: SECRET,
    TRUST_PROXY: '10.0.0.0/8',
    PATH: '/usr/bin',
  });

  assert.deepEqual(warnings, []);
});

test('a key without Basic credentials behind a proxy gives no warning', () => {
  assert.deepEqual(warningsOf({ DIGEST_KEY }), []);
});

test('a digest with neither Basic credentials nor TLS gives a warning', () => {
  assertWarning({ DIGEST_KEY }, 'DIGEST_KEY', /no TLS is configured.*BASIC_AUTH_USERNAME/);
});

for (const [addition, env] of [
  ['Basic credentials', { BASIC_AUTH_USERNAME: 'resurs', BASIC_AUTH_PASSWORD: 'Tq7-mWx2-Lp9z' }],
  ['an https PUBLIC_URL', { PUBLIC_URL: 'https://pay.shop.example' }],
] as const) {
  test(`a digest with ${addition} gives no warning`, () => {
    assert.deepEqual(warningsOf({ DIGEST_KEY, TRUST_PROXY: '', ...env }), []);
  });
}

test('a service without authentication gives a warning in capitals', () => {
  const env = { ...PROXY, ALLOW_UNAUTHENTICATED: 'true' };

  assertWarning(env, 'ALLOW_UNAUTHENTICATED', /CALLBACKS ARE NOT AUTHENTICATED/);
});

test('ALLOW_UNAUTHENTICATED gives no warning while authentication is configured', () => {
  assert.deepEqual(warningsOf({ ALLOW_UNAUTHENTICATED: 'true', DIGEST_KEY }), []);
});

const WEAK: readonly (readonly [string, Record<string, string>])[] = [
  ['DIGEST_SALT_BOOKED', { DIGEST_KEY, DIGEST_SALT_BOOKED: 'q8Zt4Lw1Xv7Rb2Y' }],
  ['DIGEST_SALT_BOOKED', { DIGEST_KEY, DIGEST_SALT_BOOKED: 'abababababababababab' }],
  ['DIGEST_KEY', { DIGEST_KEY: '0123'.repeat(10) }],
  ['BASIC_AUTH_PASSWORD', { DIGEST_KEY, BASIC_AUTH_USERNAME: 'resurs', BASIC_AUTH_PASSWORD: 'elevenchars' }],
  ['STATUS_TOKEN', { DIGEST_KEY, STATUS_TOKEN: 'Zk3vP9qLw7Xt2RbYc8NdJf5' }],
  ['WEBHOOK_SECRET', { DIGEST_KEY, WEBHOOK_URL: 'https://a.example', WEBHOOK_SECRET: `whsec_${'A'.repeat(32)}` }],
];

for (const [name, env] of WEAK) {
  test(`a weak ${name} gives one warning: ${Object.keys(env).length} settings`, () => {
    assertWarning({ ...PROXY, ...env }, name, new RegExp(`^${name} is weak`));
  });
}

test('white space around a secret gives a warning', () => {
  const warning = 'DIGEST_KEY begins or ends with white space, which is part of the secret';

  assertWarning({ ...PROXY, DIGEST_KEY: ` ${DIGEST_KEY}` }, 'DIGEST_KEY', warning);
});

test('a previous secret that equals the current one gives a warning', () => {
  const warning = 'DIGEST_KEY_PREVIOUS has the same value as DIGEST_KEY: unset it';

  assertWarning({ ...PROXY, DIGEST_KEY, DIGEST_KEY_PREVIOUS: DIGEST_KEY }, 'DIGEST_KEY_PREVIOUS', warning);
});

test('one general salt for all types gives a warning', () => {
  assertWarning({ ...PROXY, DIGEST_SALT: SALT }, 'DIGEST_SALT', /: the same salt is used for BOOKED, UPDATE, .*TEST, /);
});

test('two types whose own salts are equal give a warning that names both settings', () => {
  const own = Object.fromEntries(CALLBACK_TYPES.map((type, index) => [`DIGEST_SALT_${type}`, `${SALT}${index}`]));
  const env = { ...PROXY, ...own, DIGEST_SALT_UPDATE: SALT, DIGEST_SALT_UNFREEZE: SALT };

  const warning = /^DIGEST_SALT_UPDATE, DIGEST_SALT_UNFREEZE: the same salt is used for UPDATE, UNFREEZE, /;
  assertWarning(env, 'DIGEST_SALT_UPDATE', warning);
});

test('a separate salt for every type gives no warning', () => {
  const own = Object.fromEntries(CALLBACK_TYPES.map((type, index) => [`DIGEST_SALT_${type}`, `${SALT}${index}`]));

  assert.deepEqual(warningsOf(own), []);
});

test('a type without a salt gives a warning, because its callbacks would be rejected', () => {
  const others = CALLBACK_TYPES.filter((type) => type !== 'UNFREEZE' && type !== 'TEST');
  const own = Object.fromEntries(others.map((type, index) => [`DIGEST_SALT_${type}`, `${SALT}${index}`]));

  assertWarning({ ...PROXY, ...own }, 'DIGEST_SALT_UNFREEZE', /: not set, .* rejected/);
});

test('md5, a proxy range with every address, and settings without effect give warnings', () => {
  const withKey = warnedSettings({
    DIGEST_SALT_TEST: SALT,
    DIGEST_KEY,
    DIGEST_ALGORITHM: 'sha1,md5',
    TRUST_PROXY: '0.0.0.0/0',
    WEBHOOK_SECRET: SECRET,
  });
  const withoutKey = warnedSettings({ ALLOW_UNAUTHENTICATED: 'true', DIGEST_VALID_FROM: '1700000000' });

  assert.deepEqual(withKey, ['DIGEST_ALGORITHM', 'TRUST_PROXY', 'WEBHOOK_SECRET']);
  assert.deepEqual(withoutKey, ['ALLOW_UNAUTHENTICATED', 'DIGEST_VALID_FROM']);
});

test('a sample secret gives the warning about samples and no other', () => {
  const warnings = warningsOf({ DIGEST_KEY: 'sample-change-me-sample-change-me', STATUS_TOKEN: 'ChangeMe' });

  assert.deepEqual(
    warnings.map((warning) => warning.split(':')[0]),
    ['DIGEST_KEY', 'STATUS_TOKEN'].map((name) => `${name} is a sample value that anyone can read in .env.example`),
  );
});

test('mocked errors give a warning', () => {
  assertWarning({ DIGEST_KEY, ...PROXY, MOCK_ERRORS: 'true' }, 'MOCK_ERRORS', /PUT \/mock-error/);
});
