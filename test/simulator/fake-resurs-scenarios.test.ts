/**
 * Whole stories played by the stand-in over what is registered, and the end of it: a receiver under test sees the same
 * as from Resurs, and nothing goes on after a stop. The receiver is a real HTTP server; only the waits between tries
 * are shortened.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { buildScenario, EXPECTED, SIMULATED_TYPES } from '../../src/simulator/scenario.ts';
import { waitUntil } from '../harness/wait.ts';
import { callRest, enrol, setUpStandIn, trigger } from './fake-resurs.ts';
import { type Answering, faithfulAnswer, startReceiver } from './receiver.ts';

async function setup(t: TestContext, answer: Answering = faithfulAnswer) {
  const receiver = await startReceiver(t, answer);
  return { ...receiver, standIn: await setUpStandIn(t) };
}

const STORY = buildScenario({
  payments: 2,
  firstPaymentId: '100000016',
  foreignId: 'FOREIGN-1',
  foreignAnswer: EXPECTED.notOurs,
  signed: true,
  nowMs: 1_700_000_000_000,
  only: null,
});

test('a story is played over what is registered', async (t) => {
  const { standIn, target } = await setup(t);
  const held = standIn.whenHeld(SIMULATED_TYPES);
  for (const type of SIMULATED_TYPES) await enrol(standIn, type, target);
  await held;

  const callbacks = await standIn.play(STORY);

  assert.equal(callbacks.length, STORY.flat().length);
  assert.deepEqual(
    callbacks.filter(({ asExpected }) => !asExpected),
    [],
  );
  assert.deepEqual(standIn.ended, []);
});

test('of a story, what is not registered is never sent', async (t) => {
  const { standIn, target, requests } = await setup(t);
  await enrol(standIn, 'UPDATE', target);

  const callbacks = await standIn.play(STORY);

  assert.ok(requests.every(({ url }) => url.searchParams.get('c') === 'UPDATE'));
  assert.deepEqual(
    callbacks.filter(({ asExpected }) => asExpected).map(({ type }) => type),
    ['UPDATE', 'UPDATE'],
  );
  assert.equal(callbacks[0]?.reason, 'never sent: not registered');
});

test('a stop ends a story, a triggered callback and every connection at once', async (t) => {
  const { standIn, target, requests } = await setup(t, () => null);
  await enrol(standIn, 'UNFREEZE', target);
  await enrol(standIn, 'UPDATE', target);
  await trigger(standIn, 'UNFREEZE', ['1']);
  assert.ok(await waitUntil(async () => requests.length === 1));
  const playing = standIn.play(STORY);
  assert.ok(await waitUntil(async () => requests.length > 1));

  await standIn.stop();
  await standIn.stop();

  assert.ok((await playing).every(({ tries }) => tries === 0));
  assert.deepEqual(standIn.ended, []);
  await assert.rejects(callRest(standIn, 'GET /callbacks'));
});

test('a stop does not wait for a connection that never comes about', async (t) => {
  const { standIn } = await setup(t);
  const mute = createServer().listen(0, '127.0.0.1');
  const sockets: Socket[] = [];
  mute.on('connection', (socket) => sockets.push(socket.on('error', () => undefined)));
  t.after(() => {
    mute.close();
    for (const socket of sockets) socket.destroy();
  });
  await once(mute, 'listening');
  const { port } = mute.address() as AddressInfo;
  await enrol(standIn, 'UNFREEZE', `https://127.0.0.1:${port}/`);
  await trigger(standIn, 'UNFREEZE', ['1']);
  assert.ok(await waitUntil(async () => sockets.length > 0));

  const startedAt = performance.now();
  await standIn.stop();

  // Patience for an answer is 5 s, and for a connection 10 s.
  assert.ok(performance.now() - startedAt < 4_000);
});
