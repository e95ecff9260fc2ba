/**
 * The `config` command as an operator uses it: what it prints where, and its exit codes. It runs as in the program;
 * only the terminal is replaced, by one that records the output.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readArguments, requireConfig } from '../../src/commands/command.ts';
import { configCommand } from '../../src/commands/config.ts';
import { SETTING_NAMES } from '../../src/config/settings.ts';
import { DIGEST_KEY } from '../helpers/config.ts';

function setup(t: TestContext, env: Record<string, string>) {
  const folder = mkdtempSync(join(tmpdir(), 'settings-'));
  t.after(() => rmSync(folder, { recursive: true }));

  const printed: string[] = [];
  const errors: string[] = [];
  const terminal = {
    env,
    print: (line: string) => void printed.push(line),
    printError: (line: string) => void errors.push(line),
  };
  return { folder, printed, errors, terminal, run: (...args: string[]) => configCommand.run(args, terminal) };
}

test('every setting is one line with its value and its source', async (t) => {
  const { folder, printed, errors, terminal, run } = setup(t, {
    PORT: '9000',
    DIGEST_KEY,
    PUBLIC_URL: 'https://pay.shop.example',
  });
  writeFileSync(join(folder, 'token'), 'Zk3vP9qLw7Xt2RbYc8NdJf5H\n');
  Object.assign(terminal.env, { STATUS_TOKEN_FILE: join(folder, 'token') });

  const exitCode = await run();

  assert.equal(exitCode, 0);
  assert.deepEqual(errors, []);
  assert.deepEqual(
    printed.map((line) => line.split('=')[0]),
    SETTING_NAMES,
  );
  const words = printed.map((line) => line.replace(/ +/, ' '));
  assert.ok(words.includes('HOST=0.0.0.0 default'));
  assert.ok(words.includes('PORT=9000 environment'));
  assert.ok(words.includes('DIGEST_KEY=******** environment'));
  assert.ok(words.includes('STATUS_TOKEN=******** file'));
  assert.ok(words.includes('WEBHOOK_URL= unset'));
  assert.ok(words.includes('TRUST_PROXY= unset'));
});

test('the sources are aligned in one column', async (t) => {
  const { printed, run } = setup(t, { DIGEST_KEY });

  await run();

  const short = printed.filter((line) => line.search(/ +\w+$/) < 56);
  const columns = new Set(short.map((line) => line.search(/\w+$/)));
  assert.equal(columns.size, 1);
});

test('no secret appears in the output', async (t) => {
  const secret = 'Ж-no-one-may-see-this';
  const { printed, errors, run } = setup(t, {
    DIGEST_KEY: `${secret}${DIGEST_KEY}`,
    DIGEST_SALT_TEST: secret,
    BASIC_AUTH_USERNAME: 'resurs',
    BASIC_AUTH_PASSWORD: secret,
    DATABASE_URL: `postgres://${encodeURIComponent(secret)}:${encodeURIComponent(secret)}@db/shop?application_name=${secret}`,
    WEBHOOK_URL: `https://shop.example/hooks?key=${secret}`,
    WEBHOOK_SECRET: `whsec_${Buffer.from(secret.repeat(2)).toString('base64')}`,
    WEBHOOK_AUTHORIZATION: 'Bearer no-one-may-see-this',
  });

  const exitCode = await run();

  const output = [...printed, ...errors].join('\n');
  assert.equal(exitCode, 0, output);
  assert.doesNotMatch(decodeURIComponent(output), /Ж|no-one-may-see|whsec_/);
  assert.match(output, /^DATABASE_URL=postgres:\/\/\*{8}@db\/shop\?\*{8} +environment$/m);
});

test('an invalid configuration exits 78 with every error and its fix on standard error', async (t) => {
  const { printed, errors, run } = setup(t, { PORT: 'x', LOG_LEVEL: 'loud', WEBHOOK_ULR: 'x' });

  const exitCode = await run();

  assert.equal(exitCode, 78);
  assert.deepEqual(printed, []);
  const output = errors.join('\n');
  assert.match(output, /^ {2}PORT is not a whole number\. Fix: set it to a whole number from 0 to 65535\.$/m);
  assert.match(output, /^ {2}LOG_LEVEL is not .*\. Fix: .*\.$/m);
  assert.match(output, /^ {2}ALLOW_UNAUTHENTICATED is false, but .*\. Fix: .*\.$/m);
  assert.match(output, /^Warning: WEBHOOK_ULR .*WEBHOOK_URL\?$/m);
});

test('warnings go to standard error and do not change the exit code', async (t) => {
  const { printed, errors, run } = setup(t, { ALLOW_UNAUTHENTICATED: 'true' });

  const exitCode = await run();

  assert.equal(exitCode, 0);
  assert.equal(printed.length, SETTING_NAMES.length);
  assert.equal(errors.length, 1);
  assert.match(errors[0] ?? '', /^Warning: ALLOW_UNAUTHENTICATED /);
});

test('help is printed even when the configuration or another option is wrong', async (t) => {
  const { printed, errors, run } = setup(t, { PORT: 'x' });

  const exitCode = await run('--nonsense', '--help');

  assert.equal(exitCode, 0);
  assert.match(printed.join('\n'), /^Usage: receiver config/);
  assert.deepEqual(errors, []);
});

for (const argument of ['--nonsense', 'stray', '-x']) {
  test(`the unknown argument ${argument} exits 64 and prints no setting`, async (t) => {
    const { printed, errors, run } = setup(t, { DIGEST_KEY });

    const exitCode = await run(argument);

    assert.equal(exitCode, 64);
    assert.deepEqual(printed, []);
    assert.match(errors.join('\n'), new RegExp(`${argument.replace('--', '')}[^]*--help`));
  });
}

test('a command gets its options parsed and typed', (t) => {
  const { terminal } = setup(t, {});
  const options = { only: { type: 'string' }, json: { type: 'boolean', default: false } } as const;

  const read = readArguments(['--only', 'clock'], { help: 'help', options, terminal });

  assert.ok(read.outcome === 'parsed');
  const only: string | undefined = read.values.only;
  assert.deepEqual([only, read.values.json], ['clock', false]);
});

test('a command that needs a configuration gets it, or exits 78', (t) => {
  const { terminal, errors } = setup(t, { DIGEST_KEY, PUBLIC_URL: 'https://pay.shop.example' });

  const configured = requireConfig(terminal);
  const ended = requireConfig({ ...terminal, env: {} });

  assert.equal(configured.outcome === 'configured' && configured.config.DIGEST_KEY, DIGEST_KEY);
  assert.deepEqual(ended, { outcome: 'ended', exitCode: 78 });
  assert.equal(errors[0], 'The configuration is not valid:');
});
