/** The list of the page's files: whole, small, and made of modules that find each other. */
import assert from 'node:assert/strict';
import * as path from 'node:path';
import { test } from 'node:test';
import { readPageFiles } from '../../src/page/files.ts';
import { withRelativeImports } from '../../src/page/packages.ts';

const FILES = readPageFiles();
const MAX_BYTES = 1024 * 1024;
const IMPORT = /(?:^|[;}\s])(?:import|export)\b[^'"();]*?from\s*["']([^"']+)["']|\bimport\s*\(?\s*["']([^"']+)["']/g;

const LEVELS = ['main.js', 'frame', 'views', 'parts', 'lib', 'api', 'texts', 'packages'];

/** JSDoc types name modules as well, and are no imports. */
function importsOf(text: string): string[] {
  const code = text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '');
  return [...code.matchAll(IMPORT)].map(([, from, bare]) => from ?? bare ?? '');
}

test('every import of every module leads to a file of the list, by a relative address', () => {
  let count = 0;
  for (const [name, { bytes }] of FILES) {
    if (!name.endsWith('.js')) continue;
    for (const imported of importsOf(bytes.toString())) {
      count += 1;
      assert.match(imported, /^\.{1,2}\//, `${name} imports ${imported}`);
      const target = path.posix.join(path.posix.dirname(name), imported);
      assert.ok(FILES.has(target), `${name} imports ${imported}, which is not served`);
    }
  }
  assert.ok(count > 50, `only ${count} imports were found`);
});

/** What any view may use, and what a package brings. */
const SHARED = /^(?:parts|lib)\//;

test('every module of the frame and of a view is reached from the first one', () => {
  const reached = new Set(['main.js']);
  for (const name of reached) {
    for (const imported of importsOf(FILES.get(name)?.bytes.toString() ?? '')) {
      reached.add(path.posix.join(path.posix.dirname(name), imported));
    }
  }
  const unreached = [...FILES.keys()].filter(
    (name) => name.endsWith('.js') && !reached.has(name) && !SHARED.test(name),
  );
  assert.deepEqual(unreached, []);
});

test('a folder of the page imports only from those behind it', () => {
  const levelOf = (name: string) => LEVELS.indexOf(name.split('/')[0] ?? '');
  for (const [name, { bytes }] of FILES) {
    if (!name.endsWith('.js')) continue;
    assert.notEqual(levelOf(name), -1, name);
    for (const imported of importsOf(bytes.toString())) {
      const target = path.posix.join(path.posix.dirname(name), imported);
      assert.ok(levelOf(target) >= levelOf(name), `${name} imports ${target}`);
    }
  }
});

test('the page names all modules, so that a browser fetches them at once, and everything else that it names is served', () => {
  const html = FILES.get('')?.bytes.toString() ?? '';
  const named = [...html.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, name = '']) => name);

  for (const name of named) assert.ok(FILES.has(name), name);
  for (const name of FILES.keys()) if (name.endsWith('.js')) assert.ok(named.includes(name), name);
  assert.ok(!html.includes('<!-- modules -->'));
});

test('no file has what its policy would refuse, leads to another host, or names a source map', () => {
  for (const [name, { bytes }] of FILES) {
    const text = bytes.toString();
    assert.doesNotMatch(text, /sourceMappingURL/, name);
    if (name.startsWith('packages/')) continue;
    assert.doesNotMatch(text, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|dangerouslySet|\beval\(/, name);
    assert.doesNotMatch(text, /url\((?!#)|@import|["'`(]data:/, name);
    assert.doesNotMatch(
      text.replaceAll('http://www.w3.org/2000/svg', ''),
      /https?:\/\/(?!\$|[\w.-]+\.example\b)/,
      name,
    );
  }
  assert.doesNotMatch(FILES.get('')?.bytes.toString() ?? '', /<style|\sstyle=|\son\w+=|<script(?! type="module" src)/);
});

test('all files together stay below one MiB of memory', () => {
  const bytes = [...FILES.values()].reduce((sum, file) => sum + file.bytes.length, 0);
  assert.ok(bytes < MAX_BYTES, `${bytes} bytes`);
});

test('bare imports become relative ones, from any depth and in any form', () => {
  for (const [text, name, expected] of [
    ["import { h } from 'preact';", 'main.js', "import { h } from './packages/preact.js';"],
    ["import{a as b}from'preact/hooks'", 'lib/page.js', "import{a as b}from'../packages/preact-hooks.js'"],
    ['export*from"htm";', 'views/overview/overview.js', 'export*from"../../packages/htm.js";'],
    ["import 'preact';", 'main.js', "import './packages/preact.js';"],
    ["import { a } from './preact.js';", 'main.js', "import { a } from './preact.js';"],
  ] as const) {
    assert.equal(withRelativeImports(text, name), expected);
  }
});
