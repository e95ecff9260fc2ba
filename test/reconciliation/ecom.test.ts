/**
 * The eCom part of a run: what it asks Resurs, what it finds, and where its marks stand afterwards. Real Postgres, with
 * events that were stored as callbacks are, and a scripted service of Resurs over HTTP.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { createEcomAccount } from '../../src/accounts/ecom-account.ts';
import { toEvent } from '../../src/callbacks/ecom/to-event.ts';
import { openDatabase } from '../../src/db/client.ts';
import type { NewEvent } from '../../src/events/event.ts';
import { recordBatch } from '../../src/inbox/record.ts';
import { type EcomPart, reconcileEcom } from '../../src/reconciliation/ecom.ts';
import { createMarkStore } from '../../src/reconciliation/marks.ts';
import type { CheckedAs, PartOptions, ReportOutcome } from '../../src/reconciliation/part.ts';
import { type MissedPayment, toReconciledEvent } from '../../src/reconciliation/to-event.ts';
import { CUSTOMER, fault, type HeldPayment, startEcomPayments } from '../helpers/ecom-payments.ts';
import { respondWith, respondXml } from '../helpers/fake-account.ts';
import { callback, WINDOW_MS } from '../helpers/identities.ts';
import { NO_PROXIES } from '../helpers/outbound.ts';
import { createDatabase } from '../helpers/postgres.ts';

const NOW = new Date('2026-11-20T12:00:00.000Z');
const MINUTE_MS = 60_000;
const minutesAgo = (minutes: number) => new Date(NOW.getTime() - minutes * MINUTE_MS);
const VERIFIED = { digest: true, result: true, basicAuth: false, source: false };

/** What a run may have otherwise than usual. */
type RunChanges = Partial<PartOptions> & Pick<EcomPart, 'pageSize' | 'maxPages'>;

async function setup(t: TestContext) {
  const { url } = await createDatabase(t);
  const db = openDatabase({ connectionString: url, poolSize: 2, onConnectionError: () => undefined });
  t.after(() => db.close());
  const resurs = await startEcomPayments(t, NOW);
  const settings = { RESURS_USERNAME: 'shop', RESURS_PASSWORD: 'secret-1', RESURS_REST_URL: null };
  const config = { ...settings, ...NO_PROXIES, RESURS_SOAP_URL: resurs.url, RESURS_ENVIRONMENT: 'test' as const };
  const account = createEcomAccount(config, { connections: 2, connectTimeoutMs: 5_000 }) ?? assert.fail();
  t.after(account.close);
  const marks = createMarkStore(db, 'test');

  async function store(event: NewEvent): Promise<'missed' | 'failed'> {
    const claims = { max: 0, token: randomUUID(), leaseMs: 1_000 };
    const row = { id: randomUUID(), event, receipts: 1, deliver: true };
    const { results } = await recordBatch(db, [row], { maxEventsPerPayment: 500, claims });
    return results[0]?.outcome === 'recorded' ? 'missed' : 'failed';
  }

  return {
    resurs,
    marks,
    db,
    store,
    hold(paymentId: string, payment: Partial<HeldPayment> = {}) {
      const usual = { booked: minutesAgo(300), modified: minutesAgo(200), frozen: false, statuses: ['DEBITABLE'] };
      resurs.payments.set(paymentId, { ...usual, ...payment });
    },
    async receive(type: string, paymentId: string, { result, body }: { result?: string; body?: string } = {}) {
      const received = { callback: callback(type, { paymentId, result: result ?? null }), method: 'POST' as const };
      const bytes = body === undefined ? null : Buffer.from(body);
      assert.equal(await store(toEvent({ ...received, body: bytes, verified: VERIFIED }, WINDOW_MS)), 'missed');
    },
    async run({ pageSize, maxPages, ...changes }: RunChanges = {}) {
      const checked: CheckedAs[] = [];
      const found: MissedPayment[] = [];
      const options: PartOptions = {
        db,
        clock: { now: () => NOW.getTime() - 5 * MINUTE_MS, elapsed: () => 0 },
        graceMs: 30 * MINUTE_MS,
        since: null,
        dryRun: false,
        async report(missed) {
          found.push(missed);
          return store(toReconciledEvent(missed, WINDOW_MS));
        },
        onChecked: (as) => checked.push(as),
        signal: new AbortController().signal,
        ...changes,
      };
      const sizes = {
        ...(pageSize === undefined ? {} : { pageSize }),
        ...(maxPages === undefined ? {} : { maxPages }),
      };
      resurs.calls.length = 0;
      const part = {
        environment: 'test',
        account,
        retentionMs: 400 * 24 * 60 * MINUTE_MS,
        pause: async () => undefined,
        ...sizes,
      };
      const result = await reconcileEcom(options, part);
      const lines = found.map(({ paymentId, missed: { facts } }) => `${paymentId}: ${facts.join(', ')}`);
      return { result, found, lines, checked };
    },
  };
}

