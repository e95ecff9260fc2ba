/**
 * The demo's verdict: it may say that all is well only when it is. Each test breaks one thing in a faultless run and expects
 * the promise that it breaks. Pure; the evidence is made by hand.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Arrival } from '../../demo/merchant.ts';
import type { KeptEvent } from '../../demo/stored-events.ts';
import { type Evidence, judge } from '../../demo/verdict.ts';
import { CALLBACK_TYPES } from '../../src/protocol/ecom/callback-types.ts';
import type { SimulatedCallback } from '../../src/simulator/result.ts';

function callback(options: Partial<SimulatedCallback> = {}): SimulatedCallback {
  const status = options.status ?? 204;
  const reason = options.reason ?? 'OK';
  return {
    label: '',
    type: 'UNFREEZE',
    paymentId: '1',
    fact: 'UNFREEZE 1',
    methods: ['GET'],
    method: 'GET',
    status,
    reason,
    phrase: reason,
    tries: 1,
    kept: status === 204 ? 1 : 0,
    expected: { status, reason },
    asExpected: true,
    ...options,
  };
}

function event(options: Partial<KeptEvent> = {}): KeptEvent {
  return {
    id: 'evt_1',
    sequence: 1,
    type: 'payment.unfrozen',
    callback: 'UNFREEZE',
    paymentId: '1',
    result: null,
    receipts: { count: 2 },
    delivery: { state: 'delivered', attemptCount: 2 },
    ...options,
  };
}

function arrival(options: Partial<Arrival> = {}): Arrival {
  return {
    webhookId: 'evt_1',
    verified: true,
    type: 'payment.unfrozen',
    paymentId: '1',
    sequence: 1,
    attempt: 1,
    status: 204,
    ...options,
  };
}

const CALLBACKS = [
  callback(),
  callback({ label: 'the same again' }),
  callback({ type: 'ANNULMENT', fact: 'ANNULMENT 1' }),
  callback({ paymentId: '2', fact: 'UNFREEZE 2', status: 406, reason: 'Digest rejected.' }),
  callback({ paymentId: '3', fact: 'UNFREEZE 3', status: 410, reason: 'Order is not ours.' }),
];
const ANNULLED = event({ id: 'evt_2', sequence: 2, callback: 'ANNULMENT', receipts: { count: 1 } });
const EVENTS = [event(), ANNULLED];
const ARRIVALS = [
  arrival({ status: 500 }),
  arrival({ attempt: 2 }),
  arrival({ webhookId: 'evt_2', sequence: 2, type: 'payment.annulled' }),
];

/** The promises that a run with these changes breaks. */
function broken(changes: Partial<Evidence>): string[] {
  const evidence = {
    registered: CALLBACK_TYPES,
    callbacks: CALLBACKS,
    events: EVENTS,
    arrivals: ARRIVALS,
    receiverExitCode: 0,
    ...changes,
  };
  return judge(evidence)
    .filter(({ faults }) => faults.length > 0)
    .map(({ promise }) => promise);
}

test('a faultless run breaks nothing', () => {
  assert.deepEqual(broken({}), []);
});

test('a run in which nothing happened breaks promises', () => {
  assert.notDeepEqual(broken({ callbacks: [], events: [], arrivals: [] }), []);
});

for (const { name, changes, promise } of [
  {
    name: 'an answer that was not promised',
    changes: { callbacks: [...CALLBACKS, callback({ status: 500, expected: { status: 204, reason: 'OK' } })] },
    promise: /promised status and reason/,
  },
  { name: 'a type that is not registered', changes: { registered: CALLBACK_TYPES.slice(1) }, promise: /is registered/ },
  {
    name: 'a reason phrase that differs from its header',
    changes: { callbacks: [...CALLBACKS.slice(1), callback({ phrase: 'No Content' })] },
    promise: /reason phrase/,
  },
  { name: 'a fact that was not kept', changes: { events: [event()] }, promise: /kept exactly once/ },
  {
    name: 'a fact that was kept twice',
    changes: { events: [...EVENTS, event({ id: 'evt_3', sequence: 3 })] },
    promise: /kept exactly once/,
  },
  {
    name: 'an event that nobody sent',
    changes: { events: [...EVENTS, event({ id: 'evt_3', paymentId: '9' })] },
    promise: /kept exactly once/,
  },
  {
    name: 'a repeat that was not counted',
    changes: { events: [event({ receipts: { count: 1 } }), ANNULLED] },
    promise: /counted as receipts/,
  },
  {
    name: 'an event left by a wrong digest',
    changes: { events: [...EVENTS, event({ id: 'evt_3', paymentId: '2' })] },
    promise: /wrong digest/,
  },
  {
    name: 'a delivery left by a foreign order',
    changes: { arrivals: [...ARRIVALS, arrival({ paymentId: '3' })] },
    promise: /foreign order/,
  },
  {
    name: 'a signature that does not verify',
    changes: { arrivals: [...ARRIVALS, arrival({ verified: false, status: 401 })] },
    promise: /signature that verifies/,
  },
  {
    name: 'an event that was not delivered',
    changes: { arrivals: ARRIVALS.slice(0, 2) },
    promise: /reached the merchant once/,
  },
  {
    name: 'an event that the merchant took twice',
    changes: { arrivals: [...ARRIVALS, arrival({ webhookId: 'evt_2', sequence: 2 })] },
    promise: /reached the merchant once/,
  },
  {
    name: 'a delivery that is still pending',
    changes: { events: [event({ delivery: { state: 'pending', attemptCount: 1 } }), ANNULLED] },
    promise: /reached the merchant once/,
  },
  { name: 'a later event that overtook', changes: { arrivals: ARRIVALS.toReversed() }, promise: /order of 'sequence'/ },
  { name: 'a failed delivery that did not come again', changes: { arrivals: [ARRIVALS[0]] }, promise: /came again/ },
  { name: 'a receiver that had to be killed', changes: { receiverExitCode: null }, promise: /exit code 0/ },
] as { name: string; changes: Partial<Evidence>; promise: RegExp }[]) {
  test(`${name} is found`, () => {
    assert.ok(
      broken(changes).some((one) => promise.test(one)),
      `broken: ${broken(changes).join('; ')}`,
    );
  });
}
