/**
 * Rules between settings. A pair that is half set, a previous secret without a current one, or a service that nobody's
 * proof protects must be found at start, not by the first callback. Nothing is replaced.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';

const KEY = 'k7Qm2xVt9RbLw4ZsYc8NpJd5HfGa3Tue';
const SECRET = `whsec_${Buffer.alloc(32, 'abcdefghijk').toString('base64')}`;

/** "SETTING problem" of every fault; empty when the environment is fine. */
function faultsOf(env: Record<string, string>): string[] {
  const loaded = loadConfig(env, () => 'PEM');
  return loaded.outcome === 'invalid' ? loaded.faults.map(({ setting, problem }) => `${setting} ${problem}`) : [];
}

const LONELY: readonly (readonly [string, string, string])[] = [
  ['TLS_CERT_FILE', '/tls/cert.pem', 'TLS_KEY_FILE'],
  ['TLS_KEY_FILE', '/tls/key.pem', 'TLS_CERT_FILE'],
  ['BASIC_AUTH_USERNAME', 'resurs', 'BASIC_AUTH_PASSWORD'],
  ['BASIC_AUTH_PASSWORD', 'a-long-password', 'BASIC_AUTH_USERNAME'],
  ['WEBHOOK_URL', 'https://shop.example', 'WEBHOOK_SECRET'],
  ['MIGRATION_DATABASE_URL', 'postgres://owner@db/shop', 'DATABASE_URL'],
  ['WEBHOOK_SECRET_PREVIOUS', SECRET, 'WEBHOOK_SECRET'],
  ['STATUS_TOKEN_PREVIOUS', 'an-old-token-of-some-length', 'STATUS_TOKEN'],
  ['DIGEST_SALT_PREVIOUS', 'an-old-salt-of-some-length', 'DIGEST_SALT'],
  ['DIGEST_SALT_TEST_PREVIOUS', 'an-old-salt-of-some-length', 'DIGEST_SALT_TEST'],
];

for (const [name, value, needed] of LONELY) {
  test(`${name} without ${needed} is a fault that names both`, () => {
    const loaded = loadConfig({ DIGEST_KEY: KEY, [name]: value }, () => 'PEM');

    assert.deepEqual(loaded.outcome === 'invalid' && loaded.faults, [
      { setting: name, problem: `is set without ${needed}`, fix: `set ${needed} as well, or unset ${name}` },
    ]);
  });
}

test('a previous key needs a current key', () => {
  const faults = faultsOf({ DIGEST_KEY_PREVIOUS: KEY });

  assert.deepEqual(faults, ['DIGEST_KEY_PREVIOUS is set without DIGEST_KEY']);
});

test('previous Basic credentials need each other and the current ones', () => {
  const faults = faultsOf({ DIGEST_KEY: KEY, BASIC_AUTH_PASSWORD_PREVIOUS: 'the-old-password' });

  assert.deepEqual(faults, [
    'BASIC_AUTH_PASSWORD_PREVIOUS is set without BASIC_AUTH_USERNAME_PREVIOUS',
    'BASIC_AUTH_PASSWORD_PREVIOUS is set without BASIC_AUTH_PASSWORD',
  ]);
});

test('complete pairs are fine', () => {
  const faults = faultsOf({
    TLS_CERT_FILE: '/tls/cert.pem',
    TLS_KEY_FILE: '/tls/key.pem',
    BASIC_AUTH_USERNAME: 'resurs',
    BASIC_AUTH_PASSWORD: 'a-long-password',
    BASIC_AUTH_USERNAME_PREVIOUS: 'resurs',
    BASIC_AUTH_PASSWORD_PREVIOUS: 'the-old-password',
    WEBHOOK_URL: 'https://shop.example',
    WEBHOOK_SECRET: SECRET,
  });

  assert.deepEqual(faults, []);
});

test('one faulty half of a pair is one fault, not two', () => {
  const faults = faultsOf({ DIGEST_KEY: KEY, WEBHOOK_URL: 'https://shop.example', WEBHOOK_SECRET: 'nonsense' });

  assert.deepEqual(faults, ['WEBHOOK_SECRET does not start with whsec_']);
});

