/**
 * Rules between settings. A pair that is half set, a previous secret without a current one, and a service without
 * authentication must be found at start, not by the first callback. Nothing is replaced.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertSettingError, DIGEST_KEY, settingErrors } from '../helpers/config.ts';

const SECRET = `whsec_${Buffer.alloc(32, 'abcdefghijk').toString('base64')}`;

const readPem = () => 'PEM';

const INCOMPLETE: readonly (readonly [string, string, string])[] = [
  ['TLS_CERT_FILE', '/tls/cert.pem', 'TLS_KEY_FILE'],
  ['TLS_KEY_FILE', '/tls/key.pem', 'TLS_CERT_FILE'],
  ['BASIC_AUTH_USERNAME', 'resurs', 'BASIC_AUTH_PASSWORD'],
  ['BASIC_AUTH_PASSWORD', 'a-long-password', 'BASIC_AUTH_USERNAME'],
  ['WEBHOOK_URL', 'https://shop.example', 'WEBHOOK_SECRET'],
  ['MIGRATION_DATABASE_URL', 'postgres://owner@db/shop', 'DATABASE_URL'],
  ['DATABASE_DIRECT_URL', 'postgres://server/shop', 'DATABASE_URL'],
  ['WEBHOOK_SECRET_PREVIOUS', SECRET, 'WEBHOOK_SECRET'],
  ['STATUS_TOKEN_PREVIOUS', 'an-old-token-of-some-length', 'STATUS_TOKEN'],
  ['STATUS_READ_TOKEN', 'a-reading-token-of-some-length', 'STATUS_TOKEN'],
  ['STATUS_URL', 'https://ops.example', 'STATUS_TOKEN'],
  ['DIGEST_SALT_PREVIOUS', 'an-old-salt-of-some-length', 'DIGEST_SALT'],
  ['DIGEST_SALT_TEST_PREVIOUS', 'an-old-salt-of-some-length', 'DIGEST_SALT_TEST'],
];

for (const [name, value, needed] of INCOMPLETE) {
  test(`${name} without ${needed} is an error that names both`, () => {
    const error = assertSettingError({ DIGEST_KEY, [name]: value }, name, `is set without ${needed}`, readPem);

    assert.equal(error.fix, `set ${needed} as well, or unset ${name}`);
  });
}

test('a reading token with the value of the token, or of the one before, is an error', () => {
  const same = 'a-token-of-some-length-4Hj9';
  const names = ['STATUS_TOKEN', 'STATUS_TOKEN_PREVIOUS'] as const;

  for (const name of names) {
    const env = { DIGEST_KEY, STATUS_TOKEN: 'another-token-of-some-length', [name]: same, STATUS_READ_TOKEN: same };
    assertSettingError(env, 'STATUS_READ_TOKEN', `is the same as ${name}, so it would do more than read`);
  }
});

test('a previous key needs a current key', () => {
  assertSettingError({ DIGEST_KEY_PREVIOUS: DIGEST_KEY }, 'DIGEST_KEY_PREVIOUS', 'is set without DIGEST_KEY');
});

test('previous Basic credentials need each other and the current ones', () => {
  const errors = settingErrors({ DIGEST_KEY, BASIC_AUTH_PASSWORD_PREVIOUS: 'the-old-password' });

  assert.deepEqual(
    errors.map(({ setting, problem }) => `${setting} ${problem}`),
    [
      'BASIC_AUTH_PASSWORD_PREVIOUS is set without BASIC_AUTH_USERNAME_PREVIOUS',
      'BASIC_AUTH_PASSWORD_PREVIOUS is set without BASIC_AUTH_PASSWORD',
    ],
  );
});

test('complete pairs are valid', () => {
  const env = {
    TLS_CERT_FILE: '/tls/cert.pem',
    TLS_KEY_FILE: '/tls/key.pem',
    BASIC_AUTH_USERNAME: 'resurs',
    BASIC_AUTH_PASSWORD: 'a-long-password',
    BASIC_AUTH_USERNAME_PREVIOUS: 'resurs',
    BASIC_AUTH_PASSWORD_PREVIOUS: 'the-old-password',
    WEBHOOK_URL: 'https://shop.example',
    WEBHOOK_SECRET: SECRET,
  };

  assert.deepEqual(settingErrors(env, readPem), []);
});

test('one invalid half of a pair is one error, not two', () => {
  const env = { DIGEST_KEY, WEBHOOK_URL: 'https://shop.example', WEBHOOK_SECRET: 'nonsense' };

  assertSettingError(env, 'WEBHOOK_SECRET', 'does not start with whsec_');
});

test('ownership by lookup needs ORDER_LOOKUP_URL, and ORDER_LOOKUP_URL needs ownership by lookup', () => {
  const url = 'https://shop.example/orders/{paymentId}';
  const withoutUrl = { DIGEST_KEY, ORDER_OWNERSHIP: 'lookup' };
  const urlAlone = { DIGEST_KEY, ORDER_LOOKUP_URL: url };

  assertSettingError(withoutUrl, 'ORDER_OWNERSHIP', 'is lookup, but ORDER_LOOKUP_URL is not set');
  assertSettingError(urlAlone, 'ORDER_LOOKUP_URL', 'has no effect without ORDER_OWNERSHIP=lookup');
});

test('ownership by lookup without authentication is an error', () => {
  const env = {
    ALLOW_UNAUTHENTICATED: 'true',
    ORDER_OWNERSHIP: 'lookup',
    ORDER_LOOKUP_URL: 'https://shop.example/orders/{paymentId}',
  };

  assertSettingError(
    env,
    'ORDER_OWNERSHIP',
    'is lookup without authentication, which would let anyone trigger requests to ORDER_LOOKUP_URL',
  );
});

test('RETENTION_DAYS below DEDUPE_WINDOW_DAYS is an error, 0 is not', () => {
  assertSettingError({ DIGEST_KEY, RETENTION_DAYS: '30' }, 'RETENTION_DAYS', 'is below DEDUPE_WINDOW_DAYS');
  assert.deepEqual(settingErrors({ DIGEST_KEY, RETENTION_DAYS: '0' }), []);
});

test('MOCK_ERRORS in production is an error', () => {
  const production = { RESURS_ENVIRONMENT: 'production' };

  assertSettingError(
    { DIGEST_KEY, ...production, MOCK_ERRORS: 'true' },
    'MOCK_ERRORS',
    /RESURS_ENVIRONMENT=production/,
  );
  assert.deepEqual(settingErrors({ DIGEST_KEY, ...production, MOCK_ERRORS: 'false' }), []);
  assert.deepEqual(settingErrors({ DIGEST_KEY, MOCK_ERRORS: 'true' }), []);
});

test('missing authentication is an error whose fix names the settings', () => {
  const error = assertSettingError({ ALLOWED_SOURCES: 'resurs' }, 'ALLOW_UNAUTHENTICATED', /no authentication/);

  assert.match(error.fix, /DIGEST_KEY.*DIGEST_SALT.*BASIC_AUTH_USERNAME.*ALLOW_UNAUTHENTICATED=true/);
});

const AUTHENTICATED: readonly Record<string, string>[] = [
  { DIGEST_KEY },
  { DIGEST_SALT: 'a-salt-of-some-length' },
  { DIGEST_SALT_BOOKED: 'a-salt-of-some-length' },
  { BASIC_AUTH_USERNAME: 'resurs', BASIC_AUTH_PASSWORD: 'a-long-password' },
  { ALLOW_UNAUTHENTICATED: 'true' },
];

for (const env of AUTHENTICATED) {
  test(`${Object.keys(env).join(' with ')} is enough to start`, () => {
    assert.deepEqual(settingErrors(env), []);
  });
}

test('digest settings that are not secrets do not authenticate callbacks', () => {
  const env = { DIGEST_ALGORITHM: 'sha1', DIGEST_VALID_FROM: '1700000000' };

  assertSettingError(env, 'ALLOW_UNAUTHENTICATED', /no authentication/);
});

test('ownership by pattern needs ORDER_PATTERN', () => {
  const env = { DIGEST_KEY, ORDER_OWNERSHIP: 'pattern' };

  assertSettingError(env, 'ORDER_OWNERSHIP', 'is pattern, but ORDER_PATTERN is not set');
});

test('ORDER_PATTERN without ownership by pattern is an error, because it would have no effect', () => {
  const env = { DIGEST_KEY, ORDER_PATTERN: '[0-9]+' };

  assertSettingError(env, 'ORDER_PATTERN', 'has no effect without ORDER_OWNERSHIP=pattern');
});

test('STATUS_PORT must differ from PORT', () => {
  const same = { DIGEST_KEY, PORT: '9000', STATUS_PORT: '9000' };
  const sameAsDefault = { DIGEST_KEY, STATUS_PORT: '8080' };

  assertSettingError(same, 'STATUS_PORT', 'is the same as PORT');
  assertSettingError(sameAsDefault, 'STATUS_PORT', 'is the same as PORT');
});

test('two ports that are both 0 never conflict', () => {
  assert.deepEqual(settingErrors({ DIGEST_KEY, PORT: '0', STATUS_PORT: '0' }), []);
});
