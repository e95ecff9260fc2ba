/**
 * Every command that a page prints exists with its options: those of the program and of fault runs stand in its help, those
 * of the benchmark can be parsed, and npm scripts are those of package.json. And each page with commands is named here with
 * the test that runs them.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { glob, readFile } from 'node:fs/promises';
import * as path from 'node:path';
import { test } from 'node:test';
import { parseArguments } from '../../bench/arguments.ts';
import { all, SCENARIOS } from '../../faults/all.ts';
import type { Command } from '../../src/commands/command.ts';

const ROOT = path.join(import.meta.dirname, '..', '..');

/** The tests that run what each page prints. */
const RUN_BY: Readonly<Record<string, readonly string[]>> = {
  'README.md': ['test/docs/readme.test.ts'],
  'CONTRIBUTING.md': [],
  'docs/delivery.md': ['test/docs/delivery-examples.test.ts', 'test/docs/delivery-page.test.ts'],
  'docs/deployment.md': ['test/deploy/documented.test.ts', 'test/deploy/in-docker.sh'],
  'docs/first-day.md': ['test/docs/first-day.long.ts'],
  'docs/linux.md': ['test/deploy/linux.long.ts'],
  'docs/merchant-api.md': ['test/docs/merchant-api.test.ts'],
  'docs/operations.md': ['test/docs/runbook.test.ts', 'test/docs/backup.long.ts', 'test/docs/remove-simulated.test.ts'],
  // Measurements and long runs: they take from minutes to hours.
  'docs/performance.md': [],
  'docs/reliability.md': [],
  'docs/resurs.md': ['test/registrations/rehearsal.test.ts', 'test/registrations/manual-registration.test.ts'],
  'docs/runbook.md': ['test/docs/runbook.test.ts', 'test/docs/bad-day.long.ts', 'test/docs/bad-machine.long.ts'],
};

interface Printed {
  readonly page: string;
  readonly line: string;
}

/** The lines of all shell blocks, with continued lines joined and comments left out. */
async function readLines(): Promise<Printed[]> {
  const lines: Printed[] = [];
  for await (const page of glob(['*.md', 'docs/*.md', 'examples/*.md'], { cwd: ROOT })) {
    const text = await readFile(path.join(ROOT, page), 'utf8');
    for (const [, block = ''] of text.matchAll(/^ *```sh\n([\s\S]*?)^ *```$/gm)) {
      const joined = block.replaceAll(/\\\n\s*/g, ' ').split('\n');
      lines.push(...joined.map((line) => ({ page, line: line.replace(/\s#.*$/, '').trim() })));
    }
  }
  return lines;
}

/** Returns the words behind `start` in each line that has it, up to where the shell goes on with something else. */
function argumentsBehind(
  lines: readonly Printed[],
  start: RegExp,
): (Printed & { readonly words: readonly string[] })[] {
  return lines.flatMap(({ page, line }) => {
    const rest = start.exec(line) === null ? null : line.slice(line.search(start)).replace(start, '');
    if (rest === null) return [];
    const [own = ''] = rest.split(/\s[|&>;<]|[|;)<>`]|\s\d?>/);
    const words = [...own.matchAll(/"[^"]*"|'[^']*'|\S+/g)].map(([word]) => word.replaceAll(/^["']|["']$/g, ''));
    return [{ page, line, words }];
  });
}

/** Fails where the help of a command does not have an option. */
function assertOptions(command: Command | undefined | null, { page, line }: Printed, words: readonly string[]): void {
  if (command === undefined || command === null) assert.fail(`${page}: no such command: ${line}`);
  for (const word of words.filter((one) => /^--[a-z]/.test(one))) {
    const [option = ''] = word.split('=');
    const isKnown = option === '--help' || new RegExp(`${option}(?![a-z-])`).test(command.help);
    assert.ok(isKnown, `${page}: no option ${option}: ${line}`);
  }
}

async function commandOf(name: string): Promise<Command | null> {
  const file = [`${name}.ts`, `${name}/${name}.ts`]
    .map((one) => path.join(ROOT, 'src', 'commands', one))
    .find((one) => existsSync(one));
  if (file === undefined) return null;
  const exported: Record<string, unknown> = await import(file);
  return Object.values(exported).find(isCommand) ?? null;
}

function isCommand(value: unknown): value is Command {
  return typeof value === 'object' && value !== null && 'run' in value && 'help' in value;
}

test('every command of the program that a page prints exists, with its options', async () => {
  const start = /(?:^|\s|\()(?:npx receiver|sudo receiver|exec -T receiver receiver|-- receiver|\d\.\d\.\d) (?=[a-z])/;
  const printed = argumentsBehind(await readLines(), start);

  assert.ok(printed.length > 40, `only ${printed.length} commands were found`);
  for (const one of printed) assertOptions(await commandOf(one.words[0] ?? ''), one, one.words);
});

test('every fault run and benchmark that a page prints can be started so', async () => {
  const lines = await readLines();
  const faults = argumentsBehind(lines, /^npm run faults(?: --)?/);
  const benchmarks = argumentsBehind(lines, /^npm run bench(?: --)?/);

  assert.ok(faults.length > 5 && benchmarks.length > 3);
  for (const one of faults) {
    const [first = '--'] = one.words;
    const name = first.startsWith('-') ? 'all' : first;
    assertOptions(
      [...SCENARIOS, { name: 'all', ...all }].find((scenario) => scenario.name === name),
      one,
      one.words,
    );
  }
  const known = ['in', 'through', 'out', 'latency'];
  for (const { page, line, words } of benchmarks) {
    assert.notEqual(parseArguments(words, known).outcome, 'invalid', `${page}: ${line}`);
  }
});

test('every npm script that a page prints is one of package.json', async () => {
  const { scripts } = JSON.parse(await readFile(path.join(ROOT, 'package.json'), 'utf8'));
  const printed = argumentsBehind(await readLines(), /^(?:[A-Z_]+=\S+ )?npm run(?= )/);

  assert.ok(printed.length > 5);
  for (const { page, line, words } of printed) {
    assert.ok(Object.hasOwn(scripts, words[0] ?? ''), `${page}: ${line}`);
  }
});

test('every page with commands is named with the tests that run them', async () => {
  const pages = new Set((await readLines()).map(({ page }) => page));

  assert.deepEqual([...pages].sort(), Object.keys(RUN_BY).sort());
  for (const file of Object.values(RUN_BY).flat()) assert.ok(existsSync(path.join(ROOT, file)), file);
});
