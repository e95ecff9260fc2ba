/** JSON with its numbers as they were written, and single members of it. Pure. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { JsonNumber, parseExactJson } from '../../src/lib/exact-json.ts';
import { field, listField, matchingField, textField } from '../../src/lib/json-fields.ts';

test('numbers keep their text, wherever they stand', () => {
  const parsed = parseExactJson('{"a": [1.10, {"b": 1e2}], "c": 9007199254740993, "d": -0, "e": "1"}');

  const texts = JSON.stringify(parsed, (_, value) => (value instanceof JsonNumber ? `#${value.text}` : value));
  assert.equal(texts, '{"a":["#1.10",{"b":"#1e2"}],"c":"#9007199254740993","d":"#-0","e":"1"}');
});

test('all JSON is parsed as JSON.parse does it, but for the numbers', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      const unwrap = (_: string, value: unknown) => (value instanceof JsonNumber ? Number(value.text) : value);
      assert.equal(JSON.stringify(parseExactJson(text), unwrap), JSON.stringify(JSON.parse(text)));
    }),
  );
});

test('what is no JSON is undefined, and nothing that is nested deeply throws', () => {
  for (const text of ['', '{', 'undefined', '{"a": 01}', '['.repeat(1_000_000)]) {
    assert.equal(parseExactJson(text), undefined, text.slice(0, 10));
  }
  assert.doesNotThrow(() => parseExactJson(`${'['.repeat(100_000)}${']'.repeat(100_000)}`));
});

test('members are read from objects alone, and only their own', () => {
  const parsed = parseExactJson('{"a": "x", "n": 7, "l": [1], "e": "", "__proto__": {"p": "y"}}');

  assert.deepEqual([textField(parsed, 'a'), textField(parsed, 'n'), textField(parsed, 'e')], ['x', null, null]);
  assert.deepEqual(
    [field(parsed, 'toString'), field(parsed, 'p'), field([1], '0'), field(new JsonNumber('7'), 'text')],
    Array(4).fill(undefined),
  );
  assert.deepEqual(
    [listField(parsed, 'l').length, listField(parsed, 'a').length, listField(null, 'l').length],
    [1, 0, 0],
  );
  assert.deepEqual([matchingField(parsed, 'a', /^x$/), matchingField(parsed, 'a', /^y$/)], ['x', null]);
  assert.equal(matchingField({ a: '\ud800' }, 'a', /^.*$/), null);
});
