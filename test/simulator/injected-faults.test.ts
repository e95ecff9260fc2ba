/**
 * Single calls that go wrong on demand. Tests of our clients rely on it, so each fault has to be there when it is asked
 * for, and has to hit nothing else. Both sides are real; connections really end or hang.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { InjectedFault, Quirks, ReceivedCall } from '../../src/simulator/api/quirks.ts';
import { waitUntil } from '../harness/wait.ts';
import { callRest, callSoap, register, setUpStandIn, TEMPLATE, textIn, trigger } from './fake-resurs.ts';

const BOOKED = '<eventType>BOOKED</eventType>';
const OTHER = 'https://other.example/{paymentId}';
const SOAP_REGISTER = `<c:registerEventCallback>${BOOKED}<uriTemplate>${OTHER}</uriTemplate></c:registerEventCallback>`;

async function setup(t: TestContext, quirks: Partial<Quirks>) {
  const standIn = await setUpStandIn(t, { quirks });
  return {
    standIn,
    remove: () => callRest(standIn, 'DELETE /callbacks/BOOKED', { body: '{}' }),
    soap: (message: string) => callSoap(standIn, message),
  };
}

/** A fault for registrations of BOOKED alone. */
const onRegister =
  (fault: InjectedFault) =>
  ({ operation, type }: ReceivedCall): InjectedFault =>
    operation === 'register' && type === 'BOOKED' ? fault : 'none';

for (const { fault, json, xml } of [
  { fault: 'server_error', json: [500, 'application/json;charset=UTF-8'], xml: [500, 'text/xml;charset=UTF-8'] },
  { fault: 'html', json: [503, 'text/html; charset=utf-8'], xml: [503, 'text/html; charset=utf-8'] },
  { fault: 'login_page', json: [200, 'text/html; charset=utf-8'], xml: [200, 'text/html; charset=utf-8'] },
  { fault: 'unauthorised', json: [401, 'application/json;charset=UTF-8'], xml: [401, 'text/html; charset=utf-8'] },
] as const) {
  test(`${fault} is answered over both interfaces, changes nothing, and leaves other types alone`, async (t) => {
    const { standIn, soap } = await setup(t, { faultOf: onRegister(fault) });

    const overRest = await register(standIn, 'BOOKED');
    const overSoap = await soap(SOAP_REGISTER);
    const other = await register(standIn, 'UPDATE');

    assert.deepEqual([overRest.status, overRest.headers.get('content-type')], json);
    assert.deepEqual([overSoap.status, overSoap.type], xml);
    assert.equal(other.status, 200);
    assert.deepEqual([...standIn.held.keys()], ['UPDATE']);
  });
}

test('an error of the SOAP side names itself as internal', async (t) => {
  const { soap } = await setup(t, { faultOf: () => 'server_error' });

  const { text } = await soap(SOAP_REGISTER);

  assert.deepEqual([textIn(text, 'errorTypeId'), textIn(text, 'errorTypeDescription')], ['3', 'INTERNAL_ERROR']);
});

test('a call that hangs is never answered', async (t) => {
  const { standIn } = await setup(t, { faultOf: () => 'hang' });
  const patience = new AbortController();

  const asking = callRest(standIn, 'GET /callbacks', { signal: patience.signal });
  assert.ok(await waitUntil(async () => standIn.calls.length === 1));
  patience.abort();

  await assert.rejects(asking, { name: 'AbortError' });
  assert.deepEqual([standIn.calls[0]?.status, standIn.calls[0]?.note], [null, 'hang']);
});

for (const { fault, isDone } of [
  { fault: 'reset', isDone: false },
  { fault: 'answer_lost', isDone: true },
] as const) {
  test(`${fault} ends the connection ${isDone ? 'after' : 'before'} the work is done`, async (t) => {
    const { standIn } = await setup(t, { faultOf: onRegister(fault) });

    await assert.rejects(register(standIn, 'BOOKED'));

    assert.equal(standIn.held.has('BOOKED'), isDone);
    assert.equal(standIn.calls[0]?.status, null);
  });
}

test('ignored calls are answered as done, and what was there stays', async (t) => {
  const { standIn, soap, remove } = await setup(t, {});
  await register(standIn, 'BOOKED');
  standIn.misbehave({ faultOf: () => 'ignored' });

  const answers = [await remove(), await soap(SOAP_REGISTER), await trigger(standIn, 'BOOKED', ['1'])];
  const { text } = await callRest(standIn, 'GET /callbacks/BOOKED');

  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 200],
  );
  assert.equal(JSON.parse(text).uriTemplate, TEMPLATE);
  assert.deepEqual(standIn.ended, []);
});

test('faults can count the calls they hit', async (t) => {
  const { standIn } = await setup(t, { faultOf: ({ number }) => (number <= 2 ? 'server_error' : 'none') });

  const statuses = [];
  for (const _ of [1, 2, 3]) statuses.push((await register(standIn, 'BOOKED')).status);

  assert.deepEqual(statuses, [500, 500, 200]);
});
