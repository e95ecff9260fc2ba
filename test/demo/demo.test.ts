/**
 * `npm run demo` as a newcomer runs it: without configuration it exits with 0, and it never leaves anything behind.
 * Everything is real: embedded Postgres, the receiver's process, the merchant, the callbacks.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { parseDemoArguments, USAGE } from '../../demo/arguments.ts';
import { baseEnvironment } from '../harness/receiver-process.ts';

const ROOT = join(import.meta.dirname, '../..');

/** Starts the demo with a temporary folder of its own, so that the test sees what it leaves there. */
async function setup(t: TestContext, args: readonly string[] = []) {
  const folder = await mkdtemp(join(tmpdir(), 'demo-'));
  const env = { ...baseEnvironment(), TMPDIR: folder };
  const demo = spawn(process.execPath, ['demo/main.ts', ...args], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  const reader = createInterface({ input: demo.stdout });
  reader.on('line', (line) => lines.push(line));
  const ended = once(demo, 'close');
  t.after(async () => {
    if (isRunning(demo)) demo.kill('SIGTERM');
    await ended;
    await rm(folder, { recursive: true, force: true });
  });

  const nextLine = async (pattern: RegExp): Promise<void> => {
    while (!lines.some((line) => pattern.test(line))) await once(reader, 'line');
  };
  return { demo, folder, lines, nextLine, ended };
}

/** What the test reads of `GET /status`. */
interface KeptStatus {
  readonly environment: string;
  readonly deliveries: { readonly dead_letter: number; readonly pending: number };
  readonly callbacks: { readonly digest_rejected: number };
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

test('the demo keeps every promise, prints at most 110 columns and leaves nothing behind', async (t) => {
  const { demo, folder, lines, ended } = await setup(t);

  await ended;

  const output = lines.join('\n');
  assert.equal(demo.exitCode, 0, output);
  assert.equal(lines.at(-1), 'Everything is as promised.');
  for (const title of ['What Resurs saw', 'What was stored', 'What the merchant received', 'Verdict']) {
    assert.ok(lines.includes(title), title);
  }
  assert.ok(!output.includes('✗'), output);
  assert.ok(!output.includes('\u001b'), 'colours in a pipe');
  assert.ok(Math.max(...lines.map((line) => line.length)) <= 110, output);
  assert.deepEqual(await readdir(folder), []);
});

test('with --keep it goes on until Ctrl-C, with a page that has something to look after', async (t) => {
  const { demo, folder, lines, nextLine, ended } = await setup(t, ['--keep']);

  await nextLine(/^Its token: /);
  assert.ok(lines.includes('Everything is as promised.'), lines.join('\n'));
  const page = lines.map((line) => /^The page: +(\S+)$/.exec(line)?.[1]).find((url) => url !== undefined) ?? '';
  const token = lines.map((line) => /^Its token: +(\S+)$/.exec(line)?.[1]).find((found) => found !== undefined);
  const headers = { authorization: `Bearer ${token}` };
  const read = async (path: string): Promise<never> => {
    return (await (await fetch(new URL(path, page), { headers })).json()) as never;
  };
  const html = await (await fetch(page)).text();
  const { deliveries, callbacks, environment }: KeptStatus = await read('../status');
  const { rejections }: { rejections: readonly unknown[] } = await read('../rejections');
  demo.kill('SIGINT');
  await ended;

  assert.match(html, /<script type="module" src="main\.js">/);
  assert.ok(deliveries.dead_letter > 0 && deliveries.pending > 0, JSON.stringify(deliveries));
  assert.ok(callbacks.digest_rejected > 0 && rejections.length > 0, JSON.stringify({ callbacks, rejections }));
  assert.equal(environment, 'test');
  assert.equal(demo.exitCode, 0);
  assert.equal(lines.at(-1), 'Stopped and cleaned up.');
  assert.deepEqual(await readdir(folder), []);
});

test('--help explains the arguments, and others are refused', () => {
  assert.deepEqual(parseDemoArguments([]), { outcome: 'parsed', keep: false });
  assert.deepEqual(parseDemoArguments(['--keep']), { outcome: 'parsed', keep: true });
  assert.deepEqual(parseDemoArguments(['--keep', '--help']), { outcome: 'help' });
  for (const wrong of [['--kept'], ['keep'], ['--keep=yes']]) {
    assert.equal(parseDemoArguments(wrong).outcome, 'invalid', wrong.join(' '));
  }
  assert.match(USAGE, /--keep/);
});

test('Ctrl-C ends the demo early and leaves nothing behind', async (t) => {
  const { demo, folder, lines, nextLine, ended } = await setup(t);

  await nextLine(/^Starting Postgres/);
  demo.kill('SIGINT');
  await ended;

  assert.equal(demo.exitCode, 130);
  assert.equal(lines.at(-1), 'Stopped and cleaned up.');
  assert.deepEqual(await readdir(folder), []);
});
