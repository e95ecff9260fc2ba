/** Which requests go through which proxy: HTTP_PROXY, HTTPS_PROXY and the entries of NO_PROXY. Pure. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeProxy, proxyFor } from '../../src/outbound/proxies.ts';

const HTTP_PROXY = 'http://http-proxy.example:3128/';
const HTTPS_PROXY = 'http://user:secret@https-proxy.example:3128/';

function isDirect(target: string, ...noProxy: string[]): boolean {
  return proxyFor(new URL(target), { HTTP_PROXY, HTTPS_PROXY, NO_PROXY: noProxy }) === null;
}

test('each scheme has its own proxy', () => {
  const settings = { HTTP_PROXY, HTTPS_PROXY, NO_PROXY: [] };

  assert.equal(proxyFor(new URL('http://shop.example/'), settings), HTTP_PROXY);
  assert.equal(proxyFor(new URL('https://shop.example/'), settings), HTTPS_PROXY);
});

test('HTTP_PROXY alone leaves https requests direct', () => {
  const settings = { HTTP_PROXY, HTTPS_PROXY: null, NO_PROXY: [] };

  assert.equal(proxyFor(new URL('https://shop.example/'), settings), null);
});

test('the description of a proxy has no credentials', () => {
  const settings = { HTTP_PROXY, HTTPS_PROXY, NO_PROXY: [] };

  assert.equal(describeProxy(new URL('https://shop.example/'), settings), 'https-proxy.example:3128');
});

const CASES: readonly (readonly [target: string, noProxy: string, direct: boolean])[] = [
  ['https://shop.example/', '*', true],
  ['https://shop.example/', '*:443', true],
  ['https://shop.example:8443/', '*:443', false],
  ['https://shop.example/', 'shop.example', true],
  ['https://SHOP.example./', 'shop.example', true],
  ['https://shop.example/', 'shop.example.', true],
  ['https://api.shop.example/', 'shop.example', true],
  ['https://api.shop.example/', '.shop.example', true],
  ['https://shop.example/', '.shop.example', true],
  ['https://api.shop.example/', '*.shop.example', true],
  ['https://shop.example/', '*.shop.example', false],
  ['https://myshop.example/', 'shop.example', false],
  ['https://shop.example/', 'api.shop.example', false],
  ['https://shop.example/', 'shop.example:443', true],
  ['http://shop.example/', 'shop.example:443', false],
  ['http://shop.example:8080/', 'shop.example:8080', true],
  ['http://localhost:3000/', 'localhost', true],
  ['http://127.0.0.1:3000/', '127.0.0.1', true],
  ['http://127.0.0.1:3000/', '127.0.0.0/8', true],
  ['http://10.1.2.3/', '10.0.0.0/8', true],
  ['http://11.1.2.3/', '10.0.0.0/8', false],
  ['http://10.1.2.3/', '10.0.0.0/99', false],
  ['http://10.1.2.3/', '10.1.2.3:80', true],
  ['http://10.1.2.3/', '2.3', false],
  ['http://[::1]:3000/', '::1', true],
  ['http://[::1]:3000/', '[::1]', true],
  ['http://[::1]:3000/', '[::1]:3000', true],
  ['http://[::1]:3000/', '[::1]:80', false],
  ['http://[2001:db8::7]/', '2001:db8::/32', true],
  ['http://shop.example/', '<local>', false],
  ['http://shop.example/', '.', false],
];

for (const [target, noProxy, direct] of CASES) {
  test(`NO_PROXY=${noProxy} ${direct ? 'exempts' : 'does not exempt'} ${target}`, () => {
    assert.equal(isDirect(target, 'other.example', noProxy), direct);
  });
}