test('every missed fact is found once, and what was reported in any way is not', async (t) => {
  const { hold, receive, run, resurs } = await setup(t);
  hold('new', { statuses: ['DEBITABLE'], modified: null });
  hold('whole', { statuses: ['IS_DEBITED', 'IS_CREDITED'] });
  hold('known');
  await receive('BOOKED', 'known');
  hold('lifted');
  await receive('AUTOMATIC_FRAUD_CONTROL', 'lifted', { result: 'FROZEN' });
  hold('debited', { statuses: ['IS_DEBITED'] });
  await receive('BOOKED', 'debited');
  await receive('UPDATE', 'debited', { body: '{"paymentDiff":{"type":"AUTHORIZE"}}' });
  hold('debited-by-update', { statuses: ['IS_DEBITED'] });
  await receive('UPDATE', 'debited-by-update', { body: '{"paymentDiff":{"type":"DEBIT"}}' });
  await receive('UPDATE', 'debited-by-update', { body: 'no JSON' });
  hold('annulled', { statuses: ['IS_ANNULLED'] });
  await receive('ANNULMENT', 'annulled');

  const first = await run();
  const again = await run({ since: minutesAgo(400) });

  assert.deepEqual(first.result, { outcome: 'done', clockDifferenceMs: 5 * MINUTE_MS + 500, unfinishedAt: null });
  assert.deepEqual(first.lines.toSorted(), [
    'debited: finalized',
    'lifted: unfrozen',
    'new: booked',
    'whole: booked, finalized, refunded',
  ]);
  assert.deepEqual(first.checked.toSorted(), [...Array(4).fill('missed'), ...Array(3).fill('reported')]);
  assert.deepEqual([again.lines, again.checked], [[], Array(7).fill('reported')]);
  assert.deepEqual(
    resurs.calls.filter((call) => call.startsWith('getPayment')),
    [],
  );
  assert.ok(!JSON.stringify(first.found).includes(CUSTOMER));
});

test('the event has what Resurs holds, and the freeze that it ends; a second freeze is found as well', async (t) => {
  const { hold, receive, run, db } = await setup(t);
  hold('p-1');
  await receive('AUTOMATIC_FRAUD_CONTROL', 'p-1', { result: 'FROZEN' });
  const first = await run();
  await receive('AUTOMATIC_FRAUD_CONTROL', 'p-1', { result: 'THAWED' });
  await receive('AUTOMATIC_FRAUD_CONTROL', 'p-1', { result: 'FROZEN' });

  const second = await run();

  assert.deepEqual([first.lines, second.lines], [['p-1: unfrozen'], ['p-1: unfrozen']]);
  const rows = await db.kysely.selectFrom('events').select(['id', 'result']).orderBy('sequence').execute();
  const freezes = rows.filter(({ result }) => result === 'FROZEN').map(({ id }) => id);
  assert.deepEqual([first.found[0]?.follows, second.found[0]?.follows], freezes);
  assert.equal(first.found[0]?.payment.state, 'authorized');
});

test('an UPDATE whose content was erased may have reported what Resurs shows, so it is not found again', async (t) => {
  const { hold, receive, run, db } = await setup(t);
  hold('p-1', { statuses: ['IS_DEBITED'] });
  await receive('UPDATE', 'p-1', { body: '{"paymentDiff":{"type":"DEBIT"}}' });
  await db.kysely.updateTable('events').set({ body: null, erased_at: NOW }).execute();

  assert.deepEqual((await run()).checked, ['reported']);
});

