/**
 * Whole scenarios run by the fake Resurs against what is registered, and its stop: a receiver under test sees the same
 * as from Resurs, and nothing continues after a stop. The receiver is a real HTTP server; only the delays between tries
 * are shortened.
 */

import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { CALLBACK_TYPES } from '../../src/protocol/ecom/callback-types.ts';
import { EXPECTED } from '../../src/simulator/expected.ts';
import { buildScenario } from '../../src/simulator/scenario.ts';
import { waitUntil } from '../harness/wait.ts';
import { listenForTest } from '../helpers/listen.ts';
import { startStopwatch } from '../helpers/stopwatch.ts';
import { callRest, registerReceiver, setUpFakeResurs, trigger } from './fake-resurs.ts';
import { correctResponse, type RespondTo, startReceiver } from './receiver.ts';

async function setup(t: TestContext, respond: RespondTo = correctResponse) {
  const receiver = await startReceiver(t, respond);
  return { ...receiver, resurs: await setUpFakeResurs(t) };
}

const SCENARIO = buildScenario({
  payments: 2,
  firstPaymentId: '100000016',
  notOursPaymentId: 'FOREIGN-1',
  notOursResponse: EXPECTED.notOurs,
  signed: true,
  nowMs: 1_700_000_000_000,
  only: null,
});

test('a scenario runs against what is registered', async (t) => {
  const { resurs, target } = await setup(t);
  const registered = resurs.whenRegistered(CALLBACK_TYPES);
  for (const type of CALLBACK_TYPES) await registerReceiver(resurs, type, target);
  await registered;

  const callbacks = await resurs.run(SCENARIO);

  assert.equal(callbacks.length, SCENARIO.flat().length);
  assert.deepEqual(
    callbacks.filter(({ asExpected }) => !asExpected),
    [],
  );
  assert.deepEqual(resurs.ended, []);
});

test('callbacks of a scenario that are not registered are never sent', async (t) => {
  const { resurs, target, requests } = await setup(t);
  await registerReceiver(resurs, 'UPDATE', target);

  const callbacks = await resurs.run(SCENARIO);

  assert.ok(requests.every(({ url }) => url.searchParams.get('c') === 'UPDATE'));
  assert.deepEqual(
    callbacks.filter(({ asExpected }) => asExpected).map(({ type }) => type),
    ['UPDATE', 'UPDATE'],
  );
  assert.equal(callbacks[0]?.reason, 'never sent: not registered');
});

test('a stop ends a scenario, a triggered callback and every connection at once', async (t) => {
  const { resurs, target, requests } = await setup(t, () => null);
  await registerReceiver(resurs, 'UNFREEZE', target);
  await registerReceiver(resurs, 'UPDATE', target);
  await trigger(resurs, 'UNFREEZE', ['1']);
  assert.ok(await waitUntil(async () => requests.length === 1));
  const run = resurs.run(SCENARIO);
  assert.ok(await waitUntil(async () => requests.length > 1));

  await resurs.stop();
  await resurs.stop();

  assert.ok((await run).every(({ tries }) => tries === 0));
  assert.deepEqual(resurs.ended, []);
  await assert.rejects(callRest(resurs, 'GET /callbacks'));
});

test('a stop does not wait for a connection that is never established', async (t) => {
  const { resurs } = await setup(t);
  let connections = 0;
  const { port } = await listenForTest(
    t,
    createServer(() => void connections++),
  );
  await registerReceiver(resurs, 'UNFREEZE', `https://127.0.0.1:${port}/`);
  await trigger(resurs, 'UNFREEZE', ['1']);
  assert.ok(await waitUntil(async () => connections > 0));

  const watch = startStopwatch();
  await resurs.stop();

  // The timeout of a response is 5 s, and of a connection 10 s.
  assert.ok(watch.elapsedMs() < 4_000);
});
