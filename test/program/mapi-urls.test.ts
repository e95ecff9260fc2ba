/**
 * `mapi-urls` prints the URLs that a shop puts into a create-payment call. Whoever has one can invent events of the shop,
 * so the token is shown on a screen only on request.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mapiUrls } from '../../src/commands/mapi-urls.ts';
import { DIGEST_KEY } from '../helpers/resurs.ts';
import { runCommand } from '../helpers/run-command.ts';

/** Has characters with a meaning in URLs. */
const TOKEN = 'a+token/of=the&tests?9Qw4%Zr8#';
const ENCODED = 'a%2Btoken%2Fof%3Dthe%26tests%3F9Qw4%25Zr8%23';
const ENV = {
  DIGEST_KEY,
  PUBLIC_URL: 'https://pay.shop.example/resurs/',
  MAPI_CALLBACK_PATHS: '/callbacks/mapi,/wc-api/resursbank',
  MAPI_CALLBACK_TOKEN: TOKEN,
};
const BASE = 'https://pay.shop.example/resurs/callbacks/mapi';

test('the three URLs carry the order and the token, percent-encoded', async () => {
  const { exitCode, out, errors } = await runCommand(mapiUrls, ['100000016'], ENV);

  assert.deepEqual([exitCode, errors], [0, '']);
  assert.deepEqual(out.split('\n'), [
    `authorization     ${BASE}/authorization?order=100000016&token=${ENCODED}`,
    `management        ${BASE}/management?order=100000016&token=${ENCODED}`,
    `creditApplication ${BASE}/credit-application?order=100000016&token=${ENCODED}`,
  ]);
  for (const line of out.split('\n')) {
    assert.equal(new URL(line.split(/ +/)[1] ?? '').searchParams.get('token'), TOKEN);
  }
});

test('without an order the URLs carry the token alone', async () => {
  const { out } = await runCommand(mapiUrls, [], ENV);

  assert.equal(out.split('\n')[1], `management        ${BASE}/management?token=${ENCODED}`);
});

test('--json prints the object for options.callbacks', async () => {
  const { out } = await runCommand(mapiUrls, ['--json', 'A-1_b'], ENV);

  assert.deepEqual(JSON.parse(out), {
    authorization: { url: `${BASE}/authorization?order=A-1_b&token=${ENCODED}` },
    management: { url: `${BASE}/management?order=A-1_b&token=${ENCODED}` },
    creditApplication: { url: `${BASE}/credit-application?order=A-1_b&token=${ENCODED}` },
  });
});

for (const args of [['1'], ['1', '--json']]) {
  test(`on a screen, ${args.join(' ')} masks the token, and --show-secrets prints it`, async () => {
    const masked = await runCommand(mapiUrls, args, ENV, { isScreen: true });
    const shown = await runCommand(mapiUrls, [...args, '--show-secrets'], ENV, { isScreen: true });

    assert.equal(masked.out.match(/token=\*{8}(?=$|")/gm)?.length, 3, masked.out);
    assert.ok(!`${masked.out}${masked.errors}`.includes(ENCODED.slice(0, 8)));
    assert.match(masked.errors, /--show-secrets/);
    assert.equal(shown.out.split(ENCODED).length, 4);
    assert.equal(shown.errors, '');
  });
}

test('at the root, the kinds stand directly below it', async () => {
  const { out } = await runCommand(mapiUrls, ['--json', '1'], {
    ...ENV,
    PUBLIC_URL: 'https://pay.shop.example',
    MAPI_CALLBACK_PATHS: '/',
  });

  const { management } = JSON.parse(out) as { management: { url: string } };
  assert.equal(management.url, `https://pay.shop.example/management?order=1&token=${ENCODED}`);
});

test('without a token there is none in the URLs, none for applications, and a line says how payments are confirmed', async () => {
  const env = { ...ENV, MAPI_CALLBACK_TOKEN: '', MAPI_CLIENT_ID: 'shop', MAPI_CLIENT_SECRET: 'a-secret-of-tests-7Kd2' };

  const { exitCode, out, errors } = await runCommand(mapiUrls, ['1'], env, { isScreen: true });

  assert.equal(exitCode, 0);
  assert.deepEqual(out.split('\n'), [
    `authorization     ${BASE}/authorization?order=1`,
    `management        ${BASE}/management?order=1`,
  ]);
  assert.match(errors, /^MAPI_CALLBACK_TOKEN is not set: each payment is read with MAPI_CLIENT_ID before/m);
});

test('without a token and an account, a line says that nothing confirms the callbacks', async () => {
  const env = { ...ENV, MAPI_CALLBACK_TOKEN: '', ALLOW_UNAUTHENTICATED: 'true' };

  const { errors } = await runCommand(mapiUrls, ['1'], env);

  assert.match(errors, /neither is MAPI_CLIENT_ID: callbacks are accepted unconfirmed/);
});

for (const [name, problem] of [
  ['PUBLIC_URL', /PUBLIC_URL is not set, so .*https:\/\/pay\.shop\.example/],
  ['MAPI_CALLBACK_PATHS', /MAPI_CALLBACK_PATHS is not set, so .*\/callbacks\/mapi/],
] as const) {
  test(`without ${name} the command exits with 78 and the fix`, async () => {
    const { exitCode, out, errors } = await runCommand(mapiUrls, [], { ...ENV, [name]: '' });

    assert.deepEqual([exitCode, out], [78, '']);
    assert.match(errors, problem);
  });
}

for (const words of [['ö'], ['a b'], ['a/b'], ['x'.repeat(37)], [''], ['1', '2']]) {
  test(`${JSON.stringify(words)} is no order, exits with 64 and prints no URL`, async () => {
    const { exitCode, out, errors } = await runCommand(mapiUrls, words, ENV);

    assert.deepEqual([exitCode, out], [64, '']);
    assert.match(errors, /no order reference: Resurs takes|one order only/);
  });
}
