/**
 * Misspelt names. A setting that is written wrong does nothing at all, which nobody notices until it is missed; but the
 * environment is full of other programs' variables, and those must stay silent. Nothing is replaced.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';

const KEY = 'k7Qm2xVt9RbLw4ZsYc8NpJd5HfGa3Tue';

function warningsOf(env: Record<string, string>): readonly string[] {
  return loadConfig({ DIGEST_KEY: KEY, PUBLIC_URL: 'https://pay.shop.example', ...env }).warnings;
}

const MISSPELT: readonly (readonly [string, string])[] = [
  ['WEBHOOK_SECERT', 'WEBHOOK_SECRET'],
  ['WEBHOOK_TIMEOUT', 'WEBHOOK_TIMEOUT_MS'],
  ['WEBHOK_URL', 'WEBHOOK_URL'],
  ['DIGEST_SALT_UNFREZE', 'DIGEST_SALT_UNFREEZE'],
  ['DIGEST_SALTS', 'DIGEST_SALT'],
  ['DIGEST_KEY_FIEL', 'DIGEST_KEY_FILE'],
  ['BASIC_AUTH_USER', 'BASIC_AUTH_USERNAME'],
  ['STATUS_TOKENS', 'STATUS_TOKEN'],
  ['ORDER_PATERN', 'ORDER_PATTERN'],
  ['DATABASE_URI', 'DATABASE_URL'],
  ['CALLBACK_PATH', 'CALLBACK_PATHS'],
  ['ALLOWED_SOURCE', 'ALLOWED_SOURCES'],
  ['ALLOW_UNAUTHENTICATE', 'ALLOW_UNAUTHENTICATED'],
  ['TRUST_PROXIES', 'TRUST_PROXY'],
  ['MAX_EVENTS_PER_PAYMENTS', 'MAX_EVENTS_PER_PAYMENT'],
  ['TLS_CERT', 'TLS_CERT_FILE'],
  ['LOGLEVEL', 'LOG_LEVEL'],
  ['webhook_url', 'WEBHOOK_URL'],
];

for (const [written, meant] of MISSPELT) {
  test(`${written} leads to ${meant}`, () => {
    const warnings = warningsOf({ [written]: 'x' });

    assert.deepEqual(warnings, [`${written} is not a setting and has no effect; did you mean ${meant}?`]);
  });
}

test('several misspelt names are all reported, in the order of the alphabet', () => {
  const warnings = warningsOf({ WEBHOOK_ULR: 'x', DIGEST_SLAT: 'x' });

  assert.deepEqual(
    warnings.map((warning) => warning.split(' ')[0]),
    ['DIGEST_SLAT', 'WEBHOOK_ULR'],
  );
});

test('variables of other programs are nobody’s typing mistake', () => {
  const warnings = warningsOf({
    HOME: '/root',
    HOSTNAME: 'box',
    PATH: '/bin',
    PGHOST: 'db',
    NODE_ENV: 'production',
    LOG_FORMAT: 'json',
    npm_config_loglevel: 'error',
    BASIC_FIT: '1',
  });

  assert.deepEqual(warnings, []);
});

test('the links that Kubernetes adds for a service called webhook are no typing mistakes', () => {
  const warnings = warningsOf({
    WEBHOOK_PORT: 'tcp://10.0.0.1:80',
    WEBHOOK_PORT_80_TCP_ADDR: '10.0.0.1',
    WEBHOOK_SERVICE_HOST: '10.0.0.1',
    WEBHOOK_SERVICE_PORT_HTTP: '80',
  });

  assert.deepEqual(warnings, []);
});

test('an empty misspelt variable is an unset one', () => {
  const warnings = warningsOf({ WEBHOOK_ULR: '' });

  assert.deepEqual(warnings, []);
});
