/**
 * `simulate --listen` as an operator runs it beside a receiver: a process that prints what the other commands need,
 * plays its story once everything is registered, and stays until Ctrl-C. The receiver and the one who registers are
 * real HTTP peers.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { simulate } from '../../src/commands/simulate/simulate.ts';
import { CALLBACK_TYPES } from '../../src/protocol/ecom/callback-types.ts';
import { runProgram } from '../harness/program.ts';
import { waitUntil } from '../harness/wait.ts';
import { type Address, CALLBACK_PASSWORD, callRest, enrol, trigger } from './fake-resurs.ts';
import { type Answering, faithfulAnswer, SALT, startReceiver } from './receiver.ts';

interface SetUp {
  readonly args?: readonly string[];
  readonly env?: Record<string, string>;
  readonly answer?: Answering;
}

/** Starts the command and reads its settings as a person would. */
async function setup(t: TestContext, { args = [], env = {}, answer = faithfulAnswer }: SetUp = {}) {
  const receiver = await startReceiver(t, answer);
  const all = ['simulate', '--listen', '0', '--speed', '1000000000', '--foreign-answer', '410', ...args];
  const run = runProgram(t, all, env);
  let printed = '';
  run.child.stdout?.on('data', (chunk: Buffer) => {
    printed += chunk.toString();
  });
  const says = async (text: string) => {
    await waitUntil(async () => run.hasEnded() || printed.includes(text));
    assert.ok(printed.includes(text), printed);
  };
  await says('Ctrl-C ends it.');
  const setting = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(printed)?.[1] ?? '';
  const resurs: Address = {
    restUrl: setting('RESURS_REST_URL'),
    soapUrl: setting('RESURS_SOAP_URL'),
    account: {
      username: setting('RESURS_USERNAME'),
      password: env.RESURS_PASSWORD ?? setting('RESURS_PASSWORD'),
    },
  };

  return {
    ...receiver,
    resurs,
    says,
    enrolAll: async () => {
      for (const type of CALLBACK_TYPES) await enrol(resurs, type, receiver.target);
    },
    pressCtrlC: () => {
      run.child.kill('SIGINT');
      return run.ended;
    },
  };
}

test('once all types are registered the story is played, and Ctrl-C ends with 0', async (t) => {
  const { enrolAll, says, pressCtrlC } = await setup(t);
  await enrolAll();
  await says('callbacks ended as promised');

  const { code, stdout, stderr } = await pressCtrlC();

  assert.deepEqual([code, stderr], [0, '']);
  assert.match(stdout, /^← SOAP register BOOKED: 200$/m);
  assert.match(stdout, /^→ POST BOOKED \d+, try 1: 204 OK, lost on the way$/m);
  assert.match(stdout, /GET +UNFREEZE +\d+ +wrong digest +406 Digest rejected\. +3/);
  assert.match(stdout, /^All 13 callbacks ended as promised\.$/m);
});

test('only the types of the story have to be registered, and its options hold', async (t) => {
  const { resurs, target, says, requests, pressCtrlC } = await setup(t, {
    args: ['--only', 'ANNULMENT', '--payments', '4', '--first', '77'],
  });
  await enrol(resurs, 'ANNULMENT', target);
  await says('callbacks ended as promised');

  const { code } = await pressCtrlC();

  assert.equal(code, 0);
  assert.deepEqual(requests.map(({ url }) => url.searchParams.get('p')).toSorted(), ['78', '80']);
});

test('it stays after the story, and sends what is triggered', async (t) => {
  const { resurs, target, says, pressCtrlC } = await setup(t, { args: ['--only', 'TEST'] });
  await enrol(resurs, 'TEST', target);
  await says('callbacks ended as promised');

  await trigger(resurs, 'TEST', ['a', 'b', 'c', 'd', 'e']);
  await says('← SOAP trigger TEST: 200\n→ GET TEST, try 1: 204 Test OK');
  const { code } = await pressCtrlC();

  assert.equal(code, 0);
});

test('a callback that did not end as promised makes exit code 1', async (t) => {
  const { enrolAll, says, pressCtrlC } = await setup(t, { answer: () => ({ status: 200, phrase: 'OK' }) });
  await enrolAll();
  await says('did not end as promised');

  const { code } = await pressCtrlC();

  assert.equal(code, 1);
});

test('stopped before anything was registered it ends with 0', async (t) => {
  const { resurs, pressCtrlC } = await setup(t);
  await callRest(resurs, 'GET /callbacks');

  const { code, stdout } = await pressCtrlC();

  assert.equal(code, 0);
  assert.match(stdout, /^← REST list: 200$/m);
});

test('the account of the environment is used, and its password not printed', async (t) => {
  const env = { RESURS_USERNAME: 'merchant', RESURS_PASSWORD: 'a-password-of-an-account' };
  const { resurs, pressCtrlC } = await setup(t, { env });

  const { status } = await callRest(resurs, 'GET /callbacks');
  const { stdout } = await pressCtrlC();

  assert.equal(status, 200);
  assert.match(stdout, /^RESURS_USERNAME=merchant$/m);
  assert.ok(!stdout.includes(env.RESURS_PASSWORD));
});

test('neither URLs nor digests, salts and passwords of callbacks are printed', async (t) => {
  const { enrolAll, says, requests, pressCtrlC } = await setup(t);
  await enrolAll();
  await says('callbacks ended as promised');

  const { stdout, stderr } = await pressCtrlC();

  const digests = requests.map(({ url }) => url.searchParams.get('d') ?? '');
  assert.ok(digests.every((digest) => digest.length === 40));
  for (const secret of [...digests, SALT, CALLBACK_PASSWORD, '/callbacks/resurs']) {
    assert.ok(!(stdout + stderr).includes(secret));
  }
});

test('a port that is taken ends with exit code 1 and the reason', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1');
  t.after(() => taken.close());
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;

  const { code, stderr } = await runProgram(t, ['simulate', '--listen', String(port)]).ended;

  assert.deepEqual([code, stderr], [1, `Cannot listen on port ${port}: EADDRINUSE\n`]);
});

for (const { name, args, env = {} } of [
  { name: 'a port that is none', args: ['--listen', '65536'] },
  { name: 'a URL', args: ['--listen', '0', 'http://127.0.0.1/'] },
  { name: 'a salt', args: ['--listen', '0', '--salt', 'secret-word'] },
  { name: 'a key', args: ['--listen', '0', '--key', 'secret-word'] },
  { name: 'a form', args: ['--listen', '0', '--form', 'pairs'] },
  { name: 'an algorithm', args: ['--listen', '0', '--algorithm', 'md5'] },
  { name: 'JSON', args: ['--listen', '0', '--json'] },
  { name: 'nothing to send', args: ['--listen', '0', '--payments', '0', '--only', 'ANNULMENT'] },
  { name: 'half an account', args: ['--listen', '0'], env: { RESURS_PASSWORD: 'secret-word' } },
]) {
  test(`--listen with ${name} ends with exit code 64`, async () => {
    const errors: string[] = [];
    const terminal = {
      env,
      print: () => assert.fail('nothing to print'),
      printError: (line: string) => errors.push(line),
    };

    const code = await simulate.run(args, terminal);

    assert.equal(code, 64);
    assert.match(errors.join('\n'), /^.+\nTry --help\.$/);
    assert.ok(!errors.join('\n').includes('secret-word'));
  });
}
