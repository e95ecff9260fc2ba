/** Whatever callbacks may arrive, of both interfaces of Resurs, and the events that are stored of them. Pure. */
import fc from 'fast-check';
import { toEvent } from '../../src/callbacks/ecom/to-event.ts';
import { toMapiEvent } from '../../src/callbacks/mapi/to-event.ts';
import { MISSED_MEANINGS } from '../../src/deliveries/payload-words.ts';
import type { StoredEvent } from '../../src/events/event.ts';
import { isFact, type OrderedFact, viewAfter } from '../../src/events/order-state.ts';
import { PAYMENT_STATES } from '../../src/payments/payment.ts';
import { failedSnapshot, snapshotOf } from '../../src/payments/snapshot.ts';
import { MAPI_KINDS, parseMapiBody } from '../../src/protocol/mapi/body.ts';
import { toReconciledEvent } from '../../src/reconciliation/to-event.ts';
import { parseTarget } from '../helpers/parse.ts';

const DAY_MS = 86_400_000;
export const ID = '01a1fbe2-aa83-722d-802d-0b88d952979c';

const types = fc.oneof(
  fc.constantFrom('BOOKED', 'UPDATE', 'UNFREEZE', 'ANNULMENT', 'FINALIZATION', 'TEST', 'PASSWORD_EXPIRATION', 'FRAUD'),
  fc.constant('AUTOMATIC_FRAUD_CONTROL'),
);
const texts = fc.string({ unit: 'binary', maxLength: 8 });
const values = fc.oneof(fc.jsonValue({ depthSize: 'small' }), texts, fc.double(), fc.integer());
const diffs = fc.record(
  {
    type: fc.oneof(fc.constantFrom('AUTHORIZE', 'DEBIT', 'CREDIT', 'ANNUL', 'Something'), values),
    transactionId: values,
    created: fc.oneof(fc.integer({ min: 0, max: 2 ** 45 }), fc.constant('2026-11-20T12:00:00'), values),
    createdBy: values,
    paymentSpecification: fc.oneof(fc.record({ totalAmount: values, totalVatAmount: values }), values),
    orderId: values,
    invoiceId: values,
  },
  { requiredKeys: [] },
);
const bodies = fc.oneof(
  fc.constant(null),
  fc.uint8Array({ maxLength: 16 }).map((bytes) => Buffer.from(bytes)),
  fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value))),
  diffs.map((paymentDiff) => Buffer.from(JSON.stringify({ paymentDiff }))),
);
export const callbacks = fc.record({
  type: types,
  payment: fc.oneof(fc.constant('100000016'), texts),
  result: fc.option(fc.oneof(fc.constantFrom('FROZEN', 'THAWED'), texts)),
  time: fc.option(fc.stringMatching(/^[0-9]{1,12}$/)),
  others: fc.array(fc.tuple(fc.oneof(fc.constantFrom('param1', 'identifier', 'ts', 'x'), texts), texts), {
    maxLength: 4,
  }),
  method: fc.constantFrom('GET', 'POST'),
  body: bodies,
  verified: fc.record({ digest: fc.boolean(), result: fc.boolean(), basicAuth: fc.boolean(), source: fc.boolean() }),
});
type Arriving = typeof callbacks extends fc.Arbitrary<infer T> ? T : never;

function targetOf({ type, payment, result, time, others }: Arriving): string {
  const named = {
    c: type,
    p: payment,
    ...(result === null ? {} : { r: result }),
    ...(time === null ? {} : { t: time }),
  };
  const pairs = [...Object.entries(named), ['identifier', 'account'], ...others];
  const encode = (text = '') => encodeURIComponent(text.toWellFormed());
  return `/callbacks/resurs?${pairs.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&')}`;
}

/** Stores the callbacks that are valid, one after the other, as events of one payment. */
export function eventsOf(arriving: readonly Arriving[]): readonly StoredEvent[] {
  let previous: OrderedFact | null = null;
  return arriving.flatMap((one, index) => {
    const parsed = parseTarget(targetOf(one), '/callbacks/resurs');
    if (parsed.outcome !== 'parsed') return [];
    const { paymentKey, identity, ...event } = toEvent({ ...one, callback: parsed.callback }, DAY_MS);
    const order = viewAfter(previous, event);
    if (order !== null) previous = { type: event.type, order };
    return [
      {
        ...event,
        id: ID,
        sequence: index,
        receivedAt: new Date('2026-11-20T12:00:00Z'),
        order,
        snapshot: null,
        missed: null,
        erasedAt: null,
      },
    ];
  });
}

