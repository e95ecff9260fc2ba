/**
 * Faults in the contents of a request: its user agent, the characters of its URL, its credentials, and the
 * settings that it is checked against. Service, database, proxy and TLS are real.
 */
import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { AUTHORIZATION, assertReadableFindings, type FaultCase, startShop } from '../helpers/doctor-site.ts';
import {
  closeConnection,
  hang,
  page,
  proxyResponding,
  proxyRewriting,
  type Row,
  testEachFault,
} from '../helpers/injected-faults.ts';

const hasUserAgent = (word: string) => (request: IncomingMessage) =>
  request.headers['user-agent']?.includes(word) === true;
const isJava = hasUserAgent('Java');
const hasQuotes = ({ url = '' }: IncomingMessage) => /%22|%27|'/.test(url);
const hasSlash = ({ url = '' }: IncomingMessage) => /%2F/i.test(url);
const isInPath = ({ url = '' }: IncomingMessage) => url.includes('/param1/');

const DECODED_TWICE = proxyRewriting((target) => target.replaceAll('%25', '%'));
const WITHOUT_DIGEST = proxyRewriting((target) => target.replace(/&d=[^&]*/, ''));
const MERGED = proxyRewriting((target) => {
  const [path = '', query = ''] = target.split('?');
  return `${path.replaceAll('%2F', '/').replace(/\/{2,}/g, '/')}?${query}`;
});

const NO_BASIC = { BASIC_AUTH_USERNAME: '', BASIC_AUTH_PASSWORD: '' };
const NO_DIGEST = { DIGEST_KEY: '', DIGEST_SALT: '' };
const UNSIGNED: FaultCase = { both: NO_DIGEST, ...DECODED_TWICE };
const UNAUTHENTICATED: FaultCase = {
  both: { ...NO_BASIC, ...NO_DIGEST, DIGEST_SALT_UNFREEZE: 'a-salt-for-one-type-5Gh2' },
};
const OTHER_KEY: FaultCase = { service: { DIGEST_KEY: 'another-master-key-7Rm2-Kp9-Xv4-long-enough' } };
const OTHER_SALT: FaultCase = { both: { DIGEST_KEY: '' }, doctor: { DIGEST_SALT: 'another-salt-of-the-tests' } };
const GIVEN_BASIC: FaultCase = { proxy: { change: (headers) => ({ authorization: AUTHORIZATION, ...headers }) } };
/** The caller itself is not one of Resurs; it is the proxy that says so for an honest request. */
const RESURS = '192.121.110.100';
const PASSED_ON: FaultCase = { proxy: { forwardedFor: (received) => received ?? RESURS } };
const TRUSTED_CALLERS: FaultCase = {
  both: { TRUST_PROXY: '127.0.0.1,192.121.110.0/24' },
  proxy: { forwardedFor: (received) => (received === undefined ? RESURS : `${received}, ${RESURS}`) },
};
const OLD_SOURCES = { ALLOWED_SOURCES: '192.121.110.0/24,194.68.237.0/24,91.198.202.0/24' };

