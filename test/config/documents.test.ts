/**
 * `.env.example` and `docs/settings.md` say what the table says, word for word, so an operator can rely on them. Run with
 * UPDATE_SNAPSHOTS=1 to write them anew after a change of the table. The files are the real ones of the repository.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseEnv } from 'node:util';
import { renderEnvExample, renderSettingsPage } from '../../src/config/documents.ts';
import { loadConfig } from '../../src/config/load.ts';
import { SETTING_GROUPS, SETTING_NAMES, settingOf } from '../../src/config/settings.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const KEY = 'k7Qm2xVt9RbLw4ZsYc8NpJd5HfGa3Tue';

const DOCUMENTS: readonly (readonly [string, () => string])[] = [
  ['.env.example', renderEnvExample],
  ['docs/settings.md', renderSettingsPage],
];

for (const [name, render] of DOCUMENTS) {
  test(`${name} is what the table renders`, () => {
    const path = join(ROOT, name);
    if (process.env.UPDATE_SNAPSHOTS === '1') writeFileSync(path, render());

    const written = readFileSync(path, 'utf8');

    assert.equal(written, render(), 'run UPDATE_SNAPSHOTS=1 npm test and look at the difference');
  });
}

/** The example with every setting switched on, as a program reads an env file. */
function uncommented(): Record<string, string | undefined> {
  return parseEnv(readFileSync(join(ROOT, '.env.example'), 'utf8').replace(/^#(?=[A-Z_]+=)/gm, ''));
}

const SAMPLES = SETTING_NAMES.filter((name) => settingOf(name).sample !== undefined);

test('.env.example names every setting once and sets samples alone', () => {
  const text = readFileSync(join(ROOT, '.env.example'), 'utf8');

  const names = [...text.matchAll(/^#?([A-Z_]+)=/gm)].map((match) => match[1]);
  assert.deepEqual(names, [...SETTING_NAMES, 'POSTGRES_PASSWORD', 'PUBLISHED', 'PUBLIC_NAME', 'NETWORK']);
  const given = Object.entries(parseEnv(text)).filter(([, value]) => value !== '');
  assert.deepEqual(given.map(([name]) => name).sort(), [...SAMPLES, 'POSTGRES_PASSWORD'].sort());
});

test('.env.example with everything switched on is the default configuration beside its samples', () => {
  const loaded = loadConfig(uncommented());

  const defaults = loadConfig({ DIGEST_KEY: KEY });
  assert.ok(loaded.outcome === 'loaded' && defaults.outcome === 'loaded');
  const withoutSamples = { ...loaded.config, DIGEST_KEY: KEY, STATUS_TOKEN: null, WEBHOOK_SECRET: null };
  assert.deepEqual(withoutSamples, defaults.config);
});

test('.env.example as it is starts, and every sample in it is warned about', () => {
  const loaded = loadConfig(parseEnv(readFileSync(join(ROOT, '.env.example'), 'utf8')));

  assert.equal(loaded.outcome, 'loaded');
  const warned = loaded.warnings
    .filter((warning) => warning.includes('is a sample'))
    .map((warning) => warning.split(' ')[0]);
  assert.deepEqual(warned, SAMPLES);
  assert.deepEqual(SAMPLES, ['DIGEST_KEY', 'WEBHOOK_SECRET', 'STATUS_TOKEN']);
});

test('every setting is in one group and has a meaning that is a sentence', () => {
  const grouped = SETTING_GROUPS.flatMap(({ names }) => names);

  assert.deepEqual([...grouped].sort(), [...SETTING_NAMES].sort());
  for (const name of SETTING_NAMES) assert.match(settingOf(name).meaning, /^[A-Z0-9].*\.$/, name);
});

test('every row of the page has the four cells of its head', () => {
  const rows = renderSettingsPage()
    .split('\n')
    .filter((line) => line.startsWith('| `'));

  assert.equal(rows.length, SETTING_NAMES.length);
  for (const row of rows) assert.equal(row.split(/(?<!\\)\|/).length, 6, row);
});
