/**
 * State and amounts of a payment from what getPayment says: Resurs' own table of order states, the cases between its
 * rows, and every combination of statuses. Amounts are compared with the ones that a second way of adding gives.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { orderNow } from '../../src/events/order-now.ts';
import { formatDecimal, parseDecimal } from '../../src/lib/decimal.ts';
import { type EcomPayment, paymentOf } from '../../src/payments/ecom-payment.ts';
import { PAYMENT_STATES, type PaymentState } from '../../src/payments/payment.ts';

const READ_AT = new Date('2026-11-20T12:00:00Z');
const STATUSES = ['DEBITABLE', 'CREDITABLE', 'IS_DEBITED', 'IS_CREDITED', 'IS_ANNULLED'];

function decimal(text: string) {
  return parseDecimal(text) ?? assert.fail(`${text} is no decimal`);
}

interface Case {
  readonly name: string;
  readonly total: string;
  readonly statuses: readonly string[];
  /** As `DEBIT 10.00`. */
  readonly changes: readonly string[];
  readonly frozen: boolean;
  readonly state: string;
  readonly amounts: string;
}

function ecomPayment({ total, statuses, changes, frozen }: Omit<Case, 'name' | 'state' | 'amounts'>): EcomPayment {
  return {
    id: 'p1',
    totalAmount: decimal(total),
    frozen,
    statuses,
    changes: changes.map((change) => {
      const [type = '', amount = ''] = change.split(' ');
      return { type, amount: decimal(amount) };
    }),
  };
}

/**
 * What the payment is, and its state. Below: what is left, whether it is frozen, statuses; changes; and the amounts total,
 * authorized, captured, refunded, annulled.
 */
const TABLE = `
booked: authorized
  30 DEBITABLE; AUTHORIZE 30; 30.00 30.00 0.00 0.00 0.00
frozen: frozen
  30 frozen DEBITABLE; AUTHORIZE 30; 30.00 30.00 0.00 0.00 0.00
frozen without a status: frozen
  30 frozen; AUTHORIZE 30; 30.00 30.00 0.00 0.00 0.00
debited in part: partially_captured
  30 DEBITABLE CREDITABLE IS_DEBITED; AUTHORIZE 30, DEBIT 10; 30.00 20.00 10.00 0.00 0.00
debited in part, which the statuses do not say: partially_captured
  30 DEBITABLE; AUTHORIZE 30, DEBIT 10; 30.00 20.00 10.00 0.00 0.00
debited in part and frozen again: frozen
  30 frozen DEBITABLE IS_DEBITED; AUTHORIZE 30, DEBIT 10; 30.00 20.00 10.00 0.00 0.00
debited in two parts: captured
  30 CREDITABLE IS_DEBITED; AUTHORIZE 30, DEBIT 10, DEBIT 20; 30.00 0.00 30.00 0.00 0.00
debited, without a history: captured
  30 IS_DEBITED; ; 30.00 0.00 30.00 0.00 0.00
booked, without a history: authorized
  30 DEBITABLE; ; 30.00 30.00 0.00 0.00 0.00
debited without an authorization: captured
  30 IS_DEBITED; DEBIT 30; 30.00 0.00 30.00 0.00 0.00
creditable, which only its history says: captured
  30 CREDITABLE; AUTHORIZE 30, DEBIT 30; 30.00 0.00 30.00 0.00 0.00
annulled in part: authorized
  20 DEBITABLE IS_ANNULLED; AUTHORIZE 30, ANNUL 10; 30.00 20.00 0.00 0.00 10.00
annulled in part, the rest debited: captured
  20 CREDITABLE IS_DEBITED IS_ANNULLED; AUTHORIZE 30, ANNUL 10, DEBIT 20; 30.00 0.00 20.00 0.00 10.00
annulled: annulled
  0 IS_ANNULLED; AUTHORIZE 30, ANNUL 30; 30.00 0.00 0.00 0.00 30.00
annulled while it was frozen: annulled
  0.00 frozen IS_ANNULLED; AUTHORIZE 30, ANNUL 30; 30.00 0.00 0.00 0.00 30.00
credited in part: partially_refunded
  25 CREDITABLE IS_DEBITED IS_CREDITED; AUTHORIZE 30, DEBIT 30, CREDIT 5; 30.00 0.00 30.00 5.00 0.00
credited in part, the rest open: partially_captured
  25 DEBITABLE IS_DEBITED IS_CREDITED; AUTHORIZE 30, DEBIT 5, CREDIT 5; 30.00 25.00 5.00 5.00 0.00
credited as in Resurs' sample: refunded
  0.00000000000000000000 IS_DEBITED IS_CREDITED; AUTHORIZE 30.000000000000000, DEBIT 30.0000000000, CREDIT 30.0000000000; 30.00 0.00 30.00 30.00 0.00
annulled in part, the rest credited: refunded
  0 IS_DEBITED IS_CREDITED IS_ANNULLED; AUTHORIZE 30, ANNUL 10, DEBIT 20, CREDIT 20; 30.00 0.00 20.00 20.00 10.00
debited again after a refund: partially_captured
  5 DEBITABLE IS_DEBITED IS_CREDITED; AUTHORIZE 30, DEBIT 30, CREDIT 30, AUTHORIZE 5; 35.00 5.00 30.00 30.00 0.00
neither frozen nor anything else: unknown
  30; AUTHORIZE 30; 30.00 30.00 0.00 0.00 0.00
of a status of later: unknown
  30 IS_DISPUTED; AUTHORIZE 30; 30.00 30.00 0.00 0.00 0.00
booked, with a status and a change of later: authorized
  30 DEBITABLE IS_INSURED; AUTHORIZE 30, INSURE 4; 30.00 30.00 0.00 0.00 0.00
with digits beyond two: partially_captured
  0.3 DEBITABLE; AUTHORIZE 0.3, DEBIT 0.125, DEBIT 0.1000001; 0.30 0.0749999 0.2250001 0.00 0.00
`;

