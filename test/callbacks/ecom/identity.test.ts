/**
 * Which callbacks have the same identity, row by row of the contract's table. Too narrow an identity notifies the
 * merchant twice; too wide a one loses an event. Pure; the store that applies the keys is tested elsewhere.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { identityOf } from '../../../src/callbacks/ecom/identity.ts';
import { paymentKeyOf } from '../../../src/events/payment-key.ts';
import { callback, identity, WINDOW_MS } from '../../helpers/identities.ts';

const LINES = '{"addedPaymentSpecificationLines":[{"id":"7","totalAmount":25.0}]}';

test('a BOOKED without lines has the identity of the bare BOOKED', () => {
  const bare = { key: 'BOOKED', aliasKey: null, windowMs: WINDOW_MS, endedKeys: [] };

  const bodies = [
    ' { "addedPaymentSpecificationLines" : [ ] } ',
    '{"addedPaymentSpecificationLines":null}',
    '{"a":[],"\\"b":[],"a":[]}',
    '{"a":null,"b":[],"c":null}',
    ...['[]', '{}', 'null', ' null\n', '', ' ', '\r\n\t'],
  ];
  for (const body of [null, ...bodies.flatMap((text) => [text, `\ufeff${text}`])]) {
    assert.deepEqual(identity('BOOKED', body), bare, JSON.stringify(body));
  }
});

test('a BOOKED with any other body is identified by it, with the bare BOOKED as its alias', () => {
  const bodies = [
    LINES,
    '[[]]',
    '{"a":[],"b":{}}',
    '{"a":[],"b":""}',
    '{"a":[1],"a":[]}',
    '[null]',
    '{"a":[null]}',
    '{"a":0}',
    '{"a":false}',
    'nulls',
    '""',
    '{',
    '\0',
  ];

  const identities = bodies.map((body) => identity('BOOKED', body));

  assert.equal(new Set(identities.map(({ key }) => key)).size, bodies.length);
  for (const { key, aliasKey, windowMs } of identities) {
    assert.match(key, /^BOOKED:[0-9a-f]{64}$/);
    assert.equal(aliasKey, 'BOOKED');
    assert.equal(windowMs, WINDOW_MS);
  }
});

test('an UPDATE is identified by its body, and one without a body is the same for a minute', () => {
  const withBody = identity('UPDATE', '{"paymentDiff":{"type":"DEBIT","created":1}}');

  assert.deepEqual(identity('UPDATE'), { key: 'UPDATE', aliasKey: null, windowMs: 60_000, endedKeys: [] });
  assert.match(withBody.key, /^UPDATE:/);
  assert.equal(withBody.windowMs, WINDOW_MS);
  assert.equal(withBody.aliasKey, null);
  assert.deepEqual(identity('UPDATE', '{"paymentDiff": {"created": 1, "type": "DEBIT"}}'), withBody);
  assert.notEqual(identity('UPDATE', '{"paymentDiff":{"type":"DEBIT","created":2}}').key, withBody.key);
});

test('numbers and strings of a body are compared as written', () => {
  assert.notEqual(identity('UPDATE', '[1.0]').key, identity('UPDATE', '[1]').key);
  assert.notEqual(identity('UPDATE', '["a"]').key, identity('UPDATE', '["\\u0061"]').key);
});

test('a body that is no JSON is compared byte for byte', () => {
  const latin1 = Buffer.from('{"a":"\u00d6"}', 'latin1');

  assert.equal(identity('UPDATE', latin1).key, identity('UPDATE', Buffer.from(latin1)).key);
  assert.notEqual(identity('UPDATE', latin1).key, identity('UPDATE', '{"a":"\u00d6"}').key);
  assert.notEqual(identity('UPDATE', '{a}').key, identity('UPDATE', '{a} ').key);
});

test('AUTOMATIC_FRAUD_CONTROL is identified by its result alone', () => {
  const results = [null, 'FROZEN', 'THAWED', 'frozen', 'null', 'a\0', 'a\uFFFD'];

  const keys = results.map((result) => identity('AUTOMATIC_FRAUD_CONTROL', null, { result }).key);

  assert.equal(new Set(keys).size, results.length);
  assert.equal(identity('AUTOMATIC_FRAUD_CONTROL', '{}', { result: 'FROZEN', parameters: { x: 'y' } }).key, keys[1]);
});

test('UNFREEZE, ANNULMENT and FINALIZATION are the same whatever else they carry', () => {
  for (const type of ['UNFREEZE', 'ANNULMENT', 'FINALIZATION']) {
    const bare = identity(type);

    assert.deepEqual([bare.key, bare.aliasKey, bare.windowMs], [type, null, WINDOW_MS]);
    assert.deepEqual(identity(type, '{"a":1}', { result: 'x', parameters: { y: 'z' } }), bare);
  }
});

test('TEST is identified by its five values and is the same for a minute', () => {
  const one = callback('TEST', { paymentId: null, testParams: ['a', 'b', '', '', ''] });
  const shifted = callback('TEST', { paymentId: null, testParams: ['ab', '', '', '', ''] });

  assert.deepEqual(identityOf(one, { body: null, isResultProven: true }, WINDOW_MS), {
    key: 'TEST',
    aliasKey: null,
    windowMs: 60_000,
    endedKeys: [],
  });
  assert.ok(paymentKeyOf(one).startsWith('\u0001TEST:'));
  assert.notEqual(paymentKeyOf(shifted), paymentKeyOf(one));
  assert.equal(paymentKeyOf(callback('BOOKED', { paymentId: 'TEST:1' })), 'TEST:1');
});

test('any other type is identified by parameters, result and body', () => {
  const base = identity('FRAUD', '{"a":1,"b":2}', { result: 'r', parameters: { x: '1', Y: '2' } });
  const same = { x: '1', ts: '9', T: 'soon' };
  const spelled = identity('FRAUD', '{"b":2, "a":1}', { result: 'r', parameters: { y: '2', ...same }, digest: 'AB' });

  assert.deepEqual(spelled, base);
  assert.equal(base.windowMs, WINDOW_MS);
  for (const other of [
    identity('FRAUD2', '{"a":1,"b":2}', { result: 'r', parameters: { x: '1', Y: '2' } }),
    identity('FRAUD', '{"a":1}', { result: 'r', parameters: { x: '1', Y: '2' } }),
    identity('FRAUD', null, { result: 'r', parameters: { x: '1', Y: '2' } }),
    identity('FRAUD', '{"a":1,"b":2}', { parameters: { x: '1', Y: '2' } }),
    identity('FRAUD', '{"a":1,"b":2}', { result: 'r', parameters: { x: '1', Y: '3' } }),
    identity('FRAUD', '{"a":1,"b":2}', { result: 'r', parameters: { x: '1' } }),
  ]) {
    assert.notEqual(other.key, base.key);
  }
});

test('two facts share a key only if type, result, parameters and body are equal', () => {
  // Few values, so that equal facts occur too; no body is JSON, because its spelling would not count.
  const text = fc.string({ unit: fc.constantFrom('"', ',', '\0', 'null', 'ö'), maxLength: 2 });
  const members = {
    type: fc.constantFrom('FRAUD', 'REFUND'),
    result: fc.option(text),
    parameters: fc.dictionary(fc.constantFrom('a', 'b', 'ab'), text, { noNullPrototype: true }),
    body: fc.option(text.map((content) => `{${content}`)),
  };
  // Objects without a prototype would not be equal to others.
  const fact = fc.record(members, { noNullPrototype: true });

  fc.assert(
    fc.property(fact, fact, (one, other) => {
      const [a, b] = [one, other].map(({ type, body, ...rest }) => identity(type, body, rest).key);

      assert.equal(a === b, isDeepStrictEqual(one, other));
    }),
    { numRuns: 500 },
  );
});

test('order and case of parameter names make no difference', () => {
  const pairs = fc.uniqueArray(fc.tuple(fc.string({ maxLength: 8 }), fc.string({ maxLength: 8 })), {
    selector: ([name]) => name.toLowerCase(),
    maxLength: 8,
  });
  const shuffled = pairs.chain((list) =>
    fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
  );

  fc.assert(
    fc.property(shuffled, ([list, other]) => {
      const lower = other.map(([name, value]): [string, string] => [name.toLowerCase(), value]);

      assert.deepEqual(
        identity('FRAUD', null, { parameters: Object.fromEntries(list) }),
        identity('FRAUD', null, { parameters: Object.fromEntries(lower) }),
      );
    }),
  );
});

test('no body makes identityOf throw', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.json().map((text) => Buffer.from(text)),
  );

  fc.assert(
    fc.property(fc.constantFrom('BOOKED', 'UPDATE', 'TEST', 'OTHER', '__PROTO__'), bytes, (type, body) => {
      const { key } = identity(type, Buffer.from(body));

      assert.ok(key === type || key.startsWith(`${type}:`));
    }),
  );
});
