/**
 * Misspelled names. A setting with a misspelled name has no effect, which stays unnoticed until it is needed. The
 * environment also contains variables of other programs, and those must give no warning. Nothing is replaced.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { assertWarning, DIGEST_KEY } from '../helpers/config.ts';

/** Settings that give no warning. */
const SOUND = { DIGEST_KEY, PUBLIC_URL: 'https://pay.shop.example' };

function warningsOf(env: Record<string, string>): readonly string[] {
  return loadConfig({ ...SOUND, ...env }).warnings;
}

const MISSPELLED: readonly (readonly [string, string])[] = [
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
  ['MAPI_TOKEN', 'MAPI_CALLBACK_TOKEN'],
  ['MAPI_SECRET', 'MAPI_CLIENT_SECRET'],
  ['MAPI_PATHS', 'MAPI_CALLBACK_PATHS'],
  ['LOGLEVEL', 'LOG_LEVEL'],
  ['webhook_url', 'WEBHOOK_URL'],
];

for (const [written, intended] of MISSPELLED) {
  test(`${written} gives a warning that suggests ${intended}`, () => {
    const warning = `${written} is not a setting and has no effect; did you mean ${intended}?`;

    assertWarning({ ...SOUND, [written]: 'x' }, written, warning);
  });
}

test('several misspelled names are all reported, in alphabetical order', () => {
  const warnings = warningsOf({ WEBHOOK_ULR: 'x', DIGEST_SLAT: 'x' });

  assert.deepEqual(
    warnings.map((warning) => warning.split(' ')[0]),
    ['DIGEST_SLAT', 'WEBHOOK_ULR'],
  );
});

test('variables of other programs give no warning', () => {
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

test('the variables that Kubernetes adds for a service called webhook give no warning', () => {
  const warnings = warningsOf({
    WEBHOOK_PORT: 'tcp://10.0.0.1:80',
    WEBHOOK_PORT_80_TCP_ADDR: '10.0.0.1',
    WEBHOOK_SERVICE_HOST: '10.0.0.1',
    WEBHOOK_SERVICE_PORT_HTTP: '80',
  });

  assert.deepEqual(warnings, []);
});

test('an empty variable with a misspelled name gives no warning', () => {
  const warnings = warningsOf({ WEBHOOK_ULR: '' });

  assert.deepEqual(warnings, []);
});
