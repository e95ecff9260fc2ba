/**
 * Secrets from files, as container platforms mount them. A secret that was silently read wrong would make every
 * callback fail, so every doubtful file stops the start. The files are real, in a folder of their own.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { SETTING_NAMES, settingOf } from '../../src/config/settings.ts';
import { assertSettingError, DIGEST_KEY, validConfig } from '../helpers/config.ts';

function setup(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'settings-'));
  t.after(() => rmSync(folder, { recursive: true }));

  return {
    folder,
    fileWith: (content: string | Buffer) => {
      const path = join(folder, 'secret');
      writeFileSync(path, content);
      return path;
    },
  };
}

test('a secret is read from the file without its last line break', (t) => {
  const { fileWith } = setup(t);

  for (const content of [DIGEST_KEY, `${DIGEST_KEY}\n`, `\uFEFF${DIGEST_KEY}\r\n`]) {
    const config = validConfig({ DIGEST_KEY_FILE: fileWith(content) });

    assert.equal(config.DIGEST_KEY, DIGEST_KEY);
  }
});

test('spaces in a file belong to the secret', (t) => {
  const { fileWith } = setup(t);

  const config = validConfig({ DIGEST_SALT_FILE: fileWith(' a salt with spaces around \n') });

  assert.equal(config.DIGEST_SALT, ' a salt with spaces around ');
});

test('a second line in the file is an error', (t) => {
  const { fileWith } = setup(t);
  const env = { DIGEST_KEY_FILE: fileWith(`${DIGEST_KEY}\n\n`) };

  assertSettingError(env, 'DIGEST_KEY', 'has control characters, or is longer than 1024 characters');
});

test('an empty variable beside the file counts as unset', (t) => {
  const { fileWith } = setup(t);

  const config = validConfig({ DIGEST_KEY: '', DIGEST_KEY_FILE: fileWith(DIGEST_KEY) });

  assert.equal(config.DIGEST_KEY, DIGEST_KEY);
});

test('a secret given both ways is an error, even when both are equal', (t) => {
  const { fileWith } = setup(t);

  assertSettingError(
    { DIGEST_KEY, DIGEST_KEY_FILE: fileWith(DIGEST_KEY) },
    'DIGEST_KEY',
    'and DIGEST_KEY_FILE are both set',
  );
});

test('a missing file, a folder, an empty file and a file that is not text are errors', (t) => {
  const { folder, fileWith } = setup(t);
  const assertFileError = (path: string, problem: string) => {
    assertSettingError({ DIGEST_KEY_FILE: path }, 'DIGEST_KEY_FILE', problem);
  };

  assertFileError(join(folder, 'missing'), 'names a file that cannot be read (ENOENT)');
  assertFileError(folder, 'names a file that cannot be read (EISDIR)');
  assertFileError(fileWith('\n'), 'names an empty file');
  assertFileError(fileWith(Buffer.alloc(40, 0xff)), 'names a file that cannot be read (it is not UTF-8 text)');
});

test('an unknown error while a file is read is a setting error, not a crash', () => {
  const loaded = loadConfig({ DIGEST_KEY_FILE: '/any' }, () => {
    throw new Error('disk on fire at /any');
  });

  assert.equal(loaded.outcome, 'invalid');
  assert.match(JSON.stringify(loaded), /unknown error/);
  assert.doesNotMatch(JSON.stringify(loaded), /on fire/);
});

test('an invalid value from a file is the same error as from the environment', (t) => {
  const { fileWith } = setup(t);

  assertSettingError({ DIGEST_KEY_FILE: fileWith('short') }, 'DIGEST_KEY', 'is shorter than 32 characters');
});

test('salts, keys, passwords, tokens, webhook secrets, URLs of databases, of proxies and of alerts are the secrets', () => {
  const secrets = SETTING_NAMES.filter((name) => settingOf(name).secret);

  const expected = SETTING_NAMES.filter((name) =>
    /SALT|_KEY$|KEY_PREVIOUS|PASSWORD|TOKEN|_SECRET|_AUTHORIZATION|ALERT_(?:PING_)?URL|DATABASE_(?:DIRECT_)?URL|HTTPS?_PROXY/.test(
      name,
    ),
  );
  assert.deepEqual(secrets, expected);
  assert.equal(secrets.length, 39);
});

test('only secrets are read from files: NAME_FILE of another setting has no effect and gives a warning', () => {
  const loaded = loadConfig({ DIGEST_KEY, TRUST_PROXY: '127.0.0.1', ORDER_PATTERN_FILE: '/nowhere' });

  assert.equal(loaded.outcome === 'loaded' && loaded.config.ORDER_PATTERN, null);
  assert.match(loaded.warnings.join('\n'), /^ORDER_PATTERN_FILE is not a setting/);
});
