/**
 * The command `payment`, as an operator runs it: a fake Resurs that plays the payment, and the database of a real
 * service. Each side may be missing; the command says so and shows the other one.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { payment } from '../../src/commands/payment/payment.ts';
import { plannedCallback, updateBody } from '../../src/simulator/callbacks.ts';
import { startMerchantApi } from '../harness/merchant-api.ts';
import { sendCallback, waitForStates, webhookEnv } from '../helpers/deliveries.ts';
import { storeMapiEvent } from '../helpers/mapi-events.ts';
import { startMerchant } from '../helpers/merchant.ts';
import { createDatabase } from '../helpers/postgres.ts';
import { injectFaultFor, setUpResurs } from '../helpers/resurs.ts';
import { startTestService } from '../helpers/service.ts';

const NO_DATABASE = 'Not known: DATABASE_URL is not set, and no Postgres runs in DATA_DIR.';

/** A payment that Resurs holds as frozen, of which an older fact arrived last: the events here say that it may ship. */
async function setup(t: TestContext) {
  const resurs = await setUpResurs(t);
  const merchant = await startMerchant(t);
  const { url } = await createDatabase(t);
  const receiver = await startTestService(t, { databaseUrl: url, env: webhookEnv(merchant.url) });
  for (const type of ['BOOKED', 'UNFREEZE']) await sendCallback(receiver, type, 'p-1');
  await waitForStates(receiver, ['delivered', 'delivered'], 2);
  await resurs.fakeResurs.run([
    [plannedCallback('BOOKED', 'p-1', {}), plannedCallback('AUTOMATIC_FRAUD_CONTROL', 'p-1', { result: 'FROZEN' })],
    [plannedCallback('UPDATE', 'p-2', { body: updateBody('DEBIT', 'p-2', 0) })],
  ]);
  const run = (args: readonly string[], env: Record<string, string> = {}) =>
    resurs.run(payment, args, { env: { DATABASE_URL: url, ...webhookEnv(merchant.url), ...env } });
  return { ...resurs, run };
}

test('what Resurs holds stands beside what is stored, and the difference is named', async (t) => {
  const { run } = await setup(t);

  const { exitCode, out, errors } = await run(['p-1']);
  const json = JSON.parse((await run(['p-1', '--json'])).out);

  assert.equal(exitCode, 0, errors);
  assert.deepEqual(
    out
      .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
      .replace(/\d\d:\d\d:\d\d/g, 'TIME')
      .split('\n'),
    [
      'Payment p-1',
      '',
      'At Resurs (test)',
      '  read at     TIME',
      '  state       frozen: do not ship',
      '  order       on_hold',
      '  frozen      yes',
      '  statuses    DEBITABLE',
      '  total       25.00',
      '  authorized  25.00',
      '  captured    0.00',
      '  refunded    0.00',
      '  annulled    0.00',
      '',
      'Stored here',
      '  order       may_ship',
      '  facts       booked, unfrozen',
      '',
      '  received                  event             delivery',
      '  ────────────────────────  ────────────────  ─────────────────────────────────',
      '  TIME  payment.booked    Delivered to the shop at TIME',
      '  TIME  payment.unfrozen  Delivered to the shop at TIME',
      '',
      'They differ: Resurs says on_hold, the last event here says may_ship. Resurs is right.',
    ],
  );
  const { readAt, ...held } = json.payment;
  assert.ok(!Number.isNaN(Date.parse(readAt)));
  assert.deepEqual(held, {
    state: 'frozen',
    frozen: true,
    orderReference: 'p-1',
    statuses: ['DEBITABLE'],
    amounts: { total: '25.00', authorized: '25.00', captured: '0.00', refunded: '0.00', annulled: '0.00' },
    rejectedReason: null,
  });
  assert.deepEqual(json.order, { state: 'on_hold', certain: true, earlier: ['booked', 'unfrozen'] });
  assert.deepEqual(json.stored.order, { state: 'may_ship', certain: true, earlier: ['booked', 'unfrozen'] });
  assert.deepEqual(
    json.stored.events.map((event: { type: string; delivery: { state: string } }) => [
      event.type,
      event.delivery.state,
    ]),
    [
      ['payment.booked', 'delivered'],
      ['payment.unfrozen', 'delivered'],
    ],
  );
  assert.deepEqual([json.environment, json.differs, json.paymentError, json.storedError], ['test', true, null, null]);
});

