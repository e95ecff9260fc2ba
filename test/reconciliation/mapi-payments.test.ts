/**
 * Payments of the Merchant API that are known from events: what of them was lost is found by reading them, some time
 * later and then once a day, and is reported once. Real Postgres and HTTP; time passes in the database.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { respondJson, samplePayment } from '../harness/merchant-api.ts';
import { DAY_MS, GRACE_MS, HOUR_MS, MINUTE_MS, type RunSetup, startMapiPart } from '../helpers/mapi-reconciliation.ts';

const ID = '0a1b2c3d-0000-4000-8000-00000000000a';
const OTHER = '0a1b2c3d-0000-4000-8000-00000000000b';
const DONE = { outcome: 'done', clockDifferenceMs: null };

/** The order of an accepted payment, after these actions, each at its time. */
function orderWith(actions: Readonly<Record<string, string>>, rest: object = {}): object {
  const { order } = samplePayment(ID) as { order: { actionLog: object[] } };
  const log = Object.entries(actions).map(([id, type]) => ({ actionId: id, type, created: '2020-01-01T12:30:00Z' }));
  return { created: '2020-01-01T12:00:00Z', order: { ...order, actionLog: [...order.actionLog, ...log], ...rest } };
}

test('a lost capture is found after the grace, and reported once', async (t) => {
  const part = await startMapiPart(t);
  const capture = randomUUID();
  part.api.hold(ID, orderWith({ [capture]: 'CAPTURE' }));
  await part.come({ paymentId: ID.toUpperCase(), status: 'AUTHORIZED' });

  const early = await part.run();
  const openEarly = await part.openPayments();
  await part.wait(GRACE_MS + MINUTE_MS);
  const first = await part.run();
  const openThen = await part.openPayments();
  await part.wait(DAY_MS);
  const second = await part.run();
  await part.come({ paymentId: ID, action: 'CAPTURE', actionId: capture });

  assert.deepEqual([early, openEarly], [{ result: DONE, checked: [], found: [] }, { [ID]: 30 }]);
  assert.deepEqual(first, { result: DONE, checked: ['missed'], found: [`${ID}: captured`] });
  assert.deepEqual(openThen, { [ID]: 1440 });
  assert.deepEqual(second, { result: DONE, checked: ['reported'], found: [] });
  assert.deepEqual(await part.events(), ['payment.authorized', 'payment.reconciled ["captured"]', 'payment.captured']);
  const [event] = await part.query(
    'select payment_id, provider, order_reference, snapshot, missed from events where missed is not null',
  );
  assert.equal(event?.payment_id, ID);
  assert.equal(event?.provider, 'resurs-mapi');
  assert.equal(event?.order_reference, `order-${ID.slice(0, 8)}`);
  assert.deepEqual(event?.missed.actions, [capture]);
  assert.doesNotMatch(JSON.stringify(event), /1983|customer@/);
});

test('a state that has no time is reported when a second look finds it missing still', async (t) => {
  const part = await startMapiPart(t);
  part.api.hold(ID);
  const frozen = await part.come({ paymentId: ID, status: 'FROZEN' });
  await part.wait(HOUR_MS);

  const first = await part.run();
  const open = await part.openPayments();
  await part.wait(GRACE_MS);
  const second = await part.run({
    async report({ missed, follows, payment }) {
      assert.deepEqual(
        [missed.facts, `evt_${follows}`, payment.state],
        [['unfrozen', 'authorized'], frozen, 'authorized'],
      );
      return 'missed';
    },
  });

  assert.deepEqual([first.checked, open], [['too_young'], { [ID]: 30 }]);
  assert.deepEqual(second.checked, ['missed']);
});

test('a callback between two looks leaves nothing missing', async (t) => {
  const part = await startMapiPart(t);
  part.api.hold(ID);
  await part.come({ paymentId: ID, status: 'FROZEN' });
  await part.wait(HOUR_MS);

  const first = await part.run();
  await part.come({ paymentId: ID, status: 'AUTHORIZED' });
  await part.wait(GRACE_MS);
  const second = await part.run();

  assert.deepEqual([first.checked, second.checked], [['too_young'], ['reported']]);
  assert.deepEqual(await part.query('select missing from open_payments'), [{ missing: null }]);
});

test('a payment that changed within the grace is looked at again after it', async (t) => {
  const part = await startMapiPart(t);
  const created = new Date(Date.now() - 10 * MINUTE_MS).toISOString();
  const { order } = samplePayment(ID) as { order: object };
  part.api.hold(ID, { order: { ...order, actionLog: [{ actionId: randomUUID(), type: 'CAPTURE', created }] } });
  await part.come({ paymentId: ID, status: 'AUTHORIZED' });
  await part.wait(HOUR_MS);

  const first = await part.run();
  await part.wait(GRACE_MS);
  part.moveClock(GRACE_MS);
  const second = await part.run();

  assert.deepEqual([first.checked, second.checked], [['too_young'], ['missed']]);
});

