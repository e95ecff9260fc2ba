/**
 * The command `simulate`: what it prints, its exit code, and that it agrees with a receiver that has the same
 * environment. The receiver is a real HTTP server that responds as the contract says.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { simulate } from '../../src/commands/simulate/simulate.ts';
import { runCommand } from '../helpers/run-command.ts';
import { correctResponse, OK, type ReceivedRequest, type ReceiverResponse, SALT, startReceiver } from './receiver.ts';

const EVERYTHING = { DIGEST_SALT: SALT, ORDER_OWNERSHIP: 'pattern' };

async function setup(t: TestContext, answer: (seen: ReceivedRequest) => ReceiverResponse = correctResponse) {
  const receiver = await startReceiver(t, answer);
  const run = (args: readonly string[], env: Record<string, string> = EVERYTHING, stop?: AbortSignal) =>
    runCommand(simulate, args, env, stop === undefined ? {} : { stop });

  return { ...receiver, run };
}

test('a correct receiver gives a table and exit code 0', async (t) => {
  const { run, target } = await setup(t);

  const { exitCode, out, errors } = await run([target]);

  assert.equal(exitCode, 0);
  assert.equal(errors, '');
  assert.match(out, /POST→GET +BOOKED +\d+ +one fee line; response lost +204 OK +1/);
  assert.match(out, /GET +UNFREEZE +\d+ +wrong digest +406 Digest rejected\. +3/);
  assert.match(out, /All 13 callbacks ended as expected\./);
});

test('a wrong receiver gives exit code 1 and prints the expected responses', async (t) => {
  const { run, target } = await setup(t, () => OK);

  const { exitCode, out } = await run([target]);

  assert.equal(exitCode, 1);
  assert.match(out, /204 OK ✗ expected: 406 Digest rejected\./);
  assert.match(out, /204 OK ✗ expected: 410 Order is not ours\./);
  assert.match(out, /3 of 13 callbacks did not end as expected\./);
});

test('Ctrl-C ends it with exit code 1 and a table of the callbacks that ended', async (t) => {
  const stop = new AbortController();
  const { run, target } = await setup(t, (seen) => {
    if (seen.url.searchParams.get('c') === 'TEST') stop.abort();
    return correctResponse(seen);
  });

  const { exitCode, out } = await run(
    [target, '--only', 'ANNULMENT,TEST', '--concurrency', '1'],
    EVERYTHING,
    stop.signal,
  );

  assert.equal(exitCode, 1);
  assert.match(out, /Stopped: 1 of 2 callbacks ended\./);
});

test('--json prints exactly one document', async (t) => {
  const { run, target } = await setup(t);

  const { out } = await run([target, '--json']);

  const { asExpected, callbacks, ...rest } = JSON.parse(out);
  assert.deepEqual(rest, { target, speed: 3600 });
  assert.equal(asExpected, true);
  assert.equal(callbacks.length, 13);
});

test('PORT and CALLBACK_PATHS of the receiver give the default target', async (t) => {
  const { run, origin, requests } = await setup(t);
  const env = { ...EVERYTHING, PORT: new URL(origin).port, CALLBACK_PATHS: '/wc-api/ResursDefault, /other' };

  const { exitCode } = await run(['--only', 'TEST'], env);

  assert.equal(exitCode, 0);
  assert.equal(requests[0]?.url.pathname, '/wc-api/ResursDefault');
});

test('a salt can come from a file', async (t) => {
  const { run, target } = await setup(t);
  const folder = await mkdtemp(join(tmpdir(), 'simulate-'));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'salt'), `${SALT}\n`);

  const { exitCode } = await run([target, '--only', 'TEST'], { DIGEST_SALT_FILE: join(folder, 'salt') });

  assert.equal(exitCode, 0);
});

test('--salt replaces a key of the environment', async (t) => {
  const { run, target } = await setup(t);

  const { exitCode } = await run([target, '--only', 'TEST', '--salt', SALT], { DIGEST_KEY: 'k'.repeat(40) });

  assert.equal(exitCode, 0);
});

for (const { name, env, args, status } of [
  { name: 'any order is ours', env: {}, args: [], status: 204 },
  { name: 'a pattern decides', env: { ORDER_OWNERSHIP: 'pattern' }, args: [], status: 410 },
  {
    name: 'rejected callbacks are accepted',
    env: { ORDER_OWNERSHIP: 'pattern', ACCEPT_REJECTED_CALLBACKS: 'true' },
    args: [],
    status: 202,
  },
  { name: 'the argument says so', env: {}, args: ['--foreign-answer', '202'], status: 202 },
]) {
  test(`an order of another shop is expected to get ${status} when ${name}`, async (t) => {
    const { run, target } = await setup(t);
    const all = [target, '--json', '--only', 'BOOKED', '--payments', '0', '--attempts', '1', ...args];

    const { out } = await run(all, { DIGEST_SALT: SALT, ...env });

    assert.deepEqual(
      JSON.parse(out).callbacks.map((callback: { expected: { status: number } }) => callback.expected.status),
      [status],
    );
  });
}

const REMOTE = 'https://receiver.shop.example/callbacks/resurs?token=hidden';

test('a receiver on another machine is sent nothing before the operator agrees', async () => {
  const asked: string[] = [];
  const confirm = async (question: string) => {
    asked.push(question);
    return false;
  };

  const declined = await runCommand(simulate, [REMOTE, '--first', '77'], EVERYTHING, { confirm });
  const unattended = await runCommand(simulate, [REMOTE, '--first', '77', '--json'], EVERYTHING);

  assert.deepEqual([declined.exitCode, declined.out, asked], [1, '', ['Send them?']]);
  assert.match(declined.errors, /^13 simulated callbacks go to https:\/\/receiver\.shop\.example\//);
  assert.match(declined.errors, /^Payments: 77, 78, 79, FOREIGN-ORDER-1\.$/m);
  assert.match(declined.errors, /docs\/operations\.md, "Remove simulated payments"/);
  assert.match(declined.errors, /\nNothing was sent\.$/);
  assert.deepEqual([unattended.exitCode, unattended.out], [1, '']);
  assert.match(unattended.errors, /\nNothing was sent\. Add --yes to go on\.$/);
  assert.ok(!(declined.errors + unattended.errors).includes('hidden'));
});

test('--yes sends to a receiver on another machine without a question', async () => {
  // No network knows this name (RFC 6761), so every callback fails at once.
  const target = 'http://receiver.invalid/callbacks/resurs';

  const { exitCode, out, errors } = await runCommand(
    simulate,
    [target, '--yes', '--only', 'TEST', '--attempts', '1'],
    EVERYTHING,
  );

  assert.equal(exitCode, 1);
  assert.match(errors, /^1 simulated callbacks? go/);
  assert.match(out, /1 of 1 callbacks did not end as expected\./);
});

for (const host of [
  '127.0.0.1',
  '127.8.9.10',
  'localhost',
  'receiver.localhost',
  '[::1]',
  '[::ffff:127.0.0.1]',
  '127.1',
]) {
  test(`a receiver at ${host} is on this machine and sent to without a question`, async () => {
    const args = [`http://${host}:1/callbacks/resurs`, '--only', 'TEST', '--attempts', '1'];

    const { errors } = await runCommand(simulate, args, EVERYTHING);

    assert.equal(errors, '');
  });
}

for (const host of ['10.0.0.1', '0.0.0.0', 'localhost.shop.example', '127.0.0.1.shop.example', '[::2]', 'receiver']) {
  test(`a receiver at ${host} is on another machine`, async () => {
    const { exitCode, errors } = await runCommand(simulate, [`http://${host}/callbacks/resurs`], EVERYTHING);

    assert.equal(exitCode, 1);
    assert.match(errors, /which is not on this machine/);
  });
}

test('neither secrets nor digests are printed', async (t) => {
  const { run, target, requests } = await setup(t, () => ({ status: 500, phrase: 'Unhandled error.' }));
  const env = { ...EVERYTHING, BASIC_AUTH_USERNAME: 'resurs', BASIC_AUTH_PASSWORD: 'a-password' };

  const table = await run([`${target}?token=hidden`, '--attempts', '1'], env);
  const json = await run([`${target}?token=hidden`, '--attempts', '1', '--json'], env);

  const printed = table.out + table.errors + json.out + json.errors;
  const digests = requests.map(({ url }) => url.searchParams.get('d') ?? '');
  for (const secret of [SALT, 'a-password', 'hidden', ...digests]) assert.ok(!printed.includes(secret));
});

test('--help prints every option', async (t) => {
  const { run } = await setup(t);

  const { exitCode, out } = await run(['--nonsense', '--help']);

  assert.equal(exitCode, 0);
  for (const option of ['salt', 'key', 'algorithm', 'form', 'speed', 'payments', 'only', 'concurrency', 'attempts']) {
    assert.match(out, new RegExp(`--${option} `));
  }
});

for (const { name, args, env } of [
  { name: 'an unknown option', args: ['--sped', '1'] },
  { name: 'two targets', args: ['http://a.example', 'http://b.example'] },
  { name: 'a target that is no URL', args: ['somewhere'] },
  { name: 'a target with credentials', args: ['http://user:secret-word@a.example/'] },
  { name: 'a speed of 0', args: ['--speed', '0'] },
  { name: 'more attempts than Resurs makes', args: ['--attempts', '21'] },
  { name: 'an unknown type', args: ['--only', 'PAID'] },
  { name: 'an unknown form', args: ['--form', 'path'] },
  { name: 'an unknown algorithm', args: ['--algorithm', 'sha256'] },
  { name: 'a salt and a key', args: ['--salt', 'secret-word', '--key', 'secret-word'] },
  { name: 'nothing to send', args: ['--payments', '0', '--only', 'ANNULMENT'] },
  { name: 'half a pair of credentials', args: [], env: { BASIC_AUTH_PASSWORD: 'secret-word' } },
  { name: 'no target when the receiver uses HTTPS', args: [], env: { TLS_CERT_FILE: '/secret-word' } },
  { name: 'a salt file that is not there', args: [], env: { DIGEST_SALT_FILE: '/nowhere/secret-word' } },
]) {
  test(`${name} ends with exit code 64 before anything is sent`, async (t) => {
    const { run } = await setup(t);

    const { exitCode, out, errors } = await run(args, env ?? {});

    assert.equal(exitCode, 64);
    assert.equal(out, '');
    assert.match(errors, /^.+\nTry --help\.$/);
    assert.ok(!errors.includes('secret-word'));
  });
}
