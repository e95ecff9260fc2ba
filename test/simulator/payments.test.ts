/**
 * What the fake Resurs holds of a payment: it follows the callbacks that the fake plays, whether or not anything is
 * registered for them. Read by our client, and as a document where only that shows what Resurs sends.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Agent } from 'undici';
import { paymentOf } from '../../src/payments/ecom-payment.ts';
import { createPaymentClient } from '../../src/resurs/payments.ts';
import { type PlannedCallback, plannedCallback, updateBody } from '../../src/simulator/callbacks.ts';
import { EXPECTED } from '../../src/simulator/expected.ts';
import type { FakeResurs } from '../../src/simulator/fake-resurs.ts';
import { createFakePayments } from '../../src/simulator/payments.ts';
import { buildScenario } from '../../src/simulator/scenario.ts';
import { injectFaultFor } from '../helpers/resurs.ts';
import { callSoap, register, setUpFakeResurs, textIn, trigger } from './fake-resurs.ts';

const NEVER = new AbortController().signal;

async function setup(t: TestContext) {
  const resurs = await setUpFakeResurs(t);
  const dispatcher = new Agent();
  t.after(() => dispatcher.destroy());
  const { soapUrl: baseUrl, account } = resurs;
  const client = createPaymentClient({ baseUrl, account, dispatcher, timeoutMs: 20_000 });
  return { resurs, read: async (paymentId: string) => shown(await client.read(paymentId, NEVER)) };
}

function shown(result: Awaited<ReturnType<ReturnType<typeof createPaymentClient>['read']>>): string {
  if (result.outcome !== 'found') return result.outcome === 'failed' ? result.failure.kind : result.outcome;
  const { state, statuses, amounts } = paymentOf(result.payment, new Date(0));
  const { total, authorized, captured, refunded, annulled } = amounts;
  return [state, statuses.join(','), total, authorized, captured, refunded, annulled].join(' ');
}

function update(type: string, totalAmount: number | null, part = 1): PlannedCallback {
  const body = JSON.stringify({
    paymentDiff: { type, transactionId: `t-${part}`, paymentSpecification: { totalAmount } },
  });
  return plannedCallback('UPDATE', 'p', { body, fact: `UPDATE p ${part}` });
}
const fraudControl = (result: string) => plannedCallback('AUTOMATIC_FRAUD_CONTROL', 'p', { result });
const booked = plannedCallback('BOOKED', 'p', {});
const unfrozen = plannedCallback('UNFREEZE', 'p', {});
const debit400 = update('DEBIT', 400);
const debit600 = update('DEBIT', 600, 2);

for (const { name, life, state } of [
  { name: 'booked', life: [booked], state: 'authorized DEBITABLE 25.00 25.00 0.00 0.00 0.00' },
  { name: 'frozen', life: [booked, fraudControl('FROZEN')], state: 'frozen DEBITABLE 25.00 25.00 0.00 0.00 0.00' },
  {
    name: 'thawed',
    life: [booked, fraudControl('FROZEN'), fraudControl('THAWED')],
    state: 'authorized DEBITABLE 25.00 25.00 0.00 0.00 0.00',
  },
  {
    name: 'unfrozen, and frozen by a repeat',
    life: [fraudControl('FROZEN'), unfrozen, fraudControl('FROZEN')],
    state: 'authorized DEBITABLE 25.00 25.00 0.00 0.00 0.00',
  },
  {
    name: 'annulled',
    life: [booked, fraudControl('FROZEN'), plannedCallback('ANNULMENT', 'p', {})],
    state: 'annulled IS_ANNULLED 25.00 0.00 0.00 0.00 25.00',
  },
  {
    name: 'finalized',
    life: [booked, plannedCallback('FINALIZATION', 'p', {})],
    state: 'captured CREDITABLE,IS_DEBITED 25.00 0.00 25.00 0.00 0.00',
  },
  {
    name: 'debited in two parts and refunded in two',
    life: [booked, debit400, debit600, debit400, update('CREDIT', 250, 3), update('CREDIT', 750, 4)],
    state: 'refunded IS_DEBITED,IS_CREDITED 1000.00 0.00 1000.00 1000.00 0.00',
  },
  {
    name: 'refunded in part',
    life: [booked, debit400, debit600, update('CREDIT', 250.5, 3)],
    state: 'partially_refunded CREDITABLE,IS_DEBITED,IS_CREDITED 1000.00 0.00 1000.00 250.50 0.00',
  },
  {
    name: 'annulled by an UPDATE without an amount',
    life: [booked, plannedCallback('UPDATE', 'p', { body: updateBody('ANNUL', 'p', 0) })],
    state: 'annulled IS_ANNULLED 25.00 0.00 0.00 0.00 25.00',
  },
  {
    name: 'forged',
    life: [plannedCallback('UNFREEZE', 'p', { fault: 'wrong_digest', expected: EXPECTED.wrongDigest })],
    state: 'unknown',
  },
]) {
  test(`a payment that was ${name} is held as that`, async (t) => {
    const { resurs, read } = await setup(t);

    await resurs.run([life]);

    assert.equal(await read('p'), state);
  });
}

test('what the order comes to is known before its second debit', () => {
  const payments = createFakePayments(() => 0);
  payments.plan([[booked, debit400, debit600, debit400]]);
  for (const callback of [booked, debit400]) payments.apply(callback);

  const { totalAmount, statuses } = payments.find('p') ?? assert.fail('no payment');

  assert.deepEqual(totalAmount, { units: 1000n, scale: 0 });
  assert.deepEqual(statuses, ['DEBITABLE', 'CREDITABLE', 'IS_DEBITED']);
});

test('the payments of a scenario are held, and a triggered callback changes one; no other is known', async (t) => {
  const { resurs, read } = await setup(t);
  const scenario = buildScenario({
    payments: 2,
    firstPaymentId: '100',
    notOursPaymentId: '900',
    notOursResponse: EXPECTED.stored,
    signed: true,
    nowMs: 0,
    only: null,
  });
  await resurs.run(scenario);
  await register(resurs, 'ANNULMENT');
  await trigger(resurs, 'ANNULMENT', ['900']);

  assert.equal(await read('100'), 'captured CREDITABLE,IS_DEBITED 25.00 0.00 25.00 0.00 0.00');
  assert.equal(await read('101'), 'annulled IS_ANNULLED 25.00 0.00 0.00 0.00 25.00');
  assert.equal(await read('900'), 'annulled IS_ANNULLED 25.00 0.00 0.00 0.00 25.00');
  assert.equal(await read('102'), 'unknown');
  resurs.setQuirks({ faultOf: injectFaultFor('unauthorised', { operation: 'payment' }) });
  assert.equal(await read('100'), 'credentials');
});

async function readDocument(resurs: FakeResurs, paymentId: string) {
  return callSoap(resurs, `<a:getPayment><paymentId>${paymentId}</paymentId></a:getPayment>`, {
    service: 'AfterShopFlowService',
  });
}

test('a payment comes as Resurs sends it: long decimals, times with an offset, and its customer', async (t) => {
  const { resurs } = await setup(t);
  await resurs.run([[booked]]);

  const { status, text } = await readDocument(resurs, 'p');

  assert.equal(status, 200);
  assert.equal(textIn(text, 'id'), 'p');
  assert.match(text, />25\.0{20}</);
  assert.match(textIn(text, 'booked') ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+01:00$/);
  assert.match(textIn(text, 'governmentId') ?? '', /^\d{12}$/);
});

test('an unknown payment gets the fault of Resurs, whose text names it', async (t) => {
  const { resurs } = await setup(t);

  const { status, text } = await readDocument(resurs, 'no&amp;ne');

  assert.equal(status, 500);
  assert.deepEqual(
    ['faultstring', 'errorTypeId', 'errorTypeDescription', 'fixableByYou', 'userErrorMessage'].map((name) =>
      textIn(text, name),
    ),
    [
      'This order group do not exists',
      '8',
      'REFERENCED_DATA_DONT_EXISTS',
      'true',
      'Efterfrågad order/betalning (no&ne) kan inte hittas i databasen.',
    ],
  );
});