test('a payment is read once a day, until it is finished or nothing came for 30 days', async (t) => {
  const part = await startMapiPart(t);
  const refunded = { authorizedAmount: 0, capturedAmount: 300, refundedAmount: 300, possibleActions: [] };
  part.api.hold(ID);
  part.api.hold(OTHER);
  await part.come({ paymentId: ID, status: 'AUTHORIZED' });
  await part.come({ paymentId: OTHER, status: 'AUTHORIZED' });
  await part.wait(HOUR_MS);

  const first = await part.run();
  const again = await part.run();
  const reads = part.api.count('/v2/payments/');
  part.api.hold(OTHER, orderWith({}, refunded));
  await part.wait(DAY_MS);
  const nextDay = await part.run();
  const openThen = Object.keys(await part.openPayments());
  await part.wait(29 * DAY_MS);
  const last = await part.run();

  assert.deepEqual([first.checked, again.checked, reads], [['reported', 'reported'], [], 2]);
  assert.deepEqual(nextDay.checked, ['reported', 'reported']);
  assert.deepEqual(openThen, [ID], 'the other one is refunded');
  assert.deepEqual([last.checked, await part.openPayments()], [['reported'], {}]);
});

test('a payment that Resurs does not know is asked for again, for 30 days', async (t) => {
  const part = await startMapiPart(t);
  await part.come({ paymentId: ID, status: 'AUTHORIZED' });
  await part.wait(HOUR_MS);

  const young = await part.run();
  const open = await part.openPayments();
  await part.wait(30 * DAY_MS);
  const old = await part.run();

  assert.deepEqual([young.checked, open], [['reported'], { [ID]: 1440 }]);
  assert.deepEqual([old.checked, await part.openPayments()], [['reported'], {}]);
});

test('the first run takes the payments of the last 30 days, and later ones what came since', async (t) => {
  const part = await startMapiPart(t);
  part.api.hold(ID);
  part.api.hold(OTHER);
  await part.come({ paymentId: ID, status: 'AUTHORIZED' });
  await part.come({ applicationId: randomUUID(), status: 'ACCEPTED' });
  await part.wait(31 * DAY_MS);
  const first = await part.run();
  await part.come({ paymentId: OTHER, status: 'AUTHORIZED' });
  const [mark] = await part.query('select environment, name, sequence::int from search_marks');

  await part.run();
  const [stays] = await part.query('select sequence::int from search_marks');
  await part.wait(HOUR_MS);
  const second = await part.run();
  const [moved] = await part.query('select sequence::int from search_marks');

  assert.deepEqual([first.checked, mark], [[], { environment: 'test', name: 'mapi-events', sequence: 2 }]);
  assert.equal(stays?.sequence, 2, 'the new event is younger than a minute');
  assert.deepEqual([second.checked, moved?.sequence], [['reported'], 3]);
});

test('a failed payment is due again soon, and the others are looked at', async (t) => {
  const part = await startMapiPart(t);
  part.api.hold(OTHER);
  part.api.override(`/v2/payments/${ID}`, (_request, response) => respondJson(response, 500, { code: 'X' }));
  await part.come({ paymentId: ID, status: 'AUTHORIZED' });
  await part.come({ paymentId: OTHER, status: 'AUTHORIZED' });
  await part.wait(HOUR_MS);

  const { result, checked } = await part.run();

  assert.deepEqual([result, checked], [DONE, ['failed', 'reported']]);
  assert.deepEqual(await part.openPayments(), { [ID]: 10, [OTHER]: 1440 });
});

test('an account that is refused ends the part, and nothing is lost', async (t) => {
  const part = await startMapiPart(t);
  part.api.override('/oauth2/token', (_request, response) => respondJson(response, 401, { error: 'invalid_client' }));
  await part.come({ paymentId: ID, status: 'AUTHORIZED' });
  await part.wait(HOUR_MS);

  const refused = await part.run();
  part.api.override('/oauth2/token', null);
  part.api.hold(ID, orderWith({ [randomUUID()]: 'CAPTURE' }));
  await part.wait(10 * MINUTE_MS);
  const then = await part.run();

  assert.equal(refused.result.outcome === 'failed' && refused.result.failure.kind, 'credentials');
  assert.deepEqual(refused.checked, ['failed']);
  assert.deepEqual(then.found, [`${ID}: captured`]);
});

