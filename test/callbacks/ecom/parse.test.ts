/**
 * The meaning of a callback URL, in every spelling that Resurs' documentation and the shop plugins registered over the
 * years. An operator who takes over old registrations relies on it: a spelling that is not parsed is a lost callback.
 * Pure functions over the raw request target; nothing is replaced.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matchCallbackPath } from '../../../src/callbacks/callback-target.ts';
import type { Callback } from '../../../src/protocol/ecom/callback.ts';
import { parseTarget } from '../../helpers/parse.ts';

const BASE = '/callbacks/resurs';
const SHA1 = 'C60345B6E58FD0B363FD2904A39EBB03442CF778';

function parsed(target: string, basePath = BASE): Callback {
  const result = parseTarget(target, basePath);
  assert.equal(result.outcome, 'parsed', JSON.stringify(result));
  return result.outcome === 'parsed' ? result.callback : assert.fail();
}

test('the query form gives type, time, payment and digest', () => {
  const callback = parsed(`${BASE}?c=UNFREEZE&t=1700000000&p=10000016&d=${SHA1}`);

  assert.deepEqual(callback, {
    type: 'UNFREEZE',
    paymentId: '10000016',
    accountId: null,
    result: null,
    digest: SHA1,
    registrationTime: '1700000000',
    testParams: [],
    signedBytes: null,
    parameters: {},
  });
});

test('the pair form gives the same callback as the query form', () => {
  const query = parsed(`${BASE}?c=update&p=10000016&d=${SHA1}&r=x`);

  assert.deepEqual(parsed(`${BASE}/update/paymentId/10000016/digest/${SHA1}/result/x`), query);
  assert.deepEqual(parsed(`${BASE}/UPDATE/PAYMENTID/10000016/Result/x/DIGEST/${SHA1}/`), query);
});

const DOCUMENTED: { name: string; target: string; basePath: string; expected: Partial<Callback> }[] = [
  {
    name: "Resurs' own example with orderId and status",
    target: '/Resursbank.aspx?orderId=lePayment&status=UNFREEZE&partnerId=Resursbank&digest=ED33',
    basePath: '/Resursbank.aspx',
    expected: {
      type: 'UNFREEZE',
      paymentId: 'lePayment',
      digest: 'ED33',
      parameters: { partnerId: 'Resursbank' },
    },
  },
  {
    name: 'WooCommerce plugin with pretty links',
    target: '/wc-api/ResursDefault/?c=BOOKED&t=1660000000&p=77&d=AB',
    basePath: '/wc-api/ResursDefault',
    expected: { type: 'BOOKED', paymentId: '77', digest: 'AB', registrationTime: '1660000000', parameters: {} },
  },
  {
    name: 'WooCommerce plugin with plain links',
    target: '/?wc-api=ResursDefault&c=BOOKED&t=1660000000&p=77&d=AB',
    basePath: '/',
    expected: { type: 'BOOKED', paymentId: '77', parameters: { 'wc-api': 'ResursDefault' } },
  },
  {
    name: 'older WooCommerce plugin, its ts being no registration time',
    target: '/?wc-api=WC_Resurs_Bank&event-type=UPDATE&paymentId=77&digest=AB&env=test&ts=2211201530',
    basePath: '/',
    expected: {
      type: 'UPDATE',
      paymentId: '77',
      digest: 'AB',
      registrationTime: null,
      parameters: { 'wc-api': 'WC_Resurs_Bank', env: 'test', ts: '2211201530' },
    },
  },
  {
    name: 'names that begin with amp;',
    target: '/cb?event-type=UPDATE&amp;paymentId=77&amp;digest=AB&amp;amp;t=17',
    basePath: '/cb',
    expected: { type: 'UPDATE', paymentId: '77', digest: 'AB', registrationTime: '17', parameters: {} },
  },
  {
    name: 'Magento path',
    target: '/rest/V1/resursbank/callback/unfreeze/paymentId/000000077/digest/AB',
    basePath: '/rest/V1/resursbank/callback',
    expected: { type: 'UNFREEZE', paymentId: '000000077', digest: 'AB' },
  },
  {
    name: 'a type in the path and the rest in the query',
    target: '/cb/automatic_fraud_control/?paymentId=77&result=FROZEN&digest=AB',
    basePath: '/cb',
    expected: { type: 'AUTOMATIC_FRAUD_CONTROL', paymentId: '77', result: 'FROZEN', digest: 'AB' },
  },
];

for (const { name, target, basePath, expected } of DOCUMENTED) {
  test(`the documented URL is parsed: ${name}`, () => {
    const callback = parsed(target, basePath);

    assert.deepEqual({ ...callback, ...expected }, callback);
  });
}

test('TEST carries five values under any of their names and nothing else', () => {
  const parameters = { param1: 'a', param2: 'b', param3: '', param4: 'd', param5: 'e' };

  for (const target of [
    '?c=TEST&param1=a&param2=b&param3=&param4=d&param5=e&x=1&p=9',
    '?c=test&prm1=a&PRM2=b&prm4=d&prm5=e&thisRandomValue=1',
    '?c=TEST&ignore1=a&ignore2=b&ignore3=&ignore4=d&ignore5=e',
    '?c=TEST&param1=&prm1=a&param2=b&ignore2=c&param4=d&param5=e',
    '/test/param1/a/param2/b/param3//param4/d/param5/e',
    '/test/prm1/a/ignore2/b/param4/d/param5/e/?x=1',
    '?c=TEST&par1=a&par2=b&par3=&par4=d&PAR5=e',
    '/test/param2/b/param1/a/param5/e/param4/d',
    '//test//par1//a/par2/b//param3//param4/d/param5/e/',
    '/event/test/param1/a/param2/b/param3//param4/d/param5/e/digest/?x=1',
    '/test?param1=a&param2=b&param4=d&param5=e',
  ]) {
    const callback = parsed(BASE + target);

    assert.deepEqual(callback.parameters, parameters, target);
    assert.deepEqual(callback.testParams, ['a', 'b', '', 'd', 'e'], target);
    assert.equal(callback.paymentId, null, target);
  }
});

test('TEST in pair form may end in a digest, and its values may be any word', () => {
  const callback = parsed(`${BASE}/test/param1/digest/param2/result/param3/x/param4//param5/a%2Fb/digest/AB/`);

  assert.deepEqual(callback.testParams, ['digest', 'result', 'x', '', 'a/b']);
  assert.equal(callback.digest, 'AB');
});

test('an id in the path keeps its slashes and is decoded once', () => {
  for (const [path, paymentId] of [
    ['a/b/digest/AB', 'a/b'],
    ['a%2Fb/digest/AB', 'a/b'],
    ['a%252Fb/digest/AB', 'a%2Fb'],
    ['a//b/digest/AB', 'a//b'],
    ['a//b//digest//AB//', 'a//b'],
    ['/a/digest/AB', 'a'],
    ['a+b/digest/AB', 'a+b'],
    ['digest/digest/AB', 'digest'],
    ['a/digest/b/digest/AB', 'a/digest/b'],
    ['a%2Fdigest%2Fb/digest/AB', 'a/digest/b'],
  ]) {
    const callback = parsed(`${BASE}/unfreeze/paymentId/${path}`);

    assert.equal(callback.paymentId, paymentId);
    assert.equal(callback.digest, 'AB');
  }
});

test('a plus sign in the query is a space', () => {
  assert.equal(parsed(`${BASE}?c=BOOKED&p=a+b%2Bc`).paymentId, 'a b+c');
});

test('escapes are decoded as UTF-8, else as windows-1252, else left unchanged', () => {
  for (const [written, paymentId] of [
    ['%C3%96l', 'Öl'],
    ['\u00c3\u0096l', 'Öl'],
    ['%D6l', 'Öl'],
    ['%801%96%93x%94', '€1–“x”'],
    ['%C3%96%80', 'Ã–€'],
    ['\u00d6l', 'Öl'],
    ['%EF%BB%BF1', '\ufeff1'],
    ['100%', '100%'],
    ['%zz%4', '%zz%4'],
  ]) {
    assert.equal(parsed(`${BASE}?c=BOOKED&p=${written}`).paymentId, paymentId, written);
    assert.equal(parsed(`${BASE}/booked/paymentId/${written}`).paymentId, paymentId, written);
  }
});

test('the first alias with a value counts, and the others are ordinary parameters', () => {
  const callback = parsed(`${BASE}/update?C=BOOKED&p=&paymentId=1&orderId=2&d=&digest=AB&r=x&Result=y&t=soon`);

  assert.equal(callback.type, 'UPDATE');
  assert.equal(callback.paymentId, '1');
  assert.equal(callback.digest, 'AB');
  assert.equal(callback.result, 'x');
  assert.equal(callback.registrationTime, null);
  assert.deepEqual(callback.parameters, { C: 'BOOKED', p: '', orderId: '2', Result: 'y', t: 'soon' });
});

test('a second digest name never becomes a parameter', () => {
  const callback = parsed(`${BASE}?c=BOOKED&p=1&d=AB&amp;Digest=CD`);

  assert.equal(callback.digest, 'AB');
  assert.deepEqual(callback.parameters, {});
});

test('an empty digest counts as missing', () => {
  assert.equal(parsed(`${BASE}?c=BOOKED&p=1&d=`).digest, null);
  assert.equal(parsed(`${BASE}/booked/paymentId/1/digest/`).digest, null);
});

test('names of Object.prototype are ordinary parameters too', () => {
  const { parameters } = parsed(`${BASE}?c=BOOKED&p=1&__proto__=x&constructor=y&toString=z`);

  assert.deepEqual(Object.entries(parameters), [
    ['__proto__', 'x'],
    ['constructor', 'y'],
    ['toString', 'z'],
  ]);
  assert.equal(JSON.stringify(parameters), '{"__proto__":"x","constructor":"y","toString":"z"}');
});

test('a name that is read counts once when it comes twice with the same value', () => {
  const callback = parsed(`${BASE}/unfreeze/paymentId/a%20b?paymentId=a+b&PaymentID=a%20b&r=x&amp;R=x`);

  assert.deepEqual([callback.paymentId, callback.result], ['a b', 'x']);
  assert.deepEqual(callback.parameters, {});
});

test('an ordinary name that comes more than once has all its values', () => {
  const callback = parsed(
    `${BASE}?c=BOOKED&p=1&x=2&amp;X=1&x=2&y=&paymentId=3&paymentId=4&param1=a&param1=b&ts=1&ts=2`,
  );

  assert.equal(callback.paymentId, '1');
  assert.deepEqual(callback.parameters, {
    x: ['2', '1', '2'],
    y: '',
    paymentId: ['3', '4'],
    param1: ['a', 'b'],
    ts: ['1', '2'],
  });
});

test('the absolute form and a fragment change nothing', () => {
  const plain = parsed(`${BASE}?c=BOOKED&p=1`);

  assert.deepEqual(parsed(`http://shop.example:8080${BASE}?c=BOOKED&p=1`), plain);
  assert.deepEqual(parsed(`${BASE}?c=BOOKED&p=1#?p=2`), plain);
});

const MALFORMED: { name: string; target: string; callbackType: string; reason: RegExp }[] = [
  { name: 'no type', target: '?p=1&d=AB', callbackType: '', reason: /type is missing/ },
  { name: 'an empty type', target: '?c=&p=1', callbackType: '', reason: /type is missing/ },
  { name: 'a type with a space', target: '?c=A+B&p=1', callbackType: '', reason: /type is not valid/ },
  {
    name: 'a type of 65 characters',
    target: `?c=${'A'.repeat(65)}&p=1`,
    callbackType: '',
    reason: /type is not valid/,
  },
  { name: 'two types', target: '?c=BOOKED&c=UPDATE&p=1', callbackType: '', reason: /twice/ },
  { name: 'no payment', target: '?c=booked', callbackType: 'BOOKED', reason: /paymentId is missing/ },
  { name: 'an empty payment', target: '/booked/paymentId//digest/AB', callbackType: 'BOOKED', reason: /missing/ },
  {
    name: 'nothing before the digest',
    target: '/booked/paymentId/digest/AB',
    callbackType: 'BOOKED',
    reason: /missing/,
  },
  {
    name: 'an id of 256 characters',
    target: `?c=BOOKED&p=${'%F0%9F%90%9F'.repeat(256)}`,
    callbackType: 'BOOKED',
    reason: /255/,
  },
  { name: 'a dot', target: '?c=BOOKED&p=.', callbackType: 'BOOKED', reason: /dot/ },
  { name: 'two dots', target: '/booked/paymentId/%2e%2E', callbackType: 'BOOKED', reason: /dot/ },
  { name: 'a NUL', target: '?c=BOOKED&p=1%00', callbackType: 'BOOKED', reason: /control/ },
  { name: 'a C1 control character', target: '?c=BOOKED&p=1%81', callbackType: 'BOOKED', reason: /control/ },
  { name: 'two ids', target: '?c=BOOKED&p=1&amp;P=2', callbackType: 'BOOKED', reason: /twice/ },
  { name: 'path against query', target: '/booked/paymentId/1?paymentid=2', callbackType: 'BOOKED', reason: /twice/ },
  { name: 'TEST values in another type', target: '/booked/param1/a?p=1', callbackType: 'BOOKED', reason: /only TEST/ },
];

for (const { name, target, callbackType, reason } of MALFORMED) {
  test(`a callback is malformed with ${name}`, () => {
    const result = parseTarget(BASE + target, BASE);

    assert.equal(result.outcome, 'malformed');
    assert.ok(result.outcome === 'malformed' && reason.test(result.reason), JSON.stringify(result));
    assert.equal(result.callbackType, callbackType);
  });
}

test('an id of 255 characters is accepted, however many bytes it takes', () => {
  const callback = parsed(`${BASE}?c=BOOKED&p=${'%F0%9F%90%9F'.repeat(255)}`);

  assert.equal(callback.paymentId, '🐟'.repeat(255));
});

test('any other shape of the path is an unknown path', () => {
  for (const path of [
    '/booked/orderId/1',
    '/booked/digest/AB',
    '//paymentId/1',
    '/test/param1/a/x/b',
    '/test/param1/a/param2',
  ]) {
    assert.deepEqual(parseTarget(`${BASE}${path}?c=BOOKED&p=1`, BASE), { outcome: 'unknown_path' }, path);
  }
  assert.deepEqual(parseTarget('/else?c=BOOKED&p=1', BASE), { outcome: 'unknown_path' });
  assert.deepEqual(parseTarget('/booked?p=1', '/'), { outcome: 'unknown_path' });
});

test('a target matches the longest callback path that it lies on or below', () => {
  const paths = ['/', '/callbacks', '/callbacks/resurs'];

  for (const [target, path] of [
    ['/callbacks/resurs', '/callbacks/resurs'],
    ['/callbacks/resurs/?c=x', '/callbacks/resurs'],
    ['/callbacks/r%65surs/booked', '/callbacks/resurs'],
    ['/callbacks/resursX', '/callbacks'],
    ['http://h/callbacks?x', '/callbacks'],
    ['/?c=BOOKED', '/'],
    ['?c=BOOKED', '/'],
    ['http://h?c=BOOKED', '/'],
    ['/booked', null],
    ['/Callbacks', null],
    ['//callbacks', '/callbacks'],
    ['//callbacks//resurs//booked', '/callbacks/resurs'],
    ['//', '/'],
    ['callbacks', null],
    ['/callbacks%2Fresurs', null],
    ['*', null],
  ] as const) {
    assert.equal(matchCallbackPath(target, paths)?.basePath ?? null, path, target);
  }
});
