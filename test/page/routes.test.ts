/**
 * The files of the page over real HTTP: every one of the closed list with its headers, and nothing beside it. One service
 * for all tests.
 */
import assert from 'node:assert/strict';
import * as path from 'node:path';
import { before, type TestContext, test } from 'node:test';
import { readPageFiles } from '../../src/page/files.ts';
import { type RawResponse, send } from '../helpers/callbacks.ts';
import { PAGE_ENV } from '../helpers/page.ts';
import { STATUS_TOKEN, startTestService } from '../helpers/service.ts';

/** Contract section 12. */
const HEADERS = {
  'content-security-policy':
    "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'none'; frame-ancestors 'none'; " +
    "require-trusted-types-for 'script'; trusted-types 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'x-robots-tag': 'noindex',
  'cache-control': 'no-cache',
};
const TYPES: Readonly<Record<string, string>> = {
  '': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

let base = '';
const get = (target: string, options = {}) => send(base, target, options);
before(async (t) => {
  base = (await startTestService(t as TestContext, { env: PAGE_ENV })).service.urls.status;
});

function assertHeaders({ headers }: RawResponse, target: string): void {
  for (const [name, value] of Object.entries(HEADERS)) assert.equal(headers[name], value, `${name} of ${target}`);
  assert.equal(headers['set-cookie'], undefined);
}

test('every file of the list is served without a token, with its type, its ETag and all headers', async () => {
  for (const [name, { bytes, etag }] of readPageFiles()) {
    const response = await get(`/ui/${name}`);

    assert.equal(response.status, 200, name);
    assert.equal(response.headers['content-type'], TYPES[path.extname(name)], name);
    assert.equal(response.headers.etag, etag, name);
    assert.equal(response.body, bytes.toString(), name);
    assert.ok(!response.body.includes(STATUS_TOKEN), name);
    assertHeaders(response, name);
  }
});

test('HEAD answers as GET does, without the bytes', async () => {
  const [whole, head] = [await get('/ui/page.css'), await get('/ui/page.css', { method: 'HEAD' })];

  assert.deepEqual([head.status, head.body], [200, '']);
  assert.equal(head.headers['content-length'], String(Buffer.byteLength(whole.body)));
  assert.equal(head.headers.etag, whole.headers.etag);
  assertHeaders(head, 'HEAD');
});

test('a file that the browser has already is answered 304, also when a proxy has made its ETag a weak one', async () => {
  const etag = String((await get('/ui/')).headers.etag);

  for (const given of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
    const response = await get('/ui/', { headers: { 'if-none-match': given } });
    assert.deepEqual([response.status, response.body, response.headers.etag], [304, '', etag], given);
    assertHeaders(response, '304');
  }
  assert.equal((await get('/ui/', { headers: { 'if-none-match': '"other"' } })).status, 200);
});

test('the address without a slash leads to the page by a relative address, so that a prefix stays', async () => {
  for (const method of ['GET', 'HEAD']) {
    const response = await get('/ui', { method });

    assert.deepEqual([response.status, response.headers.location], [308, 'ui/']);
    assertHeaders(response, '/ui');
  }
});

test('nothing else is served: no file beside the list, in whatever way it is written', async () => {
  for (const target of [
    '/ui/index.html',
    '/ui/tsconfig.json',
    '/ui/api/types.d.ts',
    '/ui/api',
    '/ui/views/',
    '/ui/../package.json',
    '/ui/..%2fpackage.json',
    '/ui/%2e%2e/package.json',
    '/ui/%2e%2e%2f%2e%2e%2fpackage.json',
    '/ui/..\\package.json',
    '/ui/....//package.json',
    '/ui//etc/passwd',
    '/ui/packages/../../files.ts',
    '/ui/main.js/',
    '/ui/MAIN.JS',
    '/ui/main.js%00',
    '/ui/__proto__',
    '/ui/constructor',
  ]) {
    const response = await get(target);
    assert.equal(response.status, 404, target);
    assert.match(response.body, /"not_found"/, target);
    if (target.startsWith('/ui/') && !target.startsWith('/ui/../')) assertHeaders(response, target);
  }
});

test('other methods than GET and HEAD find nothing', async () => {
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
    assert.equal((await get('/ui/', { method })).status, 404, method);
  }
});