test('a payment that was booked before the retention and has no events is passed over: they may have been removed', async (t) => {
  const { hold, receive, run } = await setup(t);
  const booked = minutesAgo(401 * 24 * 60);
  hold('forgotten', { booked, statuses: ['CREDITABLE', 'IS_DEBITED'] });
  hold('known', { booked, statuses: ['CREDITABLE', 'IS_DEBITED', 'IS_CREDITED'] });
  await receive('FINALIZATION', 'known');

  const { lines, checked } = await run();

  assert.deepEqual(lines, ['known: refunded']);
  assert.deepEqual(checked.toSorted(), ['missed', 'reported']);
});

test('a payment that was never to be read holds the mark for a month, and no longer', async (t) => {
  const { hold, run, resurs, marks } = await setup(t);
  const day = 24 * 60;
  hold('older', { booked: minutesAgo(40 * day), modified: minutesAgo(31 * day) });
  hold('newer', { booked: minutesAgo(40 * day), modified: minutesAgo(29 * day) });
  resurs.answer = (call) => (call.startsWith('getPayment') ? respondXml(500, fault(3)) : null);
  await marks.write('modified', { since: minutesAgo(35 * day), resumeAt: null });

  assert.deepEqual((await run()).checked, ['failed', 'failed']);

  assert.deepEqual(await marks.read('modified'), { since: minutesAgo(29 * day), resumeAt: null });
});

test('a payment that changed within the grace is left, by the clock of Resurs, and holds the mark', async (t) => {
  const { hold, run, marks, resurs } = await setup(t);
  hold('old', { booked: minutesAgo(100), modified: minutesAgo(90) });
  hold('young', { booked: minutesAgo(60), modified: minutesAgo(29) });

  const { lines, checked } = await run();

  assert.deepEqual([lines, checked.toSorted()], [['old: booked'], ['missed', 'too_young']]);
  assert.deepEqual(await marks.read('modified'), { since: minutesAgo(30), resumeAt: null });
  assert.deepEqual(await marks.read('booked'), { since: minutesAgo(60), resumeAt: null });
  resurs.now = new Date(NOW.getTime() + 2 * MINUTE_MS);
  assert.deepEqual((await run()).lines, ['young: booked']);
});

test('a payment that changes between the search and its reading is too young', async (t) => {
  const { hold, run, resurs, marks } = await setup(t);
  hold('p-1');
  resurs.answer = (call) => {
    if (call === 'getPayment p-1') hold('p-1', { statuses: ['IS_ANNULLED'], modified: NOW });
    return null;
  };

  const { lines, checked } = await run();

  assert.deepEqual([lines, checked], [[], ['too_young']]);
  assert.deepEqual(await marks.read('modified'), { since: minutesAgo(200), resumeAt: null });
});

test('a callback that comes while Resurs is asked is not reported again', async (t) => {
  const { hold, run, resurs, receive } = await setup(t);
  hold('p-1');
  hold('p-2', { statuses: ['IS_ANNULLED'] });
  resurs.answer = async (call) => {
    if (call.startsWith('getPayment')) await receive('BOOKED', call.replace('getPayment ', ''));
    return null;
  };

  const { lines, checked } = await run();

  assert.deepEqual([lines, checked], [['p-2: annulled'], ['reported', 'missed']]);
});

test('a search that is longer than one run says how far it came, and goes on from there', async (t) => {
  const { hold, run, marks } = await setup(t);
  for (let number = 0; number < 24; number += 1) {
    hold(`p-${number}`, { modified: minutesAgo(5_000 - number), booked: minutesAgo(6_000 - number) });
  }
  for (const name of ['modified', 'booked']) await marks.write(name, { since: minutesAgo(40), resumeAt: null });
  const found = new Set<string>();
  let since = minutesAgo(10_000);

  for (let runs = 0; runs < 9; runs += 1) {
    const { result, lines } = await run({ since, pageSize: 10, maxPages: 2 });
    for (const line of lines) found.add(line);
    assert.equal(result.outcome, 'done');
    if (result.unfinishedAt === null || result.unfinishedAt === undefined) break;
    assert.ok(result.unfinishedAt > since);
    since = result.unfinishedAt;
  }

  assert.equal(found.size, 24);
});

