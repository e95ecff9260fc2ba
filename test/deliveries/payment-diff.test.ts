/**
 * The change that an UPDATE reports. Resurs' own samples differ in form, so each field is parsed by itself: a field
 * that is absent, of another type or not a date is null, and nothing prevents the delivery. Pure.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parsePaymentDiff } from '../../src/deliveries/payment-diff.ts';

const NOTHING = {
  kind: null,
  transactionId: null,
  createdAt: null,
  createdBy: null,
  totalAmount: null,
  totalVatAmount: null,
  orderId: null,
  invoiceId: null,
};

function changeIn(diff: unknown) {
  return parsePaymentDiff(JSON.stringify({ paymentDiff: diff }));
}

test('a complete paymentDiff gives every field', () => {
  const change = changeIn({
    type: 'DEBIT',
    transactionId: 'FIN-42',
    created: 1_763_640_000_000,
    createdBy: 'SHOP',
    paymentSpecification: { totalAmount: 125.5, totalVatAmount: 25.1, specLines: [] },
    orderId: 'o-1',
    invoiceId: 'i-1',
  });

  assert.deepEqual(change, {
    kind: 'debit',
    transactionId: 'FIN-42',
    createdAt: '2025-11-20T12:00:00.000Z',
    createdBy: 'SHOP',
    totalAmount: 125.5,
    totalVatAmount: 25.1,
    orderId: 'o-1',
    invoiceId: 'i-1',
  });
});

for (const [word, kind] of [
  ['AUTHORIZE', 'authorize'],
  ['CREDIT', 'credit'],
  ['ANNUL', 'annul'],
  ['SomethingNew', 'somethingnew'],
] as const) {
  test(`the type ${word} is the kind ${kind}`, () => {
    assert.equal(changeIn({ type: word })?.kind, kind);
  });
}

test("the amounts are also parsed under the API's own name", () => {
  const change = changeIn({ paymentSpec: { totalAmount: 1, totalVatAmount: 0 } });

  assert.deepEqual([change?.totalAmount, change?.totalVatAmount], [1, 0]);
});

test('each field of another type is null', () => {
  const odd = { type: 1, transactionId: {}, created: {}, createdBy: [], orderId: 7, invoiceId: null };

  const change = changeIn({ ...odd, paymentSpecification: { totalAmount: '12', totalVatAmount: true } });

  assert.deepEqual(change, NOTHING);
});

for (const [created, expected] of [
  [0, '1970-01-01T00:00:00.000Z'],
  [-1, '1969-12-31T23:59:59.999Z'],
  ['2026-11-20T12:00:00+01:00', '2026-11-20T11:00:00.000Z'],
  ['2026-11-20T12:00:00.000+0100', '2026-11-20T11:00:00.000Z'],
  ['2026-11-20T12:00:00.123456789+01', '2026-11-20T11:00:00.123Z'],
  ['2026-11-20 12:00z', '2026-11-20T12:00:00.000Z'],
  ['2026-11-20 12:00:00.5 -01:30', '2026-11-20T13:30:00.500Z'],
  [253_402_300_800_000, null],
  [-99_999_999_999_999, null],
  [1e300, null],
  ['2026-13-45T00:00:00Z', null],
  ['20 Nov 2026', null],
  ['', null],
  [true, null],
] as const) {
  test(`created ${JSON.stringify(created)} is ${expected}`, () => {
    assert.equal(changeIn({ created })?.createdAt, expected);
  });
}

test('a created time without a zone is UTC whatever the zone of the host', (t) => {
  const { TZ } = process.env;
  t.after(() => {
    if (TZ === undefined) delete process.env.TZ;
    else process.env.TZ = TZ;
  });
  process.env.TZ = 'Asia/Tokyo';

  assert.equal(changeIn({ created: '2026-11-20T12:00:00' })?.createdAt, '2026-11-20T12:00:00.000Z');
});

for (const body of [
  'null',
  '[]',
  '"paymentDiff"',
  '{}',
  '{"paymentDiff":null}',
  '{"paymentDiff":[1]}',
  '{"x":{"paymentDiff":{}}}',
]) {
  test(`${body} contains no change`, () => {
    assert.equal(parsePaymentDiff(body), null);
  });
}

test('a number too large for JSON parsers is not an amount', () => {
  assert.equal(parsePaymentDiff('{"paymentDiff":{"paymentSpecification":{"totalAmount":1e999}}}')?.totalAmount, null);
});

test('names of the prototype are not fields', () => {
  assert.deepEqual(parsePaymentDiff('{"paymentDiff":{"__proto__":{"type":"DEBIT"},"constructor":{}}}'), NOTHING);
});

test('no JSON makes it throw', () => {
  const names = ['type', 'created', 'createdBy', 'transactionId', 'paymentSpecification', 'totalAmount', 'orderId'];
  const diff = fc.dictionary(fc.constantFrom(...names), fc.jsonValue());
  fc.assert(
    fc.property(
      fc.oneof(
        fc.json(),
        diff.map((value) => JSON.stringify({ paymentDiff: value })),
      ),
      (body) => {
        const change = parsePaymentDiff(body);
        if (change !== null) assert.deepEqual(Object.keys(change), Object.keys(NOTHING));
      },
    ),
  );
});
