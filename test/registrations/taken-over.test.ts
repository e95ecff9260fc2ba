/**
 * A URL that a shop plugin registered, and that CALLBACK_PATHS takes over, has a mark of its own: it is expected until
 * `register` runs. What the receiver would refuse, and what leads elsewhere, stays a difference. The URLs are those of
 * the modules.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { registrations } from '../../src/commands/registrations.ts';
import { loadConfig } from '../../src/config/load.ts';
import { CALLBACK_TYPES, type CallbackType } from '../../src/protocol/ecom/callback-types.ts';
import { compareRegistration, type Drift } from '../../src/registrations/drift.ts';
import { CALLBACK_PATHS, MODULE_TEMPLATES, UNSIGNED_TESTS } from '../helpers/module-templates.ts';
import { setUpResurs } from '../helpers/resurs.ts';

const NOW_MS = 1_700_100_000_000;
const SHOP = 'https://shop.example';
const SALT = 'a-salt-of-a-plugin-7Kd2.81';
const PATHS = CALLBACK_PATHS.join(',');

type Env = Readonly<Record<string, string>>;

function compare(type: CallbackType, uriTemplate: string, env: Env = {}): Drift {
  const loaded = loadConfig({ PUBLIC_URL: SHOP, CALLBACK_PATHS: PATHS, DIGEST_SALT: SALT, ...env });
  assert.ok(loaded.outcome === 'loaded', JSON.stringify(loaded));
  return compareRegistration(type, { outcome: 'registered', uriTemplate }, { config: loaded.config, nowMs: NOW_MS });
}

function problemOf(drift: Drift): string {
  return drift.outcome === 'different' ? drift.problem : drift.outcome;
}

/** Every URL that a module registers for one of the seven types, on the host of the shop. */
const PLUGIN_URLS = MODULE_TEMPLATES.flatMap(({ template, types }) =>
  types.flatMap((name) => {
    const type = CALLBACK_TYPES.find((known) => known === name);
    const url = SHOP + template.replaceAll('{TYPE}', name).replaceAll('{type}', name.toLowerCase());
    return type === undefined ? [] : [{ type, url }];
  }),
);

test('every URL of every module is taken over, however Resurs returns it', () => {
  assert.ok(PLUGIN_URLS.length > 50);
  for (const { type, url } of PLUGIN_URLS) {
    for (const kept of [
      url,
      url.replaceAll('{', '%7B').replaceAll('}', '%7D'),
      url.replaceAll('&', '&amp;'),
      url.toLowerCase(),
      url.replace('https://shop.example', 'HTTPS://Shop.example:443'),
    ]) {
      assert.equal(problemOf(compare(type, kept)), 'taken_over', `${type} ${kept}`);
    }
  }
  for (const url of UNSIGNED_TESTS) assert.equal(problemOf(compare('TEST', SHOP + url)), 'taken_over', url);
});

test('no URL of a module is taken over on another host, on a path that is not configured, or as another type', () => {
  for (const { type, url } of PLUGIN_URLS) {
    const other = type === 'UNFREEZE' ? 'BOOKED' : 'UNFREEZE';
    assert.match(problemOf(compare(type, url.replace('shop.', 'www.shop.'))), /^leads to another address$/, url);
    assert.match(problemOf(compare(type, url.replace('https:', 'http:'))), /^leads to another address$/, url);
    assert.match(problemOf(compare(type, url, { CALLBACK_PATHS: '/other' })), /^leads to another address$/, url);
    assert.match(problemOf(compare(other, url)), /^leads to .* of CALLBACK_PATHS as [A-Z_]+$/, url);
  }
});

test('without a fixed salt of the type, a signed URL of a module is refused and the fix names the salt', () => {
  for (const { type, url } of PLUGIN_URLS) {
    const drift = compare(type, url.replace(/&t=\d+/, ''), { DIGEST_SALT: '', DIGEST_KEY: 'k'.repeat(40) });
    const isUnsignedTest = type === 'TEST' && !url.includes('{digest}');
    assert.match(problemOf(drift), isUnsignedTest ? /^taken_over$/ : /DIGEST_SALT is not set.*\(406\)$/, url);
    if (drift.outcome === 'different') assert.match(drift.fix ?? '', /set DIGEST_SALT to the salt of the plugin/);
  }
});