test('what could not be reported stays for a later run', async (t) => {
  const part = await startMapiPart(t);
  part.api.hold(ID, orderWith({ [randomUUID()]: 'CAPTURE' }));
  await part.come({ paymentId: ID, status: 'AUTHORIZED' });
  await part.wait(HOUR_MS);

  const later = await part.run({ report: async () => 'later' });
  const failed = await part.run({ report: async () => 'failed' });
  const open = await part.openPayments();
  await part.wait(10 * MINUTE_MS);
  const stored = await part.run();

  assert.deepEqual([later.result, later.checked], [DONE, ['later']]);
  assert.deepEqual([failed.checked, open], [['failed'], { [ID]: 10 }]);
  assert.deepEqual(stored.found, [`${ID}: captured`]);
});

test('a dry run sees what is new, and writes nothing', async (t) => {
  const part = await startMapiPart(t);
  part.api.hold(ID);
  part.api.hold(OTHER, orderWith({ [randomUUID()]: 'CAPTURE' }));
  await part.come({ paymentId: ID, status: 'FROZEN' });
  await part.wait(HOUR_MS);
  await part.come({ paymentId: OTHER, status: 'AUTHORIZED' });
  const dry: RunSetup = { dryRun: true, report: async () => 'missed' };

  const first = await part.run(dry);
  const second = await part.run(dry);
  const since = await part.run({ ...dry, since: new Date(Date.now() - DAY_MS) });

  assert.deepEqual(first.found, [`${ID}: unfrozen,authorized`]);
  assert.deepEqual(second, first);
  assert.deepEqual(since.found, [`${ID}: unfrozen,authorized`, `${OTHER}: captured`]);
  assert.deepEqual(await part.query('select * from search_marks'), []);
  assert.deepEqual(await part.openPayments(), {});
});

test('a run from a time on looks at every payment since, also at finished ones', async (t) => {
  const part = await startMapiPart(t);
  const capture = randomUUID();
  const captured = { authorizedAmount: 0, capturedAmount: 300, possibleActions: [] };
  part.api.hold(ID, orderWith({ [capture]: 'CAPTURE' }, captured));
  await part.come({ paymentId: ID, status: 'AUTHORIZED' });
  await part.come({ paymentId: ID, action: 'CAPTURE', actionId: capture });
  await part.wait(2 * HOUR_MS);
  await part.come({ paymentId: OTHER, status: 'AUTHORIZED' });
  await part.run();
  const refund = { [capture]: 'CAPTURE', [randomUUID()]: 'REFUND' };
  part.api.hold(ID, orderWith(refund, { ...captured, refundedAmount: 300 }));

  const without = await part.run();
  const after = await part.run({ since: new Date(Date.now() - HOUR_MS) });
  const before = await part.run({ since: new Date(Date.now() - DAY_MS) });

  assert.deepEqual([without.checked, after.found], [[], []]);
  assert.deepEqual(before.found, [`${ID}: refunded`]);
});

test('a run that has to end writes what it has done, and the rest is due', async (t) => {
  const part = await startMapiPart(t);
  const ending = new AbortController();
  part.api.hold(ID, orderWith({ [randomUUID()]: 'CAPTURE' }));
  await part.come({ paymentId: ID, status: 'AUTHORIZED' });
  await part.wait(HOUR_MS);
  part.api.override('/v2/payments/', () => ending.abort(new Error('the process stops')));

  await assert.rejects(part.run({ signal: ending.signal }), /the process stops/);
  part.api.override('/v2/payments/', null);
  const next = await part.run();

  assert.deepEqual(next.found, [`${ID}: captured`]);
});

test('a run that is killed after it has reported, and two runs at once, report once', async (t) => {
  const part = await startMapiPart(t);
  part.api.hold(ID, orderWith({ [randomUUID()]: 'CAPTURE' }));
  part.api.hold(OTHER, orderWith({ [randomUUID()]: 'REFUND' }));
  await part.come({ paymentId: ID, status: 'AUTHORIZED' });
  await part.wait(HOUR_MS);

  await assert.rejects(part.run({ endsAfterReport: true }), /killed/);
  const afterwards = await part.run();
  await part.come({ paymentId: OTHER, status: 'AUTHORIZED' });
  await part.wait(HOUR_MS);
  await Promise.all([part.run(), part.run()]);

  assert.deepEqual([afterwards.checked, afterwards.found], [['reported'], []]);
  const reconciled = (await part.events()).filter((event) => event.startsWith('payment.reconciled'));
  assert.deepEqual(reconciled, ['payment.reconciled ["captured"]', 'payment.reconciled ["refunded"]']);
});