test('a payment that is stored nowhere here, or that Resurs does not know, is shown as that', async (t) => {
  const { run, fakeResurs } = await setup(t);

  const atResurs = await run(['p-2']);
  const nowhere = await run(['p-3']);
  const json = JSON.parse((await run(['p-3', '--json'])).out);
  fakeResurs.setQuirks({ faultOf: injectFaultFor('html', { operation: 'payment' }) });
  const away = await run(['p-1']);

  assert.equal(atResurs.exitCode, 0);
  assert.match(
    atResurs.out,
    /state {7}captured: everything is captured\n.*\n.*\n {2}statuses {4}CREDITABLE, IS_DEBITED\n/,
  );
  assert.match(atResurs.out, /Stored here\n {2}No event of this payment\.$/);
  assert.equal(nowhere.exitCode, 1);
  assert.match(nowhere.out, /At Resurs \(test\)\n {2}Resurs does not know this payment\.\n/);
  assert.deepEqual(
    [json.payment, json.order, json.differs, json.stored.order, json.stored.events],
    [null, null, null, null, []],
  );
  assert.equal(away.exitCode, 1);
  assert.match(away.out, / {2}SOAP getPayment p-1: HTTP 503: refused with a web page, .*\n\nStored here\n {2}order/);
});

test('without a database, or with one that is away, what Resurs holds is shown', async (t) => {
  const { run } = await setup(t);

  const without = await run(['p-1'], { DATABASE_URL: '' });
  const away = await run(['p-1'], { DATABASE_URL: 'postgres://receiver@127.0.0.1:1/receiver' });
  const json = JSON.parse((await run(['p-1', '--json'], { DATABASE_URL: '' })).out);

  assert.deepEqual([without.exitCode, away.exitCode], [0, 0]);
  for (const { out } of [without, away]) assert.match(out, /state {7}frozen: do not ship/);
  assert.ok(without.out.endsWith(`Stored here\n  ${NO_DATABASE}`), without.out);
  assert.match(away.out, /Not known: the database cannot be read: ECONNREFUSED\.$/);
  assert.deepEqual(
    [json.stored, json.differs, json.order],
    [null, null, { state: 'on_hold', certain: true, earlier: [] }],
  );
  assert.match(json.storedError, /DATABASE_URL is not set/);
});

test('without an account what is stored is shown, and the settings that are missing', async (t) => {
  const { run } = await setup(t);

  const { exitCode, out } = await run(['p-1'], { RESURS_USERNAME: '', RESURS_PASSWORD: '' });

  assert.equal(exitCode, 78);
  assert.match(
    out,
    /At Resurs \(test\)\n {2}RESURS_USERNAME is not set.*set RESURS_USERNAME and RESURS_PASSWORD to.*shop\.\n\nStored here\n/,
  );
  assert.match(out, /payment\.unfrozen/);
});

