/**
 * The checks of the Merchant API's account and token. Each fault fails the check for it; what could not be looked at is
 * skipped with its reason, and what is not used is skipped without a fix. The Merchant API is the one of the tests, all
 * else is real.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createMapiAccount } from '../../src/accounts/mapi-account.ts';
import { loadConfig } from '../../src/config/load.ts';
import { CHECK_NAMES, type CheckName, type CheckStatus, type Finding } from '../../src/doctor/check.ts';
import type { CheckContext } from '../../src/doctor/context.ts';
import { runChecks } from '../../src/doctor/run-checks.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { type Respond, respondJson, startMerchantApi } from '../harness/merchant-api.ts';
import { startSite } from '../helpers/doctor-site.ts';

const TOKEN = 'q7Zr4Lw1Xv8Kb2YpT5Nd9Jf3';
const MAPI_CHECKS = CHECK_NAMES.filter((name) => name.startsWith('mapi-'));

type Env = Readonly<Record<string, string>>;

/** A Merchant API, and checks with its account and `changes`; no service and no database unless given. */
async function setup(t: TestContext) {
  const api = await startMerchantApi();
  t.after(() => api.close());
  const site = await startSite(t);
  const env = {
    DIGEST_KEY: 'a-master-key-of-the-tests-8Zk3-Wq5-Tn7',
    MAPI_CALLBACK_PATHS: '/callbacks/mapi',
    MAPI_CALLBACK_TOKEN: TOKEN,
    MAPI_CLIENT_ID: api.clientId,
    MAPI_CLIENT_SECRET: api.clientSecret,
    MAPI_URL: api.url,
  };
  async function checkAll(names: readonly CheckName[], changes: Env = {}, context: Partial<CheckContext> = {}) {
    const loaded = loadConfig({ ...env, ...changes });
    assert.ok(loaded.outcome === 'loaded', JSON.stringify(loaded));
    const account = createMapiAccount(loaded.config, systemClock);
    const mapi = account?.client(0) ?? null;
    try {
      const all = { ...site.context, config: loaded.config, mapi, ...context };
      return await runChecks(all, names, new AbortController().signal);
    } finally {
      await account?.close();
    }
  }
  const check = async (name: CheckName, changes: Env = {}, context: Partial<CheckContext> = {}): Promise<Finding> => {
    const [finding] = await checkAll([name], changes, context);
    assert.ok(finding !== undefined);
    for (const text of [finding.reason, finding.fix ?? '']) {
      for (const secret of [TOKEN, api.clientSecret, 'Bearer']) assert.ok(!text.includes(secret), text);
      assert.doesNotMatch(text, /[\r\n]|customer@/);
    }
    return finding;
  };
  return { api, check, checkAll };
}

const NOT_USED = { MAPI_CALLBACK_PATHS: '', MAPI_CALLBACK_TOKEN: '', MAPI_CLIENT_ID: '', MAPI_CLIENT_SECRET: '' };
const NO_ACCOUNT = { MAPI_CLIENT_ID: '', MAPI_CLIENT_SECRET: '' };
const answering =
  (status: number, body: object): Respond =>
  (_, response) =>
    respondJson(response, status, body);
const page: Respond = (_, response) =>
  response.writeHead(200, { 'content-type': 'text/html' }).end('<html>a page</html>');

test('where the Merchant API is not used, all of its checks are skipped, with a reason and nothing to do', async (t) => {
  const { api, checkAll } = await setup(t);

  const findings = await checkAll(MAPI_CHECKS, NOT_USED);

  assert.equal(findings.length, 6);
  for (const { name, status, reason, fix } of findings) {
    assert.deepEqual([status, fix], ['skip', null], name);
    assert.match(reason, /^Skipped: MAPI_\w+ is not set: /);
  }
  assert.equal(api.requests.length, 0);
});

test('where eCom is not used, its checks are skipped, with a reason and nothing to do', async (t) => {
  const { check, checkAll } = await setup(t);
  const names = ['callback-path', 'user-agents', 'escapes', 'authorization', 'registrations', 'test-callback'] as const;

  const findings = await checkAll(names, { BASIC_AUTH_USERNAME: 'resurs', BASIC_AUTH_PASSWORD: 'a-password-4Hd9' });

  assert.deepEqual(
    findings.map(({ name, status, fix }) => [name, status, fix]),
    names.map((name) => [name, 'skip', null]),
  );
  for (const { reason } of findings) assert.match(reason, /^Skipped: eCom is not in use: /);
  assert.equal((await check('registrations', NOT_USED)).fix, 'Set RESURS_USERNAME and RESURS_PASSWORD.');
});