const CASES = TABLE.trim()
  .split(/\n(?! )/)
  .map((row): Case => {
    const [name = '', state = '', words = '', changes = '', amounts = ''] = row.split(/: |\n {2}|; /);
    const [total = '', ...statuses] = words.split(' ');
    return {
      name,
      total,
      statuses: statuses.filter((status) => status !== 'frozen'),
      changes: changes.split(', ').filter((change) => change !== ''),
      frozen: statuses.includes('frozen'),
      state,
      amounts,
    };
  });

for (const one of CASES) {
  test(`a payment that is ${one.name} is ${one.state}`, () => {
    const { state, amounts, frozen, statuses } = paymentOf(ecomPayment(one), READ_AT);

    assert.equal(state, one.state);
    const { total, authorized, captured, refunded, annulled } = amounts;
    assert.equal([total, authorized, captured, refunded, annulled].join(' '), one.amounts);
    assert.deepEqual([frozen, statuses], [one.frozen, one.statuses]);
  });
}

const anyStatuses = fc.array(fc.constantFrom(...STATUSES, 'IS_NEW'), { maxLength: 8 });
const anyAmount = fc
  .tuple(fc.bigInt({ min: 0n, max: 10n ** 24n }), fc.nat({ max: 20 }))
  .map(([units, scale]) => ({ units, scale }));
const anyPayment: fc.Arbitrary<EcomPayment> = fc.record({
  id: fc.string({ minLength: 1 }),
  totalAmount: fc.oneof(fc.constant({ units: 0n, scale: 2 }), anyAmount),
  frozen: fc.boolean(),
  statuses: anyStatuses,
  changes: fc.array(
    fc.record({ type: fc.constantFrom('AUTHORIZE', 'DEBIT', 'CREDIT', 'ANNUL', 'OTHER'), amount: anyAmount }),
    { maxLength: 6 },
  ),
});

