/**
 * The demo's verdicts: every promise is kept only in a run without violations. Each test breaks one thing in a good run
 * and expects the promise that it breaks. Pure; the evidence is made by hand.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReceivedRequest } from '../../demo/merchant.ts';
import type { StoredEvent } from '../../demo/stored-events.ts';
import { type Evidence, verdicts } from '../../demo/verdict.ts';
import { CALLBACK_TYPES } from '../../src/protocol/ecom/callback-types.ts';
import type { SimulatedCallback } from '../../src/simulator/result.ts';

function callback(options: Partial<SimulatedCallback> = {}): SimulatedCallback {
  const status = options.status ?? 204;
  const reason = options.reason ?? 'OK';
  return {
    label: '',
    type: 'UNFREEZE',
    paymentId: '1',
    orderReference: '1',
    result: null,
    fact: 'UNFREEZE 1',
    methods: ['GET'],
    method: 'GET',
    status,
    reason,
    phrase: reason,
    tries: 1,
    lost: false,
    kept: status === 204 ? 1 : 0,
    expected: { status, reason },
    asExpected: true,
    ...options,
  };
}

function event(options: Partial<StoredEvent> = {}): StoredEvent {
  return {
    id: 'evt_1',
    sequence: 1,
    type: 'payment.unfrozen',
    callback: 'UNFREEZE',
    paymentId: '1',
    orderReference: '1',
    result: null,
    receipts: { count: 2 },
    delivery: { state: 'delivered', attemptCount: 2 },
    ...options,
  };
}

function receivedRequest(options: Partial<ReceivedRequest> = {}): ReceivedRequest {
  return {
    webhookId: 'evt_1',
    verified: true,
    type: 'payment.unfrozen',
    paymentId: '1',
    orderReference: '1',
    payment: '{"state":"authorized"}',
    paymentState: 'authorized',
    missed: null,
    sequence: 1,
    attempt: 1,
    status: 204,
    ...options,
  };
}

const CALLBACKS = [
  callback(),
  callback({ label: 'repeated' }),
  callback({ type: 'ANNULMENT', fact: 'ANNULMENT 1' }),
  callback({ paymentId: '2', fact: 'UNFREEZE 2', status: 406, reason: 'Digest rejected.' }),
  callback({ paymentId: '3', fact: 'UNFREEZE 3', status: 410, reason: 'Order is not ours.' }),
  callback({ type: 'MANAGEMENT', paymentId: 'm', result: 'CAPTURE', fact: 'MANAGEMENT m CAPTURE a' }),
  callback({ type: 'AUTHORIZATION', paymentId: 'n', status: 401, reason: 'Unauthorized.' }),
  callback({ paymentId: '4', fact: 'UNFREEZE 4', status: null, reason: 'lost', phrase: '', kept: 0, lost: true }),
];
const ANNULLED = event({ id: 'evt_2', sequence: 2, callback: 'ANNULMENT', receipts: { count: 1 } });
const CAPTURED = event({
  id: 'evt_c',
  sequence: 3,
  callback: 'MANAGEMENT',
  result: 'CAPTURE',
  paymentId: 'm',
  receipts: { count: 1 },
});
const RECONCILED = event({
  id: 'evt_r',
  sequence: 4,
  type: 'payment.reconciled',
  callback: 'RECONCILIATION',
  paymentId: '4',
  receipts: { count: 1 },
});
const EVENTS = [event(), ANNULLED, CAPTURED, RECONCILED];
const TOLD = receivedRequest({
  webhookId: 'evt_r',
  sequence: 4,
  type: 'payment.reconciled',
  paymentId: '4',
  missed: ['unfrozen'],
});
const RECEIVED = [
  receivedRequest({ status: 500 }),
  receivedRequest({ attempt: 2 }),
  receivedRequest({ webhookId: 'evt_2', sequence: 2, type: 'payment.annulled' }),
  receivedRequest({
    webhookId: 'evt_c',
    sequence: 3,
    type: 'payment.captured',
    paymentId: 'm',
    payment: '{"state":"partially_captured","amounts":{"captured":"100.00"}}',
    paymentState: 'partially_captured',
  }),
  TOLD,
];

/** Returns the promises that a run with these changes breaks. */
function broken(changes: Partial<Evidence>): string[] {
  const evidence = {
    registered: CALLBACK_TYPES,
    callbacks: CALLBACKS,
    events: EVENTS,
    received: RECEIVED,
    receiverExitCode: 0,
    ...changes,
  };
  return verdicts(evidence)
    .filter(({ violations }) => violations.length > 0)
    .map(({ promise }) => promise);
}

test('a good run breaks no promise', () => {
  assert.deepEqual(broken({}), []);
});

