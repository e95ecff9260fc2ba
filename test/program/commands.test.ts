/**
 * The program as scripts and containers use it: output and exit codes. Each test is a process with its own environment.
 */

import assert from 'node:assert/strict';
import * as net from 'node:net';
import { test } from 'node:test';
import { SALT } from '../helpers/callbacks.ts';
import { listenForTest } from '../helpers/listen.ts';
import { createDatabase } from '../helpers/postgres.ts';
import { runProgram } from '../helpers/program.ts';

for (const args of [['--help'], ['-h'], ['help']]) {
  test(`${args.join(' ')} lists the commands and exits 0`, async (t) => {
    const { code, stdout, stderr } = await runProgram(t, args).ended;

    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, /^Usage: receiver \[command\]/);
    for (const name of ['serve', 'migrate', 'config', 'simulate'])
      assert.match(stdout, new RegExp(`^ +${name} +\\w`, 'm'));
  });
}

for (const name of ['serve', 'migrate', 'config', 'simulate', 'payment', 'replay']) {
  test(`${name} --help explains the command and needs no configuration`, async (t) => {
    const { code, stdout, stderr } = await runProgram(t, [name, '--help'], { PORT: 'x' }).ended;

    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, new RegExp(`^Usage: receiver ${name}\\b`));
  });
}

for (const args of [
  ['nonsense'],
  ['constructor'],
  ['serve', 'stray'],
  ['serve', '--nonsense'],
  ['--nonsense'],
  ['migrate', '-x'],
]) {
  test(`"${args.join(' ')}" exits 64 with the argument on standard error`, async (t) => {
    const { code, stdout, stderr } = await runProgram(t, args, { DIGEST_SALT: SALT }).ended;

    assert.deepEqual([code, stdout], [64, '']);
    assert.match(stderr, new RegExp((args.at(-1) ?? '').replace(/^-+/, '')));
  });
}

for (const command of [[], ['serve'], ['migrate']]) {
  test(`"${command.join(' ')}" with an invalid configuration exits 78 with every error at once`, async (t) => {
    const env = { PORT: 'x', WEBHOOK_URL: 'http://127.0.0.1/', DATABASE_POOL_SIZE: '0', WEBHOOK_ULR: 'y' };

    const { code, stdout, stderr } = await runProgram(t, command, env).ended;

    assert.deepEqual([code, stdout], [78, '']);
    for (const name of ['PORT', 'WEBHOOK_SECRET', 'DATABASE_POOL_SIZE', 'ALLOW_UNAUTHENTICATED', 'WEBHOOK_ULR']) {
      assert.match(stderr, new RegExp(`\\b${name}\\b`), name);
    }
  });
}

test('a port that is in use exits 1 with the reason', async (t) => {
  const { url } = await createDatabase(t);
  const PORT = String((await listenForTest(t, net.createServer())).port);

  const run = runProgram(t, ['serve'], { DATABASE_URL: url, HOST: '127.0.0.1', PORT, DIGEST_SALT: SALT });
  const { code } = await run.ended;

  const [line] = run.log().filter(({ event }) => event === 'service.failed');
  assert.deepEqual([code, line?.level], [1, 'fatal']);
  assert.match(String(line?.reason), /EADDRINUSE/);
});
