/**
 * No secret is printed: not in a setting error, not in a warning, not in the output of `config`. Output of a start ends
 * up in logs and tickets, and a secret under the wrong name is still a secret. fast-check generates the values.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { loadConfig } from '../../src/config/load.ts';
import { formatSettings, maskValue } from '../../src/config/print.ts';
import { SETTING_NAMES, type SettingName, settingOf } from '../../src/config/settings.ts';
import { DIGEST_KEY } from '../helpers/config.ts';

/** Begins with a letter that occurs in no text of ours, so that finding it always means a leak. */
const recognisable = fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' }).map((text) => `Ж${text}`);

const reader = (content: string) => () => content;

test('no value appears in a setting error or a warning', () => {
  const environments = fc.dictionary(fc.constantFrom(...SETTING_NAMES), recognisable);

  fc.assert(
    fc.property(environments, recognisable, (env, misspelled) => {
      const loaded = loadConfig({ ...env, WEBHOOK_ULR: misspelled }, reader('Ж'));

      const errors = loaded.outcome === 'invalid' ? loaded.errors : [];
      const texts = errors.map((error) => JSON.stringify(error));
      assert.doesNotMatch([...texts, ...loaded.warnings].join('\n'), /Ж/);
    }),
  );
});

test('neither path nor content of a secret file appears in a setting error or a warning', () => {
  const secrets = SETTING_NAMES.filter((name) => settingOf(name).secret);
  const environments = fc.dictionary(fc.constantFrom(...secrets.map((name) => `${name}_FILE`)), recognisable);

  fc.assert(
    fc.property(environments, recognisable, (env, content) => {
      const loaded = loadConfig(env, reader(content));

      const errors = loaded.outcome === 'invalid' ? loaded.errors : [];
      assert.doesNotMatch(JSON.stringify([errors, loaded.warnings]), /Ж/);
    }),
  );
});

test('every secret that is not a URL is masked completely', () => {
  for (const name of SETTING_NAMES.filter((candidate) => settingOf(candidate).secret)) {
    const masked = maskValue(name, 'Ж-secret');

    assert.equal(masked, '********');
  }
});

const URLS: readonly (readonly [SettingName, string, string])[] = [
  ['DATABASE_URL', 'postgres://Жuser:Жpass@db:5432/shop?options=Ж', 'postgres://********@db:5432/shop?********'],
  ['DATABASE_URL', 'postgres://Жuser:Жpass@/shop?host=Ж', 'postgres://********@/shop?********'],
  ['DATABASE_URL', 'postgres://db/shop', 'postgres://db/shop'],
  [
    'DATABASE_URL',
    'postgres://Жuser:Жpass@h1:5432,[::1]:5433/shop?password=Ж',
    'postgres://********@h1:5432,[::1]:5433/shop?********',
  ],
  ['DATABASE_DIRECT_URL', 'postgres://Ж:Ж@db/shop', 'postgres://********@db/shop'],
  ['MIGRATION_DATABASE_URL', 'postgresql://Ж@db/shop', 'postgresql://********@db/shop'],
  ['WEBHOOK_URL', 'https://shop.example/hooks?token=Ж', 'https://shop.example/hooks?********'],
  ['WEBHOOK_URL', 'https://Ж:Ж@shop.example/#Ж', 'https://********@shop.example/#********'],
  ['WEBHOOK_URL', 'no URL with Ж', '********'],
  ['HTTP_PROXY', 'http://Ж:Ж@proxy.example:3128', 'http://********@proxy.example:3128/'],
  ['HTTP_PROXY', 'Ж:Ж@proxy.example:3128', 'http://********@proxy.example:3128/'],
  ['HTTPS_PROXY', 'https://proxy.example', 'https://proxy.example/'],
];

for (const [name, url, expected] of URLS) {
  test(`${name} is masked as ${expected}`, () => {
    const masked = maskValue(name, url);

    assert.equal(masked, expected);
  });
}

test('the mask has a fixed length, so it does not reveal the length of a secret', () => {
  const short = loadConfig({ DIGEST_KEY });
  const long = loadConfig({ DIGEST_KEY: DIGEST_KEY.repeat(9) });

  assert.ok(short.outcome === 'loaded' && long.outcome === 'loaded');
  assert.deepEqual(formatSettings(short.origins), formatSettings(long.origins));
});