test('a run without callbacks breaks promises', () => {
  assert.notDeepEqual(broken({ callbacks: [], events: [], received: [] }), []);
});

for (const { name, changes, promise } of [
  {
    name: 'a response that was not promised',
    changes: { callbacks: [...CALLBACKS, callback({ status: 500, expected: { status: 204, reason: 'OK' } })] },
    promise: /promised status and reason/,
  },
  { name: 'a type that is not registered', changes: { registered: CALLBACK_TYPES.slice(1) }, promise: /is registered/ },
  {
    name: 'a reason phrase that differs from its header',
    changes: { callbacks: [...CALLBACKS.slice(1), callback({ phrase: 'No Content' })] },
    promise: /reason phrase/,
  },
  { name: 'a fact that was not stored', changes: { events: [event(), CAPTURED] }, promise: /stored exactly once/ },
  {
    name: 'a fact that was stored twice',
    changes: { events: [...EVENTS, event({ id: 'evt_3', sequence: 3 })] },
    promise: /stored exactly once/,
  },
  {
    name: 'an event that was never sent',
    changes: { events: [...EVENTS, event({ id: 'evt_3', paymentId: '9' })] },
    promise: /stored exactly once/,
  },
  {
    name: 'a repeat that was not counted',
    changes: { events: [event({ receipts: { count: 1 } }), ANNULLED, CAPTURED] },
    promise: /counted as receipts/,
  },
  {
    name: 'an event left by a wrong digest',
    changes: { events: [...EVENTS, event({ id: 'evt_3', paymentId: '2' })] },
    promise: /wrong digest/,
  },
  {
    name: 'an event left by a wrong token',
    changes: { events: [...EVENTS, event({ id: 'evt_3', paymentId: 'n' })] },
    promise: /wrong token/,
  },
  {
    name: 'an event of a payment that was not read',
    changes: { received: RECEIVED.with(2, receivedRequest({ webhookId: 'evt_2', sequence: 2, payment: null })) },
    promise: /what Resurs holds/,
  },
  {
    name: 'a retry with another snapshot',
    changes: { received: RECEIVED.with(1, receivedRequest({ attempt: 2, payment: '{"state":"captured"}' })) },
    promise: /what Resurs holds/,
  },
  {
    name: 'a capture that the snapshot does not show',
    changes: { received: RECEIVED.slice(0, 3) },
    promise: /what Resurs holds/,
  },
  {
    name: 'a delivery left by an order that is not ours',
    changes: { received: [...RECEIVED, receivedRequest({ paymentId: '3' })] },
    promise: /not ours/,
  },
  {
    name: 'a signature that does not verify',
    changes: { received: [...RECEIVED, receivedRequest({ verified: false, status: 401 })] },
    promise: /signature that verifies/,
  },
  {
    name: 'an event that was not delivered',
    changes: { received: RECEIVED.slice(0, 2) },
    promise: /reached the merchant once/,
  },
  {
    name: 'an event that the merchant accepted twice',
    changes: { received: [...RECEIVED, receivedRequest({ webhookId: 'evt_2', sequence: 2 })] },
    promise: /reached the merchant once/,
  },
  {
    name: 'a delivery that is still pending',
    changes: { events: [event({ delivery: { state: 'pending', attemptCount: 1 } }), ANNULLED, CAPTURED] },
    promise: /reached the merchant once/,
  },
  {
    name: 'a later event that arrived first',
    changes: { received: RECEIVED.toReversed() },
    promise: /order of 'sequence'/,
  },
  { name: 'a failed delivery that was not retried', changes: { received: [RECEIVED[0]] }, promise: /is retried/ },
  { name: 'a receiver that had to be killed', changes: { receiverExitCode: null }, promise: /exit code 0/ },
] as { name: string; changes: Partial<Evidence>; promise: RegExp }[]) {
  test(`${name} is found`, () => {
    assert.ok(
      broken(changes).some((one) => promise.test(one)),
      `broken: ${broken(changes).join('; ')}`,
    );
  });
}

test('a lost callback that the merchant is not told of, or of which it is told another thing, breaks one promise', () => {
  const promise = 'a callback that never came is found at Resurs, and the merchant is told once';
  const withTold = (...told: readonly ReceivedRequest[]) => [
    ...RECEIVED.filter((request) => request !== TOLD),
    ...told,
  ];

  assert.deepEqual(broken({ received: withTold({ ...TOLD, missed: ['annulled'] }) }), [promise]);
  assert.deepEqual(broken({ received: withTold({ ...TOLD, missed: null }) }), [promise]);
  assert.ok(broken({ received: withTold(TOLD, TOLD) }).includes(promise));
  assert.ok(broken({ callbacks: CALLBACKS.filter(({ lost }) => !lost) }).includes(promise));
});