for (const days of [-20_000, -2, 2, 20_000]) {
  test(`a response that is dated ${days} days from now fails the run: no payment can be judged by it`, async (t) => {
    const { hold, run, resurs, marks } = await setup(t);
    hold('p-1');
    resurs.now = new Date(NOW.getTime() + days * 1_440 * MINUTE_MS);

    const { result, lines } = await run();

    assert.ok(result.outcome === 'failed');
    assert.match(result.failure.text, days > 0 ? /days after the clock of this machine/ : /days before the clock/);
    assert.deepEqual([lines, await marks.read('modified')], [[], null]);
  });
}

test('a payment whose id no callback may have holds the mark and hides no other', async (t) => {
  const { hold, run, marks } = await setup(t);
  hold('a&#0;b', { modified: minutesAgo(130) });
  hold('x'.repeat(256), { modified: minutesAgo(120) });
  hold('y'.repeat(255), { modified: minutesAgo(110) });

  const { result, lines, checked } = await run();

  assert.equal(result.outcome, 'done');
  assert.deepEqual(lines, [`${'y'.repeat(255)}: booked`]);
  assert.ok(checked.includes('failed'));
  assert.deepEqual(await marks.read('modified'), { since: minutesAgo(130), resumeAt: null });
});

test('payments of other shops are not read, so that any number of them leaves room for ours', async (t) => {
  const { hold, run, resurs, marks } = await setup(t);
  for (let number = 0; number < 1_100; number += 1) hold(`other-${number}`);
  hold('ours', { modified: minutesAgo(100) });

  const { lines, checked } = await run({ mayBeOurs: async (id) => !id.startsWith('other-') });

  assert.deepEqual(lines, ['ours: booked']);
  assert.equal(checked.filter((as) => as === 'not_ours').length, 1_100);
  assert.deepEqual(
    resurs.calls.filter((call) => call.startsWith('getPayment')),
    ['getPayment ours'],
  );
  assert.deepEqual(await marks.read('modified'), { since: minutesAgo(100), resumeAt: null });
});

test('a payment that cannot be read holds the mark and hides no other', async (t) => {
  const { hold, run, resurs, marks } = await setup(t);
  hold('a', { modified: minutesAgo(120) });
  hold('b', { modified: minutesAgo(110) });
  resurs.answer = (call) => (call === 'getPayment a' ? respondXml(500, fault(3)) : null);

  const first = await run();

  assert.deepEqual([first.result.outcome, first.lines], ['done', ['b: booked']]);
  assert.deepEqual(first.checked, ['failed', 'missed']);
  assert.deepEqual(await marks.read('modified'), { since: minutesAgo(120), resumeAt: null });
  resurs.answer = () => null;
  assert.deepEqual((await run()).lines, ['a: booked']);
  assert.deepEqual(await marks.read('modified'), { since: minutesAgo(110), resumeAt: null });
});

for (const { name, answer, kind } of [
  { name: 'refuses the account', answer: respondWith(401, 'text/plain', CUSTOMER), kind: 'credentials' },
  { name: 'asks to wait', answer: respondXml(500, fault(24)), kind: 'limited' },
  { name: 'answers nonsense', answer: respondXml(200, CUSTOMER), kind: 'not_understood' },
  { name: 'has an error', answer: respondXml(500, fault(3)), kind: 'refused' },
]) {
  test(`a Resurs that ${name} fails the part, and moves no mark`, async (t) => {
    const { hold, run, resurs, marks } = await setup(t);
    hold('a');
    resurs.answer = (call) => (call.startsWith('findPayments') ? answer : null);

    const { result, checked } = await run();

    assert.equal(result.outcome === 'failed' && result.failure.kind, kind);
    assert.ok(!JSON.stringify(result).includes(CUSTOMER));
    assert.deepEqual([checked, await marks.read('modified')], [[], null]);
  });
}

