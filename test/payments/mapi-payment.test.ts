/**
 * State and amounts of a payment from what the Merchant API says of it: the cases by name, every combination of statuses,
 * amounts and possible actions, and amounts with any digits. What Resurs' own library calls captured, refunded or
 * cancelled is that here, too. Pure.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { orderNow } from '../../src/events/order-now.ts';
import { paymentOfMapi } from '../../src/payments/mapi-payment.ts';
import { PAYMENT_STATES, type Payment } from '../../src/payments/payment.ts';
import { snapshotOf } from '../../src/payments/snapshot.ts';
import { parseMapiPayment } from '../../src/resurs/mapi-parser.ts';
import { samplePayment } from '../harness/merchant-api.ts';

const ID = '0A1B2C3D-0000-4000-8000-000000000001';
const READ_AT = new Date('2026-11-20T12:00:00Z');

interface Order {
  /** As JSON writes them: total, authorized, captured, refunded, canceled. */
  readonly amounts: readonly string[];
  readonly actions?: readonly string[];
}

/** The text of a payment; amounts are written as they are given. */
function paymentText(status: string, order: Order | null, reason: string | null = null): string {
  const members = [`"id": "${ID}"`, `"status": "${status}"`, '"customer": {}', '"created": "x"', '"storeId": "s"'];
  if (reason !== null) members.push(`"rejectedReason": {"category": "${reason}"}`);
  if (order !== null) members.push(`"order": ${orderText(order)}`);
  return `{${members.join(', ')}}`;
}

function orderText({ amounts, actions = [] }: Order): string {
  const [total, authorized, captured, refunded, canceled] = amounts;
  return `{"orderReference": "order-1", "actionLog": [], "totalOrderAmount": ${total}, "authorizedAmount": ${authorized},
    "capturedAmount": ${captured}, "refundedAmount": ${refunded}, "canceledAmount": ${canceled},
    "possibleActions": ${JSON.stringify(actions.map((action) => ({ action })))}}`;
}

function read(text: string): Payment {
  const parsed = parseMapiPayment(text);
  if (parsed.outcome === 'unreadable') assert.fail(parsed.problem);
  return paymentOfMapi(parsed.value, READ_AT);
}

/**
 * The case, and its state. Below: the status with the reason of a rejection; total, authorized, captured, refunded and
 * canceled; and what is possible.
 */
const TABLE = `
the customer has to act: pending
  TASK_REDIRECTION_REQUIRED; 300 0 0 0 0;
documents are missing: pending
  SUPPLEMENTING_REQUIRED; 300 0 0 0 0;
people check it: inspection
  INSPECTION; 300 0 0 0 0;
it is frozen: frozen
  FROZEN; 300 300 0 0 0;
it is authorised: authorized
  ACCEPTED; 300 300 0 0 0; CAPTURE PARTIAL_CAPTURE CANCEL PARTIAL_CANCEL
it is authorised, and nothing is possible now: authorized
  ACCEPTED; 300 300 0 0 0;
a part was cancelled: authorized
  ACCEPTED; 300 200 0 0 100; CAPTURE CANCEL
a part is captured: partially_captured
  ACCEPTED; 300 200 100 0 0; CAPTURE REFUND
a part is captured and paid back: partially_captured
  ACCEPTED; 300 200 100 100 0; CAPTURE
nothing is authorised, and a capture is possible: partially_captured
  ACCEPTED; 300 0 100 0 0; PARTIAL_CAPTURE REFUND
all is captured: captured
  ACCEPTED; 300 0 300 0 0; REFUND PARTIAL_REFUND
all is captured but what was cancelled: captured
  ACCEPTED; 300 0 100 0 200; REFUND
a part of it is paid back: partially_refunded
  ACCEPTED; 300 0 300 100 0; REFUND PARTIAL_REFUND
all of it is paid back: refunded
  ACCEPTED; 300 0 300 300 0;
all of it is paid back, in other digits: refunded
  ACCEPTED; 300 0 300.00 3e2 0;
all that was captured is paid back: refunded
  ACCEPTED; 300 0 100 100 200;
all was cancelled: annulled
  ACCEPTED; 300 0 0 0 300;
all was cancelled, in other digits: annulled
  ACCEPTED; 300.00 0.0 0 0 3.0E+2;
it was cancelled before it was accepted: annulled
  REJECTED CANCELED; 300 0 0 0 0;
the credit was denied: rejected
  REJECTED CREDIT_DENIED; 300 0 0 0 0;
it was rejected without a reason: rejected
  REJECTED; 300 0 0 0 0;
it was frozen and then rejected: rejected
  REJECTED PAYMENT_FROZEN; 300 300 0 0 0;
it is over in a way that says nothing: unknown
  ACCEPTED; 300 0 0 0 100;
nothing has an amount: unknown
  ACCEPTED; 0 0 0 0 0; CAPTURE
a status that is new: unknown
  SETTLED; 300 300 0 0 0; CAPTURE
a status in other letters: unknown
  accepted; 300 300 0 0 0; CAPTURE`;

