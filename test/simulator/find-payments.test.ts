/**
 * findPayments of the fake Resurs: its criteria, its order, its pages, and what is unusual about them on demand. The
 * requests are raw, so that nothing of our own client is assumed.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { DOMParser, type Element } from '@xmldom/xmldom';
import type { InjectedFault } from '../../src/simulator/api/quirks.ts';
import { plannedCallback, updateBody } from '../../src/simulator/callbacks.ts';
import { injectFaultFor } from '../helpers/resurs.ts';
import { callSoap, setUpFakeResurs, textIn } from './fake-resurs.ts';

const START = Date.parse('2026-11-20T12:00:00.400Z');

/** One callback a second: b-1 is booked at 12:00:00, frozen at :02; b-2 booked at :01, annulled at :03; b-3 at :04. */
const LIFE = [
  plannedCallback('BOOKED', 'b-1', {}),
  plannedCallback('BOOKED', 'b-2', {}),
  plannedCallback('AUTOMATIC_FRAUD_CONTROL', 'b-1', { result: 'FROZEN' }),
  plannedCallback('UPDATE', 'b-2', { body: updateBody('ANNUL', 'b-2', 0) }),
  plannedCallback('BOOKED', 'b-3', {}),
  plannedCallback('FINALIZATION', 'b-4', {}),
];

async function setup(t: TestContext, options: Parameters<typeof setUpFakeResurs>[1] = {}) {
  const clock = { ms: START };
  const resurs = await setUpFakeResurs(t, { clock: { now: () => clock.ms }, ...options });
  for (const callback of LIFE) {
    await resurs.run([[callback]]);
    clock.ms += 1_000;
  }
  const search = (criteria: string, rest = page(1)) =>
    callSoap(resurs, `<a:findPayments><searchCriteria>${criteria}</searchCriteria>${rest}</a:findPayments>`, {
      service: 'AfterShopFlowService',
    });
  const ids = async (criteria: string, rest = page(1)) => {
    const { status, text } = await search(criteria, rest);
    assert.equal(status, 200, text);
    return idsIn(text);
  };
  return { resurs, search, ids };
}

function page(number: number, items = 10, columns = ['BOOKED_TIME', 'PAYMENT_ID'], isAscending = true): string {
  const sorted = columns.map((column) => `<sortColumns>${column}</sortColumns>`).join('');
  return `<pageNumber>${number}</pageNumber><itemsPerPage>${items}</itemsPerPage>
    <sortBy><ascending>${isAscending}</ascending>${sorted}</sortBy>`;
}

function elementsIn(xml: string): Element[] {
  return [...new DOMParser().parseFromString(xml, 'text/xml').getElementsByTagName('return')];
}

function idsIn(xml: string): string[] {
  return elementsIn(xml).map((one) => one.getElementsByTagName('paymentId')[0]?.textContent ?? '');
}

test('payments are found by the times at which they were booked, modified and finalized, ends included', async (t) => {
  const { ids } = await setup(t);

  assert.deepEqual(await ids(''), ['b-1', 'b-2', 'b-3', 'b-4']);
  assert.deepEqual(await ids('<bookedFrom>2026-11-20T13:00:01+01:00</bookedFrom>'), ['b-2', 'b-3', 'b-4']);
  assert.deepEqual(await ids('<bookedTo>2026-11-20T12:00:01Z</bookedTo>'), ['b-1', 'b-2']);
  assert.deepEqual(await ids('<modifiedFrom>2026-11-20T12:00:03.000Z</modifiedFrom>'), ['b-2', 'b-4']);
  assert.deepEqual(await ids('<modifiedTo>2026-11-20T12:00:02Z</modifiedTo>'), ['b-1']);
  assert.deepEqual(await ids('<finalizedFrom>2026-11-20T12:00:00Z</finalizedFrom>'), ['b-4']);
  assert.deepEqual(await ids('<finalizedTo>2026-11-20T12:00:04Z</finalizedTo>'), []);
});

test('payments are found by what they are', async (t) => {
  const { ids } = await setup(t);

  assert.deepEqual(await ids('<frozen>true</frozen>'), ['b-1']);
  assert.deepEqual(await ids('<statusSet>IS_ANNULLED</statusSet>'), ['b-2']);
  assert.deepEqual(await ids('<statusNotSet>DEBITABLE</statusNotSet><statusNotSet>IS_DEBITED</statusNotSet>'), ['b-2']);
});

