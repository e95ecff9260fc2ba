/**
 * The whole of loading: defaults, empty values, all faults in one go, and a configuration that nobody can change
 * afterwards. An operator should have to restart once, not once per mistake. Nothing is replaced.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { formatSettingError } from '../../src/config/setting-error.ts';
import { SETTING_NAMES } from '../../src/config/settings.ts';

test('one decision is enough to start; all else has a default or is null', () => {
  const loaded = loadConfig({ ALLOW_UNAUTHENTICATED: 'true' });

  assert.equal(loaded.outcome, 'loaded');
  const config = loaded.outcome === 'loaded' ? loaded.config : undefined;
  assert.equal(config?.PORT, 8080);
  assert.deepEqual(config?.CALLBACK_PATHS, ['/callbacks/resurs']);
  assert.deepEqual(config?.TRUST_PROXY, []);
  assert.equal(config?.ALLOWED_SOURCES, null);
  assert.equal(config?.WEBHOOK_RETRY_SCHEDULE.length, 12);
  assert.deepEqual(Object.keys(config ?? {}), SETTING_NAMES);
});

test('an empty value is an unset one', () => {
  const empty = Object.fromEntries(
    SETTING_NAMES.flatMap((name) => [
      [name, ''],
      [`${name}_FILE`, ''],
    ]),
  );

  const loaded = loadConfig({ ...empty, ALLOW_UNAUTHENTICATED: 'true' });

  assert.deepEqual(loaded, loadConfig({ ALLOW_UNAUTHENTICATED: 'true' }));
});

test('all faults are reported together, each with its setting and a fix', () => {
  const loaded = loadConfig({
    PORT: 'eighty',
    MIGRATE_ON_START: 'maybe',
    TLS_KEY_FILE: '/nowhere/key.pem',
    DIGEST_SALT_FILE: '/nowhere/salt',
    ORDER_OWNERSHIP: 'pattern',
    WEBHOOK_URL: 'https://shop.example',
  });

  const faults = loaded.outcome === 'invalid' ? loaded.faults : [];
  assert.deepEqual(
    faults.map(({ setting }) => setting),
    ['PORT', 'TLS_KEY_FILE', 'MIGRATE_ON_START', 'DIGEST_SALT_FILE', 'TLS_KEY_FILE', 'WEBHOOK_URL', 'ORDER_OWNERSHIP'],
  );
  assert.ok(faults.every(({ fix }) => fix.length > 10));
});

test('a fault reads as one sentence about the setting and one about the way out', () => {
  const loaded = loadConfig({ ALLOW_UNAUTHENTICATED: 'true', PORT: '99999' });

  const lines = loaded.outcome === 'invalid' ? loaded.faults.map(formatSettingError) : [];
  assert.deepEqual(lines, ['PORT is above 65535. Fix: set it to a whole number from 0 to 65535.']);
});

test('warnings come with a faulty configuration as well', () => {
  const loaded = loadConfig({ ALLOW_UNAUTHENTICATED: 'true', PORT: 'x', WEBHOOK_ULR: 'https://shop.example' });

  assert.equal(loaded.outcome, 'invalid');
  assert.match(loaded.warnings.join('\n'), /WEBHOOK_ULR .* WEBHOOK_URL/);
});

test('nobody can change the configuration, nor a list in it', () => {
  const loaded = loadConfig({ ALLOW_UNAUTHENTICATED: 'true', ALLOWED_SOURCES: 'resurs' });

  assert.ok(loaded.outcome === 'loaded');
  assert.ok(Object.isFrozen(loaded.config));
  for (const value of Object.values(loaded.config)) assert.ok(Object.isFrozen(value));
});

test('loading twice gives equal configurations that share nothing that can change', () => {
  const first = loadConfig({ ALLOW_UNAUTHENTICATED: 'true' });
  const second = loadConfig({ ALLOW_UNAUTHENTICATED: 'true' });

  assert.deepEqual(first, second);
});

test('a certificate file that cannot be read is a fault before anything listens', () => {
  const loaded = loadConfig({
    ALLOW_UNAUTHENTICATED: 'true',
    TLS_CERT_FILE: '/nowhere/cert.pem',
    TLS_KEY_FILE: '/nowhere/key.pem',
    WEBHOOK_CA_FILE: '/nowhere/ca.pem',
  });

  const faults = loaded.outcome === 'invalid' ? loaded.faults : [];
  assert.deepEqual(
    faults.map(({ setting, problem }) => `${setting} ${problem}`),
    ['TLS_CERT_FILE', 'TLS_KEY_FILE', 'WEBHOOK_CA_FILE'].map(
      (name) => `${name} names a file that cannot be read (ENOENT)`,
    ),
  );
});
