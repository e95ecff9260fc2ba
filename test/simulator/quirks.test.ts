/**
 * What the fake Resurs does wrong on demand: quirks of its registry, faults of single calls, and faults of connections.
 * Tests of our clients rely on it, so each must occur when it is set, affect nothing else, and end when it is unset.
 * Both sides are real: sockets really close or hang.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectPlain, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import type { InjectedFault, Quirks, ReceivedCall } from '../../src/simulator/api/quirks.ts';
import { waitUntil } from '../harness/wait.ts';
import { callRest, callSoap, register, setUpFakeResurs, TEMPLATE, textIn, trigger } from './fake-resurs.ts';

const BOOKED = '<eventType>BOOKED</eventType>';
const OTHER = 'https://other.example/{paymentId}';
const SOAP_REGISTER = `<c:registerEventCallback>${BOOKED}<uriTemplate>${OTHER}</uriTemplate></c:registerEventCallback>`;

async function setup(t: TestContext, quirks: Partial<Quirks>) {
  const resurs = await setUpFakeResurs(t, { quirks });
  return {
    resurs,
    remove: (type = 'BOOKED') => callRest(resurs, `DELETE /callbacks/${type}`, { body: '{}' }),
    soap: (message: string) => callSoap(resurs, message),
  };
}

test('refusesOverwrite refuses a registered type over the given interfaces, in their own format', async (t) => {
  const { resurs, soap } = await setup(t, { refusesOverwrite: ['REST', 'SOAP'] });
  await register(resurs, 'BOOKED');

  const overRest = await register(resurs, 'BOOKED', { uriTemplate: OTHER });
  const overSoap = await soap(SOAP_REGISTER);
  resurs.setQuirks({ refusesOverwrite: ['SOAP'] });
  const overwritten = await register(resurs, 'BOOKED', { uriTemplate: OTHER });

  const message = 'Callback of type BOOKED already exists!';
  assert.deepEqual([overRest.status, JSON.parse(overRest.text)], [400, { description: message, code: 1 }]);
  assert.deepEqual([overSoap.status, textIn(overSoap.text, 'userErrorMessage')], [500, message]);
  assert.deepEqual([overwritten.status, resurs.registered.get('BOOKED')?.uriTemplate], [200, OTHER]);
});

test('refusalsAfterUnregister refuses that many registrations after an unregistration', async (t) => {
  const { resurs, remove } = await setup(t, { refusesOverwrite: ['REST'], refusalsAfterUnregister: 2 });
  await register(resurs, 'BOOKED');
  await remove();

  const statuses = [];
  for (const _ of [1, 2, 3]) {
    statuses.push((await register(resurs, 'BOOKED')).status);
    // Removing what is not registered does not start the refusals again.
    if (!resurs.registered.has('BOOKED')) await remove();
  }

  assert.deepEqual(statuses, [400, 400, 200]);
});

test('UPDATE can be missing in the REST list and survive its removal over REST', async (t) => {
  const { resurs, remove, soap } = await setup(t, {
    hiddenInRestList: ['UPDATE'],
    faultOf: ({ channel, operation, type }) =>
      channel === 'REST' && operation === 'unregister' && type === 'UPDATE' ? 'ignored' : 'none',
  });
  await register(resurs, 'UPDATE');

  const list = await callRest(resurs, 'GET /callbacks');
  const overRest = await remove('UPDATE');
  const isStillThere = resurs.registered.has('UPDATE');
  await soap('<c:unregisterEventCallback><eventType>UPDATE</eventType></c:unregisterEventCallback>');

  assert.deepEqual([list.text, overRest.status, isStillThere, resurs.registered.size], ['[]', 200, true, 0]);
});

test('URLs can be read back with their ampersands escaped twice', async (t) => {
  const { resurs, soap } = await setup(t, { readsBack: 'escaped' });
  await register(resurs, 'BOOKED');

  const overRest = JSON.parse((await callRest(resurs, 'GET /callbacks/BOOKED')).text);
  const overSoap = await soap(`<c:getRegisteredEventCallback>${BOOKED}</c:getRegisteredEventCallback>`);

  const escaped = TEMPLATE.replaceAll('&', '&amp;');
  assert.deepEqual([overRest.uriTemplate, textIn(overSoap.text, 'uriTemplate')], [escaped, escaped]);
});

/** Injects a fault into registrations of BOOKED only. */
const onRegister =
  (fault: InjectedFault) =>
  ({ operation, type }: ReceivedCall): InjectedFault =>
    operation === 'register' && type === 'BOOKED' ? fault : 'none';