const WOO = `${SHOP}/wc-api/ResursDefault/?c=BOOKED&t=1700000000&p={paymentId}&d={digest}`;
const PLAIN = `${SHOP}/?wc-api=ResursDefault&c=BOOKED&t=1700000000&p={paymentId}&d={digest}`;
const WOO_PATHS = '/callbacks/resurs,/wc-api/ResursDefault';

for (const [what, url, env, expected] of [
  ['a path of a language folder that is not configured', WOO.replace('/wc-api', '/sv/wc-api'), {}, /another address/],
  [
    'a path of a language folder that is',
    WOO.replace('/wc-api', '/sv/wc-api'),
    { CALLBACK_PATHS: '/callbacks/resurs,/sv/wc-api/ResursDefault' },
    /^taken_over$/,
  ],
  [
    'a path behind index.php',
    WOO.replace('/wc-api', '/index.php/wc-api'),
    { CALLBACK_PATHS: '/callbacks/resurs,/index.php/wc-api/ResursDefault' },
    /^taken_over$/,
  ],
  ['a query at / while / is not configured', PLAIN, { CALLBACK_PATHS: WOO_PATHS }, /another address/],
  ['a path below PUBLIC_URL', WOO.replace('/wc-api', '/pay/wc-api'), { PUBLIC_URL: `${SHOP}/pay` }, /^taken_over$/],
  ['a path beside PUBLIC_URL', WOO, { PUBLIC_URL: `${SHOP}/pay` }, /^taken_over$/],
  ['a query right below PUBLIC_URL', PLAIN.replace('/?', '/pay?'), { PUBLIC_URL: `${SHOP}/pay` }, /^taken_over$/],
  ['a digest that is missing', WOO.replace('&d={digest}', ''), {}, /carries no digest/],
  ['a digest that is constant', WOO.replace('{digest}', 'ABC'), {}, /carries no digest/],
  ['a payment that is missing', WOO.replace('p={paymentId}', ''), {}, /malformed \(400\): paymentId is missing$/],
  ['a payment that is constant', WOO.replace('{paymentId}', '1'), {}, /^lacks \{paymentId\}$/],
  ['a type that is missing', WOO.replace('c=BOOKED', ''), {}, /malformed \(400\): type is missing$/],
  ['two types', `${WOO}&event-type=UPDATE&c=UPDATE`, {}, /malformed \(400\): a name appears twice/],
  ['segments that no callback has', WOO.replace('/?', '/x/y?'), {}, /another address/],
  [
    'a salt of its type alone',
    WOO,
    { DIGEST_SALT: '', DIGEST_SALT_BOOKED: SALT, DIGEST_KEY: 'k'.repeat(40) },
    /^taken_over$/,
  ],
  ['a salt of another type alone', WOO, { DIGEST_SALT: '', DIGEST_SALT_UPDATE: SALT }, /DIGEST_SALT is not set/],
  [
    'no digest configured at all',
    WOO,
    { DIGEST_SALT: '', BASIC_AUTH_USERNAME: 'a', BASIC_AUTH_PASSWORD: 'b' },
    /^taken/,
  ],
  [
    'a time before DIGEST_VALID_FROM, which fixed salts ignore',
    WOO,
    { DIGEST_VALID_FROM: '1700000001' },
    /^taken_over$/,
  ],
  [
    'a URL of register on a path that was the first',
    WOO,
    { DIGEST_SALT: '', DIGEST_KEY: 'k'.repeat(40) },
    /and not to the first of CALLBACK_PATHS$/,
  ],
  ['the first path in pairs', `${SHOP}/callbacks/resurs/booked/paymentId/{paymentId}`, {}, /^carries no digest/],
  [
    'the first path in pairs, with a digest',
    `${SHOP}/callbacks/resurs/booked/paymentId/{paymentId}/digest/{digest}`,
    {},
    /^has other parameters than configured$/,
  ],
  [
    'the path of a plugin that is the first',
    WOO,
    { CALLBACK_PATHS: '/wc-api/ResursDefault' },
    /^has other parameters than configured$/,
  ],
] as const) {
  test(`${what}: ${expected.source}`, () => {
    assert.match(problemOf(compare('BOOKED', url, env)), expected);
  });
}

const TYPES_OF_WOO = ['BOOKED', 'UPDATE', 'UNFREEZE', 'TEST'] as const;

function registeredByWoo(types: readonly CallbackType[]): Partial<Record<CallbackType, string>> {
  const unsigned = `${SHOP}/wc-api/ResursDefault/?c=TEST&ignore1={param1}&ignore2={param2}`;
  return Object.fromEntries(
    types.map((type) => [type, type === 'TEST' ? unsigned : WOO.replace('BOOKED', type)] as const),
  );
}