test('a run that fails halfway goes on after its last whole page', async (t) => {
  const { hold, run, resurs, marks } = await setup(t);
  for (let n = 1; n <= 7; n += 1) hold(`p-${n}`, { modified: minutesAgo(200 - n) });
  resurs.answer = (call) => (call === 'getPayment p-5' ? respondWith(401, 'text/plain', 'no') : null);

  const failed = await run({ pageSize: 3 });
  const mark = await marks.read('modified');
  resurs.answer = () => null;
  const next = await run({ pageSize: 3 });

  assert.equal(failed.result.outcome === 'failed' && failed.result.failure.kind, 'credentials');
  assert.deepEqual(failed.lines, ['p-1: booked', 'p-2: booked', 'p-3: booked', 'p-4: booked']);
  assert.deepEqual(mark, { since: minutesAgo(197), resumeAt: minutesAgo(197) });
  assert.deepEqual(next.lines, ['p-5: booked', 'p-6: booked', 'p-7: booked']);
  assert.equal(resurs.calls[0], `findPayments modified ${minutesAgo(197).toISOString()} 0`);
  assert.deepEqual(await marks.read('modified'), { since: minutesAgo(193), resumeAt: null });
});

test('a run that has found as much as it may stops, and the next one finds the rest', async (t) => {
  const { hold, run, store } = await setup(t);
  for (let n = 1; n <= 5; n += 1) hold(`p-${n}`, { modified: minutesAgo(200 - n) });
  let left = 2;
  const report = async (missed: MissedPayment): Promise<ReportOutcome> => {
    left -= 1;
    return left < 0 ? 'later' : store(toReconciledEvent(missed, WINDOW_MS));
  };

  const first = await run({ report });
  const second = await run();

  assert.deepEqual(first.checked, ['missed', 'missed', 'later']);
  assert.deepEqual(second.lines, ['p-3: booked', 'p-4: booked', 'p-5: booked']);
});

test('a run with too many pages ends, and the next one goes on', async (t) => {
  const { hold, run, marks } = await setup(t);
  for (let n = 1; n <= 6; n += 1) hold(`p-${n}`, { booked: minutesAgo(3_000), modified: minutesAgo(200 - n) });

  const first = await run({ pageSize: 3, maxPages: 1 });
  const mark = await marks.read('modified');
  const second = await run({ pageSize: 3 });

  assert.deepEqual(first.lines, ['p-1: booked', 'p-2: booked', 'p-3: booked']);
  assert.deepEqual(mark, { since: minutesAgo(197), resumeAt: minutesAgo(197) });
  assert.deepEqual(second.lines, ['p-4: booked', 'p-5: booked', 'p-6: booked']);
});

test('a dry run and a run that begins behind the mark move no mark; one that begins before it does', async (t) => {
  const { hold, run, marks } = await setup(t);
  hold('ancient', { booked: minutesAgo(9_000), modified: minutesAgo(8_000) });
  hold('p-1');

  assert.deepEqual((await run({ dryRun: true, report: async () => 'missed' })).checked, ['missed']);
  assert.equal(await marks.read('modified'), null);
  assert.deepEqual((await run({ since: minutesAgo(100) })).lines, []);
  assert.equal(await marks.read('modified'), null);
  assert.deepEqual((await run()).lines, ['p-1: booked']);
  const mark = await marks.read('modified');
  assert.deepEqual(mark, { since: minutesAgo(200), resumeAt: null });

  assert.deepEqual((await run({ since: minutesAgo(10_000) })).lines, ['ancient: booked']);

  assert.deepEqual(await marks.read('modified'), mark);
});

test('a time that lies far ahead moves no mark there', async (t) => {
  const { hold, run, marks } = await setup(t);
  hold('p-1', { booked: minutesAgo(200), modified: new Date('2099-01-01T00:00:00Z') });

  const { checked } = await run();

  assert.deepEqual(checked, ['too_young']);
  assert.deepEqual(await marks.read('modified'), { since: minutesAgo(30), resumeAt: null });
  assert.deepEqual(await marks.read('booked'), { since: minutesAgo(200), resumeAt: null });
});

test('both searches are asked once where little has happened, and each payment is read once at most', async (t) => {
  const { hold, run, resurs } = await setup(t);
  hold('p-1');
  await run();

  await run();

  const [modified, booked] = [minutesAgo(200).toISOString(), minutesAgo(300).toISOString()];
  assert.deepEqual(resurs.calls, [
    `findPayments modified ${modified} 0`,
    `findPayments modified ${modified} 1`,
    `findPayments modified ${modified} 0`,
    `findPayments booked ${booked} 1`,
  ]);
});