test('each case has its state', () => {
  const cases = TABLE.trim().split(/\n(?! )/);
  assert.equal(cases.length, 26);
  for (const one of cases) {
    const [title = '', body = ''] = one.split('\n  ');
    const [, name, state] = /^(.*): (\w+)$/.exec(title) ?? assert.fail(title);
    const [word = '', amounts = '', actions = ''] = body.split(';');
    const [status = '', reason = null] = word.trim().split(' ');

    const payment = read(
      paymentText(status, { amounts: amounts.trim().split(' '), actions: actions.split(' ').filter(Boolean) }, reason),
    );

    assert.equal(payment.state, state, name);
    assert.equal(payment.frozen, status === 'FROZEN' || status === 'INSPECTION', name);
    assert.deepEqual([payment.statuses, payment.rejectedReason], [[status], reason], name);
  }
});

const STATUSES = [
  'TASK_REDIRECTION_REQUIRED',
  'SUPPLEMENTING_REQUIRED',
  'INSPECTION',
  'FROZEN',
  'ACCEPTED',
  'REJECTED',
  'NEW_WORD',
];
const REASONS = [null, 'UNKNOWN', 'CREDIT_DENIED', 'CANCELED'];
const SUMS = ['0', '100', '300'];
const ACTIONS = [[], ['CAPTURE'], ['PARTIAL_CAPTURE'], ['REFUND'], ['CANCEL', null as unknown as string]];

function* combinations() {
  for (const status of STATUSES)
    for (const reason of REASONS)
      for (const authorized of SUMS)
        for (const captured of SUMS)
          for (const refunded of SUMS)
            for (const canceled of SUMS)
              for (const actions of ACTIONS)
                yield { status, reason, authorized, captured, refunded, canceled, actions };
}

test('every combination has one state, and an order follows from it; the library of Resurs agrees', () => {
  const seen = new Set<string>();
  for (const { status, reason, authorized, captured, refunded, canceled, actions } of combinations()) {
    const amounts = ['300', authorized, captured, refunded, canceled];
    const { state, frozen } = read(paymentText(status, { amounts, actions }, reason));
    const text = JSON.stringify({ status, reason, amounts, actions });

    assert.ok(PAYMENT_STATES.includes(state), text);
    assert.equal(orderNow(state, []).certain, state !== 'unknown');
    seen.add(state);
    if (status === 'REJECTED') assert.equal(state, reason === 'CANCELED' ? 'annulled' : 'rejected', text);
    assert.equal(frozen, state === 'frozen' || state === 'inspection', text);
    if (status !== 'ACCEPTED') continue;
    const canCapture = actions.some((action) => action === 'CAPTURE' || action === 'PARTIAL_CAPTURE');
    const isOpen = authorized !== '0';
    const isRefunded = !isOpen && captured !== '0' && captured === refunded;
    const isCaptured = !isOpen && captured !== '0' && captured !== refunded && !canCapture;
    const isCancelled = !isOpen && captured === '0' && canceled === '300';
    assert.equal(state === 'refunded', isRefunded, text);
    assert.equal(state === 'captured' || state === 'partially_refunded', isCaptured, text);
    assert.equal(state === 'annulled', isCancelled, text);
    assert.equal(
      state === 'authorized' || state === 'partially_captured',
      isOpen || (canCapture && captured !== '0' && !isRefunded),
      text,
    );
  }
  assert.deepEqual([...seen].toSorted(), [...PAYMENT_STATES].toSorted());
});

test('a payment without an order has a state by its status, and no amounts', () => {
  for (const [status, state] of [
    ['TASK_REDIRECTION_REQUIRED', 'pending'],
    ['FROZEN', 'frozen'],
    ['REJECTED', 'rejected'],
    ['ACCEPTED', 'unknown'],
  ] as const) {
    const payment = read(paymentText(status, null));

    assert.deepEqual([payment.state, payment.amounts, payment.orderReference], [state, null, null]);
  }
});

