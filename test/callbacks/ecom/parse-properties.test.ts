/**
 * Properties of every request target, not only of chosen ones: parsing never throws, a value survives its escapes, and
 * the order of a query changes nothing. fast-check prints the seed of a failure.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeText } from '../../../src/lib/request-target.ts';
import { matchCallbackPath } from '../../../src/protocol/url/callback-path.ts';
import { parseTarget } from '../../helpers/parse.ts';

const BASES = ['/cb', '/', '/a/b'];
const anyText = fc.string({ unit: 'binary' });
const latin1Text = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)) });
const part = fc.oneof(
  fc.constantFrom(
    '/cb',
    '/',
    '?',
    '&',
    '=',
    'amp;',
    '%',
    '%D6',
    '%2F',
    '+',
    '#',
    'c=TEST',
    'c=BOOKED',
    'p=1',
    'd=',
    't=1',
  ),
  fc.constantFrom('/test', '/param1', '/paymentId', '/digest', '/result', '/event', '//', '__proto__', 'http://h'),
  fc.constantFrom('c=PASSWORD_EXPIRATION', 'identifier=1', 'result=', '/identifier', '/lastReg'),
  latin1Text,
  anyText,
);
const target = fc.array(part, { maxLength: 12 }).map((parts) => parts.join(''));
/** An id that check 3 of the contract accepts. */
const paymentId = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
  .filter((id) => id !== '.' && id !== '..' && !/\p{Cc}/u.test(id));

function everyByteEscaped(text: string): string {
  return Buffer.from(text, 'utf8').reduce((out, byte) => `${out}%${byte.toString(16).padStart(2, '0')}`, '');
}

test('no target makes the parser throw, and every parsed callback is well-formed', () => {
  fc.assert(
    fc.property(target, fc.constantFrom(...BASES), (text, basePath) => {
      matchCallbackPath(text, BASES);
      for (const result of [parseTarget(text, basePath), parseTarget(basePath + text, basePath)]) {
        if (result.outcome !== 'parsed') continue;
        assert.match(result.callback.type, /^[A-Z0-9_.-]{1,64}$/);
        assert.equal(
          result.callback.paymentId === null,
          ['TEST', 'PASSWORD_EXPIRATION'].includes(result.callback.type),
        );
        assert.equal(result.callback.testParams.length, result.callback.type === 'TEST' ? 5 : 0);
      }
    }),
    { numRuns: 500 },
  );
});

test('a parsed target always lies on the path it was parsed for', () => {
  fc.assert(
    fc.property(target, fc.constantFrom(...BASES), (text, basePath) => {
      const result = parseTarget(basePath + text, basePath);

      assert.ok(
        result.outcome === 'unknown_path' || matchCallbackPath(basePath + text, [basePath])?.basePath === basePath,
      );
    }),
    { numRuns: 300 },
  );
});

test('an id survives its escapes in both forms', () => {
  fc.assert(
    fc.property(paymentId, (id) => {
      for (const escaped of [encodeURIComponent(id), everyByteEscaped(id)]) {
        for (const url of [`/cb?c=UPDATE&p=${escaped}&d=AB`, `/cb/update/paymentId/${escaped}/digest/AB`]) {
          const result = parseTarget(url, '/cb');

          assert.ok(result.outcome === 'parsed', url);
          assert.equal(result.callback.paymentId, id);
          assert.equal(result.callback.digest, 'AB');
        }
      }
    }),
  );
});

