/**
 * How the program is started: by npm, by npx, and by a Node that is too old. A signal to the process that the operator
 * started reaches the receiver, and no way to end it leaves the receiver behind. Real processes and signals.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { type TestContext, test } from 'node:test';
import { HEAP_FLAGS, withHeapFlags } from '../../src/lib/heap.ts';
import { freePort } from '../harness/listen.ts';
import { bareEnvironment, baseEnvironment, ROOT } from '../harness/receiver-process.ts';
import { waitUntil } from '../harness/wait.ts';
import { SALT, send } from '../helpers/callbacks.ts';
import { makeFolder } from '../helpers/embedded.ts';
import { createDatabase } from '../helpers/postgres.ts';
import { skipWithout } from '../helpers/tools.ts';

const LAUNCHER = path.join(ROOT, 'bin', 'receiver.cjs');
const skip = skipWithout([{ name: 'npm', command: ['npm', '--version'] }]);

/** Starts a command of an operator and waits until the receiver is ready. */
async function start(t: TestContext, [program = '', ...args]: readonly string[], env: Record<string, string> = {}) {
  const { url } = await createDatabase(t);
  const port = String(await freePort());
  const settings = { DATABASE_URL: url, HOST: '127.0.0.1', PORT: port, DIGEST_SALT: SALT };
  const child = spawn(program, args, {
    cwd: ROOT,
    // As an operator's shell has it: nothing of the npm that runs the tests.
    env: { ...baseEnvironment(), ...settings, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  // Whatever is left of it.
  t.after(() => killGroup(child));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  assert.ok(await waitUntil(async () => output.includes('"service.ready"') || child.exitCode !== null, 60_000), output);
  assert.equal(child.exitCode, null, output);
  const isListening = () => send(`http://127.0.0.1:${port}`, '/healthz').then(Boolean, () => false);
  return { child, output: () => output, isListening };
}

function killGroup({ pid = 0 }: ChildProcess): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nothing is left.
  }
}

/** Sends the signal to the process that the operator has started, to no other. */
async function endWith(t: TestContext, command: readonly string[], signal: NodeJS.Signals) {
  const run = await start(t, command);
  const exited = once(run.child, 'exit');
  run.child.kill(signal);
  const [code] = await exited;
  const wasListening = await run.isListening();
  assert.ok(await waitUntil(async () => run.output().includes('"service.stopped"')), run.output());
  assert.ok(await waitUntil(async () => !(await run.isListening())));
  return { code, wasListening };
}

const STARTS: readonly (readonly string[])[] = [
  ['npm', 'start'],
  ['npx', '--no-install', 'node', 'src/main.ts', 'serve'],
];

for (const command of STARTS) {
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGKILL'] as const) {
    test(`${signal} to "${command.join(' ')}" leaves no receiver behind`, { skip }, async (t) => {
      await endWith(t, command, signal);
    });
  }
}

test('SIGTERM to "npm start" ends it with 0, after the receiver has stopped', { skip }, async (t) => {
  const { code, wasListening } = await endWith(t, ['npm', 'start'], 'SIGTERM');

  assert.deepEqual([code, wasListening], [0, false]);
});

test('serve has the flags of the heap in the process that was started, however it was started', async (t) => {
  for (const program of [LAUNCHER, path.join(ROOT, 'src', 'main.ts')]) {
    const { child, output } = await start(t, [process.execPath, program]);
    const { stdout } = spawnSync('ps', ['-o', 'args=', '-p', String(child.pid)], { encoding: 'utf8' });

    assert.ok(stdout.includes(HEAP_FLAGS.join(' ')), stdout);
    child.kill('SIGTERM');
    const [code] = await once(child, 'exit');
    assert.equal(code, 0, output());
  }
});

test("an operator's own flag stays, on the command line and in NODE_OPTIONS", () => {
  const [semi = '', ...others] = HEAP_FLAGS;

  assert.equal(withHeapFlags(HEAP_FLAGS), null);
  assert.deepEqual(withHeapFlags(['--inspect']), [...HEAP_FLAGS, '--inspect']);
  assert.deepEqual(withHeapFlags(['--max-semi-space-size=16']), [...others, '--max-semi-space-size=16']);
  assert.deepEqual(withHeapFlags([], `--max-old-space-size=100 ${semi}`), others);
});

/** The launcher in a folder of its own, on a Node that says it is 20 and cannot replace its process. */
async function onOldNode(t: TestContext, { bundled }: { bundled: boolean }) {
  const folder = await makeFolder(t);
  for (const name of ['src', 'package.json', 'migrations'])
    await symlink(path.join(ROOT, name), path.join(folder, name));
  await mkdir(path.join(folder, 'bin'));
  await writeFile(
    path.join(folder, 'old.cjs'),
    "Object.defineProperty(process, 'version', { value: 'v20.11.0' }); process.execve = undefined;",
  );
  spawnSync('cp', [LAUNCHER, path.join(folder, 'bin')]);
  if (bundled) {
    const bin = path.join(folder, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin');
    await mkdir(bin, { recursive: true });
    await writeFile(path.join(bin, 'node'), `#!/bin/sh\nexec ${process.execPath} "$@"\n`);
    await chmod(path.join(bin, 'node'), 0o755);
  }
  return [process.execPath, '--require', path.join(folder, 'old.cjs'), path.join(folder, 'bin', 'receiver.cjs')];
}

test('an old Node alone ends with 69 and says which one is needed, and where it comes from', async (t) => {
  const [program = '', ...args] = await onOldNode(t, { bundled: false });

  const { status, stderr, stdout } = spawnSync(program, [...args, 'doctor'], { encoding: 'utf8' });

  assert.deepEqual([status, stdout], [69, '']);
  assert.match(
    stderr,
    /^receiver needs Node 24\.\d+(\.\d+)? or newer\. Found: v20\.11\.0 \(.*\)\.\nRun "npm ci" without --omit=optional/,
  );
});

test('an old Node runs the bundled one beside it, and ends as it ends', async (t) => {
  const [program = '', ...args] = await onOldNode(t, { bundled: true });

  const unknown = spawnSync(program, [...args, 'no-such-command'], { encoding: 'utf8' });

  assert.equal(unknown.status, 64);
  assert.match(unknown.stderr, /^Unknown command "no-such-command"/);
});

for (const signal of ['SIGTERM', 'SIGHUP', 'SIGKILL'] as const) {
  test(`${signal} to the launcher on an old Node stops the receiver`, async (t) => {
    const { code } = await endWith(t, await onOldNode(t, { bundled: true }), signal);

    assert.equal(code, signal === 'SIGKILL' ? null : 0);
  });
}

test('the launcher and npm start read a file .env where they are started', async (t) => {
  const folder = await makeFolder(t);
  await writeFile(path.join(folder, '.env'), 'ALLOW_UNAUTHENTICATED=true\nPORT=18099\n');

  const { stdout } = spawnSync(process.execPath, [LAUNCHER, 'config'], {
    cwd: folder,
    env: bareEnvironment(),
    encoding: 'utf8',
  });

  assert.match(stdout, /^PORT=18099 /m);
});
