/**
 * The check `mapi-urls` through a public site: the URLs that payments name reach the receiver by POST, with their token
 * and unchanged. And what needs a running service beside: the
 * round trip of the Merchant API's test callback, and the payment of the newest event. Service, Postgres, proxy and TLS are real.
 */
import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { type TestContext, test } from 'node:test';
import type { CheckStatus, Finding } from '../../src/doctor/check.ts';
import type { CheckContext } from '../../src/doctor/context.ts';
import { runChecks } from '../../src/doctor/run-checks.ts';
import { startMerchantApi } from '../harness/merchant-api.ts';
import { setUpDoctor } from '../helpers/doctor-context.ts';
import { assertReadableFindings, type FaultCase, startShop } from '../helpers/doctor-site.ts';
import { page, proxyResponding, proxyRewriting, redirect } from '../helpers/injected-faults.ts';

/** Has characters with a meaning in URLs. */
const TOKEN = 'a+token/of=the&tests?9Qw4%Zr8#';
const PAYMENT = '3f0b1c1e-6c0e-4b7a-9d5a-0c9d6f1f2a10';
const MAPI = { MAPI_CALLBACK_PATHS: '/callbacks/mapi', MAPI_CALLBACK_TOKEN: TOKEN };
const PLAIN = { ...MAPI, MAPI_CALLBACK_TOKEN: 'q7Zr4Lw1Xv8Kb2YpT5Nd9Jf3' };
const ACCOUNT = { MAPI_CLIENT_ID: 'shop', MAPI_CLIENT_SECRET: 'a-client-secret-7Kd2', MAPI_URL: 'http://127.0.0.1:1' };

async function checkUrls(context: CheckContext): Promise<Finding> {
  const findings = await runChecks(context, ['mapi-urls'], new AbortController().signal);
  const [finding] = findings;
  assert.ok(finding !== undefined);
  for (const text of [finding.reason, finding.fix ?? '']) {
    assert.ok(!text.includes(TOKEN.slice(0, 8)) && !text.includes('token=') && !text.includes('a%2B'), text);
  }
  assertReadableFindings(findings);
  return finding;
}

async function checkShop(t: TestContext, faultCase: FaultCase) {
  const shop = await startShop(t, faultCase);
  return { shop, finding: await checkUrls(shop.context) };
}

test('with a token, the URLs lead to the receiver, and two tests are stored', async (t) => {
  const { shop, finding } = await checkShop(t, { both: MAPI });

  assert.equal(finding.status, 'pass', finding.reason);
  assert.match(
    finding.reason,
    /^https:\/\/pay\.shop\.example\/callbacks\/mapi leads to this receiver by POST; .*another token is refused$/,
  );
  const rows = await shop.service.query<{ test: string }>(
    `select parameters ->> 'test' as test from events where provider = 'resurs-mapi' and callback = 'TEST' order by 1`,
  );
  assert.deepEqual(
    rows.map(({ test: value }) => value),
    [`doctor-${shop.random}`, `doctor-${shop.random}-å/%2F+ &=é%25"'`],
  );
});

test('without a token, a path in PUBLIC_URL or at the root, the URLs lead to the receiver as well', async (t) => {
  const confirmed = { ...ACCOUNT, MAPI_CALLBACK_PATHS: '/,/callbacks/mapi' };
  const behindPath: FaultCase = {
    both: { ...PLAIN, PUBLIC_URL: 'https://pay.shop.example/resurs/' },
    proxy: { rewrite: (target) => target.replace(/^\/resurs/, '') },
  };

  const { finding } = await checkShop(t, { both: confirmed });
  const behind = await checkShop(t, behindPath);

  assert.equal(finding.status, 'pass', finding.reason);
  assert.match(finding.reason, /its URLs carry no token$/);
  assert.equal(behind.finding.status, 'pass', behind.finding.reason);
});

const isMapi = ({ url = '' }: IncomingMessage) => url.includes('/mapi');
const decoding = proxyRewriting((target) => target.replace('%2F', '/').replace('%2B', '+').replace('%26', '&'));

