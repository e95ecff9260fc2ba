/**
 * A simulation sends like Resurs, so that a receiver that passes here passes there. The receiver is a real HTTP server;
 * the delays between tries are replaced and recorded, and so is the timer of the five-second timeout.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { CallbackType } from '../../src/protocol/ecom/callback-types.ts';
import { DELAY_BEFORE_TRY_MS } from '../../src/protocol/ecom/retry-schedule.ts';
import { type AssumedRegistrations, assumedRegistration } from '../../src/simulator/assumed-registration.ts';
import { EXPECTED } from '../../src/simulator/expected.ts';
import type { CallbackTry } from '../../src/simulator/result.ts';
import { type RunScenarioOptions, runScenario } from '../../src/simulator/run-scenario.ts';
import { buildScenario } from '../../src/simulator/scenario.ts';
import {
  correctResponse,
  OK,
  type ReceivedRequest,
  type ReceiverResponse,
  SALT,
  startReceiver,
  UNAVAILABLE,
} from './receiver.ts';

async function setup(t: TestContext, respond: (seen: ReceivedRequest, number: number) => ReceiverResponse | null) {
  const receiver = await startReceiver(t, respond);
  const sleeps: number[] = [];
  const tries: CallbackTry[] = [];
  const signing = { algorithm: 'sha1', key: null, salt: SALT, salts: {}, registeredAt: '1700000000' } as const;
  const registered = { target: receiver.target, form: 'query', signing, basic: null } as const;
  type Options = Partial<RunScenarioOptions & AssumedRegistrations>;
  const run = (only: readonly CallbackType[] | null, options: Options = {}) =>
    runScenario({
      scenario: scenario(only),
      registrationOf: (type) => assumedRegistration(type, { ...registered, ...options }),
      speed: 1,
      attempts: 20,
      concurrency: 1,
      onTry: (attempt) => tries.push(attempt),
      sleep: async (ms) => {
        sleeps.push(ms);
      },
      ...options,
    });

  return { ...receiver, sleeps, tries, run };
}

function scenario(only: readonly CallbackType[] | null) {
  return buildScenario({
    payments: 2,
    firstPaymentId: '100000016',
    notOursPaymentId: 'FOREIGN-1',
    notOursResponse: EXPECTED.notOurs,
    signed: true,
    nowMs: 1_700_000_000_000,
    only,
  });
}

test('a correct receiver gives every callback the expected response', async (t) => {
  const { run } = await setup(t, correctResponse);

  const callbacks = await run(null);

  assert.equal(callbacks.length, 13);
  assert.deepEqual(
    callbacks.filter(({ asExpected }) => !asExpected),
    [],
  );
});

test('callbacks are reported in the order of the scenario, however many run at once', async (t) => {
  const { run } = await setup(t, correctResponse);

  const callbacks = await run(null, { concurrency: 8 });

  const planned = scenario(null).flat();
  assert.deepEqual(
    callbacks.map(({ type, paymentId }) => [type, paymentId]),
    planned.map(({ type, paymentId }) => [type, paymentId]),
  );
});

test('a failed POST is followed by a GET of the same URL at once', async (t) => {
  const { run, requests, sleeps } = await setup(t, ({ method }) => (method === 'POST' ? UNAVAILABLE : OK));

  const [callback] = await run(['UPDATE']);

  const [post, get] = requests;
  assert.deepEqual([post?.method, get?.method], ['POST', 'GET']);
  assert.equal(get?.url.href, post?.url.href);
  assert.equal(get?.body, '');
  assert.match(post?.body ?? '', /paymentDiff/);
  assert.deepEqual(sleeps, []);
  assert.deepEqual(callback?.methods, ['POST', 'GET']);
  assert.equal(callback?.tries, 1);
});

test('a lost response makes Resurs send the GET, and both requests count', async (t) => {
  const { run, requests, tries } = await setup(t, correctResponse);

  const [callback] = await run(['BOOKED']);

  assert.deepEqual(
    requests.slice(0, 2).map(({ method }) => method),
    ['POST', 'GET'],
  );
  assert.equal(callback?.kept, 2);
  assert.deepEqual(
    tries.slice(0, 2).map(({ lost }) => lost),
    [true, false],
  );
});

test('a failed callback is retried by the schedule of Resurs until its end', async (t) => {
  const { run, requests, sleeps } = await setup(t, () => UNAVAILABLE);

  const [callback] = await run(['ANNULMENT']);

  assert.equal(requests.length, 20);
  assert.deepEqual(sleeps, DELAY_BEFORE_TRY_MS.slice(1));
  assert.equal(callback?.tries, 20);
  assert.equal(callback?.asExpected, false);
});

test('speed shortens the delays, and fewer attempts end them early', async (t) => {
  const { run, sleeps } = await setup(t, () => UNAVAILABLE);

  await run(['ANNULMENT'], { speed: 1000, attempts: 3 });

  assert.deepEqual(sleeps, [30, 45]);
});

test('a callback that succeeds after retries ends as expected', async (t) => {
  const { run } = await setup(t, (_, number) => (number < 3 ? UNAVAILABLE : OK));

  const [callback] = await run(['ANNULMENT']);

  assert.equal(callback?.tries, 3);
  assert.equal(callback?.status, 204);
  assert.equal(callback?.asExpected, true);
});

test('an expected refusal is tried three times only', async (t) => {
  const { run, requests } = await setup(t, correctResponse);

  const callbacks = await run(['UNFREEZE']);

  const forged = callbacks.at(-1);
  assert.equal(forged?.status, 406);
  assert.equal(forged?.tries, 3);
  assert.equal(forged?.asExpected, true);
  assert.equal(requests.filter(({ url }) => url.searchParams.get('p') === forged?.paymentId).length, 3);
});

test('a redirect is a failure and is not followed', async (t) => {
  const moved = { status: 302, phrase: 'Found', location: '/elsewhere' };
  const { run, requests } = await setup(t, () => moved);

  const [callback] = await run(['ANNULMENT'], { attempts: 1 });

  assert.equal(requests.length, 1);
  assert.equal(callback?.status, 302);
  assert.equal(callback?.asExpected, false);
});

test('Basic credentials are in the first request, without a challenge', async (t) => {
  const { run, requests } = await setup(t, correctResponse);

  await run(['ANNULMENT'], { basic: { username: 'resurs', password: 'pärla:1' } });

  const sent = requests[0]?.headers.authorization?.toString() ?? '';
  assert.equal(Buffer.from(sent.replace('Basic ', ''), 'base64').toString('utf8'), 'resurs:pärla:1');
});

test('a body has the content type of Resurs, and tries alternate between two user agents', async (t) => {
  const { run, requests } = await setup(t, () => UNAVAILABLE);

  await run(['UPDATE'], { attempts: 2, scenario: scenario(['UPDATE']).slice(0, 1) });

  const [post, get, again] = requests;
  assert.equal(post?.headers['content-type'], 'application/Json');
  assert.equal(get?.headers['content-type'], undefined);
  assert.match(String(post?.headers['user-agent']), /^Java/);
  assert.match(String(again?.headers['user-agent']), /^Mozilla/);
});

test('200 is delivered for Resurs, but not the expected response', async (t) => {
  const { run, requests } = await setup(t, () => ({ status: 200, phrase: 'OK' }));

  const [callback] = await run(['ANNULMENT']);

  assert.equal(requests.length, 1);
  assert.equal(callback?.asExpected, false);
  assert.equal(callback?.kept, 0);
});

for (const { name, response, asExpected } of [
  { name: 'another reason in the header', response: { ...OK, reason: 'Fine' }, asExpected: false },
  { name: 'another phrase on the status line', response: { ...OK, phrase: 'Fine', reason: 'OK' }, asExpected: false },
  {
    name: 'the standard phrase, as proxies write it',
    response: { ...OK, phrase: 'No Content', reason: 'OK' },
    asExpected: true,
  },
  { name: 'no phrase at all, as HTTP/2 has it', response: { ...OK, phrase: '', reason: 'OK' }, asExpected: true },
  { name: 'a phrase without the header', response: { ...OK, reason: null }, asExpected: true },
]) {
  test(`${name} is ${asExpected ? 'accepted' : 'unexpected'}`, async (t) => {
    const { run } = await setup(t, () => response);

    const [callback] = await run(['ANNULMENT'], { attempts: 1 });

    assert.equal(callback?.asExpected, asExpected);
  });
}

test('a receiver that never responds times out after five seconds', async (t) => {
  const { run, nextRequest } = await setup(t, () => null);
  const timer = new AbortController();
  const timeout = t.mock.method(AbortSignal, 'timeout', () => timer.signal);
  const arrived = nextRequest();

  const running = run(['ANNULMENT'], { attempts: 1 });
  await arrived;
  timer.abort();
  const [callback] = await running;

  assert.deepEqual(timeout.mock.calls[0]?.arguments, [5_000]);
  assert.equal(callback?.status, null);
  assert.equal(callback?.reason, 'no response within 5 s');
  assert.equal(callback?.asExpected, false);
});

test('an unreachable receiver is a result and not an error', async (t) => {
  const { run } = await setup(t, () => OK);

  const [callback] = await run(['ANNULMENT'], { target: 'http://127.0.0.1:1/callbacks/resurs', attempts: 2 });

  assert.equal(callback?.status, null);
  assert.match(callback?.reason ?? '', /ECONNREFUSED/);
  assert.equal(callback?.tries, 2);
});

test('stopping early aborts what is in flight and reports the callbacks that ended', async (t) => {
  const stop = new AbortController();
  const { run, nextRequest } = await setup(t, (_, number) => (number === 1 ? OK : null));
  const first = nextRequest();

  const running = run(['ANNULMENT', 'TEST'], { signal: stop.signal });
  await first;
  await nextRequest();
  stop.abort();
  const callbacks = await running;

  assert.deepEqual(
    callbacks.map(({ type }) => type),
    ['ANNULMENT'],
  );
});

test('an error of onTry ends the simulation', async (t) => {
  const { run } = await setup(t, () => OK);
  const onTry = () => {
    throw new Error('no longer wanted');
  };

  await assert.rejects(run(null, { onTry, concurrency: 4 }), /no longer wanted/);
});
