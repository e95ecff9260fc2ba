/**
 * How a simulation sends: like Resurs, so that what a receiver survives here it survives there. The receiver is a real HTTP
 * server; the waits between tries are replaced and written down, and so is the clock behind the five seconds of patience.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type AssumedRegistrations, assumedRegistration } from '../../src/simulator/assumed-registration.ts';
import type { CallbackTry } from '../../src/simulator/result.ts';
import { DELAY_BEFORE_TRY_MS } from '../../src/simulator/retry-schedule.ts';
import { runScenario, type SimulationOptions } from '../../src/simulator/run-scenario.ts';
import { buildScenario, EXPECTED, type SimulatedType } from '../../src/simulator/scenario.ts';
import { faithfulAnswer, OK, type ReceiverAnswer, SALT, type Seen, startReceiver, TRY_AGAIN } from './receiver.ts';

async function setup(t: TestContext, answer: (seen: Seen, number: number) => ReceiverAnswer | null) {
  const receiver = await startReceiver(t, answer);
  const sleeps: number[] = [];
  const exchanges: CallbackTry[] = [];
  const signing = { algorithm: 'sha1', key: null, salt: SALT, salts: {}, registeredAt: '1700000000' } as const;
  const registered = { target: receiver.target, form: 'query', signing, basic: null } as const;
  type Options = Partial<SimulationOptions & AssumedRegistrations>;
  const play = (only: readonly SimulatedType[] | null, options: Options = {}) =>
    runScenario({
      story: story(only),
      registrationOf: (type) => assumedRegistration(type, { ...registered, ...options }),
      speed: 1,
      attempts: 20,
      concurrency: 1,
      onAnswered: (exchange) => exchanges.push(exchange),
      sleep: async (ms) => {
        sleeps.push(ms);
      },
      ...options,
    });

  return { ...receiver, sleeps, exchanges, play };
}

function story(only: readonly SimulatedType[] | null) {
  return buildScenario({
    payments: 2,
    firstPaymentId: '100000016',
    foreignId: 'FOREIGN-1',
    foreignAnswer: EXPECTED.notOurs,
    signed: true,
    nowMs: 1_700_000_000_000,
    only,
  });
}

test('a faithful receiver gives every callback the promised answer', async (t) => {
  const { play } = await setup(t, faithfulAnswer);

  const callbacks = await play(null);

  assert.equal(callbacks.length, 13);
  assert.deepEqual(
    callbacks.filter(({ asExpected }) => !asExpected),
    [],
  );
});

test('callbacks are reported in the order of the story, however many go at once', async (t) => {
  const { play } = await setup(t, faithfulAnswer);

  const callbacks = await play(null, { concurrency: 8 });

  const told = story(null).flat();
  assert.deepEqual(
    callbacks.map(({ type, paymentId }) => [type, paymentId]),
    told.map(({ type, paymentId }) => [type, paymentId]),
  );
});

test('a failed POST is followed by a GET of the same URL at once', async (t) => {
  const { play, requests, sleeps } = await setup(t, ({ method }) => (method === 'POST' ? TRY_AGAIN : OK));

  const [callback] = await play(['UPDATE']);

  const [post, get] = requests;
  assert.deepEqual([post?.method, get?.method], ['POST', 'GET']);
  assert.equal(get?.url.href, post?.url.href);
  assert.equal(get?.body, '');
  assert.match(post?.body ?? '', /paymentDiff/);
  assert.deepEqual(sleeps, []);
  assert.deepEqual(callback?.methods, ['POST', 'GET']);
  assert.equal(callback?.tries, 1);
});

test('an answer that was lost makes Resurs send the GET, and both arrivals count', async (t) => {
  const { play, requests, exchanges } = await setup(t, faithfulAnswer);

  const [callback] = await play(['BOOKED']);

  assert.deepEqual(
    requests.slice(0, 2).map(({ method }) => method),
    ['POST', 'GET'],
  );
  assert.equal(callback?.kept, 2);
  assert.deepEqual(
    exchanges.slice(0, 2).map(({ lost }) => lost),
    [true, false],
  );
});

test('what fails comes again by the schedule of Resurs until its end', async (t) => {
  const { play, requests, sleeps } = await setup(t, () => TRY_AGAIN);

  const [callback] = await play(['ANNULMENT']);

  assert.equal(requests.length, 20);
  assert.deepEqual(sleeps, DELAY_BEFORE_TRY_MS.slice(1));
  assert.equal(callback?.tries, 20);
  assert.equal(callback?.asExpected, false);
});

test('a chosen speed shortens the waits, and fewer attempts end them early', async (t) => {
  const { play, sleeps } = await setup(t, () => TRY_AGAIN);

  await play(['ANNULMENT'], { speed: 1000, attempts: 3 });

  assert.deepEqual(sleeps, [30, 45]);
});

test('a callback that succeeds at last ends as promised', async (t) => {
  const { play } = await setup(t, (_, number) => (number < 3 ? TRY_AGAIN : OK));

  const [callback] = await play(['ANNULMENT']);

  assert.equal(callback?.tries, 3);
  assert.equal(callback?.status, 204);
  assert.equal(callback?.asExpected, true);
});

test('a promised refusal is asked for three times only', async (t) => {
  const { play, requests } = await setup(t, faithfulAnswer);

  const callbacks = await play(['UNFREEZE']);

  const forged = callbacks.at(-1);
  assert.equal(forged?.status, 406);
  assert.equal(forged?.tries, 3);
  assert.equal(forged?.asExpected, true);
  assert.equal(requests.filter(({ url }) => url.searchParams.get('p') === forged?.paymentId).length, 3);
});

test('a redirect is a failure and is not followed', async (t) => {
  const moved = { status: 302, phrase: 'Found', location: '/elsewhere' };
  const { play, requests } = await setup(t, () => moved);

  const [callback] = await play(['ANNULMENT'], { attempts: 1 });

  assert.equal(requests.length, 1);
  assert.equal(callback?.status, 302);
  assert.equal(callback?.asExpected, false);
});

test('Basic credentials come with the first request, unasked', async (t) => {
  const { play, requests } = await setup(t, faithfulAnswer);

  await play(['ANNULMENT'], { basic: { username: 'resurs', password: 'pärla:1' } });

  const sent = requests[0]?.headers.authorization?.toString() ?? '';
  assert.equal(Buffer.from(sent.replace('Basic ', ''), 'base64').toString('utf8'), 'resurs:pärla:1');
});

test('a body is announced as Resurs does, and tries change between two user agents', async (t) => {
  const { play, requests } = await setup(t, () => TRY_AGAIN);

  await play(['UPDATE'], { attempts: 2, story: story(['UPDATE']).slice(0, 1) });

  const [post, get, again] = requests;
  assert.equal(post?.headers['content-type'], 'application/Json');
  assert.equal(get?.headers['content-type'], undefined);
  assert.match(String(post?.headers['user-agent']), /^Java/);
  assert.match(String(again?.headers['user-agent']), /^Mozilla/);
});

test('an answer of 200 is delivered for Resurs, but not as promised', async (t) => {
  const { play, requests } = await setup(t, () => ({ status: 200, phrase: 'OK' }));

  const [callback] = await play(['ANNULMENT']);

  assert.equal(requests.length, 1);
  assert.equal(callback?.asExpected, false);
  assert.equal(callback?.kept, 0);
});

for (const { name, answer, asExpected } of [
  { name: 'another reason in the header', answer: { ...OK, reason: 'Fine' }, asExpected: false },
  { name: 'another phrase on the status line', answer: { ...OK, phrase: 'Fine', reason: 'OK' }, asExpected: false },
  {
    name: 'the standard phrase, as proxies write it',
    answer: { ...OK, phrase: 'No Content', reason: 'OK' },
    asExpected: true,
  },
  { name: 'no phrase at all, as HTTP/2 has it', answer: { ...OK, phrase: '', reason: 'OK' }, asExpected: true },
  { name: 'a phrase without the header', answer: { ...OK, reason: null }, asExpected: true },
]) {
  test(`${name} is ${asExpected ? 'let pass' : 'a fault'}`, async (t) => {
    const { play } = await setup(t, () => answer);

    const [callback] = await play(['ANNULMENT'], { attempts: 1 });

    assert.equal(callback?.asExpected, asExpected);
  });
}

test('a receiver that never answers is given up after five seconds', async (t) => {
  const { play, nextRequest } = await setup(t, () => null);
  const patience = new AbortController();
  const timeout = t.mock.method(AbortSignal, 'timeout', () => patience.signal);
  const arrived = nextRequest();

  const playing = play(['ANNULMENT'], { attempts: 1 });
  await arrived;
  patience.abort();
  const [callback] = await playing;

  assert.deepEqual(timeout.mock.calls[0]?.arguments, [5_000]);
  assert.equal(callback?.status, null);
  assert.equal(callback?.reason, 'no answer within 5 s');
  assert.equal(callback?.asExpected, false);
});

test('a receiver that is not there is an ending and not an error', async (t) => {
  const { play } = await setup(t, () => OK);

  const [callback] = await play(['ANNULMENT'], { target: 'http://127.0.0.1:1/callbacks/resurs', attempts: 2 });

  assert.equal(callback?.status, null);
  assert.match(callback?.reason ?? '', /ECONNREFUSED/);
  assert.equal(callback?.tries, 2);
});

test('stopping early cuts what is in flight and reports what had ended', async (t) => {
  const stop = new AbortController();
  const { play, nextRequest } = await setup(t, (_, number) => (number === 1 ? OK : null));
  const first = nextRequest();

  const playing = play(['ANNULMENT', 'TEST'], { signal: stop.signal });
  await first;
  await nextRequest();
  stop.abort();
  const callbacks = await playing;

  assert.deepEqual(
    callbacks.map(({ type }) => type),
    ['ANNULMENT'],
  );
});

test('an error of the hook ends the simulation', async (t) => {
  const { play } = await setup(t, () => OK);
  const onAnswered = () => {
    throw new Error('no longer wanted');
  };

  await assert.rejects(play(null, { onAnswered, concurrency: 4 }), /no longer wanted/);
});
