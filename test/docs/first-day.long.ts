/**
 * A newcomer's first day: every block of docs/first-day.md runs in its order, the terminals beside each other, from an
 * empty folder to a proven TEST of both interfaces. The receiver, its embedded Postgres, the sample shop and the
 * simulated Resurs are real processes.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import * as path from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { freePort } from '../harness/listen.ts';
import { baseEnvironment, ROOT } from '../harness/receiver-process.ts';
import { waitUntil } from '../harness/wait.ts';
import { makeFolder } from '../helpers/embedded.ts';

const PAGE = path.join(ROOT, 'docs', 'first-day.md');
const PORTS = ['8080', '8443', '9000', '9100', '9901'];

interface Block {
  readonly section: string;
  /** 4 for the terminal in which commands end. */
  readonly terminal: number;
  readonly script: string;
}

async function readBlocks(): Promise<Block[]> {
  const sections = (await readFile(PAGE, 'utf8')).split(/^## /m).slice(1);
  return sections.flatMap((text) =>
    [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, script = '']) => ({
      section: text.split('\n')[0] ?? '',
      terminal: Number(/^# Terminal (\d)\n/.exec(script)?.[1] ?? 4),
      script,
    })),
  );
}

/** What is typed on this machine: free ports, and the programs of this checkout without the seconds that npx takes. */
async function createTyping(): Promise<(script: string) => string> {
  const ports = await Promise.all(PORTS.map(async (port) => [port, String(await freePort())] as const));
  return (script) =>
    ports
      .reduce((text, [from, to]) => text.replaceAll(from, to), script)
      .replaceAll('npx receiver', `node ${path.join(ROOT, 'bin', 'receiver.cjs')}`)
      .replaceAll('npx node', 'exec node')
      .replaceAll('deploy/', `${path.join(ROOT, 'deploy')}/`);
}

/** Terminals in an empty folder, with nothing of this process' own settings. */
async function setup(t: TestContext) {
  const folder = await makeFolder(t);
  const type = await createTyping();
  const options = {
    cwd: folder,
    env: { ...baseEnvironment(), PATH: `${path.dirname(process.execPath)}:${process.env.PATH}` },
  };
  const terminals = new Map<number, { child: ChildProcess; ended: Promise<unknown>; output: string }>();
  const interrupt = async (terminal: number) => {
    const running = terminals.get(terminal);
    if (running?.child.exitCode === null) process.kill(-(running.child.pid ?? 0), 'SIGINT');
    await running?.ended;
  };
  t.after(async () => {
    for (const terminal of terminals.keys()) await interrupt(terminal);
  });
  return {
    folder,
    interrupt,
    outputOf: (terminal: number) => terminals.get(terminal)?.output ?? '',
    async open(terminal: number, script: string) {
      await interrupt(terminal);
      const child = spawn('bash', ['-c', type(script)], { ...options, detached: true });
      const shown = { child, ended: once(child, 'close'), output: '' };
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (shown.output += String(chunk)));
      terminals.set(terminal, shown);
    },
    async run(script: string) {
      const { stdout } = await promisify(execFile)('bash', ['-c', `set -euo pipefail\n${type(script)}`], options);
      return stdout;
    },
  };
}

test('a first day leads from nothing to a proven TEST of both interfaces', { timeout: 120_000 }, async (t) => {
  const { folder, interrupt, open, outputOf, run } = await setup(t);
  const outputs = new Map<string, string>();
  for (const { section, terminal, script } of await readBlocks()) {
    if (section === 'Remove it') for (const number of [1, 2, 3]) await interrupt(number);
    if (terminal < 4) await open(terminal, script);
    // The simulated Resurs says so when it listens; the others are waited for by the page's own commands.
    if (terminal === 1) assert.ok(await waitUntil(async () => outputOf(1).includes('Ctrl-C ends it')), outputOf(1));
    if (terminal === 4) outputs.set(section, (outputs.get(section) ?? '') + (await run(script)));
    if (section.startsWith('eCom'))
      assert.ok(await waitUntil(async () => /payment\.finalized/.test(outputOf(2))), outputOf(2));
  }

  const shown = (section: string) => outputs.get(section) ?? assert.fail(section);
  assert.match(shown('Start'), /\{"status":"ready"\}✓ configuration[\s\S]*✗ public-url[\s\S]*✗ registrations/);
  assert.match(
    shown('eCom: register and test'),
    /All 7 read back\.[\s\S]*TEST arrived .*\nSalts: its digest is right[\s\S]*✓ TEST/,
  );
  assert.match(
    shown('Merchant API: the URLs and the test'),
    /The test arrived .*\nResurs reports OK \(204\)[\s\S]*callbacks ended as expected/,
  );
  assert.deepEqual(failed(shown('Look once more')), ['public-url']);
  assert.match(shown('With https'), /TEST arrived [\s\S]*The test arrived [\s\S]*✗ public-url/);
  assert.deepEqual(await readdir(folder), [], 'nothing is left');
});

/** The checks that failed, those aside that the page says may fail. */
function failed(doctor: string): string[] {
  return [...doctor.matchAll(/^✗ ([a-z-]+)/gm)].map(([, name = '']) => name).filter((name) => name !== 'mapi-payment');
}
