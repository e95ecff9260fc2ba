/**
 * Secrets from files, as container platforms mount them. A secret that silently came out wrong would make every callback
 * fail, so anything doubtful about the file stops the start. The files are real, in a folder of their own.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { SETTING_NAMES, settingOf } from '../../src/config/settings.ts';

const KEY = 'k7Qm2xVt9RbLw4ZsYc8NpJd5HfGa3Tue';

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

function faultsOf(env: Record<string, string>): string[] {
  const loaded = loadConfig(env);
  return loaded.outcome === 'invalid' ? loaded.faults.map(({ setting, problem }) => `${setting} ${problem}`) : [];
}

function keyOf(env: Record<string, string>): string | null | undefined {
  const loaded = loadConfig(env);
  return loaded.outcome === 'loaded' ? loaded.config.DIGEST_KEY : undefined;
}

test('a secret comes from the file, without its last line break', (t) => {
  const { fileWith } = setup(t);

  const plain = keyOf({ DIGEST_KEY_FILE: fileWith(KEY) });
  const unix = keyOf({ DIGEST_KEY_FILE: fileWith(`${KEY}\n`) });
  const windows = keyOf({ DIGEST_KEY_FILE: fileWith(`\uFEFF${KEY}\r\n`) });

  assert.deepEqual([plain, unix, windows], [KEY, KEY, KEY]);
});

test('spaces in a file belong to the secret', (t) => {
  const { fileWith } = setup(t);

  const loaded = loadConfig({ DIGEST_SALT_FILE: fileWith(' a salt with spaces around \n') });

  assert.equal(loaded.outcome === 'loaded' && loaded.config.DIGEST_SALT, ' a salt with spaces around ');
});

test('a second line in the file is a fault', (t) => {
  const { fileWith } = setup(t);

  const faults = faultsOf({ DIGEST_KEY_FILE: fileWith(`${KEY}\n\n`) });

  assert.deepEqual(faults, ['DIGEST_KEY has control characters, or is longer than 1024 characters']);
});

test('an empty name beside the file is an unset one', (t) => {
  const { fileWith } = setup(t);

  const key = keyOf({ DIGEST_KEY: '', DIGEST_KEY_FILE: fileWith(KEY) });

  assert.equal(key, KEY);
});

test('a secret given both ways is a fault, even when both are the same', (t) => {
  const { fileWith } = setup(t);

  const faults = faultsOf({ DIGEST_KEY: KEY, DIGEST_KEY_FILE: fileWith(KEY) });

  assert.deepEqual(faults, ['DIGEST_KEY and DIGEST_KEY_FILE are both set']);
});

test('a missing file, a folder, an empty file and a file that is no text are faults', (t) => {
  const { folder, fileWith } = setup(t);

  const missing = faultsOf({ DIGEST_KEY_FILE: join(folder, 'missing') });
  const aFolder = faultsOf({ DIGEST_KEY_FILE: folder });
  const empty = faultsOf({ DIGEST_KEY_FILE: fileWith('\n') });
  const binary = faultsOf({ DIGEST_KEY_FILE: fileWith(Buffer.alloc(40, 0xff)) });

  assert.deepEqual(missing, ['DIGEST_KEY_FILE names a file that cannot be read (ENOENT)']);
  assert.deepEqual(aFolder, ['DIGEST_KEY_FILE names a file that cannot be read (EISDIR)']);
  assert.deepEqual(empty, ['DIGEST_KEY_FILE names an empty file']);
  assert.deepEqual(binary, ['DIGEST_KEY_FILE names a file that cannot be read (it is not UTF-8 text)']);
});

test('a file that fails to be read for no known reason is a fault, not a crash', () => {
  const loaded = loadConfig({ DIGEST_KEY_FILE: '/any' }, () => {
    throw new Error('disk on fire at /any');
  });

  assert.equal(loaded.outcome, 'invalid');
  assert.match(JSON.stringify(loaded), /unknown error/);
  assert.doesNotMatch(JSON.stringify(loaded), /on fire/);
});

test('what is wrong with the content of a file is said like for any value', (t) => {
  const { fileWith } = setup(t);

  const faults = faultsOf({ DIGEST_KEY_FILE: fileWith('short') });

  assert.deepEqual(faults, ['DIGEST_KEY is shorter than 32 characters']);
});

test('salts, keys, passwords, tokens, webhook secrets and database URLs are the secrets', () => {
  const secrets = SETTING_NAMES.filter((name) => settingOf(name).secret);

  const expected = SETTING_NAMES.filter((name) =>
    /SALT|_KEY$|KEY_PREVIOUS|PASSWORD|TOKEN|WEBHOOK_SECRET|WEBHOOK_AUTHORIZATION|DATABASE_URL/.test(name),
  );
  assert.deepEqual(secrets, expected);
  assert.equal(secrets.length, 29);
});

test('only secrets are read from files: the same ending elsewhere does nothing and is warned about', () => {
  const loaded = loadConfig({ DIGEST_KEY: KEY, TRUST_PROXY: '127.0.0.1', ORDER_PATTERN_FILE: '/nowhere' });

  assert.equal(loaded.outcome === 'loaded' && loaded.config.ORDER_PATTERN, null);
  assert.match(loaded.warnings.join('\n'), /^ORDER_PATTERN_FILE is not a setting/);
});
