/**
 * docs/dependencies.md lists exactly the packages of package.json and bench/package.json, each with a reason, and with licence
 * and size as installed. UPDATE_SNAPSHOTS=1 writes licences and sizes; reasons are written by hand.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { type InstalledPackage, ROOT, readPackages } from './packages.ts';

const PAGE = path.join(ROOT, 'docs', 'dependencies.md');

const LISTS = [
  ['In production', '', 'dependencies'],
  ['For machines without Node 24 or Postgres', '', 'optionalDependencies'],
  ['For development', '', 'devDependencies'],
  ['For the benchmark', 'bench', 'dependencies'],
] as const;

/** What production must not come under: licences that ask for the source of the program, or for nothing known. */
const PERMISSIVE = ['MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0'];

interface Row {
  readonly name: string;
  readonly reason: string;
  readonly licence: string;
  readonly own: string;
  readonly all: string;
}

function rowsOf(page: string, heading: string): Row[] {
  const section = page.split(/^## /m).find((each) => each.startsWith(`${heading}\n`)) ?? '';
  return [...section.matchAll(/^\| `(.+?)` \| (.*?) \| (.*?) \| (.*?) \| (.*?) \|$/gm)].map(
    ([, name = '', reason = '', licence = '', own = '', all = '']) => ({ name, reason, licence, own, all }),
  );
}

function figuresOf({ licence, sizes }: InstalledPackage, written: Row | undefined): Omit<Row, 'name' | 'reason'> {
  const { own = '–', all = '–' } = written ?? {};
  const known = licence ?? written?.licence ?? '';
  if (sizes === null) return { licence: known, own, all };
  const count = sizes.packages === 1 ? '1 package' : `${sizes.packages} packages`;
  const more = sizes.packages === 0 ? '' : `, with ${count}`;
  return { licence: known, own: `${sizes.ownKib} KiB`, all: `${sizes.allKib} KiB${more}` };
}

function rewritten(page: string): string {
  return LISTS.reduce((text, [heading, folder, list]) => {
    const rows = rowsOf(text, heading);
    const lines = readPackages(folder, list).map((each) => {
      const written = rows.find(({ name }) => name === each.name);
      const { licence, own, all } = figuresOf(each, written);
      return `| \`${each.name}\` | ${written?.reason ?? ''} | ${licence} | ${own} | ${all} |`;
    });
    const start = text.indexOf(`## ${heading}\n`);
    const rule = text.indexOf('|---|', start);
    const from = text.indexOf('\n', rule) + 1;
    const end = text.indexOf('\n\n', from - 1);
    return `${text.slice(0, from)}${lines.join('\n')}${text.slice(end === -1 ? text.length - 1 : end)}`;
  }, page);
}

if (process.env.UPDATE_SNAPSHOTS === '1') writeFileSync(PAGE, rewritten(readFileSync(PAGE, 'utf8')));

for (const [heading, folder, list] of LISTS) {
  test(`${heading}: each package of ${path.join(folder, 'package.json')} has its reason, its licence and its size`, () => {
    const installed = readPackages(folder, list);

    const rows = rowsOf(readFileSync(PAGE, 'utf8'), heading);

    const fix = 'run UPDATE_SNAPSHOTS=1 npm test and write the reason';
    assert.deepEqual(
      rows.map(({ name }) => name),
      installed.map(({ name }) => name),
      fix,
    );
    for (const [index, row] of rows.entries()) {
      const each = installed[index];
      assert.ok(row.reason.length > 10 && each !== undefined, `${row.name}: why?`);
      const { licence, own, all } = figuresOf(each, row);
      assert.equal(row.licence, licence, fix);
      assertNear(row.own, own, row.name);
      assertNear(row.all, all, row.name);
    }
  });
}

test('what production runs is under permissive licences', () => {
  const licences = readPackages('', 'dependencies').map(({ licence }) => licence ?? 'none');

  assert.deepEqual(
    licences.filter((licence) => !PERMISSIVE.includes(licence)),
    [],
  );
});

/** A patch release changes a size a little; parts for another system have another one. */
function assertNear(written: string, measured: string, name: string): void {
  if (process.platform !== 'linux' || process.arch !== 'x64') return;
  const [one, other] = [written, measured].map((text) => Number.parseInt(text, 10));
  if (one === undefined || other === undefined || Number.isNaN(other)) return;
  const isNear = Math.abs(one - other) <= Math.max(20, other / 5);
  assert.ok(isNear, `${name}: ${measured} and not ${written}: run UPDATE_SNAPSHOTS=1 npm test`);
}
