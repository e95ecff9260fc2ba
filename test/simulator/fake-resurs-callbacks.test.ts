/**
 * Callbacks triggered at the fake Resurs: sent by Resurs' schedule, with URLs, digests and credentials as they were
 * registered, also when the registration changes meanwhile. The receiver is a real HTTP server; only the delays between
 * tries are shortened.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { basicHeader } from '../../src/protocol/ecom/registration.ts';
import type { FakeResursOptions } from '../../src/simulator/fake-resurs.ts';
import { waitUntil } from '../harness/wait.ts';
import { CALLBACK_PASSWORD, callRest, register, registerReceiver, setUpFakeResurs, trigger } from './fake-resurs.ts';
import { correctResponse, OK, type RespondTo, SALT, startReceiver, UNAVAILABLE } from './receiver.ts';

async function setup(t: TestContext, respond: RespondTo = correctResponse, options: Partial<FakeResursOptions> = {}) {
  const receiver = await startReceiver(t, respond);
  const resurs = await setUpFakeResurs(t, options);
  return {
    ...receiver,
    resurs,
    hasEnded: () => waitUntil(async () => resurs.ended.length > 0),
  };
}

test('a triggered TEST is confirmed first, and then sent with its values, digest and credentials', async (t) => {
  const { resurs, target, hasEnded, requests } = await setup(t);
  await registerReceiver(resurs, 'TEST', target);

  const response = await trigger(resurs, 'TEST', ['a', 'b', 'c', 'd', 'é&amp;']);
  assert.ok(await hasEnded());

  const [request] = requests;
  assert.equal(response.status, 200);
  assert.equal(request?.method, 'GET');
  assert.equal(request?.url.searchParams.get('param5'), 'é&');
  assert.equal(request?.headers.authorization, basicHeader({ username: 'resurs', password: CALLBACK_PASSWORD }));
  assert.equal(resurs.ended[0]?.asExpected, true);
});

for (const { type, params, method, query } of [
  { type: 'UNFREEZE', params: ['1001'], method: 'GET', query: { p: '1001', r: null } },
  { type: 'AUTOMATIC_FRAUD_CONTROL', params: ['2002', 'FRAUD'], method: 'GET', query: { p: '2002', r: 'FRAUD' } },
  { type: 'UPDATE', params: ['3003'], method: 'POST', query: { p: '3003', r: null } },
  { type: 'BOOKED', params: ['4004'], method: 'POST', query: { p: '4004', r: null } },
] as const) {
  test(`a triggered ${type} takes its parameters by position`, async (t) => {
    const { resurs, target, hasEnded, requests } = await setup(t);
    await registerReceiver(resurs, type, target);

    await trigger(resurs, type, params);
    assert.ok(await hasEnded());

    const { searchParams } = requests[0]?.url ?? new URL('x:');
    assert.deepEqual([requests.length, requests[0]?.method], [1, method]);
    assert.deepEqual({ p: searchParams.get('p'), r: searchParams.get('r') }, query);
    assert.equal(resurs.ended[0]?.status, 204);
  });
}

test('a triggered callback that fails is tried twenty times, POST and GET', async (t) => {
  const { resurs, target, hasEnded, requests } = await setup(t, () => UNAVAILABLE);
  await registerReceiver(resurs, 'UPDATE', target);

  await trigger(resurs, 'UPDATE', ['1']);
  assert.ok(await hasEnded());

  assert.equal(requests.length, 40);
  assert.deepEqual(
    requests.slice(0, 3).map(({ method }) => method),
    ['POST', 'GET', 'POST'],
  );
  assert.deepEqual([resurs.ended[0]?.tries, resurs.ended[0]?.asExpected], [20, false]);
});

test('a callback registered over REST without paymentId in its digest is never sent', async (t) => {
  const { resurs, target, hasEnded, requests } = await setup(t);
  const digestConfiguration = { digestAlgorithm: 'SHA1', digestSalt: SALT, digestParameters: ['param1'] };
  await register(resurs, 'TEST', { uriTemplate: target, digestConfiguration });

  const { status } = await trigger(resurs, 'TEST', ['a']);
  assert.ok(await hasEnded());

  assert.equal(status, 200);
  assert.deepEqual(requests, []);
  assert.deepEqual([resurs.ended[0]?.tries, resurs.ended[0]?.status], [0, null]);
});

for (const { rendering, paths } of [
  { rendering: 'each_try', paths: ['/callbacks/resurs', '/new'] },
  { rendering: 'queued', paths: ['/callbacks/resurs', '/callbacks/resurs'] },
] as const) {
  test(`with URL timing ${rendering}, a retry after a new registration goes to ${paths[1]}`, async (t) => {
    const { resurs, target, hasEnded, requests, origin } = await setup(
      t,
      async (_, number) => {
        if (number > 1) return OK;
        await register(resurs, 'UNFREEZE', { uriTemplate: `${origin}/new` });
        return UNAVAILABLE;
      },
      { urlTiming: rendering },
    );
    await registerReceiver(resurs, 'UNFREEZE', target);

    await trigger(resurs, 'UNFREEZE', ['1']);
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
  test(`with URL timing ${rendering}, a callback that is unregistered in flight is tried ${tries} times`, async (t) => {
    const { resurs, target, hasEnded } = await setup(
      t,
      async (_, number) => {
        if (number > 1) return OK;
        await callRest(resurs, 'DELETE /callbacks/UNFREEZE', { body: '{}' });
        return UNAVAILABLE;
      },
      { urlTiming: rendering },
    );
    await registerReceiver(resurs, 'UNFREEZE', target);

    await trigger(resurs, 'UNFREEZE', ['1']);
    assert.ok(await hasEnded());

    assert.deepEqual([resurs.ended[0]?.tries, resurs.ended[0]?.status], [tries, status]);
  });
}