test('a page has its part of the payments, in the order that was asked for', async (t) => {
  const { ids } = await setup(t);

  assert.deepEqual(await ids('', page(1, 3)), ['b-1', 'b-2', 'b-3']);
  assert.deepEqual(await ids('', page(2, 3)), ['b-4']);
  assert.deepEqual(await ids('', page(3, 3)), []);
  assert.deepEqual(await ids('', page(1, 2, ['PAYMENT_ID'], false)), ['b-4', 'b-3']);
  assert.deepEqual(
    await ids('<modifiedFrom>2026-01-01T00:00:00Z</modifiedFrom>', page(1, 10, ['MODIFIED_TIME'], false)),
    ['b-4', 'b-2', 'b-1'],
  );
});

test('a payment is found with its times and its customer, and without a time of what never happened', async (t) => {
  const { search } = await setup(t);

  const elements = elementsIn((await search('')).text).map((one) =>
    [...one.childNodes].map((child) => `${child.nodeName} ${child.textContent}`),
  );

  assert.deepEqual(elements[3], [
    'paymentId b-4',
    'paymentMethodId INVOICE',
    'paymentMethodName Faktura',
    'governmentId 195001010006',
    'fullName Vera Testsson',
    'booked 2026-11-20T13:00:05+01:00',
    'modified 2026-11-20T13:00:05+01:00',
    'finalized 2026-11-20T13:00:05+01:00',
    'totalAmount 25.00000000000000000000',
    'frozen false',
    'status CREDITABLE',
    'status IS_DEBITED',
  ]);
  assert.deepEqual(
    elements[2]?.filter((text) => /^(?:modified|finalized)/.test(text)),
    [],
  );
});

test('page 0 is refused, is page 1, or is the first one', async (t) => {
  const { resurs, search, ids } = await setup(t);

  const refused = await search('', page(0, 3));
  resurs.setQuirks({ pages: 'from_1_and_0_is_1' });
  const same = [await ids('', page(0, 3)), await ids('', page(1, 3)), await ids('', page(2, 3))];
  resurs.setQuirks({ pages: 'from_0' });
  const fromZero = [await ids('', page(0, 3)), await ids('', page(1, 3))];

  assert.deepEqual([refused.status, textIn(refused.text, 'errorTypeId')], [500, '1']);
  assert.deepEqual(same, [['b-1', 'b-2', 'b-3'], ['b-1', 'b-2', 'b-3'], ['b-4']]);
  assert.deepEqual(fromZero, [['b-1', 'b-2', 'b-3'], ['b-4']]);
});

test('a payment that was never modified may be said to be modified when it was booked', async (t) => {
  const { resurs, ids } = await setup(t);
  const since = '<modifiedFrom>2026-11-20T12:00:04Z</modifiedFrom>';

  const usual = await ids(since);
  resurs.setQuirks({ modifiedFromBooking: true });

  assert.deepEqual([usual, await ids(since)], [['b-4'], ['b-3', 'b-4']]);
});

test('a search fails as everything at Resurs may fail', async (t) => {
  const { resurs, search } = await setup(t);
  const inject = async (fault: InjectedFault) => {
    resurs.setQuirks({ faultOf: injectFaultFor(fault, { operation: 'search' }) });
    const { status, text } = await search('');
    return [status, /<errorTypeId[^>]*>(\d+)</.exec(text)?.[1] ?? null];
  };

  assert.deepEqual(await inject('limit_exceeded'), [500, '24']);
  assert.deepEqual(await inject('limited'), [429, null]);
  assert.deepEqual(await inject('empty'), [200, null]);
  assert.deepEqual(await inject('server_error'), [500, '3']);
  assert.deepEqual(await inject('unauthorised'), [401, null]);
});

test('a criterion that the fake does not know is refused, and so is a wrong order of elements', async (t) => {
  const { search } = await setup(t);

  for (const [criteria, rest, reason] of [
    ['<anyId>b-1</anyId>', page(1), 'The fake does not search by anyId'],
    ['<bookedFrom>yesterday</bookedFrom>', page(1), 'bookedFrom is no time'],
    ['<frozen>true</frozen><bookedFrom>2026-11-20T12:00:00Z</bookedFrom>', page(1), 'bookedFrom'],
    ['', page(1, 10, ['CUSTOMER_NAME']), 'sortColumns'],
    ['', '<itemsPerPage>1</itemsPerPage><pageNumber>1</pageNumber>', 'pageNumber'],
  ] as const) {
    const { status, text } = await search(criteria, rest);
    assert.equal(status, 500);
    assert.ok(textIn(text, 'faultstring')?.includes(reason), text);
  }
});

test('a clock that is ahead shows in Date and in the times of payments', async (t) => {
  const { resurs, search } = await setup(t, { quirks: { clockAheadMs: 120_000 } });

  const { text } = await search('<bookedFrom>2026-11-20T12:02:05Z</bookedFrom>');
  const { headers } = await fetch(resurs.restUrl);

  assert.deepEqual(idsIn(text), ['b-4']);
  assert.equal(headers.get('date'), 'Fri, 20 Nov 2026 12:02:06 GMT');
});