test('lookup needs the URL to ask, and the URL needs lookup', () => {
  const without = faultsOf({ DIGEST_KEY: KEY, ORDER_OWNERSHIP: 'lookup' });
  const alone = faultsOf({ DIGEST_KEY: KEY, ORDER_LOOKUP_URL: 'https://shop.example/orders/{paymentId}' });

  assert.deepEqual(without, ['ORDER_OWNERSHIP is lookup, but ORDER_LOOKUP_URL is not set']);
  assert.deepEqual(alone, ['ORDER_LOOKUP_URL has no effect while ORDER_OWNERSHIP is not lookup']);
});

test('lookup is refused when callbacks prove nothing', () => {
  const faults = faultsOf({
    ALLOW_UNAUTHENTICATED: 'true',
    ORDER_OWNERSHIP: 'lookup',
    ORDER_LOOKUP_URL: 'https://shop.example/orders/{paymentId}',
  });

  assert.deepEqual(faults, [
    'ORDER_OWNERSHIP is lookup, but callbacks prove nothing, so strangers could drive requests to ORDER_LOOKUP_URL',
  ]);
});

test('events are not forgotten before their callbacks stop being repeats', () => {
  const early = faultsOf({ DIGEST_KEY: KEY, RETENTION_DAYS: '30' });
  const never = faultsOf({ DIGEST_KEY: KEY, RETENTION_DAYS: '0' });

  assert.deepEqual(early, ['RETENTION_DAYS is below DEDUPE_WINDOW_DAYS']);
  assert.deepEqual(never, []);
});

test('nothing that proves callbacks is a fault that says what to set', () => {
  const loaded = loadConfig({ ALLOWED_SOURCES: 'resurs' });

  const fault = loaded.outcome === 'invalid' ? loaded.faults[0] : undefined;
  assert.equal(fault?.setting, 'ALLOW_UNAUTHENTICATED');
  assert.match(fault?.fix ?? '', /DIGEST_KEY.*DIGEST_SALT.*BASIC_AUTH_USERNAME.*ALLOW_UNAUTHENTICATED=true/);
});

const PROOFS: readonly Record<string, string>[] = [
  { DIGEST_KEY: KEY },
  { DIGEST_SALT: 'a-salt-of-some-length' },
  { DIGEST_SALT_BOOKED: 'a-salt-of-some-length' },
  { BASIC_AUTH_USERNAME: 'resurs', BASIC_AUTH_PASSWORD: 'a-long-password' },
  { ALLOW_UNAUTHENTICATED: 'true' },
];

for (const env of PROOFS) {
  test(`${Object.keys(env).join(' with ')} is enough to start`, () => {
    const faults = faultsOf(env);

    assert.deepEqual(faults, []);
  });
}

test('digest settings that are no secret prove nothing', () => {
  const faults = faultsOf({ DIGEST_ALGORITHM: 'sha1', DIGEST_VALID_FROM: '1700000000' });

  assert.equal(faults.length, 1);
  assert.match(faults[0] ?? '', /^ALLOW_UNAUTHENTICATED/);
});

test('ownership by pattern needs a pattern', () => {
  const faults = faultsOf({ DIGEST_KEY: KEY, ORDER_OWNERSHIP: 'pattern' });

  assert.deepEqual(faults, ['ORDER_OWNERSHIP is pattern, but ORDER_PATTERN is not set']);
});

test('a pattern without ownership by pattern is a fault, because it would do nothing', () => {
  const faults = faultsOf({ DIGEST_KEY: KEY, ORDER_PATTERN: '[0-9]+' });

  assert.deepEqual(faults, ['ORDER_PATTERN has no effect while ORDER_OWNERSHIP is not pattern']);
});

test('the status API cannot have the port of the callbacks as its own', () => {
  const same = faultsOf({ DIGEST_KEY: KEY, PORT: '9000', STATUS_PORT: '9000' });
  const sameAsDefault = faultsOf({ DIGEST_KEY: KEY, STATUS_PORT: '8080' });

  assert.deepEqual(same, ['STATUS_PORT is the same as PORT']);
  assert.deepEqual(sameAsDefault, ['STATUS_PORT is the same as PORT']);
});

test('two free ports are never the same', () => {
  const faults = faultsOf({ DIGEST_KEY: KEY, PORT: '0', STATUS_PORT: '0' });

  assert.deepEqual(faults, []);
});