const TAKING_OVER = { PUBLIC_URL: SHOP, CALLBACK_PATHS: WOO_PATHS, DIGEST_KEY: '', DIGEST_SALT: SALT };

test('types that are taken over, and those that the plugin left out, exit with 0 and are counted', async (t) => {
  const { run } = await setUpResurs(t, { env: TAKING_OVER, registered: registeredByWoo(TYPES_OF_WOO) });

  const { exitCode, out } = await run(registrations, []);

  assert.equal(exitCode, 0);
  const mark =
    "→ BOOKED: a plugin's URL, taken over by CALLBACK_PATHS (/wc-api/ResursDefault)\n    https://shop.example/";
  assert.ok(out.includes(mark), out);
  assert.deepEqual([out.match(/^→ /gm)?.length, out.match(/^– /gm)?.length, out.match(/^[✗✓] /gm)], [4, 3, null]);
  assert.match(out, /\n4 types are taken over from a plugin: BOOKED, UPDATE, UNFREEZE, TEST\. /);
  assert.match(out, /\nThe plugin has not registered ANNULMENT, FINALIZATION, AUTOMATIC_FRAUD_CONTROL; /);
  assert.match(out, /\nRun receiver register when your webhook moves the order states\.$/);
  assert.doesNotMatch(out, /to correct them|All match/);
});

test('a plugin that registers all seven types leaves nothing to correct', async (t) => {
  const { run } = await setUpResurs(t, { env: TAKING_OVER, registered: registeredByWoo(CALLBACK_TYPES) });

  const { exitCode, out } = await run(registrations, []);

  assert.deepEqual([exitCode, out.match(/^→ /gm)?.length], [0, 7]);
  assert.match(out, /\n7 types are taken over /);
});

for (const [what, types, changes, mark] of [
  ['a type that every shop needs is not registered', ['BOOKED', 'TEST'], {}, /^✗ UNFREEZE: not registered/m],
  [
    'another system has one of the types',
    TYPES_OF_WOO,
    { UNFREEZE: 'https://x.example/?c=UNFREEZE' },
    /^✗ UNFREEZE: /m,
  ],
] as const) {
  test(`while types are taken over, ${what}: that alone is marked, exits with 1, and is named alone`, async (t) => {
    const registered = { ...registeredByWoo(types), ...changes };
    const { run } = await setUpResurs(t, { env: TAKING_OVER, registered });

    const { exitCode, out } = await run(registrations, []);

    assert.equal(exitCode, 1);
    assert.match(out, mark);
    assert.match(out, /\nRegister these to correct them: (?:UPDATE )?UNFREEZE\.\n/);
    assert.doesNotMatch(out, /Register the types marked/);
  });
}

test("before the plugin's salt is set, each URL is marked, and to set it comes before to register", async (t) => {
  const env = { ...TAKING_OVER, DIGEST_SALT: '', DIGEST_KEY: 'k3Zq8Lw1Xv7Rb2YpT5Nd9Jf4Hc6Gs0Am' };
  const registered = Object.fromEntries(
    Object.entries(registeredByWoo(TYPES_OF_WOO)).map(([type, url]) => [type, url.replace(/&t=\d+/, '')]),
  );
  const { run } = await setUpResurs(t, { env, registered });

  const { exitCode, out } = await run(registrations, []);

  assert.equal(exitCode, 1);
  assert.match(out, /^✗ BOOKED: leads to \/wc-api\/ResursDefault of CALLBACK_PATHS, but DIGEST_SALT is not set/m);
  assert.match(out, /\nIs it a plugin's URL\? Then set DIGEST_SALT to the salt of the plugin\.\nRegister these/);
});

test('with Basic credentials configured, the summary says that callbacks of a plugin may lack them', async (t) => {
  const env = { ...TAKING_OVER, BASIC_AUTH_USERNAME: 'resurs', BASIC_AUTH_PASSWORD: 'Tq7-mWx2-Lp9z' };
  const { run } = await setUpResurs(t, { env, registered: registeredByWoo(TYPES_OF_WOO) });

  const { exitCode, out } = await run(registrations, []);

  assert.equal(exitCode, 0);
  assert.match(out, /\nBASIC_AUTH_USERNAME is set: callbacks are refused \(401\) unless the plugin registered these/);
});
