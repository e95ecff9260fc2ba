/**
 * Orders of the Merchant API that the shop has registered and of which nothing came: Resurs is asked for them, by the
 * payment's id or by their reference. Real Postgres and HTTP; time passes in the database.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { respondJson } from '../harness/merchant-api.ts';
import { DAY_MS, GRACE_MS, HOUR_MS, startMapiPart } from '../helpers/mapi-reconciliation.ts';

const ID = '1a1b2c3d-0000-4000-8000-00000000000a';
const OTHER = '1a1b2c3d-0000-4000-8000-00000000000b';
/** As the harness names the order of `ID`. */
const REFERENCE = 'order-1a1b2c3d';
const DAY = 1440;

test('an order of which nothing came is found by its payment, and its payment is looked at from then on', async (t) => {
  const part = await startMapiPart(t);
  part.api.hold(ID);
  await part.put(REFERENCE, ID);

  const first = await part.run();
  const [orders, open] = [await part.orders(), await part.openPayments()];
  await part.wait(GRACE_MS);
  const second = await part.run();
  await part.wait(DAY_MS);
  const third = await part.run();

  assert.deepEqual([first.checked, first.found], [['missed'], [`${ID}: authorized`]]);
  assert.deepEqual([orders, open], [{ [REFERENCE]: null }, { [ID]: DAY }]);
  assert.deepEqual(second.checked, []);
  assert.deepEqual(third.checked, ['reported']);
  assert.equal(part.api.count('/v2/payments/search'), 0);
  assert.deepEqual(await part.events(), ['payment.reconciled ["authorized"]']);
});

test('an order without a payment is found by its reference', async (t) => {
  const part = await startMapiPart(t);
  part.api.hold(ID, { status: 'REJECTED', rejectedReason: { category: 'CREDIT_DENIED' } });
  await part.put(REFERENCE);

  const { found } = await part.run({ graceMs: 0 });

  assert.deepEqual(found, [`${ID}: rejected`]);
  assert.deepEqual([await part.orders(), await part.openPayments()], [{ [REFERENCE]: null }, {}]);
});

test('an order that was put with the id of no payment is found by its reference', async (t) => {
  const part = await startMapiPart(t);
  part.api.hold(ID);
  await part.put(REFERENCE, OTHER);

  const { found } = await part.run();

  assert.deepEqual(found, [`${ID}: authorized`]);
});

test('nothing is asked for an order of which something came', async (t) => {
  const part = await startMapiPart(t);
  await part.come({ paymentId: ID, status: 'AUTHORIZED' }, 'by-reference');
  await part.come({ paymentId: OTHER, status: 'AUTHORIZED' });
  await part.put('by-reference');
  await part.put('by-payment', OTHER);

  const { checked } = await part.run();

  assert.deepEqual([checked, await part.orders()], [[], { 'by-payment': null, 'by-reference': null }]);
  assert.equal(part.api.requests.length, 0);
});

test('an order that was paid anew is asked for, though its first payment was rejected', async (t) => {
  const part = await startMapiPart(t);
  await part.come({ paymentId: ID, status: 'REJECTED' }, REFERENCE);
  part.api.hold(OTHER);
  await part.put(REFERENCE, OTHER);

  const { found } = await part.run({ graceMs: 0 });

  assert.deepEqual(found, [`${OTHER}: authorized`]);
});

test('an application of an order is nothing of its payment', async (t) => {
  const part = await startMapiPart(t);
  await part.come({ applicationId: randomUUID(), status: 'ACCEPTED' }, REFERENCE);
  part.api.hold(ID);
  await part.put(REFERENCE);

  assert.deepEqual((await part.run({ graceMs: 0 })).found, [`${ID}: authorized`]);
});

