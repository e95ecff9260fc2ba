/**
 * Faults before a request reaches the receiver: in the URL, the DNS, TLS and the certificate. Listeners, handshakes and
 * certificates are real; DNS answers and the route to the address are faked.
 */

import assert from 'node:assert/strict';
import type { ServerOptions } from 'node:https';
import { type TestContext, test } from 'node:test';
import { freePort } from '../harness/listen.ts';
import { type Authority, type LeafOptions, makeAuthority, makeSelfSigned } from '../helpers/certificates.ts';
import { ADDRESS, type FaultCase, NAME, startSite } from '../helpers/doctor-site.ts';
import { type Row, testEachFault } from '../helpers/injected-faults.ts';
import { startPlainHttp, startSilentServer } from '../helpers/public-site.ts';

const url = (PUBLIC_URL: string): FaultCase => ({ both: { PUBLIC_URL } });
const pointingTo = (...addresses: string[]): FaultCase => ({ a: { outcome: 'found', addresses } });
const issued = (leaf: LeafOptions, name = NAME): FaultCase => ({ tls: (authority) => authority.issue(name, leaf) });

/** A good certificate, and TLS as `options` say. */
const withTls = (options: ServerOptions): FaultCase => ({
  tls: async (authority: Authority) => ({ ...(await authority.issue(NAME)), ...options }),
});
const OLD = { minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;

const IPV6_ONLY: FaultCase = { a: { outcome: 'none' }, aaaa: { outcome: 'found', addresses: ['2a00:1450::1'] } };
const NO_DNS: FaultCase = { a: { outcome: 'unreachable', error: 'ETIMEOUT' } };
const HALF_DNS: FaultCase = { a: { outcome: 'none' }, aaaa: { outcome: 'unreachable', error: 'ESERVFAIL' } };
/** node:tls shows its name on several lines. */
const PRIVATE_AUTHORITY: FaultCase = { tls: async () => (await makeAuthority('Shop, O=Shop Inc, OU=IT')).issue(NAME) };
const UNKNOWN_NAME = withTls({ SNICallback: (_name, done) => done(new Error('not here')) });

const ROWS: readonly Row[] = [
  ['PUBLIC_URL is not set', url(''), 'public-url', /^Set PUBLIC_URL/],
  ['the URL is plain http', url(`http://${NAME}`), 'public-url', /^Serve https/],
  ['the URL has another port', url(`https://${NAME}:8443`), 'public-url', /on port 443/],
  ['the URL has an IPv4 address', url('https://8.8.4.4'), 'public-url', /^Use a DNS name/],
  ['the URL has an IPv6 address', url('https://[2001:db8::1]'), 'public-url', /^Use a DNS name/],
  ['the name is a local one', url('https://shop.local'), 'public-url', /in the public DNS/],
  ['the name is that of a tunnel service', url('https://a1.ngrok-free.app'), 'public-url', /host of your own/],

  ['http and a local name', url('http://shop.local'), 'public-url', /^Serve https.*Use a name in the public DNS/],
  [
    'http, a port and a private address',
    url('http://10.0.0.7:8080'),
    'public-url',
    /^Serve https.*on port 443.*DNS name/,
  ],

  ['the name does not exist', { a: { outcome: 'none' } }, 'dns', /add an A record for pay\.shop/],
  ['the name has IPv6 addresses only', IPV6_ONLY, 'dns', /over IPv4 only/],
  ['the address is private', pointingTo('192.168.1.10'), 'dns', /to the public address/],
  ['one address of two is private', pointingTo(ADDRESS, '10.0.0.7'), 'dns', /to the public address/],
  ['the DNS does not respond', NO_DNS, 'skip dns', /^Repair the DNS of this machine/],
  ['the DNS fails at the second query', HALF_DNS, 'skip dns', /^Repair the DNS of this machine/],

  ['port 443 is closed', { listener: freePort }, 'tls', /firewall.*192\.121\.110\.100, 13\.50.*51\.21\.39\.192/],
  ['port 443 speaks plain http', { listener: startPlainHttp }, 'tls', /^Enable TLS on/],
  ['port 443 is silent', { listener: startSilentServer }, 'tls', /that TLS is enabled/],
  ['TLS 1.1 is the newest version', withTls({ ...OLD, maxVersion: 'TLSv1.1' }), 'tls', /^Enable TLS 1\.2 and 1\.3/],
  ['TLS 1.1 is accepted beside newer versions', withTls(OLD), 'warn tls', /^Disable TLS 1\.0 and 1\.1/],
  ['the proxy ends the handshake', UNKNOWN_NAME, 'tls', /log of the proxy on port 443/],

  [
    'the certificate has expired',
    issued({ fromDays: -90, untilDays: -1 }),
    'certificate',
    /^Renew .* let the proxy load/,
  ],
  ['the certificate is valid from tomorrow', issued({ fromDays: 1 }), 'certificate', /valid already/],
  ['the certificate has 20 days left', issued({ untilDays: 20.9 }), 'warn certificate', /^Renew the certificate now/],
  ['the certificate is self-signed', { tls: () => makeSelfSigned(NAME) }, 'certificate', /^Get one .* Let's Encrypt/],
  ['the authority is a private one', PRIVATE_AUTHORITY, 'certificate', /^Get one from a public authority/],
  ['the intermediate is not sent', issued({ withIntermediate: false }), 'certificate', /fullchain\.pem/],
  ['the certificate is for another name', issued({}, 'www.shop.example'), 'certificate', /names pay\.shop\.example/],
];

testEachFault(ROWS, startSite);

/** The statuses of `public-url`, `dns` and `tls`, with the reasons of the first two. */
async function judge(t: TestContext, publicUrl: string, address: string) {
  const site = await startSite(t, { ...url(publicUrl), ...pointingTo(address) });
  const [publicUrlFinding, dns, tls] = await site.runNetworkChecks();
  return {
    statuses: [publicUrlFinding?.status, dns?.status, tls?.status],
    reasons: [publicUrlFinding?.reason ?? '', dns?.reason ?? ''],
    tls: tls?.reason ?? '',
  };
}

for (const plain of [`http://${NAME}`, `http://${NAME}:8080`, `https://${NAME}:8443`]) {
  test(`the address behind ${plain} is judged in the same run`, async (t) => {
    const { statuses, reasons, tls } = await judge(t, plain, '192.168.1.10');

    assert.deepEqual(statuses, ['fail', 'fail', 'skip']);
    assert.match(reasons[1] ?? '', /192\.168\.1\.10, which is private/);
    assert.match(tls, /^Skipped: .*; see public-url\.$/);
  });
}

test('an address in place of a name is judged, and dns refers to public-url', async (t) => {
  const { statuses, reasons } = await judge(t, 'http://10.0.0.7', ADDRESS);

  assert.deepEqual(statuses, ['fail', 'skip', 'skip']);
  assert.match(reasons[0] ?? '', /^PUBLIC_URL is not https; PUBLIC_URL has an IP address, which is private/);
});