test('pairs mean the same in any order, with single or doubled slashes around their names', () => {
  const value = fc.string({ unit: 'grapheme', maxLength: 20 }).map((text) => `v${text}`);
  const slashes = fc.array(fc.constantFrom('/', '//', '///'), { minLength: 9, maxLength: 9 });
  const pairs = fc
    .tuple(
      paymentId.map((id) => `i${id}`),
      fc.constantFrom('event', 'TYPE', 'c'),
      value,
      value,
    )
    .map(([id, typeName, x, y]): [string, string][] => [
      [typeName, 'unfreeze'],
      ['paymentId', id],
      ['storeidentifier', x],
      ['Other', y],
    ])
    .chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })));

  fc.assert(
    fc.property(pairs, slashes, ([list, shuffled], between) => {
      const segments = shuffled.flatMap(([name, text]) => [name, encodeURIComponent(text)]);
      const url = `/cb${segments.map((segment, i) => `${between[i]}${segment}`).join('')}${between[8]}`;

      const result = parseTarget(`${url}?d=AB`, '/cb');

      assert.ok(result.outcome === 'parsed', url);
      const { type, paymentId, digest, parameters } = result.callback;
      assert.deepEqual([type, paymentId, digest], ['UNFREEZE', list[1]?.[1], 'AB'], url);
      assert.deepEqual(parameters, Object.fromEntries(list.slice(2)));
    }),
  );
});

test('an id in the path survives whatever constants follow it', () => {
  const trailing = ['digest/AB', 'result/x', 'lastReg/2', 'scopeType/stores', 'scopeId/3'];
  const plainId = paymentId.filter((id) => !/^\/|\/$/.test(id));
  const ends = fc.shuffledSubarray(trailing, { minLength: 1 });

  fc.assert(
    fc.property(plainId, ends, fc.constantFrom('', '/', '//'), (id, pairs, end) => {
      const written = id.split('/').map(encodeURIComponent).join('/');
      const result = parseTarget(`/cb/unfreeze/paymentId/${written}/${pairs.join('/')}${end}`, '/cb');

      assert.ok(result.outcome === 'parsed');
      assert.equal(result.callback.paymentId, id);
      assert.equal(result.callback.digest, pairs.includes('digest/AB') ? 'AB' : null);
    }),
  );
});

test('text that is not UTF-8 is decoded byte by byte, and its bytes are kept', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 20 }), (bytes) => {
      const escaped = [...bytes].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
      const raw = Buffer.from(bytes).toString('latin1');

      const { text, bytes: kept } = decodeText(escaped);

      assert.deepEqual([...(kept ?? Buffer.from(text, 'utf8'))], [...bytes]);
      assert.ok(kept === null || [...text].length === bytes.length);
      assert.ok(raw.includes('%') || decodeText(raw).text === text);
    }),
  );
});

test('other parameters survive with name and value', () => {
  const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).map((text) => `x-${text}`);
  const parameters = fc.uniqueArray(
    fc.tuple(
      name,
      anyText.filter((text) => text.isWellFormed()),
    ),
    {
      selector: ([key]) => key.toLowerCase(),
      maxLength: 6,
    },
  );

  fc.assert(
    fc.property(parameters, (pairs) => {
      const query = pairs.map(([key, value]) => `&${encodeURIComponent(key)}=${encodeURIComponent(value)}`).join('');

      const result = parseTarget(`/cb?c=UPDATE&p=1${query}`, '/cb');

      assert.ok(result.outcome === 'parsed');
      assert.deepEqual(result.callback.parameters, Object.fromEntries(pairs));
    }),
  );
});

test('the order of a query, amp; and repeats of what is read change nothing', () => {
  const pairs = ['c=UPDATE', 'p=1', 'd=AB', 't=17', 'r=x'];
  const spelled = fc.shuffledSubarray(
    [...pairs, ...pairs].map((pair, i) => (i < pairs.length ? pair : `amp;${pair}`)),
    { minLength: pairs.length, maxLength: 2 * pairs.length },
  );
  const straight = parseTarget(`/cb?${pairs.join('&')}`, '/cb');

  fc.assert(
    fc.property(spelled, (query) => {
      fc.pre(pairs.every((pair) => query.includes(pair) || query.includes(`amp;${pair}`)));

      assert.deepEqual(parseTarget(`/cb?${query.join('&')}`, '/cb'), straight);
    }),
  );
});
