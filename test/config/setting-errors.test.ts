/**
 * The whole of loading: defaults, empty values, all errors at once, and a frozen configuration. An operator should have
 * to restart once, not once per mistake. Nothing is replaced.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { formatSettingError } from '../../src/config/setting-error.ts';
import { SETTING_NAMES } from '../../src/config/settings.ts';
import { settingErrors, validConfig } from '../helpers/config.ts';

test('one decision is enough to start; every other setting has a default or is null', () => {
  const config = validConfig({ ALLOW_UNAUTHENTICATED: 'true' });

  assert.equal(config.PORT, 8080);
  assert.deepEqual(config.CALLBACK_PATHS, ['/callbacks/resurs']);
  assert.deepEqual(config.TRUST_PROXY, []);
  assert.equal(config.ALLOWED_SOURCES, null);
  assert.equal(config.WEBHOOK_RETRY_SCHEDULE.length, 12);
  assert.deepEqual(Object.keys(config), SETTING_NAMES);
});

test('an empty value counts as unset', () => {
  const empty = Object.fromEntries(
    SETTING_NAMES.flatMap((name) => [
      [name, ''],
      [`${name}_FILE`, ''],
    ]),
  );

  const loaded = loadConfig({ ...empty, ALLOW_UNAUTHENTICATED: 'true' });

  assert.deepEqual(loaded, loadConfig({ ALLOW_UNAUTHENTICATED: 'true' }));
});

test('all errors are reported together, each with its setting and a fix', () => {
  const errors = settingErrors({
    PORT: 'eighty',
    MIGRATE_ON_START: 'maybe',
    TLS_KEY_FILE: '/nowhere/key.pem',
    DIGEST_SALT_FILE: '/nowhere/salt',
    ORDER_OWNERSHIP: 'pattern',
    WEBHOOK_URL: 'https://shop.example',
  });

  assert.deepEqual(
    errors.map(({ setting }) => setting),
    ['PORT', 'TLS_KEY_FILE', 'MIGRATE_ON_START', 'DIGEST_SALT_FILE', 'TLS_KEY_FILE', 'WEBHOOK_URL', 'ORDER_OWNERSHIP'],
  );
  assert.ok(errors.every(({ fix }) => fix.length > 10));
});

test('an error is one sentence about the setting and one with the fix', () => {
  const errors = settingErrors({ ALLOW_UNAUTHENTICATED: 'true', PORT: '99999' });

  const lines = errors.map(formatSettingError);
  assert.deepEqual(lines, ['PORT is above 65535. Fix: set it to a whole number from 0 to 65535.']);
});

test('an invalid configuration has warnings as well', () => {
  const loaded = loadConfig({ ALLOW_UNAUTHENTICATED: 'true', PORT: 'x', WEBHOOK_ULR: 'https://shop.example' });

  assert.equal(loaded.outcome, 'invalid');
  assert.match(loaded.warnings.join('\n'), /WEBHOOK_ULR .* WEBHOOK_URL/);
});

test('the configuration and its lists are frozen', () => {
  const config = validConfig({ ALLOW_UNAUTHENTICATED: 'true', ALLOWED_SOURCES: 'resurs' });

  assert.ok(Object.isFrozen(config));
  for (const value of Object.values(config)) assert.ok(Object.isFrozen(value));
});

test('loading twice gives equal configurations', () => {
  const first = loadConfig({ ALLOW_UNAUTHENTICATED: 'true' });
  const second = loadConfig({ ALLOW_UNAUTHENTICATED: 'true' });

  assert.deepEqual(first, second);
});

test('a certificate file that cannot be read is an error', () => {
  const errors = settingErrors({
    ALLOW_UNAUTHENTICATED: 'true',
    TLS_CERT_FILE: '/nowhere/cert.pem',
    TLS_KEY_FILE: '/nowhere/key.pem',
    WEBHOOK_CA_FILE: '/nowhere/ca.pem',
  });

  assert.deepEqual(
    errors.map(({ setting, problem }) => `${setting} ${problem}`),
    ['TLS_CERT_FILE', 'TLS_KEY_FILE', 'WEBHOOK_CA_FILE'].map(
      (name) => `${name} names a file that cannot be read (ENOENT)`,
    ),
  );
});
