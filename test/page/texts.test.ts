/** The texts of the page: the same in both languages, none empty, none unused. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { ACTION_NAMES } from '../../src/operators/actions.ts';
import { en } from '../../src/page/client/texts/en.js';
import { sv } from '../../src/page/client/texts/sv.js';
import { chooseLanguage } from '../../src/page/client/texts/texts.js';

const CLIENT = path.join(import.meta.dirname, '../../src/page/client');
/** What the API calls something: such a text is found by the word that an answer has. */
const BY_WORD = /^(?:nav|environment|states|stateHints)\./;

interface Leaf {
  /** Names of the groups, and its own. */
  readonly path: readonly string[];
  readonly key: string;
  readonly value: unknown;
}

function leavesOf(texts: object, before: readonly string[] = []): Leaf[] {
  return Object.entries(texts).flatMap(([name, value]): Leaf[] => {
    const path = [...before, name];
    return typeof value === 'object' && value !== null ? leavesOf(value, path) : [{ path, key: path.join('.'), value }];
  });
}

function shapeOf(value: unknown): string {
  return typeof value === 'function' ? `function of ${value.length}` : typeof value;
}

test('both languages have the same texts, and functions of as many values', () => {
  const shapes = (texts: object) => leavesOf(texts).map(({ key, value }) => `${key}: ${shapeOf(value)}`);

  assert.deepEqual(shapes(sv).sort(), shapes(en).sort());
});

test('no text is empty, has a gap, or is left in the other language', () => {
  const english = new Map(leavesOf(en).map(({ key, value }) => [key, value]));
  const same: string[] = [];
  for (const [language, texts] of Object.entries({ en, sv })) {
    for (const { key, value } of leavesOf(texts)) {
      if (typeof value === 'function') continue;
      const where = `${language} ${key}`;
      assert.ok(typeof value === 'string' && value.trim() !== '', where);
      assert.equal(value, value.trim(), where);
      assert.doesNotMatch(value, /\b(?:undefined|null|TODO)\b|\$\{/, where);
      if (language === 'sv' && value.split(' ').length > 2 && english.get(key) === value) same.push(key);
    }
  }
  assert.deepEqual(same, []);
});

test('every action that is kept has words', () => {
  assert.deepEqual(Object.keys(en.actions.words).toSorted(), [...ACTION_NAMES].toSorted());
});

test('every text is used', () => {
  const sources = readdirSync(CLIENT, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.js') && !name.startsWith('texts'))
    .map((name) => readFileSync(path.join(CLIENT, name), 'utf8'))
    .join('\n');
  const isNamed = (name: string) => new RegExp(`(?<![\\w$])${escaped(name)}(?![\\w$])`).test(sources);
  /** `types[event.type]`, or `wordOf(types, event.type)`: one of its group is looked up by a word of an answer. */
  const isLookedUp = (group: string) => new RegExp(`(?<![\\w$])${escaped(group)}(?:\\?\\.)?[[,)]`).test(sources);
  const unused = leavesOf(en)
    .filter(({ key }) => !BY_WORD.test(key) && !UNUSED_YET.has(key))
    .filter(({ path: names }) => !isNamed(names.at(-1) ?? '') && !isLookedUp(names.at(-2) ?? ''))
    .map(({ key }) => key);
  assert.deepEqual(unused, []);
});

function escaped(text: string): string {
  return text.replaceAll(/[^\w]/g, '\\$&');
}

/** Of the parts that views share; the views may come to need them. */
const UNUSED_YET: ReadonlySet<string> = new Set([
  'common.more',
  'common.none',
  'common.close',
  'common.cancel',
  'common.at',
]);

test('the language is the first one of the browser that the page has, else English', () => {
  for (const [preferred, expected] of [
    [['sv-SE', 'en'], 'sv'],
    [['sv-FI'], 'sv'],
    [['SV'], 'sv'],
    [['en-GB', 'sv'], 'en'],
    [['nb-NO', 'sv-SE', 'en'], 'sv'],
    [['fi', 'da'], 'en'],
    [['svc', 'english'], 'en'],
    [[], 'en'],
  ] as const) {
    assert.equal(chooseLanguage(preferred), expected, String(preferred));
  }
});
