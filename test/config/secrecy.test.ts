/**
 * Nothing secret leaves: not in a fault, not in a warning, not in what `config` shows. Output of a start ends up in logs and
 * tickets, and a secret that was put under the wrong name is still a secret. Values are invented by fast-check.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { loadConfig } from '../../src/config/load.ts';
import { formatSettings, maskValue } from '../../src/config/print.ts';
import { SETTING_NAMES, type SettingName, settingOf } from '../../src/config/settings.ts';

const KEY = 'k7Qm2xVt9RbLw4ZsYc8NpJd5HfGa3Tue';

/** Begins with a letter that no text of ours has, so that finding it can only mean a leak. */
const recognisable = fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' }).map((text) => `Ж${text}`);

const reader = (content: string) => () => content;

test('no value ever appears in a fault or a warning', () => {
  const environments = fc.dictionary(fc.constantFrom(...SETTING_NAMES), recognisable);

  fc.assert(
    fc.property(environments, recognisable, (env, misspelt) => {
      const loaded = loadConfig({ ...env, WEBHOOK_ULR: misspelt }, reader('Ж'));

      const said = loaded.outcome === 'invalid' ? [...loaded.faults.map((fault) => JSON.stringify(fault))] : [];
      assert.doesNotMatch([...said, ...loaded.warnings].join('\n'), /Ж/);
    }),
  );
});

test('no path and no content of a secret file appears in a fault or a warning', () => {
  const secrets = SETTING_NAMES.filter((name) => settingOf(name).secret);
  const environments = fc.dictionary(fc.constantFrom(...secrets.map((name) => `${name}_FILE`)), recognisable);

  fc.assert(
    fc.property(environments, recognisable, (env, content) => {
      const loaded = loadConfig(env, reader(content));

      const said = loaded.outcome === 'invalid' ? loaded.faults : [];
      assert.doesNotMatch(JSON.stringify([said, loaded.warnings]), /Ж/);
    }),
  );
});

test('what is shown of every secret is the mask, or a URL without userinfo and query', () => {
  for (const name of SETTING_NAMES.filter((candidate) => settingOf(candidate).secret)) {
    const shown = maskValue(name, 'Ж-secret');

    assert.equal(shown, '********');
  }
});

const URLS: readonly (readonly [SettingName, string, string])[] = [
  ['DATABASE_URL', 'postgres://Жuser:Жpass@db:5432/shop?options=Ж', 'postgres://********@db:5432/shop?********'],
  ['DATABASE_URL', 'postgres://Жuser:Жpass@/shop?host=Ж', 'postgres://********@/shop?********'],
  ['DATABASE_URL', 'postgres://db/shop', 'postgres://db/shop'],
  ['MIGRATION_DATABASE_URL', 'postgresql://Ж@db/shop', 'postgresql://********@db/shop'],
  ['WEBHOOK_URL', 'https://shop.example/hooks?token=Ж', 'https://shop.example/hooks?********'],
  ['WEBHOOK_URL', 'https://Ж:Ж@shop.example/#Ж', 'https://********@shop.example/#********'],
  ['WEBHOOK_URL', 'no URL with Ж', '********'],
];

for (const [name, url, shown] of URLS) {
  test(`${name} is shown as ${shown}`, () => {
    const masked = maskValue(name, url);

    assert.equal(masked, shown);
  });
}

test('the mask has one length, so it does not tell how long a secret is', () => {
  const short = loadConfig({ DIGEST_KEY: KEY });
  const long = loadConfig({ DIGEST_KEY: KEY.repeat(9) });

  assert.ok(short.outcome === 'loaded' && long.outcome === 'loaded');
  assert.deepEqual(formatSettings(short.origins), formatSettings(long.origins));
});
