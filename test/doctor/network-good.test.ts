/**
 * Set-ups without a fault: every network check passes, and the events that the checks leave behind are known. False
 * alarms would make operators ignore doctor.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { checkEscapes } from '../../src/doctor/checks/escapes.ts';
import type { CheckContext } from '../../src/doctor/context.ts';
import type { CheckResult } from '../../src/doctor/run-checks.ts';
import {
  assertReadableFindings,
  type FaultCase,
  NETWORK_CHECKS,
  openTestDatabase,
  startShop,
} from '../helpers/doctor-site.ts';
import { createDatabase } from '../helpers/postgres.ts';

const NO_BASIC = { BASIC_AUTH_USERNAME: '', BASIC_AUTH_PASSWORD: '' };
const NO_DIGEST = { DIGEST_KEY: '', DIGEST_SALT: '' };

function assertAllPass(findings: readonly CheckResult[]): void {
  assert.deepEqual(
    findings.filter(({ status }) => status !== 'pass'),
    [],
  );
  assert.deepEqual(
    findings.map(({ name }) => name),
    NETWORK_CHECKS,
  );
  assertReadableFindings(findings);
}

const SET_UPS: readonly (readonly [name: string, setUp: FaultCase])[] = [
  ['a key, credentials and allowed sources', {}],
  ['a key alone', { both: { ...NO_BASIC, ALLOWED_SOURCES: '' } }],
  ['a salt for TEST alone', { both: { ...NO_BASIC, ...NO_DIGEST, DIGEST_SALT_TEST: 'a-salt-for-TEST-3Vb8-Lm2' } }],
  ['MD5, as the old shop plugin uses it', { both: { DIGEST_KEY: '', DIGEST_ALGORITHM: 'md5' } }],
  ['credentials alone', { both: NO_DIGEST }],
  ['no authentication', { both: { ...NO_BASIC, ...NO_DIGEST, ALLOW_UNAUTHENTICATED: 'true' } }],
  ['links of a shop plugin at /', { both: { CALLBACK_PATHS: '/,/wc-api/ResursDefault' } }],
  [
    'a path in PUBLIC_URL that the proxy removes',
    {
      both: { PUBLIC_URL: 'https://pay.shop.example/resurs/' },
      proxy: { rewrite: (target) => target.replace(/^\/resurs/, '') },
    },
  ],
];

for (const [name, setUp] of SET_UPS) {
  test(`with ${name}, every check passes`, async (t) => {
    const shop = await startShop(t, setUp);

    const findings = await shop.runNetworkChecks();

    assertAllPass(findings);
  });
}

test('without credentials only signed TEST events are left behind, each an event of its own', async (t) => {
  const shop = await startShop(t, { both: NO_BASIC });

  await shop.runNetworkChecks();
  const rows = await shop.service.query<{ parameters: Record<string, string>; count: number }>(
    "select parameters, (select count(*)::int from outbox) as count from events where callback = 'TEST'",
  );

  const { random } = shop;
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

const UNREACHABLE = 'postgres://nobody@127.0.0.1:1/none';
const openAt = (t: TestContext, url: string): CheckContext['database'] => openTestDatabase(t, url);

for (const [why, open] of [
  ['is not in the database of doctor', async (t: TestContext) => openAt(t, (await createDatabase(t)).url)],
  ['cannot be looked up because the database is unreachable', async (t: TestContext) => openAt(t, UNREACHABLE)],
  ['cannot be looked up without a database', async () => null],
] as const) {
  test(`when an unsigned TEST is accepted and ${why}, escapes warns that nothing is proven`, async (t) => {
    const shop = await startShop(t, { both: NO_DIGEST });
    const database = await open(t);

    const finding = await checkEscapes({ ...shop.context, database }, new AbortController().signal);

    assert.deepEqual([finding.status, finding.fix?.includes('DATABASE_URL')], ['warn', true]);
  });
}
