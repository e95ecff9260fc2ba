/**
 * Set-ups in which nothing is wrong: every network check passes, and what the checks leave behind is known. A doctor that cries
 * without need is not listened to.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkEscapes } from '../../src/doctor/checks/escapes.ts';
import { assertPresentable, type Named, type Plant, startShop } from '../helpers/doctor-site.ts';

const NO_BASIC = { BASIC_AUTH_USERNAME: '', BASIC_AUTH_PASSWORD: '' };
const NO_DIGEST = { DIGEST_KEY: '', DIGEST_SALT: '' };
const NAMES = [
  'public-url',
  'dns',
  'tls',
  'certificate',
  'callback-path',
  'user-agents',
  'escapes',
  'authorization',
  'sources',
];

function assertAllPass(findings: readonly Named[]): void {
  const complaints = findings.filter(({ status }) => status !== 'pass');
  assert.deepEqual(complaints, []);
  assert.deepEqual(
    findings.map(({ name }) => name),
    NAMES,
  );
  assertPresentable(findings);
}

const SET_UPS: readonly (readonly [name: string, plant: Plant])[] = [
  ['a key, credentials and allowed sources', {}],
  ['a key alone', { both: { ...NO_BASIC, ALLOWED_SOURCES: '' } }],
  ['a salt for TEST alone', { both: { ...NO_BASIC, ...NO_DIGEST, DIGEST_SALT_TEST: 'a-salt-for-TEST-3Vb8-Lm2' } }],
  ['MD5, as the shop plugin of old', { both: { DIGEST_KEY: '', DIGEST_ALGORITHM: 'md5' } }],
  ['credentials alone', { both: NO_DIGEST }],
  ['no proof at all', { both: { ...NO_BASIC, ...NO_DIGEST, ALLOW_UNAUTHENTICATED: 'true' } }],
  ['links of a shop plugin at /', { both: { CALLBACK_PATHS: '/,/wc-api/ResursDefault' } }],
  [
    'a path in PUBLIC_URL that the proxy takes off',
    {
      both: { PUBLIC_URL: 'https://pay.shop.example/resurs/' },
      manners: { rewrite: (target) => target.replace(/^\/resurs/, '') },
    },
  ],
];

for (const [name, plant] of SET_UPS) {
  test(`with ${name}, every check passes`, async (t) => {
    const shop = await startShop(t, plant);

    const findings = await shop.examine();

    assertAllPass(findings);
  });
}

test('without credentials only signed TEST events are left behind, each a fact of its own', async (t) => {
  const shop = await startShop(t, { both: NO_BASIC });

  await shop.examine();
  const rows = await shop.world.query<{ parameters: Record<string, string>; count: number }>(
    "select parameters, (select count(*)::int from outbox) as count from events where callback = 'TEST'",
  );

  const { random } = shop.input;
  assert.deepEqual(rows.map(({ parameters }) => parameters.param2).sort(), [
    `${random}-path`,
    `${random}-plain`,
    `${random}-query`,
  ]);
  assert.deepEqual(
    rows.map(({ count }) => count),
    [0, 0, 0],
  );
});

const UNSURE = [
  ['the database of doctor does not have it', async () => false],
  ['the database of doctor is away', async () => Promise.reject(new Error('away'))],
  ['nobody can tell', async () => null],
] as const;

for (const [why, hasArrived] of UNSURE) {
  test(`when a plain TEST was taken unsigned, and ${why}, escapes warns that nothing is proven`, async (t) => {
    const shop = await startShop(t, { both: NO_DIGEST });

    const finding = await checkEscapes({ ...shop.input, hasArrived }, shop.outside, new AbortController().signal);

    assert.deepEqual([finding.status, finding.fix?.includes('DATABASE_URL')], ['warn', true]);
  });
}
