/**
 * Everything that can be wrong before a request reaches the receiver: the URL, the DNS, TLS and the certificate. Listeners,
 * handshakes and certificates are real; DNS answers and the way to the address are played.
 */
import type { ServerOptions } from 'node:https';
import { type Authority, type LeafOptions, makeAuthority, makeSelfSigned } from '../helpers/certificates.ts';
import { ADDRESS, NAME, type Plant, startStreet } from '../helpers/doctor-site.ts';
import { plantEach, type Row } from '../helpers/injected-faults.ts';
import { closedPort, startPlainHttp, startSilence } from '../helpers/public-site.ts';

const url = (PUBLIC_URL: string): Plant => ({ both: { PUBLIC_URL } });
const pointingTo = (...addresses: string[]): Plant => ({ a: { outcome: 'found', addresses } });
const issued = (leaf: LeafOptions, name = NAME): Plant => ({ tls: (authority) => authority.issue(name, leaf) });

/** A good certificate, and TLS as `options` say. */
const speaking = (options: ServerOptions): Plant => ({
  tls: async (authority: Authority) => ({ ...(await authority.issue(NAME)), ...options }),
});
const OLD = { minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;

const IPV6_ONLY: Plant = { a: { outcome: 'none' }, aaaa: { outcome: 'found', addresses: ['2a00:1450::1'] } };
const NO_DNS: Plant = { a: { outcome: 'unreachable', error: 'ETIMEOUT' } };
const HALF_DNS: Plant = { a: { outcome: 'none' }, aaaa: { outcome: 'unreachable', error: 'ESERVFAIL' } };
/** Its name has several lines where node:tls shows it. */
const PRIVATE_AUTHORITY: Plant = { tls: async () => (await makeAuthority('Shop, O=Shop Inc, OU=IT')).issue(NAME) };
const UNKNOWN_NAME = speaking({ SNICallback: (_name, done) => done(new Error('not here')) });

const ROWS: readonly Row[] = [
  ['PUBLIC_URL is not set', url(''), 'public-url', /^Set PUBLIC_URL/],
  ['the URL is plain http', url(`http://${NAME}`), 'public-url', /^Serve https/],
  ['the URL has another port', url(`https://${NAME}:8443`), 'public-url', /on port 443/],
  ['the URL has an IPv4 address', url('https://8.8.4.4'), 'public-url', /^Use a DNS name/],
  ['the URL has an IPv6 address', url('https://[2001:db8::1]'), 'public-url', /^Use a DNS name/],
  ['the name is a local one', url('https://shop.local'), 'public-url', /in the public DNS/],
  ['a tunnel is used', url('https://a1.ngrok-free.app'), 'public-url', /host of your own/],

  ['the name does not exist', { a: { outcome: 'none' } }, 'dns', /add an A record for pay\.shop/],
  ['the name has IPv6 addresses only', IPV6_ONLY, 'dns', /over IPv4 only/],
  ['the address is private', pointingTo('192.168.1.10'), 'dns', /to the public address/],
  ['one address of two is private', pointingTo(ADDRESS, '10.0.0.7'), 'dns', /to the public address/],
  ['the DNS does not answer', NO_DNS, 'warn dns', /^Repair the DNS of this machine/],
  ['the DNS fails at the second question', HALF_DNS, 'warn dns', /^Repair the DNS of this machine/],

  ['nobody listens on 443', { listener: closedPort }, 'tls', /firewall.*192\.121\.110\.100, 13\.50.*51\.21\.39\.192/],
  ['port 443 speaks plain http', { listener: startPlainHttp }, 'tls', /^Switch TLS on/],
  ['port 443 is silent', { listener: startSilence }, 'tls', /whether TLS is switched on/],
  ['TLS 1.1 is all there is', speaking({ ...OLD, maxVersion: 'TLSv1.1' }), 'tls', /^Switch TLS 1\.2 and 1\.3 on/],
  ['TLS 1.1 is taken beside newer ones', speaking(OLD), 'warn tls', /^Switch TLS 1\.0 and 1\.1 off/],
  ['the proxy ends the handshake', UNKNOWN_NAME, 'tls', /log of the proxy on port 443/],

  [
    'the certificate has run out',
    issued({ fromDays: -90, untilDays: -1 }),
    'certificate',
    /^Renew .* let the proxy load/,
  ],
  ['the certificate is of tomorrow', issued({ fromDays: 1 }), 'certificate', /valid already/],
  ['the certificate has 20 days left', issued({ untilDays: 20.9 }), 'warn certificate', /^Renew the certificate now/],
  ['the certificate is self-signed', { tls: () => makeSelfSigned(NAME) }, 'certificate', /^Get one .* Let's Encrypt/],
  ['the authority is a private one', PRIVATE_AUTHORITY, 'certificate', /^Get one from a public authority/],
  ['the intermediate is not sent', issued({ withIntermediate: false }), 'certificate', /fullchain\.pem/],
  ['the certificate is for another name', issued({}, 'www.shop.example'), 'certificate', /names pay\.shop\.example/],
];

plantEach(ROWS, startStreet);