test('a payment of the Merchant API is found by the reference of its order, here and at Resurs', async (t) => {
  const { run } = await setUpResurs(t);
  const api = await startMerchantApi();
  t.after(() => api.close());
  const stored = '0a1b2c3d-0000-4000-8000-000000000001';
  const unseen = '0a1b2c3d-0000-4000-8000-000000000002';
  api.hold(stored, { status: 'REJECTED', rejectedReason: { category: 'CREDIT_DENIED' } });
  api.hold(unseen, { order: { orderReference: 'shop-2', totalOrderAmount: 1 }, status: 'FROZEN' });
  const { url: databaseUrl } = await createDatabase(t);
  await storeMapiEvent({ databaseUrl }, { paymentId: stored, status: 'AUTHORIZED' }, { orderReference: 'shop-1' });
  const env = {
    DATABASE_URL: databaseUrl,
    RESURS_USERNAME: '',
    RESURS_PASSWORD: '',
    MAPI_CLIENT_ID: api.clientId,
    MAPI_CLIENT_SECRET: api.clientSecret,
    MAPI_URL: api.url,
  };

  const shown = await run(payment, ['shop-1'], { env });
  const json = JSON.parse((await run(payment, ['shop-1', '--json'], { env })).out);
  const elsewhere = JSON.parse((await run(payment, ['shop-2', '--json'], { env })).out);
  const without = await run(payment, ['shop-1'], { env: { ...env, MAPI_CLIENT_ID: '', MAPI_CLIENT_SECRET: '' } });

  assert.equal(shown.exitCode, 0, shown.errors);
  const text = shown.out.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME');
  assert.match(
    text,
    new RegExp(`^Payment ${stored}\n\nAt Resurs \\(test\\)\n  reference   order-0a1b2c3d\n  read at     TIME\n`),
  );
  assert.match(text, /\n {2}statuses {4}REJECTED\n {2}reason {6}CREDIT_DENIED\n/);
  assert.match(text, /They differ: Resurs says cancelled, the last event here says may_ship\. Resurs is right\.$/);
  assert.deepEqual([json.paymentId, json.provider, json.differs], [stored, 'resurs-mapi', true]);
  assert.deepEqual([elsewhere.paymentId, elsewhere.payment.state, elsewhere.stored.events], [unseen, 'frozen', []]);
  assert.equal(without.exitCode, 78);
  assert.match(without.out, /\n {2}MAPI_CLIENT_ID is not set.*set MAPI_CLIENT_ID and MAPI_CLIENT_SECRET/);
  assert.match(without.out, /payment\.authorized/);
});

test('the other payments of an order are named beside the newest one', async (t) => {
  const { run } = await setUpResurs(t);
  const { url: databaseUrl } = await createDatabase(t);
  const [rejected, newest] = ['0a1b2c3d-0000-4000-8000-000000000003', '0a1b2c3d-0000-4000-8000-000000000004'];
  await storeMapiEvent({ databaseUrl }, { paymentId: rejected, status: 'REJECTED' }, { orderReference: 'shop-3' });
  await storeMapiEvent({ databaseUrl }, { paymentId: newest, status: 'AUTHORIZED' }, { orderReference: 'shop-3' });
  const env = { DATABASE_URL: databaseUrl };

  const shown = await run(payment, ['shop-3'], { env });
  const json = JSON.parse((await run(payment, ['shop-3', '--json'], { env })).out);
  const byId = JSON.parse((await run(payment, [newest, '--json'], { env })).out);

  assert.match(shown.out, new RegExp(`^Payment ${newest}\n`));
  assert.match(shown.out, new RegExp(`\n {2}also {8}${rejected}, another payment of this order\n`));
  assert.deepEqual(json.stored.otherPaymentIds, [rejected]);
  assert.deepEqual(byId.stored.otherPaymentIds, []);
});

test('anything but one id is wrong usage; an operator may stop', async (t) => {
  const { run, env, fakeResurs } = await setUpResurs(t, { quirks: { faultOf: () => 'hang' } });
  for (const args of [[], [''], ['p-1', 'p-2'], ['a\u0007'], ['x'.repeat(256)], ['p-1', '--verbose']]) {
    assert.equal((await run(payment, args)).exitCode, 64, args.join(' '));
  }
  assert.match((await run(payment, ['--help'])).out, /^Usage: receiver payment ID/);

  const stop = new AbortController();
  const stopped = run(payment, ['p-1'], { env, stop: stop.signal });
  while (fakeResurs.calls.length === 0) await new Promise((resolve) => void setImmediate(resolve));
  stop.abort();

  assert.deepEqual(await stopped, { exitCode: 1, out: '', errors: 'Stopped on request.' });
});