for (const { fault, json, xml } of [
  { fault: 'server_error', json: [500, 'application/json;charset=UTF-8'], xml: [500, 'text/xml;charset=UTF-8'] },
  { fault: 'html', json: [503, 'text/html; charset=utf-8'], xml: [503, 'text/html; charset=utf-8'] },
  { fault: 'login_page', json: [200, 'text/html; charset=utf-8'], xml: [200, 'text/html; charset=utf-8'] },
  { fault: 'limited', json: [429, 'text/html; charset=utf-8'], xml: [429, 'text/html; charset=utf-8'] },
  { fault: 'unauthorised', json: [401, 'application/json;charset=UTF-8'], xml: [401, 'text/html; charset=utf-8'] },
] as const) {
  test(`${fault} is the response of both interfaces, changes nothing, and leaves other types alone`, async (t) => {
    const { resurs, soap } = await setup(t, { faultOf: onRegister(fault) });

    const overRest = await register(resurs, 'BOOKED');
    const overSoap = await soap(SOAP_REGISTER);
    const other = await register(resurs, 'UPDATE');

    assert.deepEqual([overRest.status, overRest.headers.get('content-type')], json);
    assert.deepEqual([overSoap.status, overSoap.type], xml);
    assert.equal(other.status, 200);
    assert.deepEqual([...resurs.registered.keys()], ['UPDATE']);
  });
}

test('a server error over SOAP is reported as INTERNAL_ERROR', async (t) => {
  const { soap } = await setup(t, { faultOf: () => 'server_error' });

  const { text } = await soap(SOAP_REGISTER);

  assert.deepEqual([textIn(text, 'errorTypeId'), textIn(text, 'errorTypeDescription')], ['3', 'INTERNAL_ERROR']);
});

test('a call that hangs gets no response', async (t) => {
  const { resurs } = await setup(t, { faultOf: () => 'hang' });
  const timeout = new AbortController();

  const call = callRest(resurs, 'GET /callbacks', { signal: timeout.signal });
  assert.ok(await waitUntil(async () => resurs.calls.length === 1));
  timeout.abort();

  await assert.rejects(call, { name: 'AbortError' });
  assert.deepEqual([resurs.calls[0]?.status, resurs.calls[0]?.note], [null, 'hang']);
});

for (const { fault, isDone } of [
  { fault: 'reset', isDone: false },
  { fault: 'answer_lost', isDone: true },
] as const) {
  test(`${fault} resets the connection ${isDone ? 'after' : 'before'} the operation is done`, async (t) => {
    const { resurs } = await setup(t, { faultOf: onRegister(fault) });

    await assert.rejects(register(resurs, 'BOOKED'));

    assert.equal(resurs.registered.has('BOOKED'), isDone);
    assert.equal(resurs.calls[0]?.status, null);
  });
}

test('ignored calls are reported as done but change nothing', async (t) => {
  const { resurs, soap, remove } = await setup(t, {});
  await register(resurs, 'BOOKED');
  resurs.setQuirks({ faultOf: () => 'ignored' });

  const responses = [await remove(), await soap(SOAP_REGISTER), await trigger(resurs, 'BOOKED', ['1'])];
  const { text } = await callRest(resurs, 'GET /callbacks/BOOKED');

  assert.deepEqual(
    responses.map(({ status }) => status),
    [200, 200, 200],
  );
  assert.equal(JSON.parse(text).uriTemplate, TEMPLATE);
  assert.deepEqual(resurs.ended, []);
});

test('faults can depend on the number of the call', async (t) => {
  const { resurs } = await setup(t, { faultOf: ({ number }) => (number <= 2 ? 'server_error' : 'none') });

  const statuses = [];
  for (const _ of [1, 2, 3]) statuses.push((await register(resurs, 'BOOKED')).status);

  assert.deepEqual(statuses, [500, 500, 200]);
});

test('connections can be refused, and are accepted again afterwards', async (t) => {
  const { resurs } = await setup(t, { connections: 'refused' });

  const refused = callRest(resurs, 'GET /callbacks');
  await assert.rejects(refused);
  resurs.setQuirks({ connections: 'accepted' });
  const { status } = await callRest(resurs, 'GET /callbacks');

  assert.equal(status, 200);
});

for (const { name, connect } of [
  { name: 'a request', connect: (host: string, port: number): Socket => connectPlain({ host, port }) },
  { name: 'a TLS handshake', connect: (host: string, port: number): Socket => connectTls({ host, port }) },
]) {
  test(`connections can be mute: ${name} gets no response, and stopping closes it`, async (t) => {
    const { resurs } = await setup(t, { connections: 'mute' });
    const { resurs: normal } = await setup(t, {});
    const received: string[] = [];
    const { hostname: host, port } = new URL(resurs.restUrl);
    const socket = connect(host, Number(port));
    for (const event of ['data', 'end', 'secureConnect']) socket.on(event, () => received.push(event));
    socket.on('error', () => undefined);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await once(socket, 'connect');

    socket.write('GET /callbacks HTTP/1.1\r\nhost: resurs\r\n\r\n');
    // The normal one has responded long before.
    await callRest(normal, 'GET /callbacks');

    assert.deepEqual([received, resurs.calls], [[], []]);
    await resurs.stop();
    await closed;
  });
}
