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
import { baseEnvironment } from '../harness/receiver-process.ts';

const ROOT = join(import.meta.dirname, '../..');

/** Starts the demo with a temporary folder of its own, so that the test sees what it leaves there. */
async function setup(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'demo-'));
  const env = { ...baseEnvironment(), TMPDIR: folder };
  const demo = spawn(process.execPath, ['demo/main.ts'], { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'inherit'] });
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

test('Ctrl-C ends the demo early and leaves nothing behind', async (t) => {
  const { demo, folder, lines, nextLine, ended } = await setup(t);

  await nextLine(/^Starting Postgres/);
  demo.kill('SIGINT');
  await ended;

  assert.equal(demo.exitCode, 130);
  assert.equal(lines.at(-1), 'Stopped and cleaned up.');
  assert.deepEqual(await readdir(folder), []);
});
