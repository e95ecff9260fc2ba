/**
 * The settings of proxies, whose names other programs use as well: in upper and in lower case, with companions that are
 * none of ours. Nothing is replaced.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { formatSettings } from '../../src/config/print.ts';
import { assertSettingError, DIGEST_KEY, validConfig } from '../helpers/config.ts';

const SOUND = { DIGEST_KEY, PUBLIC_URL: 'https://pay.shop.example' };

for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'] as const) {
  const text = name === 'NO_PROXY' ? 'internal.example' : 'http://proxy.example:3128/';
  const value = name === 'NO_PROXY' ? [text] : text;

  for (const written of [name, name.toLowerCase()]) {
    test(`${written} is read, without a warning`, () => {
      const loaded = loadConfig({ ...SOUND, [written]: text });

      assert.ok(loaded.outcome === 'loaded');
      assert.deepEqual(loaded.config[name], value);
      assert.deepEqual(loaded.warnings, []);
    });
  }

  test(`an empty ${name.toLowerCase()} counts as unset`, () => {
    const config = validConfig({ ...SOUND, [name]: text, [name.toLowerCase()]: '' });

    assert.deepEqual(config[name], value);
  });

  test(`${name.toLowerCase()} comes before ${name}, and a warning says so`, () => {
    const loaded = loadConfig({ ...SOUND, [name]: 'http://other.example:1', [name.toLowerCase()]: text });

    assert.ok(loaded.outcome === 'loaded');
    assert.deepEqual(loaded.config[name], value);
    assert.deepEqual(loaded.warnings, [
      `${name} has no effect, because ${name.toLowerCase()} is set to another value: set only one of them`,
    ]);
  });
}

test('the same value under both names gives no warning', () => {
  const url = 'http://proxy.example:3128';

  assert.deepEqual(loadConfig({ ...SOUND, HTTP_PROXY: url, http_proxy: url }).warnings, []);
});

test('the proxies of other programs give no warning', () => {
  const others = { FTP_PROXY: 'x', ftp_proxy: 'x', ALL_PROXY: 'x', all_proxy: 'x', RSYNC_PROXY: 'x' };

  assert.deepEqual(loadConfig({ ...SOUND, ...others }).warnings, []);
});

test('a proxy that is no URL is an error of its setting, also in lower case', () => {
  for (const name of ['HTTPS_PROXY', 'https_proxy']) {
    assertSettingError({ ...SOUND, [name]: 'no proxy' }, 'HTTPS_PROXY', 'is not a URL');
  }
});

test('config shows a proxy that was given in lower case, without its credentials', () => {
  const loaded = loadConfig({ ...SOUND, https_proxy: 'http://user:hidden@proxy.example:3128' });

  assert.ok(loaded.outcome === 'loaded');
  const line = formatSettings(loaded.origins).find((text) => text.startsWith('HTTPS_PROXY='));
  assert.match(line ?? '', /^HTTPS_PROXY=http:\/\/\*{8}@proxy\.example:3128\/ +environment$/);
});
