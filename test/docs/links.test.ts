/**
 * Links of the documentation lead somewhere: every relative link names a file, every anchor a heading, and every path in a code
 * span exists. So do the pages and headings that sources and deployment files name.
 */
import assert from 'node:assert/strict';
import { existsSync, globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import { test } from 'node:test';

const ROOT = path.join(import.meta.dirname, '..', '..');

/** A link or path, the file it was found in, and the folder it is relative to. */
interface Reference {
  readonly from: string;
  readonly folder: string;
  readonly target: string;
}

function filesMatching(...patterns: string[]): readonly string[] {
  return globSync(patterns, { cwd: ROOT }).sort();
}

async function readText(name: string): Promise<string> {
  return readFile(path.join(ROOT, name), 'utf8');
}

function withoutCode(page: string): string {
  return page.replaceAll(/^ *```[\s\S]*?^ *```$/gm, '').replaceAll(/`[^`\n]*`/g, '');
}

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(page: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of page.replaceAll(/^ *```[\s\S]*?^ *```$/gm, '').matchAll(/^#+ (.+)$/gm)) {
    const slug = heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-');
    const repeats = [...anchors].filter(
      (anchor) => anchor === slug || new RegExp(`^${slug}-\\d+$`).test(anchor),
    ).length;
    anchors.add(repeats === 0 ? slug : `${slug}-${repeats}`);
  }
  return anchors;
}

/** What is wrong with a reference: a file that is missing, or a heading that its page does not have; null when it resolves. */
async function problemOf({ from, folder, target }: Reference): Promise<string | null> {
  const [file = '', anchor] = target.split('#');
  const name = file === '' ? from : path.join(folder, file);
  if (!existsSync(path.join(ROOT, name))) return `${from}: ${target} does not exist`;
  if (anchor === undefined || anchorsOf(await readText(name)).has(anchor)) return null;
  return `${from}: ${target} is no heading`;
}

async function assertResolved(references: readonly Reference[], atLeast: number): Promise<void> {
  assert.ok(references.length >= atLeast, `${references.length} references`);
  const problems = await Promise.all(references.map(problemOf));
  assert.deepEqual(
    problems.filter((problem) => problem !== null),
    [],
  );
}

const PAGES = filesMatching('*.md', 'docs/*.md', 'docs/events/*.md', 'examples/*.md');

test('every relative link of a page leads to a file, and its anchor to a heading', async () => {
  const references: Reference[] = [];
  for (const from of PAGES) {
    for (const [, target = ''] of withoutCode(await readText(from)).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (!/^[a-z]+:/.test(target)) references.push({ from, folder: path.dirname(from), target });
    }
  }

  await assertResolved(references, 80);
});

test('every path that a page names in a code span exists', async () => {
  const folders = 'src|test|docs|migrations|deploy|examples|demo|faults|bench';
  const references: Reference[] = [];
  for (const from of PAGES) {
    const spans = (await readText(from)).matchAll(new RegExp(`\`((?:${folders})/[\\w./-]*)\``, 'g'));
    for (const [, name = ''] of spans) references.push({ from, folder: '', target: name });
  }

  await assertResolved(references, 20);
});

test('every page and heading that sources and deployment files name exists', async () => {
  const files = filesMatching(
    'src/**/*.ts',
    'deploy/{*.*,Caddyfile}',
    'deploy/shop/*',
    'Dockerfile',
    'docker-compose.yml',
    '.env.example',
  );
  const references: Reference[] = [];
  for (const name of files) {
    const named = (await readText(name)).matchAll(/\bdocs\/[a-z-]+\.(?:md|yml)(?:#[a-z-]+)?/g);
    for (const [target] of named) references.push({ from: name, folder: '', target });
  }

  await assertResolved(references, 20);
});

test('the command for one test file is the one npm test uses', async () => {
  const { scripts } = JSON.parse(await readText('package.json'));
  const [command = ''] = /^npx node --test .*$/m.exec(await readText('CONTRIBUTING.md')) ?? [];
  const [setup = ''] = /--test-global-setup=\S+/.exec(scripts.test) ?? [];

  assert.ok(setup !== '' && command.includes(setup), `${command} has ${setup}`);
  assert.ok(existsSync(path.join(ROOT, command.split(' ').at(-1) ?? '')), command);
});
