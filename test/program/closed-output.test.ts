/** Output that has no reader any more (`doctor | head`) or no room ends a command quietly or with one line, never with a stack. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { bareEnvironment, PROGRAM, ROOT } from '../harness/receiver-process.ts';
import { IS_LINUX } from '../helpers/embedded.ts';

const ENV = { ...bareEnvironment(), ALLOW_UNAUTHENTICATED: 'true', PUBLIC_URL: 'https://callbacks.invalid' };

function shell(script: string, env: Record<string, string> = {}) {
  const words = ['-c', script, process.execPath, PROGRAM];
  return spawnSync('sh', words, { cwd: ROOT, env: { ...ENV, ...env }, encoding: 'utf8', timeout: 100_000 });
}

const COMMANDS = [
  '--help',
  'config',
  'doctor --only configuration',
  'simulate --help',
  'no-such-command',
  'registrations',
];

for (const command of COMMANDS) {
  test(`"${command}" ends quietly when nothing reads its output`, () => {
    // Once with a reader of everything, once with one that reads nothing and ends.
    const { stderr, status } = shell(`("$0" "$1" ${command}; echo "code $?" >&2) 2>&1 >/dev/null | cat >&2
      { exec 3>&1; ( "$0" "$1" ${command} 2>/dev/null; echo "code $?" >&3 ) | :; } >&2`);
    const codes = [...stderr.matchAll(/^code (\d+)$/gm)].map(([, code]) => code);

    assert.equal(status, 0);
    assert.equal(codes.length, 2, stderr);
    assert.equal(codes[0], codes[1], 'with a reader and without one the exit code is the same');
    assert.doesNotMatch(stderr, /EPIPE|^ +at /m);
  });
}

test('output without room is one line, and the command fails', { skip: !IS_LINUX }, () => {
  const { status, stderr } = shell('"$0" "$1" --help > /dev/full');

  assert.equal(status, 1);
  assert.equal(stderr, 'The output cannot be written: ENOSPC: no space left on device, write\n');
});
