/**
 * The client of getPayment over real sockets: what it sends, what it reads of Resurs' own sample, and what comes of
 * every other answer. The customer stands in each answer, and never in a result.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatDecimal } from '../../src/lib/decimal.ts';
import type { ResursFailure } from '../../src/resurs/failure.ts';
import type { PaymentResult } from '../../src/resurs/payments.ts';
import {
  ACCOUNT,
  ACCOUNT_HEADER,
  NEVER,
  type Responder,
  respondWith,
  respondXml,
  startFakeAccount,
} from '../helpers/fake-account.ts';
import {
  CUSTOMER_WORDS,
  faultResponse,
  paymentResponse,
  paymentXml,
  type ShownPayment,
  UNKNOWN_PAYMENT,
} from './payment-responses.ts';

function assertNoCustomer(result: PaymentResult): void {
  const text = JSON.stringify(result, (_, value) => (typeof value === 'bigint' ? String(value) : value));
  for (const word of CUSTOMER_WORDS) assert.ok(!text.includes(word), `${word} is in ${text}`);
  assert.ok(!text.includes(ACCOUNT.password));
}

test('a request is one getPayment with the id escaped and the credentials of the account', async (t) => {
  const { payments, requests } = await startFakeAccount(t, respondXml(200, paymentResponse(paymentXml())));

  await payments.read('a <b> & "c"/å', NEVER);

  const [request = assert.fail()] = requests;
  assert.equal(requests.length, 1);
  assert.equal(`${request.method} ${request.url}`, 'POST /AfterShopFlowService');
  assert.deepEqual(
    [request.headers.authorization, request.headers.SOAPAction, request.headers['content-type']],
    [ACCOUNT_HEADER, '""', 'text/xml; charset=utf-8'],
  );
  assert.equal(
    request.body,
    '<?xml version="1.0" encoding="UTF-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" xmlns:m="http://ecommerce.resurs.com/v4/msg/aftershopflow"><soap:Body><m:getPayment><paymentId>a &lt;b&gt; &amp; &quot;c&quot;/å</paymentId></m:getPayment></soap:Body></soap:Envelope>',
  );
});

test("Resurs' sample is read without its customer", async (t) => {
  const { payments } = await startFakeAccount(t, respondXml(200, paymentResponse(paymentXml())));

  const result = await payments.read('p-1', NEVER);

  assert.equal(result.outcome, 'found');
  const { id, totalAmount, frozen, statuses, changes, ...more } = result.payment;
  assert.deepEqual(more, {});
  assert.deepEqual([id, formatDecimal(totalAmount), frozen], ['p-1', '30.00', false]);
  assert.deepEqual(statuses, ['CREDITABLE', 'IS_DEBITED']);
  assert.deepEqual(
    changes.map(({ type, amount }) => `${type} ${formatDecimal(amount)}`),
    ['AUTHORIZE 30.00', 'DEBIT 30.00'],
  );
  assertNoCustomer(result);
});

for (const { name, shown, expected } of [
  {
    name: 'white space, CDATA and entities',
    shown: { id: ' <![CDATA[p]]>&#45;1\n', frozen: '<frozen> 1 </frozen>' },
    expected: ['p-1', true, 'CREDITABLE IS_DEBITED'],
  },
  {
    name: 'the other spelling of false',
    shown: { frozen: '<frozen>0</frozen>' },
    expected: ['p-1', false, 'CREDITABLE IS_DEBITED'],
  },
  { name: 'the id in other letters', shown: { id: 'P-1' }, expected: ['P-1', false, 'CREDITABLE IS_DEBITED'] },
  { name: 'no status', shown: { statuses: [] }, expected: ['p-1', false, ''] },
  {
    name: 'a new status, and a text that is none',
    shown: { statuses: ['IS_NEW', 'Vincent Williamsson', ''] },
    expected: ['p-1', false, 'IS_NEW'],
  },
  {
    name: 'a change without an amount',
    shown: { diffs: '<paymentDiffs><type>ANNUL</type></paymentDiffs>' },
    expected: ['p-1', false, 'CREDITABLE IS_DEBITED'],
  },
] satisfies readonly { name: string; shown: ShownPayment; expected: readonly unknown[] }[]) {
  test(`a payment with ${name} is read`, async (t) => {
    const { payments } = await startFakeAccount(t, respondXml(200, paymentResponse(paymentXml(shown))));

    const result = await payments.read('p-1', NEVER);

    assert.equal(result.outcome, 'found');
    const { id, frozen, statuses } = result.payment;
    assert.deepEqual([id, frozen, statuses.join(' ')], expected);
    assertNoCustomer(result);
  });
}

test('a payment that Resurs does not know is unknown, whatever the status of the fault', async (t) => {
  for (const status of [500, 200, 404]) {
    const { payments } = await startFakeAccount(t, respondXml(status, UNKNOWN_PAYMENT));
    assert.deepEqual(await payments.read('p-1', NEVER), { outcome: 'unknown' });
  }
});

test('an id that XML cannot hold is unknown, and Resurs is not asked', async (t) => {
  const { payments, requests } = await startFakeAccount(t, respondXml(500, UNKNOWN_PAYMENT));

  for (const id of ['a\u0001', '\ud800', 'x\ufffe'])
    assert.deepEqual(await payments.read(id, NEVER), { outcome: 'unknown' });

  assert.equal(requests.length, 0);
});

const HALF: Responder = (response) => {
  const whole = paymentResponse(paymentXml());
  response.writeHead(200, { 'content-type': 'text/xml', 'content-length': whole.length });
  response.write(whole.slice(0, 900), () => response.destroy());
};
const found = (shown: ShownPayment) => respondXml(200, paymentResponse(paymentXml(shown)));
const words = CUSTOMER_WORDS.join(' ');

const FAILURES: readonly {
  name: string;
  respond: Responder;
  kind: ResursFailure['kind'];
  text: string;
  code?: string;
}[] = [
  {
    name: 'wrong credentials',
    respond: respondWith(401, 'text/html', `<html>${words}</html>`),
    kind: 'credentials',
    text: 'the credentials are not accepted',
  },
  {
    name: 'an account without this right',
    respond: respondXml(500, faultResponse(503, words)),
    kind: 'credentials',
    text: 'NOT_AUTHORIZED',
    code: '503',
  },
  {
    name: 'an error of Resurs',
    respond: respondXml(500, faultResponse(3, words)),
    kind: 'refused',
    text: 'INTERNAL_ERROR',
    code: '3',
  },
  {
    name: 'too many requests',
    respond: respondXml(500, faultResponse(24, words)),
    kind: 'limited',
    text: 'LIMIT_PER_TIME_EXCEEDED',
    code: '24',
  },
  {
    name: 'an error of later',
    respond: respondXml(500, faultResponse(77, words)),
    kind: 'refused',
    text: 'refused; the text may name a customer, so it is hidden',
    code: '77',
  },
  {
    name: 'a government id as its number',
    respond: respondXml(500, faultResponse(8305147715, 'x')),
    kind: 'refused',
    text: 'refused; the text may name a customer, so it is hidden',
  },
  {
    name: 'a fault of the SOAP layer',
    respond: respondXml(500, faultResponse(null, words, 'soap:Client')),
    kind: 'refused',
    text: 'refused; the text may name a customer, so it is hidden',
    code: 'Client',
  },
  {
    name: 'a fault with words as its code',
    respond: respondXml(500, faultResponse(null, 'x', words)),
    kind: 'refused',
    text: 'refused; the text may name a customer, so it is hidden',
  },
  {
    name: 'a page of a proxy',
    respond: respondWith(502, 'text/html', `<html>${words}</html>`),
    kind: 'refused',
    text: 'refused with a web page, which is not a response of this interface',
  },
  {
    name: 'a login page',
    respond: respondWith(200, 'text/html', `<html>${words}</html>`),
    kind: 'not_understood',
    text: 'the response is a web page',
  },
  {
    name: 'a redirect',
    respond: (response) => void response.writeHead(302, { location: `/${words.slice(0, 10)}` }).end(),
    kind: 'refused',
    text: 'redirected, and redirects are not followed',
  },
  { name: 'half a body', respond: HALF, kind: 'not_understood', text: 'the response broke off (UND_ERR_SOCKET)' },
  {
    name: 'no body',
    respond: respondXml(200, ''),
    kind: 'not_understood',
    text: 'the response is not well-formed XML',
  },
  {
    name: 'a body that is no XML',
    respond: respondXml(200, words),
    kind: 'not_understood',
    text: 'the response is not well-formed XML',
  },
  {
    name: 'a document type',
    respond: respondXml(200, `<!DOCTYPE x [<!ENTITY a "${words}">]>${paymentResponse(paymentXml()).slice(21)}`),
    kind: 'not_understood',
    text: 'the response has a document type, which SOAP forbids',
  },
  {
    name: 'more than 1 MiB',
    respond: respondXml(200, paymentResponse(paymentXml({ diffs: 'a'.repeat(1_100_000) }))),
    kind: 'not_understood',
    text: 'the response is longer than 1 MiB',
  },
  {
    name: 'another payment',
    respond: found({ id: '8305147715' }),
    kind: 'not_understood',
    text: 'the response is about another payment',
  },
  {
    name: 'no payment',
    respond: respondXml(200, paymentResponse('').replace('<return></return>', '')),
    kind: 'not_understood',
    text: 'the response has no payment',
  },
  {
    name: 'no word on freezing',
    respond: found({ frozen: '' }),
    kind: 'not_understood',
    text: 'the response does not say whether the payment is frozen',
  },
  {
    name: 'another word on freezing',
    respond: found({ frozen: '<frozen>Vincent</frozen>' }),
    kind: 'not_understood',
    text: 'the response does not say whether the payment is frozen',
  },
  {
    name: 'no total',
    respond: found({ total: '' }),
    kind: 'not_understood',
    text: 'the response has no amount in totalAmount',
  },
  {
    name: 'a total that is no number',
    respond: found({ total: '<totalAmount>8305147715 kr</totalAmount>' }),
    kind: 'not_understood',
    text: 'the response has no amount in totalAmount',
  },
  {
    name: 'a change whose amount is no number',
    respond: found({
      diffs:
        '<paymentDiffs><type>DEBIT</type><paymentSpec><totalAmount>Vincent</totalAmount></paymentSpec></paymentDiffs>',
    }),
    kind: 'not_understood',
    text: 'the response has no amount in totalAmount',
  },
];

for (const { name, respond, kind, text, code = null } of FAILURES) {
  test(`an answer with ${name} is a failure of the kind ${kind}, without the customer`, async (t) => {
    const { payments } = await startFakeAccount(t, respond);

    const result = await payments.read('p-1', NEVER);

    assert.equal(result.outcome, 'failed');
    const { failure } = result;
    assert.deepEqual([failure.kind, failure.text, failure.code], [kind, text, code]);
    assert.equal(failure.operation, 'getPayment p-1');
    assertNoCustomer(result);
  });
}

test('markup that would keep the parser busy is not parsed, and deep nesting is not understood', async (t) => {
  const busy = [
    '<a/>'.repeat(50_000),
    '<a>'.repeat(50_000),
    `<a ${'b="c" '.repeat(50_000)}/>`,
    '<!---->'.repeat(50_000),
  ];
  for (const diffs of busy) {
    const { payments } = await startFakeAccount(t, found({ diffs }));
    const result = await payments.read('p-1', NEVER);
    assert.equal(result.outcome === 'failed' && result.failure.text, 'the response has too many elements');
  }

  const depth = 15_000;
  const { payments } = await startFakeAccount(t, found({ id: '<a>'.repeat(depth) + '</a>'.repeat(depth) }));
  const result = await payments.read('p-1', NEVER);
  assert.equal(result.outcome === 'failed' && result.failure.kind, 'not_understood');
});

test('no answer at all ends with the time-out', async (t) => {
  const { payments } = await startFakeAccount(t, () => undefined, { timeoutMs: 50 });

  const result = await payments.read('p-1', NEVER);

  assert.deepEqual(result.outcome === 'failed' && [result.failure.kind, result.failure.text], [
    'timed_out',
    'no response within 50 ms',
  ]);
});
