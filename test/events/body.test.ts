/**
 * How a callback's body is rendered: as JSON when every parser reads it alike, else as text or base64 with the reason.
 * The reason tells an operator why `body` is null. Pure.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bodyFields, readBodyContent } from '../../src/events/body.ts';

const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);

test('a callback without a body has null', () => {
  assert.equal(bodyFields(null), '"body":null');
});

for (const text of ['{}', '[]', 'null', '0', '"x"', ' {"a" : 1.0} ', '{"a":1,"A":2}', nested(64), '"\u{1f600}"']) {
  test(`${text.slice(0, 20)} is passed on unchanged`, () => {
    assert.equal(bodyFields(Buffer.from(text)), `"body":${text}`);
  });
}

for (const [name, text, error] of [
  ['a text that is not JSON', 'c=UPDATE', 'not valid JSON'],
  ['an empty text', ' ', 'not valid JSON'],
  ['a broken text with a byte order mark', '\ufeff{', 'not valid JSON'],
  ['65 levels', nested(65), 'more than 64 levels deep'],
  ['a NUL escape', '{"a":"\\u0000"}', 'NUL escape'],
  ['a lone surrogate', '["\\ud800"]', 'lone surrogate'],
  ['a duplicate key', '{"a":1,"\\u0061":2}', 'duplicate key'],
] as const) {
  test(`${name} is rendered as text with the reason`, () => {
    const fields = JSON.parse(`{${bodyFields(Buffer.from(text))}}`);

    assert.deepEqual(fields, { body: null, bodyText: text, bodyError: error });
  });
}

test('a body that is not UTF-8 is rendered as base64 with the reason', () => {
  const bytes = Buffer.from('{"name":"Åsa"}', 'latin1');

  const fields = JSON.parse(`{${bodyFields(bytes)}}`);

  assert.deepEqual(fields, { body: null, bodyBase64: bytes.toString('base64'), bodyError: 'not UTF-8' });
});

test('a body of brackets up to the size limit of a callback is rendered quickly', () => {
  const deep = Buffer.from(nested(131_072));

  assert.equal(readBodyContent(deep).outcome, 'text');
});

test('no bytes make it throw, and the fields are always JSON', () => {
  const pieces = fc.constantFrom('{', '}', '[', ']', '"', '\\', ':', ',', 'a', '1', '\\u0000', '\ud83d', '\ufeff', ' ');
  const texts = fc.array(pieces, { maxLength: 12 }).map((parts) => Buffer.from(parts.join('')));
  fc.assert(
    fc.property(fc.oneof(texts, fc.uint8Array().map(Buffer.from)), (body) => {
      assert.doesNotThrow(() => JSON.parse(`{${bodyFields(body)}}`));
    }),
  );
});
