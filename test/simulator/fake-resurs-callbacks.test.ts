/**
 * Callbacks that the stand-in is asked for: sent by Resurs' schedule, over URLs, digests and credentials as they were
 * registered, whatever becomes of the registration meanwhile. The receiver is a real HTTP server; only the waits
 * between tries are shortened.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { basicHeader } from '../../src/protocol/ecom/registration.ts';
import type { StandInOptions } from '../../src/simulator/fake-resurs.ts';
import { waitUntil } from '../harness/wait.ts';
import { CALLBACK_PASSWORD, callRest, enrol, register, setUpStandIn, trigger } from './fake-resurs.ts';
import { type Answering, faithfulAnswer, OK, SALT, startReceiver, TRY_AGAIN } from './receiver.ts';

async function setup(t: TestContext, answer: Answering = faithfulAnswer, options: Partial<StandInOptions> = {}) {
  const receiver = await startReceiver(t, answer);
  const standIn = await setUpStandIn(t, options);
  return {
    ...receiver,
    standIn,
    hasEnded: () => waitUntil(async () => standIn.ended.length > 0),
  };
}

test('a triggered TEST is answered first, and then sent with its values, digest and credentials', async (t) => {
  const { standIn, target, hasEnded, requests } = await setup(t);
  await enrol(standIn, 'TEST', target);

  const answer = await trigger(standIn, 'TEST', ['a', 'b', 'c', 'd', 'é&amp;']);
  assert.ok(await hasEnded());

  const [seen] = requests;
  assert.equal(answer.status, 200);
  assert.equal(seen?.method, 'GET');
  assert.equal(seen?.url.searchParams.get('param5'), 'é&');
  assert.equal(seen?.headers.authorization, basicHeader({ username: 'resurs', password: CALLBACK_PASSWORD }));
  assert.equal(standIn.ended[0]?.asExpected, true);
});

for (const { type, params, method, query } of [
  { type: 'UNFREEZE', params: ['1001'], method: 'GET', query: { p: '1001', r: null } },
  { type: 'AUTOMATIC_FRAUD_CONTROL', params: ['2002', 'FRAUD'], method: 'GET', query: { p: '2002', r: 'FRAUD' } },
  { type: 'UPDATE', params: ['3003'], method: 'POST', query: { p: '3003', r: null } },
  { type: 'BOOKED', params: ['4004'], method: 'POST', query: { p: '4004', r: null } },
] as const) {
  test(`a triggered ${type} takes its parameters by their place`, async (t) => {
    const { standIn, target, hasEnded, requests } = await setup(t);
    await enrol(standIn, type, target);

    await trigger(standIn, type, params);
    assert.ok(await hasEnded());

    const { searchParams } = requests[0]?.url ?? new URL('x:');
    assert.deepEqual([requests.length, requests[0]?.method], [1, method]);
    assert.deepEqual({ p: searchParams.get('p'), r: searchParams.get('r') }, query);
    assert.equal(standIn.ended[0]?.status, 204);
  });
}

test('a triggered callback that fails comes again twenty times, POST and GET', async (t) => {
  const { standIn, target, hasEnded, requests } = await setup(t, () => TRY_AGAIN);
  await enrol(standIn, 'UPDATE', target);

  await trigger(standIn, 'UPDATE', ['1']);
  assert.ok(await hasEnded());

  assert.equal(requests.length, 40);
  assert.deepEqual(
    requests.slice(0, 3).map(({ method }) => method),
    ['POST', 'GET', 'POST'],
  );
  assert.deepEqual([standIn.ended[0]?.tries, standIn.ended[0]?.asExpected], [20, false]);
});

test('what was registered over REST without paymentId in its digest is never sent', async (t) => {
  const { standIn, target, hasEnded, requests } = await setup(t);
  const digestConfiguration = { digestAlgorithm: 'SHA1', digestSalt: SALT, digestParameters: ['param1'] };
  await register(standIn, 'TEST', { uriTemplate: target, digestConfiguration });

  const { status } = await trigger(standIn, 'TEST', ['a']);
  assert.ok(await hasEnded());

  assert.equal(status, 200);
  assert.deepEqual(requests, []);
  assert.deepEqual([standIn.ended[0]?.tries, standIn.ended[0]?.status], [0, null]);
});

for (const { rendering, paths } of [
  { rendering: 'each_try', paths: ['/callbacks/resurs', '/new'] },
  { rendering: 'queued', paths: ['/callbacks/resurs', '/callbacks/resurs'] },
] as const) {
  test(`rendered ${rendering}, a retry after a new registration goes to ${paths[1]}`, async (t) => {
    const { standIn, target, hasEnded, requests, origin } = await setup(
      t,
      async (_, number) => {
        if (number > 1) return OK;
        await register(standIn, 'UNFREEZE', { uriTemplate: `${origin}/new` });
        return TRY_AGAIN;
      },
      { rendering },
    );
    await enrol(standIn, 'UNFREEZE', target);

    await trigger(standIn, 'UNFREEZE', ['1']);
    assert.ok(await hasEnded());

    assert.deepEqual(
      requests.map(({ url }) => url.pathname),
      paths,
    );
  });
}

for (const { rendering, tries, status } of [
  { rendering: 'each_try', tries: 1, status: 503 },
  { rendering: 'queued', tries: 2, status: 204 },
] as const) {
  test(`rendered ${rendering}, a callback that is unregistered on its way is tried ${tries} times`, async (t) => {
    const { standIn, target, hasEnded } = await setup(
      t,
      async (_, number) => {
        if (number > 1) return OK;
        await callRest(standIn, 'DELETE /callbacks/UNFREEZE', { body: '{}' });
        return TRY_AGAIN;
      },
      { rendering },
    );
    await enrol(standIn, 'UNFREEZE', target);

    await trigger(standIn, 'UNFREEZE', ['1']);
    assert.ok(await hasEnded());

    assert.deepEqual([standIn.ended[0]?.tries, standIn.ended[0]?.status], [tries, status]);
  });
}
