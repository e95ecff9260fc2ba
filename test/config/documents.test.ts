/**
 * `.env.example` and `docs/settings.md` equal the rendered table word for word, so an operator can rely on them. Run
 * with UPDATE_SNAPSHOTS=1 to rewrite them after a change of the table. The files are the real ones of the repository.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseEnv } from 'node:util';
import { loadConfig } from '../../src/config/load.ts';
import { SETTING_GROUPS, SETTING_NAMES, settingOf } from '../../src/config/settings.ts';
import { DIGEST_KEY, validConfig } from '../helpers/config.ts';
import { renderEnvExample, renderSettingsPage } from './render-settings.ts';

const ROOT = join(import.meta.dirname, '..', '..');

const DOCUMENTS: readonly (readonly [string, () => string])[] = [
  ['.env.example', renderEnvExample],
  ['docs/settings.md', renderSettingsPage],
];

for (const [name, render] of DOCUMENTS) {
  test(`${name} equals the rendered table`, () => {
    const path = join(ROOT, name);
    if (process.env.UPDATE_SNAPSHOTS === '1') writeFileSync(path, render());

    const written = readFileSync(path, 'utf8');

    assert.equal(written, render(), 'run UPDATE_SNAPSHOTS=1 npm test and check the difference');
  });
}

/** Parses `.env.example` with every setting uncommented. */
function uncommented(): Record<string, string | undefined> {
  return parseEnv(readFileSync(join(ROOT, '.env.example'), 'utf8').replace(/^#(?=[A-Z_]+=)/gm, ''));
}

const SAMPLES = SETTING_NAMES.filter((name) => settingOf(name).sample !== undefined);

const COMPOSE_NAMES = [
  'POSTGRES_PASSWORD',
  'PUBLISHED',
  'PUBLISHED_STATUS',
  'COMPOSE_PROFILES',
  'PUBLIC_NAME',
  'PUBLISHED_HTTP',
  'PUBLISHED_HTTPS',
  'NETWORK',
];

test('.env.example names every setting once and sets only samples', () => {
  const text = readFileSync(join(ROOT, '.env.example'), 'utf8');

  const names = [...text.matchAll(/^#?([A-Z_]+)=/gm)].map((match) => match[1]);
  assert.deepEqual(names, [...SETTING_NAMES, ...COMPOSE_NAMES]);
  const given = Object.entries(parseEnv(text)).filter(([, value]) => value !== '');
  assert.deepEqual(given.map(([name]) => name).sort(), [...SAMPLES, 'POSTGRES_PASSWORD'].sort());
});

test('.env.example with every setting uncommented is the default configuration, except its samples', () => {
  const config = validConfig(uncommented());

  const withoutSamples = { ...config, DIGEST_KEY, STATUS_TOKEN: null, WEBHOOK_SECRET: null };
  assert.deepEqual(withoutSamples, validConfig({ DIGEST_KEY }));
});

test('.env.example is valid without changes, and each sample in it gives a warning', () => {
  const loaded = loadConfig(parseEnv(readFileSync(join(ROOT, '.env.example'), 'utf8')));

  assert.equal(loaded.outcome, 'loaded');
  const warned = loaded.warnings
    .filter((warning) => warning.includes('is a sample'))
    .map((warning) => warning.split(' ')[0]);
  assert.deepEqual(warned, SAMPLES);
  assert.deepEqual(SAMPLES, ['DIGEST_KEY', 'WEBHOOK_SECRET', 'STATUS_TOKEN']);
});

test('every setting is in one group and its meaning is a sentence', () => {
  const grouped = SETTING_GROUPS.flatMap(({ names }) => names);

  assert.deepEqual([...grouped].sort(), [...SETTING_NAMES].sort());
  for (const name of SETTING_NAMES) assert.match(settingOf(name).meaning, /^[A-Z0-9].*\.$/, name);
});

test('every row of docs/settings.md has four cells', () => {
  const rows = renderSettingsPage()
    .split('\n')
    .filter((line) => line.startsWith('| `'));

  assert.equal(rows.length, SETTING_NAMES.length);
  for (const row of rows) assert.equal(row.split(/(?<!\\)\|/).length, 6, row);
});
