/**
 * What works but deserves a second look. Warnings must be few and true, or nobody reads them: a sound configuration
 * gives none, and each weakness gives one that names the setting. Nothing is replaced.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { CALLBACK_TYPES } from '../../src/protocol/ecom/callback-types.ts';

const KEY = 'k7Qm2xVt9RbLw4ZsYc8NpJd5HfGa3Tue';
const SALT = 'p4Vd8sKq1ZtW6yBn3LrX';
const SECRET = `whsec_${Buffer.from('Zk3vP9qLw7Xt2RbYc8NdJf5HsGa1Tue0').toString('base64')}`;

/** A trusted proxy stands for TLS; what is about TLS itself gives an empty one. */
function warningsOf(env: Record<string, string>): readonly string[] {
  return loadConfig({ TRUST_PROXY: '10.0.0.0/8', ...env }).warnings;
}

/** The settings that are warned about, the first word of each warning. */
function warnedOf(env: Record<string, string>): string[] {
  return warningsOf(env).map((warning) => /^\w+/.exec(warning)?.[0] ?? warning);
}

test('a sound configuration gives no warning', () => {
  const warnings = warningsOf({
    DIGEST_KEY: KEY,
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

test('a key without Basic credentials is sound behind a proxy', () => {
  const warnings = warningsOf({ DIGEST_KEY: KEY });

  assert.deepEqual(warnings, []);
});

test('a digest with neither Basic credentials nor TLS is warned about', () => {
  const warnings = warningsOf({ DIGEST_KEY: KEY, TRUST_PROXY: '' });

  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? '', /^DIGEST_KEY .*no TLS is in sight.*BASIC_AUTH_USERNAME/);
});

for (const [what, env] of [
  ['Basic credentials', { BASIC_AUTH_USERNAME: 'resurs', BASIC_AUTH_PASSWORD: 'Tq7-mWx2-Lp9z' }],
  ['an https PUBLIC_URL', { PUBLIC_URL: 'https://pay.shop.example' }],
] as const) {
  test(`a digest with ${what} is not warned about`, () => {
    assert.deepEqual(warningsOf({ DIGEST_KEY: KEY, TRUST_PROXY: '', ...env }), []);
  });
}

test('an unauthenticated service is warned about loudly', () => {
  const warnings = warningsOf({ ALLOW_UNAUTHENTICATED: 'true' });

  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? '', /^ALLOW_UNAUTHENTICATED .*CALLBACKS ARE NOT AUTHENTICATED/);
});

test('permission to run unauthenticated is no worry while something is configured', () => {
  const warnings = warningsOf({ ALLOW_UNAUTHENTICATED: 'true', DIGEST_KEY: KEY });

  assert.deepEqual(warnings, []);
});

const WEAK: readonly (readonly [string, Record<string, string>])[] = [
  ['DIGEST_SALT_BOOKED', { DIGEST_KEY: KEY, DIGEST_SALT_BOOKED: 'q8Zt4Lw1Xv7Rb2Y' }],
  ['DIGEST_SALT_BOOKED', { DIGEST_KEY: KEY, DIGEST_SALT_BOOKED: 'abababababababababab' }],
  ['DIGEST_KEY', { DIGEST_KEY: '0123'.repeat(10) }],
  ['BASIC_AUTH_PASSWORD', { DIGEST_KEY: KEY, BASIC_AUTH_USERNAME: 'resurs', BASIC_AUTH_PASSWORD: 'elevenchars' }],
  ['STATUS_TOKEN', { DIGEST_KEY: KEY, STATUS_TOKEN: 'Zk3vP9qLw7Xt2RbYc8NdJf5' }],
  ['WEBHOOK_SECRET', { DIGEST_KEY: KEY, WEBHOOK_URL: 'https://a.example', WEBHOOK_SECRET: `whsec_${'A'.repeat(32)}` }],
];

for (const [name, env] of WEAK) {
  test(`a weak ${name} is warned about once: ${Object.keys(env).length} settings`, () => {
    const warnings = warningsOf(env);

    assert.equal(warnings.length, 1, warnings.join('\n'));
    assert.match(warnings[0] ?? '', new RegExp(`^${name} is weak`));
  });
}

test('white space around a secret is warned about', () => {
  const warnings = warningsOf({ DIGEST_KEY: ` ${KEY}` });

  assert.deepEqual(warnings, ['DIGEST_KEY begins or ends with white space, which counts as part of it']);
});

test('a previous secret that is the current one is warned about', () => {
  const warnings = warningsOf({ DIGEST_KEY: KEY, DIGEST_KEY_PREVIOUS: KEY });

  assert.deepEqual(warnings, [
    'DIGEST_KEY_PREVIOUS is the same as DIGEST_KEY: nothing was changed, so it can be unset',
  ]);
});

test('one general salt serves all types, which is warned about', () => {
  const warnings = warningsOf({ DIGEST_SALT: SALT });

  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? '', /^DIGEST_SALT: one salt serves BOOKED, UPDATE, .*TEST, /);
});

test('two types with the same salt of their own are warned about by name', () => {
  const own = Object.fromEntries(CALLBACK_TYPES.map((type, index) => [`DIGEST_SALT_${type}`, `${SALT}${index}`]));

  const warnings = warningsOf({ ...own, DIGEST_SALT_UPDATE: SALT, DIGEST_SALT_UNFREEZE: SALT });

  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? '', /^DIGEST_SALT_UPDATE, DIGEST_SALT_UNFREEZE: one salt serves UPDATE, UNFREEZE, /);
});

test('a salt of its own for every type is sound', () => {
  const own = Object.fromEntries(CALLBACK_TYPES.map((type, index) => [`DIGEST_SALT_${type}`, `${SALT}${index}`]));

  const warnings = warningsOf(own);

  assert.deepEqual(warnings, []);
});

test('a type that no salt serves is warned about, since its callbacks would be refused', () => {
  const all = CALLBACK_TYPES.filter((type) => type !== 'UNFREEZE' && type !== 'TEST');
  const own = Object.fromEntries(all.map((type, index) => [`DIGEST_SALT_${type}`, `${SALT}${index}`]));

  const warnings = warningsOf(own);

  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? '', /^DIGEST_SALT_UNFREEZE: not set, .* refused/);
});

test('md5, a proxy that may be anybody, and settings without effect are warned about', () => {
  const warned = warnedOf({
    DIGEST_SALT_TEST: SALT,
    DIGEST_KEY: KEY,
    DIGEST_ALGORITHM: 'sha1,md5',
    TRUST_PROXY: '0.0.0.0/0',
    WEBHOOK_SECRET: SECRET,
  });
  const withoutKey = warnedOf({ ALLOW_UNAUTHENTICATED: 'true', DIGEST_VALID_FROM: '1700000000' });

  assert.deepEqual(warned, ['DIGEST_ALGORITHM', 'TRUST_PROXY', 'WEBHOOK_SECRET']);
  assert.deepEqual(withoutKey, ['ALLOW_UNAUTHENTICATED', 'DIGEST_VALID_FROM']);
});

test('a sample secret is warned about as a sample, and for nothing else', () => {
  const warnings = warningsOf({ DIGEST_KEY: 'sample-change-me-sample-change-me', STATUS_TOKEN: 'ChangeMe' });

  assert.deepEqual(
    warnings.map((warning) => warning.split(':')[0]),
    ['DIGEST_KEY', 'STATUS_TOKEN'].map((name) => `${name} is a sample that anybody can read in .env.example`),
  );
});