const FAULTS: readonly [fault: string, faultCase: FaultCase, status: CheckStatus, reason: RegExp, fix: RegExp][] = [
  [
    'another token',
    { service: MAPI, doctor: PLAIN },
    'fail',
    /refuses the token .*\(401\)/,
    /this MAPI_CALLBACK_TOKEN/,
  ],
  [
    'a token here alone',
    { service: { ...MAPI, ...ACCOUNT, MAPI_CALLBACK_TOKEN: '' }, doctor: MAPI },
    'fail',
    /accepts a wrong token/,
    /Restart the service with MAPI_CALLBACK_TOKEN/,
  ],
  [
    'a token there alone',
    { service: MAPI, doctor: { ...MAPI, ...ACCOUNT, MAPI_CALLBACK_TOKEN: '' } },
    'fail',
    /wants a token/,
    /Set MAPI_CALLBACK_TOKEN here/,
  ],
  [
    'a service without the path',
    { doctor: MAPI },
    'fail',
    /callbacks\/mapi: 404/,
    /Restart the service with these MAPI_CALLBACK_PATHS/,
  ],
  [
    'a redirect',
    { both: MAPI, ...proxyResponding(redirect('https://www.shop.example/callbacks/mapi'), isMapi) },
    'fail',
    /redirected \(301\)/,
    /PUBLIC_URL/,
  ],
  [
    'a page of the shop',
    { both: MAPI, ...proxyResponding(page(200), isMapi) },
    'fail',
    /another server/,
    /before any shop page/,
  ],
  ['a proxy that decodes a token', { both: MAPI, ...decoding }, 'fail', /refuses the token/, /query string unchanged/],
  [
    'a proxy that decodes what a plain token does not need',
    { both: PLAIN, ...decoding },
    'warn',
    /special characters/,
    /letters and digits only/,
  ],
  [
    'a firewall against special characters',
    { both: PLAIN, ...proxyResponding(page(403), ({ url = '' }) => url.includes('%25')) },
    'warn',
    /special characters/,
    /URL unchanged/,
  ],
];

for (const [fault, faultCase, status, reason, fix] of FAULTS) {
  test(`${fault}: mapi-urls reports ${status} and names the fix`, async (t) => {
    const { finding } = await checkShop(t, faultCase);

    assert.equal(finding.status, status, finding.reason);
    assert.match(finding.reason, reason);
    assert.match(finding.fix ?? '', fix);
  });
}

test('where no database shows what was stored, mapi-urls warns that escapes are not proven', async (t) => {
  const shop = await startShop(t, { both: MAPI });

  const finding = await checkUrls({ ...shop.context, database: null });

  assert.deepEqual([finding.status, finding.fix?.includes('DATABASE_URL')], ['warn', true]);
});

test('the test callback of the Merchant API is stored, and another database or token is noticed', async (t) => {
  const api = await startMerchantApi();
  t.after(() => api.close());
  const account = { MAPI_CLIENT_ID: api.clientId, MAPI_CLIENT_SECRET: api.clientSecret, MAPI_URL: api.url };
  const { check, service } = await setUpDoctor(t, { ...MAPI, ...account });

  const stored = await check('mapi-test-callback');
  const otherToken = await check('mapi-test-callback', { MAPI_CALLBACK_TOKEN: `${TOKEN}9` });
  const registered = await check('registrations', { RESURS_USERNAME: '', RESURS_PASSWORD: '' });

  assert.equal(stored.status, 'pass', stored.reason);
  assert.match(stored.reason, /^came from Resurs and was stored after \d+\.\d s$/);
  assert.equal((await service.query("select 1 from events where provider = 'resurs-mapi'")).length, 1);
  assert.equal(otherToken.status, 'fail');
  assert.match(otherToken.reason, /FAILED \(401\)/);
  // What `register` has stored shows that eCom is in use, although only the Merchant API has an account here.
  assert.equal(registered.reason, 'Skipped: RESURS_USERNAME is not set.');
});

/** Sends a callback to the service as the Merchant API does. */
async function sendCallback(url: string, body: string): Promise<void> {
  const query = `token=${encodeURIComponent(TOKEN)}`;
  const response = await fetch(`${url}/callbacks/mapi/authorization?${query}`, { method: 'POST', body });
  assert.equal(response.status, 204);
}

test('the payment of the newest event about one is read; one that is unknown to the account fails', async (t) => {
  const api = await startMerchantApi();
  t.after(() => api.close());
  const account = { MAPI_CLIENT_ID: api.clientId, MAPI_CLIENT_SECRET: api.clientSecret, MAPI_URL: api.url };
  const { check, service } = await setUpDoctor(t, { ...MAPI, ...account });

  const none = await check('mapi-payment');
  await sendCallback(
    service.url,
    JSON.stringify({ paymentId: PAYMENT, status: 'AUTHORIZED', created: '2026-11-20T12:00:00Z' }),
  );
  await sendCallback(service.url, '');
  const unknown = await check('mapi-payment');
  api.hold(PAYMENT);
  const found = await check('mapi-payment');
  const noToken = await check('mapi-payment', { MAPI_CLIENT_SECRET: 'another-secret-7Kd2' });

  assert.deepEqual([none.status, found.status, unknown.status, noToken.status], ['skip', 'pass', 'fail', 'skip']);
  assert.match(none.reason, /no callback of a payment .* is stored yet/);
  assert.match(found.reason, new RegExp(PAYMENT));
  assert.match(unknown.fix ?? '', /MAPI_CLIENT_ID and RESURS_ENVIRONMENT/);
  assert.match(noToken.reason, /see mapi-credentials/);
});