/** A number as JSON may write it, and the same number written out. */
const jsonNumber = fc
  .tuple(
    fc.bigInt({ min: 0n, max: 10n ** 30n }),
    fc.nat({ max: 20 }),
    fc.integer({ min: -20, max: 20 }),
    fc.constantFrom('e', 'E', 'e+', 'none'),
  )
  .map(([units, scale, exponent, mark]) => {
    const digits = units.toString().padStart(scale + 1, '0');
    const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
    if (mark === 'none') return { text, units, scale };
    if (mark === 'e+') return { text: `${text}e+${Math.abs(exponent)}`, units, scale: scale - Math.abs(exponent) };
    return { text: `${text}${mark}${exponent}`, units, scale: scale - exponent };
  });

/** Writes the number out by moving the point. */
function writtenOut({ units, scale }: { units: bigint; scale: number }): string {
  const digits = (scale < 0 ? units * 10n ** BigInt(-scale) : units).toString();
  const places = Math.max(0, scale);
  const padded = digits.padStart(places + 1, '0');
  const fraction = padded.slice(padded.length - places).replace(/0+$/, '');
  return `${padded.slice(0, padded.length - places)}.${fraction.padEnd(2, '0')}`;
}

test('an amount never loses a digit, however JSON writes it', () => {
  fc.assert(
    fc.property(fc.array(jsonNumber, { minLength: 5, maxLength: 5 }), (numbers) => {
      const { amounts } = read(paymentText('ACCEPTED', { amounts: numbers.map(({ text }) => text) }));
      const [total, authorized, captured, refunded, annulled] = numbers.map(writtenOut);
      assert.deepEqual(amounts, { total, authorized, captured, refunded, annulled });
    }),
    { numRuns: 300 },
  );
});

test('numbers that a float would change are kept', () => {
  for (const [text, shown] of [
    ['0.1', '0.10'],
    ['9007199254740993', '9007199254740993.00'],
    ['123456789012345678901234567890.123456789', '123456789012345678901234567890.123456789'],
    ['1e2', '100.00'],
    ['1E-007', '0.0000001'],
    ['-0', '0.00'],
    ['-12.5', '-12.50'],
  ] as const) {
    assert.equal(read(paymentText('ACCEPTED', { amounts: [text, '0', '0', '0', '0'] })).amounts?.total, shown);
  }
});

test('an amount that is missing is none; one that is no number makes the payment unreadable', () => {
  const without = parseMapiPayment(`{"id": "a", "status": "ACCEPTED", "order": {"totalOrderAmount": null}}`);
  assert.ok(without.outcome === 'read');
  assert.equal(paymentOfMapi(without.value, READ_AT).amounts?.total, '0.00');
  for (const amount of ['"300"', 'true', '{}', '[]', '1e100', '1'.repeat(101)]) {
    const parsed = parseMapiPayment(paymentText('ACCEPTED', { amounts: [amount, '0', '0', '0', '0'] }));
    assert.deepEqual(parsed, { outcome: 'unreadable', problem: 'has an amount that is no number' }, amount);
  }
});

test('members that are absent, null or of another kind never fail a payment', () => {
  for (const [order, actions] of [
    ['{}', 0],
    ['null', null],
    ['7', null],
    ['[]', null],
    ['"x"', null],
    ['{"possibleActions": null, "actionLog": null, "orderReference": null}', 0],
    ['{"possibleActions": [{"action": null}, {}, 7, null], "actionLog": [null, 7, {}, {"type": "CREATE"}]}', 1],
    [`{"actionLog": [{"type": "CAPTURE", "actionId": "${ID}", "created": 5}]}`, 1],
  ] as const) {
    const parsed = parseMapiPayment(`{"id": "${ID}", "status": "ACCEPTED", "order": ${order}, "rejectedReason": 5}`);
    assert.ok(parsed.outcome === 'read', order);
    assert.equal(parsed.value.id, ID.toLowerCase());
    assert.equal(parsed.value.order?.actionLog.length ?? null, actions, order);
    assert.equal(parsed.value.rejectedReason, null);
  }
});

test('the sample of the tests is an authorised payment, and its snapshot has members in one order', () => {
  const payment = read(JSON.stringify(samplePayment(ID)));

  assert.deepEqual(Object.entries(snapshotOf(payment).payment ?? {}), [
    ['readAt', '2026-11-20T12:00:00.000Z'],
    ['state', 'authorized'],
    ['frozen', false],
    ['orderReference', 'order-0A1B2C3D'],
    ['statuses', ['ACCEPTED']],
    ['amounts', { total: '300.00', authorized: '300.00', captured: '0.00', refunded: '0.00', annulled: '0.00' }],
    ['rejectedReason', null],
  ]);
});
