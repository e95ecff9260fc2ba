/**
 * What the stand-in does wrong on demand. Tests of our clients rely on it, so each quirk has to be there when it is
 * asked for and to go when it is taken back. Both sides are real, sockets included.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectPlain, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import type { Quirks } from '../../src/simulator/api/quirks.ts';
import { callRest, callSoap, register, setUpStandIn, TEMPLATE, textIn } from './fake-resurs.ts';

const BOOKED = '<eventType>BOOKED</eventType>';
const OTHER = 'https://other.example/{paymentId}';
const SOAP_REGISTER = `<c:registerEventCallback>${BOOKED}<uriTemplate>${OTHER}</uriTemplate></c:registerEventCallback>`;

async function setup(t: TestContext, quirks: Partial<Quirks>) {
  const standIn = await setUpStandIn(t, { quirks });
  return {
    standIn,
    remove: (type = 'BOOKED') => callRest(standIn, `DELETE /callbacks/${type}`, { body: '{}' }),
    soap: (message: string) => callSoap(standIn, message),
  };
}

test('a type that is there is refused where it is asked for, in the words of the interface', async (t) => {
  const { standIn, soap } = await setup(t, { refusesHeld: ['REST', 'SOAP'] });
  await register(standIn, 'BOOKED');

  const overRest = await register(standIn, 'BOOKED', { uriTemplate: OTHER });
  const overSoap = await soap(SOAP_REGISTER);
  standIn.misbehave({ refusesHeld: ['SOAP'] });
  const overwritten = await register(standIn, 'BOOKED', { uriTemplate: OTHER });

  const message = 'Callback of type BOOKED already exists!';
  assert.deepEqual([overRest.status, JSON.parse(overRest.text)], [400, { description: message, code: 1 }]);
  assert.deepEqual([overSoap.status, textIn(overSoap.text, 'userErrorMessage')], [500, message]);
  assert.deepEqual([overwritten.status, standIn.held.get('BOOKED')?.uriTemplate], [200, OTHER]);
});

test('the refusal may outlast an unregistration for some registrations', async (t) => {
  const { standIn, remove } = await setup(t, { refusesHeld: ['REST'], refusalsAfterUnregister: 2 });
  await register(standIn, 'BOOKED');
  await remove();

  const statuses = [];
  for (const _ of [1, 2, 3]) {
    statuses.push((await register(standIn, 'BOOKED')).status);
    // Removing what is not there starts nothing anew.
    if (!standIn.held.has('BOOKED')) await remove();
  }

  assert.deepEqual(statuses, [400, 400, 200]);
});

test('UPDATE may be missing in the REST list and stay when REST removes it', async (t) => {
  const { standIn, remove, soap } = await setup(t, {
    leftOutOfRestList: ['UPDATE'],
    faultOf: ({ channel, operation, type }) =>
      channel === 'REST' && operation === 'unregister' && type === 'UPDATE' ? 'ignored' : 'none',
  });
  await register(standIn, 'UPDATE');

  const list = await callRest(standIn, 'GET /callbacks');
  const overRest = await remove('UPDATE');
  const isStillThere = standIn.held.has('UPDATE');
  await soap('<c:unregisterEventCallback><eventType>UPDATE</eventType></c:unregisterEventCallback>');

  assert.deepEqual([list.text, overRest.status, isStillThere, standIn.held.size], ['[]', 200, true, 0]);
});

test('URLs may come back with their ampersands escaped once more', async (t) => {
  const { standIn, soap } = await setup(t, { readsBack: 'escaped' });
  await register(standIn, 'BOOKED');

  const overRest = JSON.parse((await callRest(standIn, 'GET /callbacks/BOOKED')).text);
  const overSoap = await soap(`<c:getRegisteredEventCallback>${BOOKED}</c:getRegisteredEventCallback>`);

  const escaped = TEMPLATE.replaceAll('&', '&amp;');
  assert.deepEqual([overRest.uriTemplate, textIn(overSoap.text, 'uriTemplate')], [escaped, escaped]);
});

test('connections may be refused, and are taken again afterwards', async (t) => {
  const { standIn } = await setup(t, { connections: 'refused' });

  const refused = callRest(standIn, 'GET /callbacks');
  await assert.rejects(refused);
  standIn.misbehave({ connections: 'taken' });
  const { status } = await callRest(standIn, 'GET /callbacks');

  assert.equal(status, 200);
});

for (const { name, connect } of [
  { name: 'a request', connect: (host: string, port: number): Socket => connectPlain({ host, port }) },
  { name: 'a TLS handshake', connect: (host: string, port: number): Socket => connectTls({ host, port }) },
]) {
  test(`connections may be mute: ${name} gets no answer, and stopping ends it`, async (t) => {
    const { standIn } = await setup(t, { connections: 'mute' });
    const { standIn: talking } = await setup(t, {});
    const heard: string[] = [];
    const { hostname: host, port } = new URL(standIn.restUrl);
    const socket = connect(host, Number(port));
    for (const event of ['data', 'end', 'secureConnect']) socket.on(event, () => heard.push(event));
    socket.on('error', () => undefined);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await once(socket, 'connect');

    socket.write('GET /callbacks HTTP/1.1\r\nhost: resurs\r\n\r\n');
    // One that talks has long answered by then.
    await callRest(talking, 'GET /callbacks');

    assert.deepEqual([heard, standIn.calls], [[], []]);
    await standIn.stop();
    await closed;
  });
}
