/**
 * Compares registrations with the settings: as configured, or which part differs; and how registered URLs are shown to
 * people.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { nextRegistrationTime, redactTemplate, registrationTime } from '../../src/protocol/ecom/url-template.ts';
import { compareRegistration, describeDrift } from '../../src/registrations/drift.ts';
import type { Registered } from '../../src/registrations/registered.ts';

const KEY = 'k3Zq8Lw1Xv7Rb2YpT5Nd9Jf4Hc6Gs0Am';
const NOW_MS = 1_700_100_000_000;
const OURS = 'https://pay.shop.example/callbacks/resurs?c=BOOKED&t=1700000000&p={paymentId}&d={digest}';

function driftWith(registered: string | null, env: Record<string, string> = {}): string {
  const loaded = loadConfig({ PUBLIC_URL: 'https://pay.shop.example', DIGEST_KEY: KEY, ...env });
  assert.ok(loaded.outcome === 'loaded');
  const state: Registered =
    registered === null ? { outcome: 'nothing' } : { outcome: 'registered', uriTemplate: registered };
  return describeDrift(compareRegistration('BOOKED', state, { config: loaded.config, nowMs: NOW_MS }));
}

for (const [what, registered] of [
  ['the template that register makes', OURS],
  ['with & escaped as Resurs may read it back', OURS.replaceAll('&', '&amp;')],
  ['with braces escaped', OURS.replaceAll('{', '%7B').replaceAll('}', '%7D')],
  ['in another case', OURS.replace('/callbacks/', '/Callbacks/')],
  ['registered at another time', OURS.replace('1700000000', '1690000000')],
] as const) {
  test(`as configured: ${what}`, () => {
    assert.equal(driftWith(registered), 'as configured');
  });
}

for (const [what, registered, env, words] of [
  ['nothing', null, {}, /^not registered/],
  ['another host', OURS.replace('pay.', 'www.'), {}, /^leads to another address$/],
  ['another path', OURS.replace('/callbacks/resurs', '/wc-api/ResursDefault'), {}, /^leads to another address$/],
  ['http', OURS.replace('https:', 'http:'), {}, /^leads to another address$/],
  ['no digest', OURS.replace('&d={digest}', ''), {}, /^carries no digest/],
  ['no paymentId', OURS.replace('&p={paymentId}', ''), {}, /^lacks \{paymentId\}$/],
  ['no time although salts are derived', OURS.replace('&t=1700000000', ''), {}, /^has other parameters/],
  ['the wrong type', OURS.replace('BOOKED', 'UPDATE'), {}, /^has other parameters/],
  ['a retired time', OURS, { DIGEST_VALID_FROM: '1700000001' }, /before DIGEST_VALID_FROM/],
  ['a time two days ahead', OURS.replace('1700000000', '1700272801'), {}, /more than a day ahead/],
] as const) {
  test(`different: ${what}`, () => {
    assert.match(driftWith(registered, env), words);
  });
}

test('a registration that neither interface shows is unreadable, not missing', () => {
  const loaded = loadConfig({ PUBLIC_URL: 'https://pay.shop.example', DIGEST_KEY: KEY });
  assert.ok(loaded.outcome === 'loaded');

  const drift = compareRegistration(
    'BOOKED',
    { outcome: 'unknown', failures: [] },
    { config: loaded.config, nowMs: NOW_MS },
  );

  assert.equal(describeDrift(drift), 'cannot be read');
});

test('a new registration always has a later time than the present one', () => {
  assert.equal(nextRegistrationTime(null, 500), 500);
  assert.equal(nextRegistrationTime('https://a.example/?c=BOOKED&t=499', 500), 500);
  assert.equal(nextRegistrationTime('https://a.example/?c=BOOKED&t=500', 500), 501);
  assert.equal(nextRegistrationTime('https://a.example/?t=900&c=BOOKED', 500), 901);
  assert.equal(nextRegistrationTime('https://a.example/?c=BOOKED&ts=900', 500), 500);
  assert.equal(registrationTime('https://a.example/?c=BOOKED&amp;t=7'), 7);
});

test('a redacted template keeps placeholders, type and time, and nothing that could be a secret', () => {
  const shown = redactTemplate('https://user:pass@shop.example/cb?c=TEST&t=7&key=S3cret&p={paymentId}&x=\u001b[31m');

  assert.equal(shown, 'https://shop.example/cb?c=TEST&t=7&key=…&p={paymentId}&x=…');
  const opencart = 'https://shop.example/index.php?route=payment/resurs/callback/run&digest={digest}';
  const glued = '&type=AUTOMATIC_FRAUD_CONTROLresult={result}';
  assert.equal(redactTemplate(`${opencart}${glued}&status=TEST`), `${opencart}${glued}&status=TEST`);
});
