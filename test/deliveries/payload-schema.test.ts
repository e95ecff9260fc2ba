/**
 * The schema of the payload holds for what the receiver sends: whatever callback arrives, its payload is valid, and has no
 * member and no word that the schema does not name. A copy of the schema accepts the events of later versions. Pure.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ajv2020, type Schema } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import fc from 'fast-check';
import { toEvent } from '../../src/callbacks/ecom/to-event.ts';
import { renderPayload } from '../../src/deliveries/payload.ts';
import { EventPayload } from '../../src/deliveries/payload-schema.ts';
import { EVENT_TYPES } from '../../src/deliveries/payload-words.ts';
import type { StoredEvent } from '../../src/events/event.ts';
import { type OrderedFact, viewAfter } from '../../src/events/order-state.ts';
import { parseTarget } from '../helpers/parse.ts';

const DAY_MS = 86_400_000;
const ID = '01a1fbe2-aa83-722d-802d-0b88d952979c';

/** Compiles a schema as strictly as a shop may. */
function validator(schema: Schema): (value: unknown) => readonly string[] {
  const ajv = new Ajv2020({ strict: true, allErrors: true });
  formats.default(ajv);
  const validate = ajv.compile(schema);
  return (value) => {
    if (validate(value)) return [];
    return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  };
}

/** The schema without room for more: other members are refused, and other words, but for the kinds, which Resurs chooses. */
function closed(schema: unknown, title?: string): unknown {
  if (Array.isArray(schema)) return schema.map((item) => closed(item));
  if (typeof schema !== 'object' || schema === null) return schema;
  const own = 'title' in schema ? String(schema.title) : title;
  return Object.fromEntries(
    Object.entries(schema).map(([name, value]) => {
      if (name === 'additionalProperties' && value === true) return [name, false];
      const isWords = name === 'anyOf' && own !== undefined && own !== 'ChangeKind';
      return [name, isWords ? value.filter((word: object) => 'const' in word) : closed(value)];
    }),
  );
}

const open = validator(EventPayload);
const exact = validator(closed(EventPayload) as Schema);

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
const callbacks = fc.record({
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
function eventsOf(arriving: readonly Arriving[]): readonly StoredEvent[] {
  let previous: OrderedFact | null = null;
  return arriving.flatMap((one, index) => {
    const parsed = parseTarget(targetOf(one), '/callbacks/resurs');
    if (parsed.outcome !== 'parsed') return [];
    const { paymentKey, identity, ...event } = toEvent({ ...one, callback: parsed.callback }, DAY_MS);
    const order = viewAfter(previous, event);
    if (order !== null) previous = { type: event.type, order };
    return [{ ...event, id: ID, sequence: index, receivedAt: new Date('2026-11-20T12:00:00Z'), order, snapshot: null }];
  });
}

test('whatever callback arrives, its payload is valid and has nothing that the schema does not name', () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(
      fc.array(callbacks, { minLength: 1, maxLength: 6 }),
      fc.constantFrom('test', 'production'),
      (all, env) => {
        for (const event of eventsOf(all)) {
          const payload = JSON.parse(renderPayload(event, env).toString());

          assert.deepEqual([open(payload), exact(payload)], [[], []], JSON.stringify(payload));
          for (const name of [event.type, ...Object.keys(payload.data)]) seen.add(name);
        }
      },
    ),
    { numRuns: 400 },
  );
  const described = [...Object.keys(EVENT_TYPES), ...Object.keys(EventPayload.properties.data.properties)];
  assert.deepEqual([...seen].sort(), described.sort());
});

const SAMPLE = {
  id: `evt_${ID}`,
  type: 'payment.unfrozen',
  timestamp: '2026-11-20T12:00:00.000Z',
  environment: 'test',
  data: {
    sequence: 1,
    provider: 'resurs-ecom',
    callback: 'UNFREEZE',
    paymentId: '1',
    orderReference: '1',
    order: { state: 'may_ship', certain: true, earlier: ['booked'] },
    result: null,
    method: 'GET',
    registeredAt: null,
    receivedAt: '2026-11-20T12:00:00.000Z',
    parameters: {},
    body: null,
    verified: { digest: true, result: true, basicAuth: false, source: false, token: false, api: false },
  },
};

test('a copy of the schema accepts later members and words', () => {
  const { data } = SAMPLE;
  const later = {
    ...SAMPLE,
    type: 'payment.disputed',
    environment: 'staging',
    version: 2,
    data: {
      ...data,
      provider: 'resurs-next',
      order: { ...data.order, state: 'partly_paid', earlier: ['disputed'], reason: 'x' },
      verified: { ...data.verified, signature: true },
      dispute: { state: 'open' },
    },
  };

  assert.deepEqual(open(later), []);
  assert.notDeepEqual(exact(later), []);
});

test('what a later version must not change is refused', () => {
  const { data } = SAMPLE;
  const { paymentId: _, ...withoutPayment } = data;
  assert.deepEqual([open(SAMPLE), exact(SAMPLE)], [[], []]);
  for (const changed of [
    { ...SAMPLE, id: '1' },
    { ...SAMPLE, type: null },
    { ...SAMPLE, timestamp: 'today' },
    { ...SAMPLE, data: withoutPayment },
    { ...SAMPLE, data: { ...data, sequence: '1' } },
    { ...SAMPLE, data: { ...data, order: { ...data.order, certain: 'yes' } } },
    { ...SAMPLE, data: { ...data, order: { ...data.order, state: null } } },
    { ...SAMPLE, data: { ...data, parameters: { a: 1 } } },
    { ...SAMPLE, data: { ...data, registeredAt: 0 } },
  ]) {
    assert.equal(open(changed).length > 0, true, JSON.stringify(changed));
  }
});
