/**
 * The program as scripts and containers use it: output and exit codes. What the program itself decides is a process with
 * its own environment; what its commands decide runs in this one.
 */

import assert from 'node:assert/strict';
import * as net from 'node:net';
import { test } from 'node:test';
import { configCommand } from '../../src/commands/config.ts';
import { migrate } from '../../src/commands/migrate.ts';
import { payment } from '../../src/commands/payment/payment.ts';
import { reconcile } from '../../src/commands/reconcile/reconcile.ts';
import { replay } from '../../src/commands/replay.ts';
import { serve } from '../../src/commands/serve.ts';
import { simulate } from '../../src/commands/simulate/simulate.ts';
import { SALT } from '../helpers/callbacks.ts';
import { listenForTest } from '../helpers/listen.ts';
import { createDatabase } from '../helpers/postgres.ts';
import { runProgram } from '../helpers/program.ts';
import { runCommand } from '../helpers/run-command.ts';

for (const args of [['--help'], ['-h'], ['help']]) {
  test(`${args.join(' ')} lists the commands and exits 0`, async (t) => {
    const { code, stdout, stderr } = await runProgram(t, args).ended;

    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, /^Usage: receiver \[command\]/);
    for (const name of ['serve', 'migrate', 'config', 'simulate'])
      assert.match(stdout, new RegExp(`^ +${name} +\\w`, 'm'));
  });
}

const COMMANDS = { serve, migrate, config: configCommand, simulate, payment, reconcile, replay };

for (const [name, command] of Object.entries(COMMANDS)) {
  test(`${name} --help explains the command and needs no configuration`, async () => {
    const { exitCode, out, errors } = await runCommand(command, ['--help'], { PORT: 'x' });

    assert.deepEqual([exitCode, errors], [0, '']);
    assert.match(out, new RegExp(`^Usage: receiver ${name}\\b`));
  });
}

test('the program runs the command that is named, with its words', async (t) => {
  const { code, stdout, stderr } = await runProgram(t, ['migrate', '--help'], { PORT: 'x' }).ended;

  assert.deepEqual([code, stderr, stdout.split('\n')[0]], [0, '', 'Usage: receiver migrate']);
});

for (const [command, arg] of [
  [serve, 'stray'],
  [serve, '--nonsense'],
  [migrate, '-x'],
] as const) {
  test(`the word ${arg} of "${command.summary}" exits 64 with it on standard error`, async () => {
    const { exitCode, out, errors } = await runCommand(command, [arg], { DIGEST_SALT: SALT });

    assert.deepEqual([exitCode, out], [64, '']);
    assert.match(errors, new RegExp(arg.replace(/^-+/, '')));
  });
}

for (const args of [['nonsense'], ['constructor'], ['--nonsense'], ['migrate', '-x']]) {
  test(`"${args.join(' ')}" exits 64 with the argument on standard error`, async (t) => {
    const { code, stdout, stderr } = await runProgram(t, args, { DIGEST_SALT: SALT }).ended;

    assert.deepEqual([code, stdout], [64, '']);
    assert.match(stderr, new RegExp((args.at(-1) ?? '').replace(/^-+/, '')));
  });
}

const INVALID = { PORT: 'x', WEBHOOK_URL: 'http://127.0.0.1/', DATABASE_POOL_SIZE: '0', WEBHOOK_ULR: 'y' };
const NAMED = ['PORT', 'WEBHOOK_SECRET', 'DATABASE_POOL_SIZE', 'ALLOW_UNAUTHENTICATED', 'WEBHOOK_ULR'];

test('the program with an invalid configuration exits 78 with every error at once', async (t) => {
  const { code, stdout, stderr } = await runProgram(t, [], INVALID).ended;

  assert.deepEqual([code, stdout], [78, '']);
  for (const name of NAMED) assert.match(stderr, new RegExp(`\\b${name}\\b`), name);
});

for (const command of [serve, migrate]) {
  test(`"${command.summary}" with an invalid configuration ends with 78 and every error at once`, async () => {
    const { exitCode, out, errors } = await runCommand(command, [], INVALID);

    assert.deepEqual([exitCode, out], [78, '']);
    for (const name of NAMED) assert.match(errors, new RegExp(`\\b${name}\\b`), name);
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
  assert.match(String(line?.fix), /end it, or set PORT/);
});