const ROWS: readonly Row[] = [
  ['Java is forbidden', proxyResponding(page(403), isJava), 'user-agents', /every user agent/],
  ['Java gets a bot-protection page', proxyResponding(page(200), isJava), 'user-agents', /every user agent/],
  ['Java is cut off', proxyResponding(closeConnection, isJava), 'user-agents', /every user agent/],
  ['Java gets no response', proxyResponding(hang, isJava), 'user-agents', /every user agent/],

  [
    'escapes are decoded twice',
    DECODED_TWICE,
    'escapes',
    /neither decoded nor normalised.*AllowEncodedSlashes NoDecode, and ProxyPass with nocanon/,
  ],
  [
    'slashes in the path are decoded and merged',
    MERGED,
    'warn escapes',
    /pass on the path unchanged.*AllowEncodedSlashes NoDecode.*nocanon/,
  ],
  ['the path form is not routed', proxyResponding(page(404), isInPath), 'warn escapes', /pass on the path unchanged/],
  ['%2F is not found, as at Apache', proxyResponding(page(404), hasSlash), 'escapes', /AllowEncodedSlashes NoDecode/],
  ['a firewall refuses quotes', proxyResponding(page(403), hasQuotes), 'escapes', /exception for the callback path/],
  ['quotes are cut off', proxyResponding(closeConnection, hasQuotes), 'escapes', /exception for the callback path/],
  ['the proxy drops the digest', WITHOUT_DIGEST, 'escapes', /whole query string/],
  ['the running service has another key', OTHER_KEY, 'escapes', /the DIGEST_KEY or salt of this configuration/],
  ['the running service has another salt', OTHER_SALT, 'escapes', /the DIGEST_KEY or salt of this configuration/],
  ['escapes are decoded twice and nothing signs', UNSIGNED, 'escapes', /neither decoded nor normalised/],
  ['a TEST is neither signed nor stored', UNAUTHENTICATED, 'skip escapes', /DIGEST_SALT_TEST/],

  ['a proxy adds credentials', GIVEN_BASIC, 'authorization', /let no proxy add/],
  [
    'the running service requires no credentials',
    { service: NO_BASIC },
    'authorization',
    /^Restart the service with BASIC/,
  ],

  ['ALLOWED_SOURCES is from before 2025', { doctor: OLD_SOURCES }, 'sources', /^Add the word resurs/],
  ["the proxy passes on the caller's address", PASSED_ON, 'sources', /X-Forwarded-For \$remote_addr/],
  ["the proxy appends and the caller's network is trusted", TRUSTED_CALLERS, 'sources', /name in TRUST_PROXY only/],
  ['no proxy is trusted', { doctor: { TRUST_PROXY: '' } }, 'warn sources', /^Set TRUST_PROXY/],
];

testEachFault(ROWS, startShop);

const DROPPED: FaultCase = { proxy: { change: ({ authorization: _, ...others }) => others } };
const OTHER_PASSWORD: FaultCase = { service: { BASIC_AUTH_PASSWORD: 'another-password-of-the-tests-9Kf3' } };
for (const [fault, faultCase] of [
  ['the Authorization header is dropped', DROPPED],
  ['the running service has another password', OTHER_PASSWORD],
] as const) {
  test(`when ${fault}, authorization has the fix, and the checks before it refer to it`, async (t) => {
    const shop = await startShop(t, faultCase);

    const findings = await shop.runNetworkChecks();

    const skipped = findings.filter((finding) => finding.status === 'skip');
    const failing = findings.filter((finding) => finding.status === 'fail');
    const names = [...skipped, ...failing].map(({ name }) => name);
    assert.deepEqual(names, ['callback-path', 'user-agents', 'escapes', 'authorization']);
    for (const { reason } of skipped) assert.match(reason, /^Skipped: .*; see authorization\.$/);
    assert.match(failing[0]?.fix ?? '', /CGIPassAuth On.*proxy_set_header Authorization.*the same BASIC_AUTH_USERNAME/);
    assertReadableFindings(findings);
  });
}

test('a block on browsers is distinguished from one on Java', async (t) => {
  const shop = await startShop(t, proxyResponding(page(406), hasUserAgent('Mozilla')));

  const findings = await shop.runNetworkChecks();

  const finding = findings.find(({ name }) => name === 'user-agents');
  assert.equal(finding?.status, 'fail');
  assert.match(finding?.reason ?? '', /^The user agent of a browser is blocked \(406/);
});

test('an address outside ALLOWED_SOURCES stays outside when it claims to be Resurs, and that passes', async (t) => {
  const shop = await startShop(t, { proxy: { forwardedFor: () => '8.8.4.4' } });

  const findings = await shop.runNetworkChecks();

  const finding = findings.find(({ name }) => name === 'sources');
  assert.equal(finding?.status, 'pass', finding?.reason);
  assert.match(finding?.reason ?? '', /a forged X-Forwarded-For changes nothing/);
});

test('an address outside ALLOWED_SOURCES that is let in when it claims to be Resurs fails', async (t) => {
  const shop = await startShop(t, { proxy: { forwardedFor: (received) => received ?? '8.8.4.4' } });

  const findings = await shop.runNetworkChecks();

  const finding = findings.find(({ name }) => name === 'sources');
  assert.equal(finding?.status, 'fail', finding?.reason);
  assert.match(finding?.reason ?? '', /believes an X-Forwarded-For that the caller made up/);
});
