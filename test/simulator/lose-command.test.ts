/**
 * `simulate --lose`: some callbacks never come, Resurs holds what they would have said, and can be asked for it until
 * the operator stops the command.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { lossLines } from '../../src/commands/simulate/lose.ts';
import { simulate } from '../../src/commands/simulate/simulate.ts';
import type { SimulatedCallback } from '../../src/simulator/result.ts';
import { freePort } from '../harness/listen.ts';
import { waitUntil } from '../harness/wait.ts';
import { runCommand } from '../helpers/run-command.ts';
import { callSoap } from './fake-resurs.ts';
import { correctResponse, OK, type RespondTo, SALT, startReceiver } from './receiver.ts';

interface SetUp {
  readonly args: readonly string[];
  readonly env?: Record<string, string>;
  readonly respond?: RespondTo;
}

/** Runs the command until it says that it goes on. */
async function setup(t: TestContext, { args, env = {}, respond = correctResponse }: SetUp) {
  const receiver = await startReceiver(t, respond);
  const stop = new AbortController();
  t.after(() => stop.abort());
  const out: string[] = [];
  const errors: string[] = [];
  const ended = simulate.run([receiver.target, '--speed', '1000000000', '--foreign-answer', '410', ...args], {
    env: { DIGEST_SALT: SALT, ...env },
    stop: stop.signal,
    print: (line) => void out.push(line),
    printError: (line) => void errors.push(line),
  });
  const all = () => [...out, ...errors].join('\n');
  await waitUntil(async () => all().includes('Ctrl-C ends it'));
  return {
    ...receiver,
    out,
    errors,
    setting: (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(all())?.[1] ?? '',
    pressCtrlC: () => {
      stop.abort();
      return ended;
    },
  };
}

test('what is lost never comes, Resurs holds it, and the command says what is to be found', async (t) => {
  const { out, requests, setting, pressCtrlC } = await setup(t, { args: ['--lose', '1', '--first', '100'] });
  const account = { username: setting('RESURS_USERNAME'), password: setting('RESURS_PASSWORD') };
  const resurs = { soapUrl: setting('RESURS_SOAP_URL'), restUrl: '', account };

  const { text } = await callSoap(
    resurs,
    '<a:findPayments><searchCriteria><statusSet>IS_ANNULLED</statusSet></searchCriteria></a:findPayments>',
    { service: 'AfterShopFlowService' },
  );
  const exitCode = await pressCtrlC();

  assert.match(text, />101</);
  assert.equal(exitCode, 0);
  assert.deepEqual(
    [...new Set(requests.map(({ url }) => url.searchParams.get('p')))],
    [null, '102', 'FOREIGN-ORDER-1'],
  );
  assert.match(out.join('\n'), /^– +UNFREEZE +100 +approved manually +lost +0$/m);
  assert.match(out.join('\n'), /^Lost on purpose: 10 of 13 callbacks\. 2 payments show it at Resurs:$/m);
  assert.match(out.join('\n'), /^ {2}100 {2}booked, finalized$/m);
  assert.match(out.join('\n'), /^ {2}101 {2}booked, annulled$/m);
  assert.match(out.join('\n'), /^RECONCILE_GRACE_MINUTES=0\nnpx receiver reconcile --since \d{4}-.*Z$/m);
});

test("Resurs is where the receiver's settings look for it, and a given password is not printed", async (t) => {
  const port = await freePort();
  const soapUrl = `http://127.0.0.1:${port}/ecommerce-test/ws/V4`;
  const env = { RESURS_SOAP_URL: soapUrl, RESURS_USERNAME: 'shop', RESURS_PASSWORD: 'a-password-of-the-shop' };

  const { out, errors, setting } = await setup(t, { args: ['--lose', '1', '--json'], env });

  assert.equal(setting('RESURS_SOAP_URL'), soapUrl);
  assert.doesNotMatch([...out, ...errors].join('\n'), /a-password-of-the-shop/);
  const [document = '', ...more] = out;
  const { asExpected, missed } = JSON.parse(document);
  assert.deepEqual([more.length, asExpected, missed.length], [0, true, 2]);
});

test('of the Merchant API, what came of nothing can be found only where the order is registered', async (t) => {
  const { out, setting, requests } = await setup(t, {
    args: ['--mapi', '--lose', '1', '--first', '100'],
    env: { MAPI_CALLBACK_TOKEN: 'a-token-only-for-these-tests' },
    respond: () => OK,
  });

  assert.match(setting('MAPI_URL'), /^http:\/\/127\.0\.0\.1:\d+$/);
  assert.ok(setting('MAPI_CLIENT_SECRET').length > 20);
  assert.match(
    out.join('\n'),
    /authorized, updated \(only after PUT \/orders\/101 with \{"provider": "resurs-mapi"\}\)$/m,
  );
  assert.ok(requests.every(({ body }) => !body.includes('"REFUND"')));
});

test('nothing lost leaves nothing to find, and the command ends', async (t) => {
  const { target } = await startReceiver(t, correctResponse);
  const args = [target, '--foreign-answer', '410', '--speed', '1000000000', '--lose', '0.000001'];

  const { exitCode, out } = await runCommand(simulate, args, { DIGEST_SALT: SALT });

  assert.equal(exitCode, 0);
  assert.match(out, /^Nothing was lost: simulate more payments, or give --lose a larger share\.$/m);
});

test('a share that is none is refused', async () => {
  for (const share of ['1.1', '-1', 'half', '20%', '']) {
    const { exitCode, errors } = await runCommand(simulate, [`--lose=${share}`], { DIGEST_SALT: SALT });
    assert.deepEqual([exitCode, /--lose/.test(errors)], [64, true], share);
  }
});

test('where no lost callback can be found, it says why', () => {
  const thawed = { lost: true } as SimulatedCallback;

  assert.deepEqual(lossLines([], [thawed]).slice(1), [
    'Lost on purpose: 1 of 1 callbacks. reconcile finds none of them: other callbacks have reported the same, or Resurs shows no trace.',
  ]);
});
