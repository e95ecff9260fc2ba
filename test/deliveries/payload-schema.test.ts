/**
 * The schema of the payload holds for what the receiver sends: whatever callback arrives, its payload is valid, and has no
 * member and no word that the schema does not name. A copy of the schema accepts the events of later versions. Pure.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ajv2020, type Schema } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import fc from 'fast-check';
import { renderPayload } from '../../src/deliveries/payload.ts';
import { EventPayload } from '../../src/deliveries/payload-schema.ts';
import { EVENT_TYPES } from '../../src/deliveries/payload-words.ts';
import { callbacks, eventsOf, findings, foundEventOf, ID, mapiCallbacks, mapiEventsOf } from './any-callbacks.ts';

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

test('whatever callback arrives, its payload is valid and has nothing that the schema does not name', () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(
      fc.array(callbacks, { minLength: 1, maxLength: 6 }),
      fc.array(mapiCallbacks, { maxLength: 6 }),
      fc.array(findings, { maxLength: 2 }),
      fc.constantFrom('test', 'production'),
      (all, allMapi, allFound, env) => {
        for (const event of [...eventsOf(all), ...mapiEventsOf(allMapi), ...allFound.map(foundEventOf)]) {
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
