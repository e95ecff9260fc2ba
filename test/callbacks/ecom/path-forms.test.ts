/**
 * The path of a callback URL: on or below which callback path it lies, and what its segments mean. Slashes have to be
 * right to the character, because ids may hold them. Pure functions over the raw request target.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matchCallbackPath } from '../../../src/protocol/url/callback-path.ts';
import { parsedCallback, parseTarget } from '../../helpers/parse.ts';

const BASE = '/callbacks/resurs';
const SHA1 = 'C60345B6E58FD0B363FD2904A39EBB03442CF778';
const parsed = (target: string) => parsedCallback(target, BASE);

test('the pair form gives the same callback as the query form', () => {
  const query = parsed(`${BASE}?c=update&p=10000016&d=${SHA1}&r=x`);

  assert.deepEqual(parsed(`${BASE}/update/paymentId/10000016/digest/${SHA1}/result/x`), query);
  assert.deepEqual(parsed(`${BASE}/UPDATE/PAYMENTID/10000016/Result/x/DIGEST/${SHA1}/`), query);
});

test('TEST in pair form may end in a digest, and its values may be any word', () => {
  const callback = parsed(`${BASE}/test/param1/digest/param2/result/param3/x/param4//param5/a%2Fb/digest/AB/`);

  assert.deepEqual(callback.testParams, ['digest', 'result', 'x', '', 'a/b']);
  assert.equal(callback.digest, 'AB');
});

test('a path that names its type among pairs gives the same callback as the query', () => {
  const query = parsed(`${BASE}?event=UNFREEZE&paymentId=a/b&digest=AB&storeidentifier=0`);

  for (const path of [
    '/event/unfreeze/storeidentifier/0/digest/AB/paymentId/a%2Fb/',
    '/paymentId/a%2Fb/digest/AB/storeidentifier/0/type/UNFREEZE',
    '/storeidentifier/0/EVENT/UnFreeze/PaymentID/a%2Fb?digest=AB',
    '/event/unfreeze?paymentId=a/b&digest=AB&storeidentifier=0',
    '//event//unfreeze//storeidentifier/0//d/AB/p//a%2Fb//',
  ]) {
    assert.deepEqual(parsed(BASE + path), query, path);
  }
});

test('an empty value among pairs stays empty', () => {
  const callback = parsed(`${BASE}/result//event/UNFREEZE/digest//paymentId/1/storeidentifier//x/y`);

  assert.deepEqual(
    [callback.type, callback.paymentId, callback.digest, callback.result],
    ['UNFREEZE', '1', null, null],
  );
  assert.deepEqual(callback.parameters, { result: '', storeidentifier: '', x: 'y' });
});

test('constants of a module behind the id are ordinary parameters', () => {
  const path = '/unfreeze/paymentId/a/lastReg/1/digest/AB/scopeType/stores/lastReg/2/scopeId/3/';

  const callback = parsed(BASE + path);

  assert.deepEqual([callback.paymentId, callback.digest], ['a/lastReg/1', 'AB']);
  assert.deepEqual(callback.parameters, { lastReg: '2', scopeType: 'stores', scopeId: '3' });
});

test('one trailing slash behind an id is dropped', () => {
  assert.equal(parsed(`${BASE}/unfreeze/paymentId/a/b/?d=AB`).paymentId, 'a/b');
  assert.equal(parsed(`${BASE}/unfreeze/paymentId/a//?d=AB`).paymentId, 'a/');
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
