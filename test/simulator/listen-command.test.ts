/**
 * `simulate --listen` as an operator runs it next to a receiver: a process that prints the settings for the other
 * commands, runs its scenario once everything is registered, and runs until Ctrl-C. The receiver and the client that
 * registers are real HTTP peers.
 */

import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { simulate } from '../../src/commands/simulate/simulate.ts';
import { CALLBACK_TYPES } from '../../src/protocol/ecom/callback-types.ts';
import { waitUntil } from '../harness/wait.ts';
import { listenForTest } from '../helpers/listen.ts';
import { runProgram } from '../helpers/program.ts';
import { runCommand } from '../helpers/run-command.ts';
import { type Address, CALLBACK_PASSWORD, callRest, registerReceiver, trigger } from './fake-resurs.ts';
import { correctResponse, type RespondTo, SALT, startReceiver } from './receiver.ts';

interface SetUp {
  readonly args?: readonly string[];
  readonly env?: Record<string, string>;
  readonly respond?: RespondTo;
}

/** Starts the command and reads the settings that it prints. */
async function setup(t: TestContext, { args = [], env = {}, respond = correctResponse }: SetUp = {}) {
  const receiver = await startReceiver(t, respond);
  const all = ['simulate', '--listen', '0', '--speed', '1000000000', '--foreign-answer', '410', ...args];
  const run = runProgram(t, all, env);
  let printed = '';
  run.child.stdout?.on('data', (chunk: Buffer) => {
    printed += chunk.toString();
  });
  const prints = async (text: string) => {
    await waitUntil(async () => run.hasEnded() || printed.includes(text));
    assert.ok(printed.includes(text), printed);
  };
  await prints('Ctrl-C ends it.');
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
    prints,
    registerAll: async () => {
      for (const type of CALLBACK_TYPES) await registerReceiver(resurs, type, receiver.target);
    },
    pressCtrlC: () => {
      run.child.kill('SIGINT');
      return run.ended;
    },
  };
}

test('the scenario runs once all types are registered, and Ctrl-C ends with 0', async (t) => {
  const { registerAll, prints, pressCtrlC } = await setup(t);
  await registerAll();
  await prints('callbacks ended as expected');

  const { code, stdout, stderr } = await pressCtrlC();

  assert.deepEqual([code, stderr], [0, '']);
  assert.match(stdout, /^← SOAP register BOOKED: 200$/m);
  assert.match(stdout, /^→ POST BOOKED \d+, try 1: 204 OK, response lost$/m);
  assert.match(stdout, /GET +UNFREEZE +\d+ +wrong digest +406 Digest rejected\. +3/);
  assert.match(stdout, /^All 13 callbacks ended as expected\.$/m);
});

test('only the types of the scenario have to be registered, and its options apply', async (t) => {
  const { resurs, target, prints, requests, pressCtrlC } = await setup(t, {
    args: ['--only', 'ANNULMENT', '--payments', '4', '--first', '77'],
  });
  await registerReceiver(resurs, 'ANNULMENT', target);
  await prints('callbacks ended as expected');

  const { code } = await pressCtrlC();

  assert.equal(code, 0);
  assert.deepEqual(requests.map(({ url }) => url.searchParams.get('p')).toSorted(), ['78', '80']);
});

test('more payments can be asked for, again and again, with the account and once all types are registered', async (t) => {
  const { resurs, target, prints, requests, pressCtrlC } = await setup(t, {
    args: ['--only', 'UNFREEZE', '--payments', '1', '--first', '100'],
  });
  const ask = (query = '') => callRest(resurs, `POST /simulator/payments${query}`);
  const early = await ask();
  await registerReceiver(resurs, 'UNFREEZE', target);
  await prints('callbacks ended as expected');

  const [one, three] = [await ask(), await ask('?count=3')];
  const refused = [await ask('?count=0'), await ask('?count=many'), await callRest(resurs, 'GET /simulator/payments')];
  const stranger = await callRest(resurs, 'POST /simulator/payments', { authorization: null });
  await waitUntil(async () => ['102', '104', '106'].every((id) => requests.some(({ url }) => url.search.includes(id))));
  const { code, stdout } = await pressCtrlC();

  assert.deepEqual([early.status, early.text], [409, '{"error":"Register these types first: UNFREEZE"}\n']);
  assert.deepEqual([one.status, JSON.parse(one.text)], [202, { payments: 1, firstPaymentId: '102' }]);
  assert.deepEqual([three.status, JSON.parse(three.text)], [202, { payments: 3, firstPaymentId: '104' }]);
  assert.deepEqual([...refused.map(({ status }) => status), stranger.status], [400, 400, 405, 401]);
  assert.match(
    stdout,
    /^More payments: curl -X POST -u .+ 'http:\/\/127\.0\.0\.1:\d+\/simulator\/payments\?count=2'$/m,
  );
  assert.ok(code === 0 || code === 1, 'a round that Ctrl-C interrupts did not end as expected');
});

