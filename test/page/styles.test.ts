/** The styles of the page: views share one file, so a class that two of them define would change both. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';

const CSS = readFileSync(path.join(import.meta.dirname, '../../src/page/client/page.css'), 'utf8');
/** The sections of views, as the file marks them. */
const SECTIONS = [
  'Overview',
  'Charts',
  'Payment and event',
  'Deliveries, dead letters, replays',
  'Turned away, actions, simulated',
] as const;
/** Narrow screens have rules of all of them. */
const END = 'Narrow screens';

function sectionOf(name: string): string {
  const start = CSS.indexOf(`/* ${name} */`);
  assert.notEqual(start, -1, name);
  const ends = [...SECTIONS, END].map((other) => CSS.indexOf(`/* ${other} */`)).filter((at) => at > start);
  return CSS.slice(start, Math.min(...ends)).replaceAll(/\/\*[\s\S]*?\*\//g, '');
}

test('a class with which a selector begins belongs to one section', () => {
  const sections = new Map<string, Set<string>>();
  for (const name of SECTIONS) {
    for (const [, selectors = ''] of sectionOf(name).matchAll(/^\s*([^{}@]+)\{/gm)) {
      for (const [, className = ''] of selectors.matchAll(/(?:^|,)\s*\.([\w-]+)/g)) {
        sections.set(className, (sections.get(className) ?? new Set()).add(name));
      }
    }
  }
  const shared = [...sections].filter(([, names]) => names.size > 1).map(([className, names]) => [className, ...names]);
  assert.deepEqual(shared, []);
});

test('every colour has a value for light and one for dark', () => {
  const rules = CSS.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/light-dark\((?:[^()]|\([^()]*\))*\)/g, '');
  const fixed = [...rules.matchAll(/#[0-9a-f]{3,8}\b|\brgba?\([^)]*\)|\bhsla?\([^)]*\)/gi)].map(([colour]) => colour);
  // Shadows and what lies behind a dialog are dark in both.
  assert.deepEqual(
    fixed.filter((colour) => !/^rgb\((?:0 0 0|8 16 14) \/ \d+%\)$/.test(colour)),
    [],
  );
});