test('every combination of statuses, frozen or not, with or without anything left, gives one known state', () => {
  const seen = new Set<PaymentState>();
  for (let bits = 0; bits < 2 ** STATUSES.length; bits += 1) {
    const statuses = STATUSES.filter((_, index) => (bits >> index) % 2 === 1);
    for (const total of ['0', '30']) {
      for (const frozen of [true, false]) {
        const one = ecomPayment({ total, statuses, changes: [], frozen });
        const { state } = paymentOf(one, READ_AT);
        const reversed = paymentOf({ ...one, statuses: [...statuses, ...statuses].reverse() }, READ_AT);
        seen.add(state);
        assert.ok(PAYMENT_STATES.includes(state));
        assert.equal(reversed.state, state, 'neither order nor repetition of statuses matters');
      }
    }
  }
  const others = ['pending', 'inspection', 'rejected'];
  assert.deepEqual([...seen].sort(), PAYMENT_STATES.filter((state) => !others.includes(state)).sort());
});

test('a frozen payment is never to be shipped, nor one of which nothing is left or nothing may be debited', () => {
  fc.assert(
    fc.property(anyPayment, (one) => {
      const { state } = paymentOf(one, READ_AT);
      const order = orderNow(state, ['booked']);
      const isNothingLeft = one.totalAmount.units <= 0n;
      if (one.frozen || isNothingLeft || !one.statuses.includes('DEBITABLE')) assert.notEqual(order.state, 'may_ship');
      assert.equal(order.certain, state !== 'unknown');
      assert.deepEqual(order.earlier, ['booked']);
    }),
  );
});

test('amounts have every digit, and they add up', () => {
  fc.assert(
    fc.property(anyPayment, (one) => {
      const { amounts } = paymentOf(one, READ_AT);
      const SCALE = 20n;
      const at = ({ units, scale }: { units: bigint; scale: number }) => units * 10n ** (SCALE - BigInt(scale));
      const sumOf = (type: string) =>
        one.changes.filter((change) => change.type === type).reduce((total, { amount }) => total + at(amount), 0n);
      const read = (text: string) => at(decimal(text));

      for (const text of Object.values(amounts)) assert.match(text, /^\d+\.\d{2,}$/);
      assert.equal(read(amounts.refunded), sumOf('CREDIT'));
      assert.equal(read(amounts.annulled), sumOf('ANNUL'));
      assert.equal(read(amounts.total), at(one.totalAmount) + sumOf('CREDIT') + sumOf('ANNUL'));
      if (one.changes.length > 0) assert.equal(read(amounts.captured), sumOf('DEBIT'));
      const open = read(amounts.total) - read(amounts.captured) - read(amounts.annulled);
      assert.equal(read(amounts.authorized), open > 0n ? open : 0n);
    }),
  );
});

for (const [text, shown] of [
  ['30.00000000000000000000', '30.00'],
  ['  30 ', '30.00'],
  ['.5', '0.50'],
  ['+007.', '7.00'],
  ['-0.00', '0.00'],
  ['-12.345', '-12.345'],
  ['0E-20', '0.00'],
  ['1.25e2', '125.00'],
  ['9007199254740993.01', '9007199254740993.01'],
  ['0.1000000000000000000000000000000000000001', '0.1000000000000000000000000000000000000001'],
] as const) {
  test(`the decimal ${text} is shown as ${shown}`, () => {
    assert.equal(formatDecimal(decimal(text)), shown);
  });
}

test('a text that is no decimal is none', () => {
  for (const text of [
    '',
    '.',
    '+',
    '1,5',
    '1 000',
    '0x10',
    'NaN',
    'INF',
    '1e1000',
    '٣',
    '1'.repeat(101),
    '1..2',
    '--1',
  ])
    assert.equal(parseDecimal(text), null, text);
});
