/**
 * The request body as the contract shows it, byte for byte and in its order: merchants may verify, store or compare it.
 * It contains the callback's own body as it was received, or as text with the reason. Pure.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { renderPayload } from '../../src/deliveries/payload.ts';
import type { StoredEvent } from '../../src/events/event.ts';
import { publicId } from '../../src/events/public-id.ts';

/** Contract, section 6. */
const EXAMPLE = `{
  "id": "evt_01234567-89ab-7cde-8f01-23456789abcd",
  "type": "payment.unfrozen",
  "timestamp": "2026-11-20T12:00:00.000Z",
  "environment": "test",
  "data": {
    "sequence": 4711,
    "provider": "resurs-ecom",
    "callback": "UNFREEZE",
    "paymentId": "100000016",
    "orderReference": "100000016",
    "order": {"state": "may_ship", "certain": true, "earlier": ["booked", "frozen"]},
    "result": null,
    "method": "GET",
    "registeredAt": "2026-11-01T08:00:00.000Z",
    "receivedAt": "2026-11-20T12:00:00.000Z",
    "parameters": {},
    "body": null,
    "verified": {"digest": true, "result": true, "basicAuth": false, "source": false, "token": false, "api": false}
  }
}`;

const UNFREEZE: StoredEvent = {
  // In another order than the contract's, as a database may return it.
  verified: { source: false, basicAuth: false, result: true, digest: true },
  id: '01234567-89ab-7cde-8f01-23456789abcd',
  sequence: 4711,
  provider: 'resurs-ecom',
  paymentId: '100000016',
  orderReference: '100000016',
  callback: 'UNFREEZE',
  type: 'payment.unfrozen',
  result: null,
  method: 'GET',
  parameters: {},
  body: null,
  registeredAt: new Date('2026-11-01T08:00:00Z'),
  receivedAt: new Date('2026-11-20T12:00:00Z'),
  order: { earlier: ['booked', 'frozen'], certain: true, state: 'may_ship' },
  snapshot: null,
  missed: null,
  erasedAt: null,
};

function update(body: string | Buffer | null): StoredEvent {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  return { ...UNFREEZE, callback: 'UPDATE', type: 'payment.updated', method: 'POST', body: bytes };
}

function dataOf(event: StoredEvent): Record<string, unknown> {
  return JSON.parse(renderPayload(event, 'test').toString()).data;
}

test('the example of the contract is rendered byte for byte', () => {
  assert.equal(renderPayload(UNFREEZE, 'test').toString(), JSON.stringify(JSON.parse(EXAMPLE)));
});

test('the payload contains a body exactly as it was received', () => {
  const body = '\t{ "b" : 1.50, "a":[ 1e2,12345678901234567890 ],"ö":"\\u00e5\\/" }\r\n';

  const text = renderPayload(update(body), 'test').toString();

  assert.ok(text.includes(`"parameters":{},"body":${body},"verified":`), text);
});

test('any JSON is embedded unchanged and the payload stays JSON', () => {
  const values = fc.jsonValue({ depthSize: 'small' }).map((value) => JSON.stringify(value, null, 1));
  fc.assert(
    fc.property(values, (body) => {
      const text = renderPayload(update(body), 'test').toString();

      const { data } = JSON.parse(text);
      if ('bodyError' in data) assert.equal(data.bodyText, body);
      else assert.ok(text.includes(`"body":${body},`));
    }),
  );
});

test('a body of any bytes gives a payload that is JSON and contains them', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 64 }), (bytes) => {
      const data = dataOf(update(Buffer.from(bytes)));

      const kept = typeof data.bodyText === 'string' ? Buffer.from(data.bodyText) : null;
      const decoded = typeof data.bodyBase64 === 'string' ? Buffer.from(data.bodyBase64, 'base64') : kept;
      if (decoded !== null) assert.deepEqual(decoded, Buffer.from(bytes));
      else assert.deepEqual(data.body, JSON.parse(Buffer.from(bytes).toString()));
    }),
  );
});

test('an UPDATE with a paymentDiff has `change` between `body` and `verified`', () => {
  const body = '{"paymentDiff":{"type":"DEBIT","transactionId":"t-1"}}';

  const data = dataOf(update(body));

  assert.deepEqual(Object.keys(data).slice(-3), ['body', 'change', 'verified']);
  assert.deepEqual(data.change, {
    kind: 'debit',
    transactionId: 't-1',
    createdAt: null,
    createdBy: null,
    totalAmount: null,
    totalVatAmount: null,
    orderId: null,
    invoiceId: null,
  });
});

for (const [name, event] of [
  ['an UPDATE without a body', update(null)],
  ['an UPDATE without a paymentDiff', update('{"x":1}')],
  ['an UPDATE with an unreadable body', update('{"paymentDiff":{')],
  ['an UPDATE that names its type twice', update('{"paymentDiff":{"type":"DEBIT","type":"CREDIT"}}')],
  ['another callback with a paymentDiff', { ...update('{"paymentDiff":{}}'), callback: 'BOOKED' }],
] as const) {
  test(`${name} has no change`, () => {
    assert.equal('change' in dataOf(event), false);
  });
}

test('text of the callback cannot break the JSON of the payload', () => {
  const odd = '"}],\\\u2028\n</script>\ud800';

  const event = {
    ...UNFREEZE,
    paymentId: odd,
    result: odd,
    callback: odd,
    parameters: { [odd]: odd, __proto__x: 'y' },
  };
  const data = dataOf(event);

  assert.deepEqual([data.paymentId, data.result, data.callback], [odd, odd, odd]);
  assert.deepEqual(data.parameters, { [odd]: odd, __proto__x: 'y' });
});

test('the same event gives the same bytes, and the public id has a prefix', () => {
  assert.deepEqual(renderPayload(update('{"a":1}'), 'test'), renderPayload(update('{"a":1}'), 'test'));
  assert.equal(publicId(UNFREEZE.id), 'evt_01234567-89ab-7cde-8f01-23456789abcd');
});
