/**
 * Which bodies are equal as JSON, and which may be embedded unchanged in the webhook payload. A mistake is either a
 * lost event or a document that the merchant cannot parse. Pure; nothing is replaced.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalJson, whyUnsafeJson } from '../../src/lib/json.ts';

const KIB = 1024;

function canonical(text: string): string {
  return canonicalJson(text) ?? assert.fail(`not JSON: ${text}`);
}

/** Renders a value with the members of its objects in reverse order and white space between all tokens. */
function rewritten(value: unknown, space: string): string {
  const list = (parts: string[]) => parts.join(`${space},${space}`);
  if (Array.isArray(value)) return `[${space}${list(value.map((item) => rewritten(item, space)))}${space}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const members = Object.entries(value).reverse();
  return `{${list(members.map(([key, item]) => `${space}${JSON.stringify(key)}${space}:${rewritten(item, space)}`))}}`;
}

test('keys are sorted, white space is removed, and the rest stays as written', () => {
  for (const [text, expected] of [
    ['{ "b" : [ 1 , 2.50 ,\t-0 ] ,\r\n "a" : { } }', '{"a":{},"b":[1,2.50,-0]}'],
    ['[1.0, 1, 1e2, 100000000000000000001]', '[1.0,1,1e2,100000000000000000001]'],
    ['"\\u0061 \\" b"', '"\\u0061 \\" b"'],
    ['{"a":"x , [ y","\\"":[true,false,null]}', '{"\\"":[true,false,null],"a":"x , [ y"}'],
    [' 17 ', '17'],
    ['{"z":{"b":1,"a":2},"y":[{"d":1,"c":2}]}', '{"y":[{"c":2,"d":1}],"z":{"a":2,"b":1}}'],
    ['{"2":0,"10":0,"__proto__":0}', '{"10":0,"2":0,"__proto__":0}'],
  ] as const) {
    assert.equal(canonical(text), expected);
    assert.equal(whyUnsafeJson(text), null);
  }
});

test('a text that is not JSON is recognised', () => {
  for (const text of ['', ' ', '{', '{"a":1,}', "{'a':1}", '01', 'NaN', '[1] 2', '"\n"', '\ufeff{}', '"\\x"']) {
    assert.equal(canonicalJson(text), null, text);
    assert.equal(whyUnsafeJson(text), 'not valid JSON', text);
  }
});

test('a text that parsers may interpret differently is unsafe and still JSON', () => {
  for (const [text, expected] of [
    ['{"a":1,"a":1}', 'duplicate key'],
    ['{"\\u0061":2,"a":1}', 'duplicate key'],
    ['[{"b":{"a":1,"c":2,"a":3}}]', 'duplicate key'],
    ['["\\u0000"]', 'NUL escape'],
    ['{"x\\u0000":1}', 'NUL escape'],
    ['["\\ud800"]', 'lone surrogate'],
    ['{"\\udc00\\ud800":1}', 'lone surrogate'],
  ] as const) {
    assert.equal(whyUnsafeJson(text), expected, text);
    assert.notEqual(canonicalJson(text), null, text);
  }
});

test('all members with the same key are kept, in their order', () => {
  assert.equal(canonical('{"b":0,"a":1,"c":2,"a":3,"a":1}'), '{"a":1,"a":3,"a":1,"b":0,"c":2}');
});

test('texts that only look unsafe are safe', () => {
  for (const text of [
    '["\\\\u0000","\\ud83d\\udc1f","\\\\ud800"]',
    '{"a":{"a":1},"b":["a","a"],"c":"a"}',
    '[{"a":1},{"a":1}]',
  ]) {
    assert.equal(whyUnsafeJson(text), null, text);
  }
});

test('64 levels are safe and 65 are not', () => {
  assert.equal(whyUnsafeJson('['.repeat(64) + ']'.repeat(64)), null);
  assert.equal(whyUnsafeJson('['.repeat(65) + ']'.repeat(65)), 'more than 64 levels deep');
  assert.equal(whyUnsafeJson(`${'{"a":['.repeat(32)}1${']}'.repeat(32)}`), null);
  assert.equal(whyUnsafeJson(`${'{"a":['.repeat(32)}{}${']}'.repeat(32)}`), 'more than 64 levels deep');
});

const LARGE = {
  'open brackets': '['.repeat(256 * KIB),
  'nested lists': '['.repeat(128 * KIB) + ']'.repeat(128 * KIB),
  'nested objects': `${'{"":'.repeat(50 * KIB)}1${'}'.repeat(50 * KIB)}`,
  'nested lists with a second item': `${'['.repeat(64 * KIB)}1${',1]'.repeat(64 * KIB)}`,
  'escapes in one string': `"${'\\"'.repeat(128 * KIB - 1)}"`,
  'one number': '1'.repeat(256 * KIB),
  'many members': `{${Array.from({ length: 20 * KIB }, (_, i) => `"k${i}":${i}`).join(',')}}`,
};

for (const [name, text] of Object.entries(LARGE)) {
  test(`a body of the maximum size takes less than 5 s of processor time: ${name}`, { timeout: 100_000 }, () => {
    const before = process.cpuUsage();

    const json = canonicalJson(text);
    whyUnsafeJson(text);

    if (json !== null) assert.equal(Buffer.byteLength(json), text.length);
    // A linear parser takes far less than a second; a quadratic one takes minutes.
    const { user, system } = process.cpuUsage(before);
    assert.ok(user + system < 5_000_000);
  });
}

test('no text makes it throw', () => {
  const token = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"a"',
    '"',
    '\\',
    '1',
    'null',
    ' ',
    '\\u0000',
    '"\\ud800"',
  );
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(token, { maxLength: 20 }).map((tokens) => tokens.join('')),
  );

  fc.assert(
    fc.property(text, (input) => {
      assert.equal(canonicalJson(input) !== null, isJson(input));
      assert.equal(whyUnsafeJson(input) === 'not valid JSON', !isJson(input));
    }),
    { numRuns: 500 },
  );
});

test('key order and white space do not change the canonical text', () => {
  const space = fc.string({ unit: fc.constantFrom(' ', '\t', '\n', '\r'), maxLength: 3 });

  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), space, (value, blank) => {
      const text = JSON.stringify(value);

      assert.equal(canonical(rewritten(value, blank)), canonical(text));
      assert.equal(canonical(canonical(text)), canonical(text));
    }),
  );
});

test('different values have different canonical texts, and a canonical text keeps its value', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
      const [one, other] = [JSON.stringify(a), JSON.stringify(b)];

      assert.deepEqual(JSON.parse(canonical(one)), JSON.parse(one));
      assert.equal(canonical(one) === canonical(other), canonical(rewritten(a, '')) === canonical(rewritten(b, '')));
      if (canonical(one) === canonical(other)) assert.deepEqual(JSON.parse(one), JSON.parse(other));
    }),
  );
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