test('a call without credentials, as doctor makes one to compare clocks, is explained', async (t) => {
  const { resurs, pressCtrlC } = await setup(t);
  await callRest(resurs, 'GET /callbacks', { authorization: null });
  await callRest(resurs, 'GET /callbacks', { authorization: 'Basic eDp5' });

  const { stdout } = await pressCtrlC();

  assert.match(stdout, /^← REST list: 401, no credentials, as when doctor compares clocks$/m);
  assert.match(stdout, /^← REST list: 401, wrong credentials$/m);
});

test('it runs on after the scenario and sends triggered callbacks', async (t) => {
  const { resurs, target, prints, pressCtrlC } = await setup(t, { args: ['--only', 'TEST'] });
  await registerReceiver(resurs, 'TEST', target);
  await prints('callbacks ended as expected');

  await trigger(resurs, 'TEST', ['a', 'b', 'c', 'd', 'e']);
  await prints('← SOAP trigger TEST: 200\n→ GET TEST, try 1: 204 Test OK');
  const { code } = await pressCtrlC();

  assert.equal(code, 0);
});

test('a callback that did not end as expected gives exit code 1', async (t) => {
  const { registerAll, prints, pressCtrlC } = await setup(t, { respond: () => ({ status: 200, phrase: 'OK' }) });
  await registerAll();
  await prints('did not end as expected');

  const { code } = await pressCtrlC();

  assert.equal(code, 1);
});

test('stopped before any registration, it ends with 0', async (t) => {
  const { resurs, pressCtrlC } = await setup(t);
  await callRest(resurs, 'GET /callbacks');

  const { code, stdout } = await pressCtrlC();

  assert.equal(code, 0);
  assert.match(stdout, /^← REST list: 200$/m);
});

test('the account of the environment is used, and its password is not printed', async (t) => {
  const env = { RESURS_USERNAME: 'merchant', RESURS_PASSWORD: 'a-password-of-an-account' };
  const { resurs, pressCtrlC } = await setup(t, { env });

  const { status } = await callRest(resurs, 'GET /callbacks');
  const { stdout } = await pressCtrlC();

  assert.equal(status, 200);
  assert.match(stdout, /^RESURS_USERNAME=merchant$/m);
  assert.ok(!stdout.includes(env.RESURS_PASSWORD));
});

test('URLs, digests, salts and passwords of callbacks are not printed', async (t) => {
  const { registerAll, prints, requests, pressCtrlC } = await setup(t);
  await registerAll();
  await prints('callbacks ended as expected');

  const { stdout, stderr } = await pressCtrlC();

  const digests = requests.map(({ url }) => url.searchParams.get('d') ?? '');
  assert.ok(digests.every((digest) => digest.length === 40));
  for (const secret of [...digests, SALT, CALLBACK_PASSWORD, '/callbacks/resurs']) {
    assert.ok(!(stdout + stderr).includes(secret));
  }
});

test('a port in use gives exit code 1 and the reason', async (t) => {
  const { port } = await listenForTest(t, createServer());

  const { code, stderr } = await runProgram(t, ['simulate', '--listen', String(port)]).ended;

  assert.deepEqual([code, stderr], [1, `Cannot listen on port ${port}: EADDRINUSE\n`]);
});

for (const { name, args, env = {} } of [
  { name: 'an invalid port', args: ['--listen', '65536'] },
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
    const { exitCode, out, errors } = await runCommand(simulate, args, env);

    assert.deepEqual([exitCode, out], [64, '']);
    assert.match(errors, /^.+\nTry --help\.$/);
    assert.ok(!errors.includes('secret-word'));
  });
}
