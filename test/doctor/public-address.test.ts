/**
 * Which addresses and names Resurs cannot call. The borders of each range are tested from both sides: one bit more or
 * less would report a good host or miss a bad one.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLocalName, isTunnelName, whyNotPublic } from '../../src/doctor/probe/public-address.ts';

const NOT_PUBLIC: readonly (readonly [range: string, first: string, last: string])[] = [
  ['0.0.0.0/8', '0.0.0.0', '0.255.255.255'],
  ['10.0.0.0/8', '10.0.0.0', '10.255.255.255'],
  ['100.64.0.0/10', '100.64.0.0', '100.127.255.255'],
  ['127.0.0.0/8', '127.0.0.0', '127.255.255.255'],
  ['169.254.0.0/16', '169.254.0.0', '169.254.255.255'],
  ['172.16.0.0/12', '172.16.0.0', '172.31.255.255'],
  ['192.0.0.0/24', '192.0.0.0', '192.0.0.255'],
  ['192.0.2.0/24', '192.0.2.0', '192.0.2.255'],
  ['192.88.99.0/24', '192.88.99.0', '192.88.99.255'],
  ['192.168.0.0/16', '192.168.0.0', '192.168.255.255'],
  ['198.18.0.0/15', '198.18.0.0', '198.19.255.255'],
  ['198.51.100.0/24', '198.51.100.0', '198.51.100.255'],
  ['203.0.113.0/24', '203.0.113.0', '203.0.113.255'],
  ['224.0.0.0/3', '224.0.0.0', '255.255.255.255'],
];

/** The address `by` numbers away; null beyond the ends. */
function neighbour(address: string, by: number): string | null {
  const number = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0) + by;
  if (number < 0 || number > 0xffffffff) return null;
  return [24, 16, 8, 0].map((bits) => Math.floor(number / 2 ** bits) % 256).join('.');
}

for (const [range, first, last] of NOT_PUBLIC) {
  test(`${range} is not public, and its neighbours are`, () => {
    const outside = [neighbour(first, -1), neighbour(last, 1)].filter((address) => address !== null);

    assert.notEqual(whyNotPublic(first), null);
    assert.notEqual(whyNotPublic(last), null);
    assert.deepEqual(
      outside.map(whyNotPublic),
      outside.map(() => null),
    );
  });
}

test('text that is no IPv4 address is not public', () => {
  for (const text of ['', '::1', '2001:4860::8888', '8.8.8', '010.0.0.1', 'shop.se']) {
    assert.equal(whyNotPublic(text), 'not an IPv4 address', text);
  }
});

test('names that only a local network knows are recognized', () => {
  const local = ['localhost', 'my-dev.localhost', 'nas', 'shop.local', 'SHOP.LAN', 'pay.fritz.home.arpa', 'a.internal'];
  const open = ['shop.se', 'localhost.se', 'local.shop.se', 'test.shop.com', 'lan.net', 'internal.dev'];

  assert.deepEqual(local.filter(isLocalName), local);
  assert.deepEqual(open.filter(isLocalName), []);
});

test('names of tunnel services are recognized, also future domains of ngrok', () => {
  const tunnels = [
    'a1b2.ngrok.io',
    'a1b2.eu.ngrok.io',
    'shop.ngrok-free.app',
    'shop.NGROK.app',
    'shop.ngrok-next.dev',
    'quick-fox.loca.lt',
    'x.serveo.net',
    'some-words.trycloudflare.com',
    'abc123.lhr.life',
    'shop.pagekite.me',
    'shop.telebit.io',
    'bore.pub',
    'a1-443.euw.devtunnels.ms',
    'rnabc.a.free.pinggy.link',
    'shop.share.zrok.io',
    'shop.loclx.io',
    'shop.sharedwithexpose.com',
  ];
  const hosts = ['shop.se', 'ngrok.shop.se', 'my-ngrok.io', 'notloca.lt', 'expose.dev.shop.com', 'cloudflare.com'];

  assert.deepEqual(tunnels.filter(isTunnelName), tunnels);
  assert.deepEqual(hosts.filter(isTunnelName), []);
});
