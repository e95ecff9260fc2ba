/**
 * Everything that can go wrong with what a request carries: its user agent, the characters of its URL, its credentials, and the
 * settings that judge it. Service, database, proxy and TLS are real.
 */
import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { AUTHORIZATION, assertPresentable, type Plant, startShop } from '../helpers/doctor-site.ts';
import { answering, cut, hang, page, plantEach, type Row, rewriting } from '../helpers/injected-faults.ts';

const comesAs = (word: string) => (request: IncomingMessage) => request.headers['user-agent']?.includes(word) === true;
const isJava = comesAs('Java');
const hasQuotes = ({ url = '' }: IncomingMessage) => /%22|%27|'/.test(url);
const isInPath = ({ url = '' }: IncomingMessage) => url.includes('/param1/');

const DECODED_TWICE = rewriting((target) => target.replaceAll('%25', '%'));
const WITHOUT_DIGEST = rewriting((target) => target.replace(/&d=[^&]*/, ''));
const MERGED = rewriting((target) => {
  const [path = '', query = ''] = target.split('?');
  return `${path.replaceAll('%2F', '/').replace(/\/{2,}/g, '/')}?${query}`;
});

const NO_BASIC = { BASIC_AUTH_USERNAME: '', BASIC_AUTH_PASSWORD: '' };
const NO_DIGEST = { DIGEST_KEY: '', DIGEST_SALT: '' };
const UNSIGNED: Plant = { both: NO_DIGEST, ...DECODED_TWICE };
const NO_PROOF: Plant = { both: { ...NO_BASIC, ...NO_DIGEST, DIGEST_SALT_UNFREEZE: 'a-salt-for-one-type-5Gh2' } };
const OTHER_KEY: Plant = { service: { DIGEST_KEY: 'another-master-key-7Rm2-Kp9-Xv4-long-enough' } };
const OTHER_SALT: Plant = { both: { DIGEST_KEY: '' }, doctor: { DIGEST_SALT: 'another-salt-of-the-tests' } };
const GIVEN_BASIC: Plant = { manners: { change: (headers) => ({ authorization: AUTHORIZATION, ...headers }) } };
const OLD_SOURCES = { ALLOWED_SOURCES: '192.121.110.0/24,194.68.237.0/24,91.198.202.0/24' };

const ROWS: readonly Row[] = [
  ['Java is forbidden', answering(page(403), isJava), 'user-agents', /every user agent/],
  ['Java gets a page to prove it is human', answering(page(200), isJava), 'user-agents', /every user agent/],
  ['Java is cut off', answering(cut, isJava), 'user-agents', /every user agent/],
  ['Java is left hanging', answering(hang, isJava), 'user-agents', /every user agent/],

  ['escapes are decoded twice', DECODED_TWICE, 'escapes', /neither decoded nor normalised/],
  ['slashes in the path are decoded and merged', MERGED, 'warn escapes', /pass on the path as it came/],
  ['the path form is not known', answering(page(404), isInPath), 'warn escapes', /pass on the path as it came/],
  ['quotes trip a firewall', answering(page(403), hasQuotes), 'escapes', /exception for the callback path/],
  ['quotes are cut off', answering(cut, hasQuotes), 'escapes', /exception for the callback path/],
  ['the digest is lost on the way', WITHOUT_DIGEST, 'escapes', /whole query string/],
  ['the running service has another key', OTHER_KEY, 'escapes', /the DIGEST_KEY or salt of this configuration/],
  ['the running service has another salt', OTHER_SALT, 'escapes', /the DIGEST_KEY or salt of this configuration/],
  ['escapes are decoded twice and nothing signs', UNSIGNED, 'escapes', /neither decoded nor normalised/],
  ['a TEST is neither signed nor stored', NO_PROOF, 'warn escapes', /DIGEST_SALT_TEST/],

  ['a proxy adds credentials', GIVEN_BASIC, 'authorization', /let no proxy add/],
  [
    'the running service asks for no credentials',
    { service: NO_BASIC },
    'authorization',
    /^Restart the service with BASIC/,
  ],

  ['ALLOWED_SOURCES is from before 2025', { doctor: OLD_SOURCES }, 'sources', /^Add the word resurs/],
  ['no proxy is trusted', { doctor: { TRUST_PROXY: '' } }, 'warn sources', /^Set TRUST_PROXY/],
];

plantEach(ROWS, startShop);

const DROPPED: Plant = { manners: { change: ({ authorization: _, ...others }) => others } };
const OTHER_PASSWORD: Plant = { service: { BASIC_AUTH_PASSWORD: 'another-password-of-the-tests-9Kf3' } };
for (const [fault, plant] of [
  ['the Authorization header is dropped', DROPPED],
  ['the running service has another password', OTHER_PASSWORD],
] as const) {
  test(`when ${fault}, authorization has the fix, and the checks before it point there`, async (t) => {
    const shop = await startShop(t, plant);

    const findings = await shop.examine();

    const failing = findings.filter((finding) => finding.status === 'fail');
    const names = failing.map(({ name }) => name);
    assert.deepEqual(names, ['callback-path', 'user-agents', 'escapes', 'authorization']);
    for (const { reason } of failing.slice(0, 3)) assert.match(reason, /^Not looked at: .*; see authorization\.$/);
    assert.match(failing[3]?.fix ?? '', /CGIPassAuth On.*proxy_set_header Authorization.*the same BASIC_AUTH_USERNAME/);
    assertPresentable(findings);
  });
}

test('a block on browsers is told from one on Java', async (t) => {
  const shop = await startShop(t, answering(page(406), comesAs('Mozilla')));

  const findings = await shop.examine();

  const finding = findings.find(({ name }) => name === 'user-agents');
  assert.equal(finding?.status, 'fail');
  assert.match(finding?.reason ?? '', /^A user agent of a browser is blocked \(answered 406/);
});
