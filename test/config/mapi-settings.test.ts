/**
 * Settings of the Merchant API: what they may be, what they need, and what is warned of. Its callbacks carry no proof of
 * their own, so a service that could not tell a forged one must not start. Nothing is replaced.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mapiAddress } from '../../src/accounts/mapi-account.ts';
import { loadConfig } from '../../src/config/load.ts';
import { assertSettingError, DIGEST_KEY, settingErrors, validConfig } from '../helpers/config.ts';

const TOKEN = 'Zk3vP9qLw7Xt2RbYc8NdJf5H';
const ACCOUNT = { MAPI_CLIENT_ID: 'shop', MAPI_CLIENT_SECRET: 'Tq7-mWx2-Lp9z-81' };
const PATHS = { MAPI_CALLBACK_PATHS: '/callbacks/mapi' };

function problemsOf(env: Record<string, string>): string[] {
  return settingErrors({ DIGEST_KEY, ...env }).map(({ setting, problem }) => `${setting} ${problem}`);
}

function warningsOf(env: Record<string, string>): readonly string[] {
  const tls = { TRUST_PROXY: '10.0.0.0/8' };
  return loadConfig({ DIGEST_KEY, ...tls, ...env }).warnings;
}

test('without a setting nothing of the Merchant API is there', () => {
  const config = validConfig({ DIGEST_KEY });

  assert.deepEqual(
    [
      config.MAPI_CALLBACK_PATHS,
      config.MAPI_CALLBACK_TOKEN,
      config.MAPI_CLIENT_ID,
      config.MAPI_STORE_ID,
      config.MAPI_URL,
    ],
    Array(5).fill(null),
  );
  assert.deepEqual([config.MAPI_SCOPE, config.PAYMENT_SNAPSHOT], ['merchant-api', 'off']);
});

test('the address is that of the environment, unless another one is set', () => {
  for (const [env, address] of [
    [{}, 'https://merchant-api.integration.resurs.com'],
    [{ RESURS_ENVIRONMENT: 'production' }, 'https://merchant-api.resurs.com'],
    [{ RESURS_ENVIRONMENT: 'production', MAPI_URL: 'https://mapi.example/base/' }, 'https://mapi.example/base'],
  ] as const) {
    assert.equal(mapiAddress(validConfig({ DIGEST_KEY, ...env })), address);
  }
});

test('valid values are taken as they are', () => {
  const env = {
    ...ACCOUNT,
    MAPI_CALLBACK_PATHS: '/, /wc-api/resursbank/ ,/callbacks/mapi',
    MAPI_CALLBACK_TOKEN: TOKEN,
    MAPI_CALLBACK_TOKEN_PREVIOUS: `${TOKEN}-old`,
    MAPI_SCOPE: 'merchant-api other',
    MAPI_STORE_ID: '2f1b4e0e-3f55-4ef5-8a5a-4d7d4f0d7a11',
    PAYMENT_SNAPSHOT: 'on',
  };

  const config = validConfig({ DIGEST_KEY, ...env });

  assert.deepEqual(config.MAPI_CALLBACK_PATHS, ['/', '/wc-api/resursbank', '/callbacks/mapi']);
  for (const name of ['MAPI_CALLBACK_TOKEN', 'MAPI_SCOPE', 'MAPI_STORE_ID', 'MAPI_CLIENT_ID'] as const)
    assert.equal(config[name], env[name]);
  assert.equal(config.PAYMENT_SNAPSHOT, 'on');
});

const WRONG: readonly (readonly [string, string, string])[] = [
  ['MAPI_CALLBACK_TOKEN', 'x'.repeat(23), 'is shorter than 24 characters'],
  [
    'MAPI_CALLBACK_TOKEN',
    `${TOKEN} ${TOKEN}`,
    'has spaces, control or non-ASCII characters, or more than 256 characters',
  ],
  ['MAPI_CALLBACK_TOKEN', `${TOKEN}ö`, 'has spaces, control or non-ASCII characters, or more than 256 characters'],
  ['MAPI_CALLBACK_TOKEN', 'x'.repeat(257), 'has spaces, control or non-ASCII characters, or more than 256 characters'],
  ['MAPI_CLIENT_ID', 'a b', 'has spaces, control or non-ASCII characters, or is longer than 1024 characters'],
  ['MAPI_SCOPE', 'a  b', 'is no OAuth scope'],
  ['MAPI_SCOPE', 'a"b', 'is no OAuth scope'],
  ['MAPI_STORE_ID', 'a_b', 'has characters other than letters, digits and -, or more than 64 of them'],
  ['MAPI_URL', 'merchant-api.resurs.com', 'is not a URL'],
  ['MAPI_URL', 'ftp://merchant-api.resurs.com', 'is neither https nor http'],
  ['MAPI_URL', 'https://shop:secret@merchant-api.resurs.com', 'contains a user name or password'],
];

for (const [name, value, problem] of WRONG) {
  test(`${name} of the form ${value.slice(0, 20)} ${problem}`, () => {
    assertSettingError({ DIGEST_KEY, ...ACCOUNT, [name]: value }, name, problem);
  });
}

test('half an account, and a previous token alone, are errors that name the other half', () => {
  assert.deepEqual(problemsOf({ MAPI_CLIENT_ID: 'shop' }), ['MAPI_CLIENT_ID is set without MAPI_CLIENT_SECRET']);
  assert.deepEqual(problemsOf({ MAPI_CLIENT_SECRET: 'Tq7-mWx2-Lp9z-81' }), [
    'MAPI_CLIENT_SECRET is set without MAPI_CLIENT_ID',
  ]);
  assert.deepEqual(problemsOf({ MAPI_CALLBACK_TOKEN_PREVIOUS: TOKEN }), [
    'MAPI_CALLBACK_TOKEN_PREVIOUS is set without MAPI_CALLBACK_TOKEN',
  ]);
});

test('callbacks that nothing proves are refused at start, unless that is wanted, and then warned of', () => {
  const problem =
    'MAPI_CALLBACK_PATHS is set, but nothing authenticates callbacks of the Merchant API: no token and no account are set';
  assert.deepEqual(problemsOf(PATHS), [problem]);
  for (const proof of [{ MAPI_CALLBACK_TOKEN: TOKEN }, ACCOUNT]) {
    assert.deepEqual(problemsOf({ ...PATHS, ...proof }), []);
    assert.deepEqual(warningsOf({ ...PATHS, ...proof }), []);
  }
  assert.doesNotMatch(warningsOf(PATHS).join('\n'), /ALLOW_UNAUTHENTICATED is true/);
  const wanted = { ...PATHS, ALLOW_UNAUTHENTICATED: 'true' };
  assert.deepEqual(problemsOf(wanted), []);
  assert.match(warningsOf(wanted).join('\n'), /CALLBACKS OF THE MERCHANT API ARE NOT AUTHENTICATED/);
});

test('a shop of the Merchant API alone is told why it needs a key, and is warned of nothing that is for eCom', () => {
  const only = { ...PATHS, MAPI_CALLBACK_TOKEN: TOKEN };
  const open = { ...only, DIGEST_KEY, TRUST_PROXY: '' };

  const [error, ...others] = settingErrors(only);

  assert.deepEqual([error?.setting, others], ['ALLOW_UNAUTHENTICATED', []]);
  assert.match(error?.problem ?? '', /callbacks of eCom at CALLBACK_PATHS: .*token of the Merchant API does not count/);
  assert.match(error?.fix ?? '', /^set DIGEST_KEY, also in a shop without eCom: a random one/);
  assert.match(warningsOf(open).join('\n'), /^MAPI_CALLBACK_TOKEN is sent .*no TLS is configured.*[^\n]$/);
  assert.deepEqual(warningsOf({ ...open, HOST: '127.0.0.1' }), []);
  assert.deepEqual(warningsOf({ ...open, PUBLIC_URL: 'https://pay.shop.example' }), []);
});

test('orders are not looked up for strangers', () => {
  const lookup = { ORDER_OWNERSHIP: 'lookup', ORDER_LOOKUP_URL: 'https://shop.example/orders/{paymentId}' };
  const wanted = { ...PATHS, ...lookup, ALLOW_UNAUTHENTICATED: 'true' };

  const [error] = settingErrors({ DIGEST_KEY, ...wanted });

  assert.deepEqual([error?.setting, error?.fix], ['ORDER_OWNERSHIP', 'set MAPI_CALLBACK_TOKEN']);
  assert.deepEqual(problemsOf({ ...wanted, MAPI_CALLBACK_TOKEN: TOKEN }), []);
});

test('a snapshot needs an account of one of the two interfaces', () => {
  const on = { PAYMENT_SNAPSHOT: 'on' };

  assert.deepEqual(problemsOf(on), [
    'PAYMENT_SNAPSHOT is on, but no account at Resurs is set that could read a payment',
  ]);
  assert.deepEqual(problemsOf({ ...on, ...ACCOUNT }), []);
  assert.deepEqual(problemsOf({ ...on, RESURS_USERNAME: 'shop', RESURS_PASSWORD: 'Tq7-mWx2-Lp9z' }), []);
});

test('a token without a path has no effect, and a weak one is named; no warning repeats it', () => {
  assert.match(
    warningsOf({ MAPI_CALLBACK_TOKEN: TOKEN }).join('\n'),
    /^MAPI_CALLBACK_TOKEN has no effect without MAPI_CALLBACK_PATHS/,
  );
  const weak = warningsOf({ ...PATHS, MAPI_CALLBACK_TOKEN: 'a'.repeat(24) });

  assert.match(weak.join('\n'), /^MAPI_CALLBACK_TOKEN/);
  assert.ok(!weak.join('\n').includes('aaaa'));
});