test('a checkout that was left is nothing missed, and is asked for daily for 30 days', async (t) => {
  const part = await startMapiPart(t);
  part.api.hold(ID, { status: 'TASK_REDIRECTION_REQUIRED', order: null });
  await part.put('pending', ID);
  await part.put('unknown');

  const first = await part.run();
  const firstDue = await part.orders();
  await part.wait(29 * DAY_MS);
  await part.run();
  const lastDue = await part.orders();
  await part.wait(DAY_MS);
  const last = await part.run();

  assert.deepEqual([first.checked, firstDue], [['reported', 'reported'], { pending: DAY, unknown: DAY }]);
  assert.deepEqual(lastDue, { pending: DAY, unknown: DAY });
  assert.deepEqual([last.checked, await part.orders()], [['reported', 'reported'], { pending: null, unknown: null }]);
  assert.deepEqual(await part.openPayments(), {});
});

test('an order that could not be asked for is due soon, and one whose event was not stored, too', async (t) => {
  const part = await startMapiPart(t);
  part.api.hold(ID);
  part.api.override(`/v2/payments/${OTHER}`, (_request, response) => respondJson(response, 500, { code: 'X' }));
  await part.put('not-read', OTHER);
  await part.put('not-stored', ID);

  const { checked } = await part.run({ graceMs: 0, report: async () => 'failed' });

  assert.deepEqual(checked, ['failed', 'failed']);
  assert.deepEqual(await part.orders(), { 'not-read': 10, 'not-stored': 10 });
});

test('an order that is put again while it is asked for keeps its new time', async (t) => {
  const part = await startMapiPart(t);
  await part.put('order-1');

  part.api.override('/v2/payments/search', (_request, response) => {
    void part
      .query(`update orders set due_at = now() + interval '30 min', payment_reference = $1`, [ID])
      .then(() => respondJson(response, 200, { content: [] }));
  });
  await part.run();

  assert.deepEqual(await part.orders(), { 'order-1': 30 });
});

test('a run from a time on asks again for the orders since, and a dry run only for the run itself', async (t) => {
  const part = await startMapiPart(t);
  part.api.hold(ID);
  await part.put('old', OTHER);
  await part.query(`insert into orders (payment_id) select 'ecom-' || n from generate_series(1, 700) n`);
  await part.wait(2 * HOUR_MS);
  await part.run();
  await part.put(REFERENCE, ID);
  await part.query(`update orders set due_at = null`);
  const since = new Date(Date.now() - HOUR_MS);

  const dry = await part.run({ since, dryRun: true, report: async () => 'missed' });
  const dueThen = (await part.orders())[REFERENCE];
  const real = await part.run({ since, graceMs: 0 });

  assert.deepEqual([dry.found, dueThen], [[`${ID}: authorized`], null]);
  assert.deepEqual([real.found, real.checked], [[`${ID}: authorized`], ['missed']]);
});

test('a run asks for 500, the oldest first, and all that is new is due', async (t) => {
  const part = await startMapiPart(t);
  const store = (from: number, to: number) =>
    part.query(
      `insert into events (id, payment_key, payment_id, callback, type, method, parameters, received_at, verified, provider)
       select gen_random_uuid(), 'p-' || n, 'p-' || n, 'AUTHORIZATION', 'payment.authorized', 'POST', '{}',
              now() - interval '1 day' + n * interval '1 s', '{}', 'resurs-mapi'
       from generate_series($1::int, $2::int) n`,
      [from, to],
    );
  const due = async () => {
    const [row] = await part.query<{ due: number; oldest: string }>(
      `select count(*)::int as due, (array_agg(payment_id order by due_at))[1] as oldest from open_payments where due_at < now()`,
    );
    return row;
  };

  await store(1, 2300);
  const { checked } = await part.run();
  const dueFirst = await due();
  await store(2301, 4600);
  const ended = new AbortController();
  part.api.override('/v2/payments/', () => ended.abort(new Error('that is enough')));
  await assert.rejects(part.run({ signal: ended.signal }));

  assert.deepEqual([checked.length, dueFirst], [500, { due: 1800, oldest: 'p-501' }]);
  assert.deepEqual(await due(), { due: 4100, oldest: 'p-501' });
});