const mapiWords = {
  AUTHORIZATION: ['AUTHORIZED', 'CAPTURED', 'FROZEN', 'REJECTED', 'INSPECTION', 'CREDIT_APPROVED'],
  MANAGEMENT: ['CAPTURE', 'REFUND', 'CANCEL', 'MODIFY_ORDER'],
  CREDIT_APPLICATION: ['INSPECTION', 'CREDIT_APPROVED', 'ACCEPTED', 'REJECTED'],
} as const;
const amounts = fc.stringMatching(/^[0-9]{1,9}\.[0-9]{2,4}$/);
const snapshots = fc.oneof(
  fc.constant(null),
  fc.string().map(failedSnapshot),
  fc
    .record({
      readAt: fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('2100-01-01') }),
      state: fc.constantFrom(...PAYMENT_STATES),
      frozen: fc.boolean(),
      orderReference: fc.option(texts),
      statuses: fc.array(texts, { maxLength: 3 }),
      amounts: fc.option(
        fc.record({
          total: amounts,
          authorized: amounts,
          captured: amounts,
          refunded: amounts,
          annulled: amounts,
        }),
      ),
      rejectedReason: fc.option(texts),
    })
    .map(snapshotOf),
);
export const mapiCallbacks = fc.constantFrom(...MAPI_KINDS).chain((kind) =>
  fc.record({
    kind: fc.constant(kind),
    word: fc.oneof(fc.constantFrom(...mapiWords[kind]), fc.stringMatching(/^[A-Z_]{1,12}$/)),
    created: fc.oneof(fc.constant('2026-11-20T12:00:00.123456789Z'), values),
    more: fc.oneof(fc.constant({}), fc.dictionary(texts, values, { maxKeys: 2 })),
    order: fc.option(texts),
    snapshot: snapshots,
    verified: fc.record({
      digest: fc.constant(false),
      result: fc.boolean(),
      basicAuth: fc.constant(false),
      source: fc.boolean(),
      token: fc.boolean(),
      api: fc.boolean(),
    }),
  }),
);
type ArrivingMapi = typeof mapiCallbacks extends fc.Arbitrary<infer T> ? T : never;

/** Stores the callbacks of the Merchant API, one after the other, as events of one payment. */
export function mapiEventsOf(arriving: readonly ArrivingMapi[]): readonly StoredEvent[] {
  let previous: OrderedFact | null = null;
  return arriving.flatMap(({ kind, word, created, more, order, snapshot, verified }, index) => {
    const named = kind === 'CREDIT_APPLICATION' ? { applicationId: ID } : { paymentId: ID };
    const happened = kind === 'MANAGEMENT' ? { action: word, actionId: ID } : { status: word };
    const body = Buffer.from(JSON.stringify({ ...more, ...named, ...happened, created }));
    const parsed = parseMapiBody(body, null);
    if (parsed.outcome !== 'callback') return [];
    const arrival = { orderReference: order, parameters: {}, body, verified };
    const { paymentKey, identity, ...event } = toMapiEvent(parsed.callback, arrival, DAY_MS);
    const view = viewAfter(previous, event);
    if (view !== null) previous = { type: event.type, order: view };
    const stored = { id: ID, sequence: index, receivedAt: new Date('2026-11-20T12:00:00Z'), order: view };
    const kept = { snapshot: event.paymentId === null ? null : snapshot, missed: null, erasedAt: null };
    return [{ ...event, ...stored, ...kept }];
  });
}

/** What reconciliation may find of a payment, and whether its event was erased since. */
export const findings = fc.record({
  facts: fc.subarray(Object.keys(MISSED_MEANINGS).filter(isFact), { minLength: 1 }),
  state: fc.constantFrom(...PAYMENT_STATES),
  provider: fc.constantFrom('resurs-ecom', 'resurs-mapi'),
  isErased: fc.boolean(),
});
type Finding = typeof findings extends fc.Arbitrary<infer T> ? T : never;

/** Stores what reconciliation found, as the first event of a payment. */
export function foundEventOf({ facts, state, provider, isErased }: Finding): StoredEvent {
  const at = new Date('2026-11-20T12:00:00Z');
  const missed = { facts, actions: [] };
  const seen = { readAt: at, state, frozen: false, orderReference: '1001', statuses: [], rejectedReason: null };
  const payment = { ...seen, amounts: null };
  const fresh = toReconciledEvent({ provider, paymentId: ID, missed, payment, follows: null }, DAY_MS);
  const { paymentKey, identity, found, ...event } = fresh;
  const stored = { id: ID, sequence: 1, receivedAt: at, order: viewAfter(null, fresh), missed };
  return { ...event, ...stored, snapshot: isErased ? null : snapshotOf(payment), erasedAt: isErased ? at : null };
}
