/**
 * The client of findPayments over real sockets: what it sends, what it reads of a page, and what comes of every other
 * answer. The customer stands in each page, and never in a result.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ACCOUNT,
  ACCOUNT_HEADER,
  NEVER,
  type Responder,
  respondWith,
  respondXml,
  startFakeAccount,
} from '../helpers/fake-account.ts';
import { CUSTOMER_WORDS, faultResponse } from './payment-responses.ts';

const FROM = new Date('2026-11-20T12:00:00.000Z');
const REQUEST = { time: 'modified', from: FROM, page: 1, itemsPerPage: 100 } as const;
const words = CUSTOMER_WORDS.join(' ');

const CUSTOMER = `<paymentMethodId>Faktura</paymentMethodId><paymentMethodName>Vincent</paymentMethodName>
<governmentId>8305147715</governmentId><fullName>Vincent Williamsson</fullName>`;

function page(...members: readonly string[]): Responder {
  const payments = members.map((each) => `<return>${CUSTOMER}${each}<totalAmount>30.00000</totalAmount></return>`);
  return respondXml(
    200,
    `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><a:findPaymentsResponse
 xmlns:a="http://ecommerce.resurs.com/v4/msg/aftershopflow">${payments.join('')}</a:findPaymentsResponse></s:Body></s:Envelope>`,
  );
}

const BOOKED = '<booked>2026-11-20T13:00:00+01:00</booked>';
const BOOKED_AT = new Date('2026-11-20T12:00:00Z');
const modified = (text: string) => `<modified>${text}</modified>`;
const shown = (id: string, times: string) => `<paymentId>${id}</paymentId>${times}<frozen>false</frozen>`;

async function find(t: Parameters<typeof startFakeAccount>[0], respond: Responder) {
  const { search, requests } = await startFakeAccount(t, respond);
  const result = await search.find(REQUEST, NEVER);
  const text = JSON.stringify(result);
  for (const word of [...CUSTOMER_WORDS, ACCOUNT.password]) assert.ok(!text.includes(word), `${word} is in ${text}`);
  return { result, requests };
}

for (const { time, criterion, column } of [
  { time: 'modified', criterion: 'modifiedFrom', column: 'MODIFIED_TIME' },
  { time: 'booked', criterion: 'bookedFrom', column: 'BOOKED_TIME' },
] as const) {
  test(`a search by the time ${time} has its elements in the order of Resurs' schema`, async (t) => {
    const { search, requests } = await startFakeAccount(t, page());

    await search.find({ ...REQUEST, time }, NEVER);

    const [request = assert.fail()] = requests;
    assert.equal(`${request.method} ${request.url}`, 'POST /AfterShopFlowService');
    assert.equal(request.headers.authorization, ACCOUNT_HEADER);
    assert.equal(
      request.body,
      `<?xml version="1.0" encoding="UTF-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" xmlns:m="http://ecommerce.resurs.com/v4/msg/aftershopflow"><soap:Body><m:findPayments><searchCriteria><${criterion}>2026-11-20T12:00:00.000Z</${criterion}></searchCriteria><pageNumber>1</pageNumber><itemsPerPage>100</itemsPerPage><sortBy><ascending>true</ascending><sortColumns>${column}</sortColumns><sortColumns>PAYMENT_ID</sortColumns></sortBy></m:findPayments></soap:Body></soap:Envelope>`,
    );
  });
}

test('a page is read without its customers, with the time of the response by the clock of Resurs', async (t) => {
  const statuses = '<status>DEBITABLE</status><status>IS_DEBITED</status>';
  const { result } = await find(t, (response) => {
    response.setHeader('date', 'Fri, 20 Nov 2026 12:30:00 GMT');
    page(
      `${shown('p-1', BOOKED + modified('2026-11-20T13:00:01.5+01:00'))}${statuses}`,
      `<paymentId> p-2 </paymentId>${BOOKED}${modified('2026-11-20T12:00:02.123456789Z')}<finalized>2026-11-20T12:00:03Z</finalized><frozen>1</frozen>`,
    )(response);
  });

  assert.deepEqual(result, {
    outcome: 'done',
    date: new Date('2026-11-20T12:30:00Z'),
    payments: [
      {
        outcome: 'read',
        paymentId: 'p-1',
        at: new Date('2026-11-20T12:00:01.500Z'),
        bookedAt: BOOKED_AT,
        lastChangeAt: new Date('2026-11-20T12:00:01.500Z'),
        frozen: false,
        statuses: ['DEBITABLE', 'IS_DEBITED'],
      },
      {
        outcome: 'read',
        paymentId: 'p-2',
        at: new Date('2026-11-20T12:00:02.123Z'),
        bookedAt: BOOKED_AT,
        lastChangeAt: new Date('2026-11-20T12:00:03Z'),
        frozen: true,
        statuses: [],
      },
    ],
  });
});

test('a payment that cannot be read is one of the page, with what is known of it', async (t) => {
  const at = new Date('2026-11-20T12:00:00.000Z');
  const time = modified('2026-11-20T12:00:00Z');

  const { result } = await find(
    t,
    page(
      shown('', time),
      shown('p-2', ''),
      shown('p-3', modified('yesterday')),
      `<paymentId>p-4</paymentId>${time}<frozen>maybe</frozen>`,
      shown('p-5', BOOKED),
    ),
  );

  assert.equal(result.outcome, 'done');
  assert.deepEqual(result.payments, [
    { outcome: 'unreadable', paymentId: null, at },
    { outcome: 'unreadable', paymentId: 'p-2', at: null },
    { outcome: 'unreadable', paymentId: 'p-3', at: null },
    { outcome: 'unreadable', paymentId: 'p-4', at },
    { outcome: 'read', paymentId: 'p-5', at: null, bookedAt: at, lastChangeAt: at, frozen: false, statuses: [] },
  ]);
});

test('a time without a zone counts as early as it may be for the search, and as late as it may be for its age', async (t) => {
  const { result } = await find(t, page(shown('p-1', modified('2026-11-20T12:00:00'))));

  assert.equal(result.outcome, 'done');
  const [payment] = result.payments;
  assert.deepEqual(payment?.at, new Date('2026-11-20T10:00:00Z'));
  assert.deepEqual(payment?.outcome === 'read' && payment.lastChangeAt, new Date('2026-11-20T12:00:00Z'));
});

test('a search without payments is an empty page', async (t) => {
  const { result } = await find(t, page());

  assert.deepEqual(result.outcome === 'done' && result.payments, []);
});

for (const { name, respond, ...expected } of [
  {
    name: 'a page in another order',
    respond: page(shown('b', modified('2026-11-20T12:00:01Z')), shown('a', modified('2026-11-20T12:00:00Z'))),
    kind: 'not_understood',
    text: 'the response is not sorted by the time that was asked for',
  },
  {
    name: 'a limit of Resurs',
    respond: respondXml(500, faultResponse(24, words)),
    kind: 'limited',
    text: 'LIMIT_PER_TIME_EXCEEDED',
    waitMs: 60_000,
  },
  { name: 'too many requests', respond: respondWith(429, 'text/plain', words), kind: 'limited', waitMs: 10_000 },
  { name: 'a time to wait', respond: tooMany('90'), kind: 'limited', waitMs: 90_000 },
  { name: 'a day to wait', respond: tooMany('86400'), kind: 'limited', waitMs: 300_000 },
  {
    name: "a date to wait for, by Resurs' own clock",
    respond: tooMany('Fri, 20 Nov 2026 12:00:30 GMT', 'Fri, 20 Nov 2026 12:00:00 GMT'),
    kind: 'limited',
    waitMs: 30_000,
  },
  { name: 'other credentials', respond: respondWith(401, 'text/html', words), kind: 'credentials' },
  {
    name: 'an error of Resurs',
    respond: respondXml(500, faultResponse(3, words)),
    kind: 'refused',
    text: 'INTERNAL_ERROR',
  },
  { name: 'a login page', respond: respondWith(200, 'text/html', `<html>${words}</html>`), kind: 'not_understood' },
  { name: 'no XML', respond: respondXml(200, words), kind: 'not_understood' },
] satisfies readonly { name: string; respond: Responder; kind: string; text?: string; waitMs?: number }[]) {
  test(`${name} is a failure`, async (t) => {
    const { result } = await find(t, respond);

    assert.equal(result.outcome, 'failed');
    const { failure } = result;
    assert.deepEqual({ ...failure, ...expected }, failure);
    assert.equal(failure.operation, 'findPayments modified from 2026-11-20T12:00:00.000Z, page 1');
  });
}

function tooMany(retryAfter: string, date?: string): Responder {
  return (response) => {
    if (date !== undefined) response.setHeader('date', date);
    response.writeHead(429, { 'retry-after': retryAfter }).end();
  };
}