test('without an account of eCom the clock is compared with that of the Merchant API', async (t) => {
  const { check } = await setup(t);
  const behind = { clock: { ...systemClock, now: () => Date.now() - 60_000 } };

  assert.match((await check('clock')).reason, /^This clock and that of Resurs differ by \d s\.$/);
  assert.equal((await check('clock', {}, behind)).status, 'warn');
  assert.match((await check('clock', NO_ACCOUNT)).reason, /^Skipped: no clock to compare with/);
});

test('an account with its token and its store passes', async (t) => {
  const { check } = await setup(t);

  assert.equal((await check('mapi-token')).status, 'pass');
  assert.match((await check('mapi-credentials')).reason, /^127\.0\.0\.1:\d+ gives a token and accepts it$/);
  assert.match((await check('mapi-store')).reason, /^one store; /);
  assert.equal((await check('mapi-store', { MAPI_STORE_ID: 'STORE-1' })).status, 'pass');
});

interface Fault {
  readonly fault: string;
  readonly check: CheckName;
  readonly status: CheckStatus;
  readonly env?: Env;
  readonly answers?: Readonly<Record<string, Respond>>;
  readonly reason: RegExp;
  readonly fix: RegExp;
}

const FAULTS: readonly Fault[] = [
  {
    fault: 'a token out of an example',
    check: 'mapi-token',
    status: 'fail',
    env: { MAPI_CALLBACK_TOKEN: 'change-me-change-me-change-me' },
    reason: /a sample/,
    fix: /openssl rand/,
  },
  {
    fault: 'a token of few characters',
    check: 'mapi-token',
    status: 'fail',
    env: { MAPI_CALLBACK_TOKEN: 'abcabcaabbccaaabbbcccabcb' },
    reason: /few different characters/,
    fix: /openssl rand .*_PREVIOUS as long as/,
  },
  {
    fault: 'a token that repeats itself',
    check: 'mapi-token',
    status: 'fail',
    env: { MAPI_CALLBACK_TOKEN: 'abcdefghijkl'.repeat(2) },
    reason: /^MAPI_CALLBACK_TOKEN repeats itself\.$/,
    fix: /openssl rand/,
  },
  {
    fault: 'a token that is another secret, too',
    check: 'mapi-token',
    status: 'fail',
    env: { STATUS_TOKEN: TOKEN, STATUS_READ_TOKEN: '' },
    reason: /is the value of STATUS_TOKEN, too/,
    fix: /of its own/,
  },
  {
    fault: 'a weak previous token',
    check: 'mapi-token',
    status: 'fail',
    env: { MAPI_CALLBACK_TOKEN_PREVIOUS: 'a'.repeat(24) },
    reason: /^MAPI_CALLBACK_TOKEN_PREVIOUS has few/,
    fix: /openssl rand/,
  },
  {
    fault: 'no token, with an account',
    check: 'mapi-token',
    status: 'warn',
    env: { MAPI_CALLBACK_TOKEN: '' },
    reason: /each payment is read .*applications are refused/,
    fix: /receiver mapi-urls/,
  },
  {
    fault: 'neither token nor account',
    check: 'mapi-token',
    status: 'fail',
    env: { MAPI_CALLBACK_TOKEN: '', ...NO_ACCOUNT, ALLOW_UNAUTHENTICATED: 'true' },
    reason: /anyone can invent one/,
    fix: /Set MAPI_CALLBACK_TOKEN/,
  },
  {
    fault: 'no account',
    check: 'mapi-credentials',
    status: 'skip',
    env: NO_ACCOUNT,
    reason: /MAPI_CLIENT_ID is not set\. The token alone/,
    fix: /Set MAPI_CLIENT_ID/,
  },
  {
    fault: 'a wrong client secret',
    check: 'mapi-credentials',
    status: 'fail',
    env: { MAPI_CLIENT_SECRET: 'another-secret-7Kd2' },
    reason: /^MAPI POST \/oauth2\/token: HTTP 401, code invalid_client/,
    fix: /MAPI_CLIENT_ID and MAPI_CLIENT_SECRET to the account of this RESURS_ENVIRONMENT/,
  },
  {
    fault: 'a wrong client secret',
    check: 'mapi-store',
    status: 'skip',
    env: { MAPI_CLIENT_SECRET: 'another-secret-7Kd2' },
    reason: /see mapi-credentials/,
    fix: /mapi-credentials/,
  },
  {
    fault: 'a scope that the account does not have',
    check: 'mapi-credentials',
    status: 'fail',
    env: { RESURS_ENVIRONMENT: 'production' },
    answers: { '/oauth2/token': answering(400, { error: 'invalid_scope' }) },
    reason: /code invalid_scope/,
    fix: /Check MAPI_SCOPE/,
  },
  {
    fault: 'a token that the API does not accept',
    check: 'mapi-credentials',
    status: 'fail',
    answers: { '/v2/stores': answering(401, { code: 'UNAUTHORIZED', message: 'no' }) },
    reason: /GET \/v2\/stores\S*: HTTP 401/,
    fix: /RESURS_ENVIRONMENT/,
  },
  {
    fault: 'an address that is another server',
    check: 'mapi-credentials',
    status: 'fail',
    answers: { '/': page },
    reason: /oauth2\/token/,
    fix: /Check MAPI_URL/,
  },
  {
    fault: 'an API that is not reached',
    check: 'mapi-credentials',
    status: 'skip',
    env: { MAPI_URL: 'http://127.0.0.1:1' },
    reason: /was not reached: MAPI .*ECONNREFUSED/,
    fix: /reach Resurs over https/,
  },
  {
    fault: 'an API that is not reached',
    check: 'mapi-store',
    status: 'skip',
    env: { MAPI_URL: 'http://127.0.0.1:1' },
    reason: /was not reached: MAPI POST \/oauth2\/token/,
    fix: /reach Resurs over https/,
  },
  {
    fault: 'an API that asks to wait',
    check: 'mapi-store',
    status: 'skip',
    answers: { '/v2/stores': answering(429, {}) },
    reason: /asks to wait: .*HTTP 429/,
    fix: /few minutes/,
  },
  {
    fault: 'an account without a store',
    check: 'mapi-store',
    status: 'fail',
    answers: { '/v2/stores': answering(200, { content: [] }) },
    reason: /no store/,
    fix: /Ask Resurs/,
  },
  {
    fault: 'a store of another account',
    check: 'mapi-store',
    status: 'fail',
    env: { MAPI_STORE_ID: 'store-2' },
    reason: /none of the 1 stores/,
    fix: /such as store-1/,
  },
  {
    fault: 'no database',
    check: 'mapi-payment',
    status: 'skip',
    reason: /no database; see database/,
    fix: /database/,
  },
  {
    fault: 'no database',
    check: 'mapi-test-callback',
    status: 'skip',
    env: { PUBLIC_URL: 'https://pay.shop.example' },
    reason: /no database; see database/,
    fix: /database/,
  },
  {
    fault: 'no PUBLIC_URL',
    check: 'mapi-test-callback',
    status: 'skip',
    reason: /PUBLIC_URL is not set; see public-url/,
    fix: /public-url/,
  },
  {
    fault: 'a URL that Resurs does not call',
    check: 'mapi-test-callback',
    status: 'fail',
    env: { PUBLIC_URL: 'https://pay.shop.example', MAPI_CALLBACK_TOKEN: '' },
    answers: { '/v2/callbacks/test': answering(200, { status: 'INVALID_URL' }) },
    reason: /^Resurs reports INVALID_URL: the URL is none that Resurs calls\.$/,
    fix: /PUBLIC_URL/,
  },
  {
    fault: 'a limit of tests',
    check: 'mapi-test-callback',
    status: 'skip',
    env: { PUBLIC_URL: 'https://pay.shop.example', MAPI_CALLBACK_TOKEN: '' },
    answers: { '/v2/callbacks/test': answering(200, { status: 'RATE_LIMITED', code: 429 }) },
    reason: /RATE_LIMITED \(429\)/,
    fix: /few minutes/,
  },
];

test('each fault of the account or the token is reported by the check for it', async (t) => {
  const { api, check } = await setup(t);

  for (const { fault, check: name, status, env, answers = {}, reason, fix } of FAULTS) {
    await t.test(`${fault}: ${name} reports ${status}`, async () => {
      for (const [path, respond] of Object.entries(answers)) api.override(path, respond);

      const finding = await check(name, env);

      for (const path of Object.keys(answers)) api.override(path, null);
      assert.equal(finding.status, status, finding.reason);
      assert.match(finding.reason, reason);
      assert.match(finding.fix ?? '', fix);
    });
  }
});
