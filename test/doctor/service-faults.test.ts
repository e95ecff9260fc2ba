/**
 * Faults of the service itself and of its neighbours, injected one at a time: the check that fails, and the fix it
 * names. The service, its database, the merchant and all requests are real.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { unregister } from '../../src/commands/unregister.ts';
import type { CheckName, CheckStatus } from '../../src/doctor/check.ts';
import type { CheckContext } from '../../src/doctor/context.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { NO_QUIRKS } from '../../src/simulator/api/quirks.ts';
import { type Env, setUpDoctor } from '../helpers/doctor-context.ts';
import { type Answer, status } from '../helpers/merchant.ts';
import { startDatabasePooler } from '../helpers/pooler.ts';
import { createDatabase, createEmptyDatabase, urlOf } from '../helpers/postgres.ts';
import { queryOnce } from '../helpers/service.ts';

type DoctorFixture = Awaited<ReturnType<typeof setUpDoctor>>;

interface ServiceFault {
  readonly fault: string;
  readonly check: CheckName;
  /** `fail` when left out. */
  readonly status?: CheckStatus;
  /** Any when left out. */
  readonly reason?: RegExp;
  readonly fix: RegExp;
  readonly env?: Env;
  readonly context?: Partial<CheckContext>;
  /** May return settings for `doctor`. */
  readonly inject?: (fixture: DoctorFixture, t: TestContext) => Promise<Env> | Env;
}

const TYPES = ['BOOKED', 'UPDATE', 'UNFREEZE', 'ANNULMENT', 'FINALIZATION', 'AUTOMATIC_FRAUD_CONTROL'];
const clockAhead = (ms: number) => ({ clock: { ...systemClock, now: () => Date.now() + ms } });
const saltsFor = (types: readonly string[]) =>
  Object.fromEntries(types.map((type) => [`DIGEST_SALT_${type}`, `${type.toLowerCase()}-4Kd8-2Wq9-Zx7`]));

/** The registrations of the set-up lead to the second path, as those of a plugin would. */
const TAKING_OVER = { CALLBACK_PATHS: '/elsewhere,/callbacks/resurs', DIGEST_KEY: '' };

const FAULTS: readonly ServiceFault[] = [
  { fault: 'a sample secret', check: 'configuration', env: { STATUS_TOKEN: 'change-me' }, fix: /random values/ },
  { fault: 'a misspelt setting', check: 'configuration', status: 'warn', env: { WEBHOOK_SECERT: 'x' }, fix: /config/ },
  { fault: 'a short fixed salt', check: 'salts', env: { DIGEST_KEY: '', DIGEST_SALT: 'short' }, fix: /DIGEST_KEY/ },
  {
    fault: 'one salt for all',
    check: 'salts',
    env: { DIGEST_KEY: '', DIGEST_SALT: 'k'.repeat(20) },
    fix: /DIGEST_KEY/,
  },
  {
    fault: 'a type without a salt',
    check: 'salts',
    env: { DIGEST_KEY: '', ...saltsFor(TYPES.slice(1)) },
    fix: /DIGEST_SALT_BOOKED/,
  },
  { fault: 'MD5', check: 'salts', env: { DIGEST_ALGORITHM: 'md5' }, fix: /sha1,md5/ },
  { fault: 'MD5 beside SHA-1', check: 'salts', status: 'warn', env: { DIGEST_ALGORITHM: 'sha1,md5' }, fix: /=sha1/ },
  {
    fault: 'no authentication',
    check: 'salts',
    env: { DIGEST_KEY: '', ALLOW_UNAUTHENTICATED: 'true' },
    fix: /DIGEST_KEY/,
  },
  { fault: 'no database', check: 'database', env: { DATABASE_URL: '' }, fix: /DATABASE_URL/ },
  {
    fault: 'an unreachable database',
    check: 'database',
    env: { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' },
    fix: /DATABASE_URL/,
  },
  {
    fault: 'a database that does not exist',
    check: 'database',
    inject: async (_, t) => ({ DATABASE_URL: urlOf((await createDatabase(t)).url, 'nowhere') }),
    reason: /3D000 database "nowhere" does not exist/,
    fix: /Create the database/,
  },
  {
    fault: 'a pooler in transaction mode',
    check: 'database',
    status: 'warn',
    inject: async (_, t) => ({ DATABASE_URL: await startDatabasePooler(t, (await createDatabase(t)).url) }),
    fix: /DATABASE_DIRECT_URL/,
  },
  {
    fault: 'a direct URL that leads nowhere',
    check: 'database',
    inject: async (_, t) => {
      const { url } = await createDatabase(t);
      return { DATABASE_URL: url, DATABASE_DIRECT_URL: urlOf(url, 'nowhere') };
    },
    reason: /DATABASE_DIRECT_URL is not reached: 3D000/,
    fix: /Create the database/,
  },
  {
    fault: 'a read-only database',
    check: 'database',
    inject: async (_, t) => {
      const { url, name } = await createDatabase(t);
      await queryOnce(url, `alter database ${name} set default_transaction_read_only = on`);
      return { DATABASE_URL: url };
    },
    fix: /primary/,
  },
  {
    fault: 'a database without tables',
    check: 'schema',
    inject: async (_, t) => ({ DATABASE_URL: (await createEmptyDatabase(t)).url, MIGRATE_ON_START: 'false' }),
    fix: /npm run migrate/,
  },
  { fault: 'fsync off, as in the tests', check: 'durability', fix: /fsync=on/ },
  { fault: 'a clock ten minutes ahead', check: 'clock', context: clockAhead(600_000), fix: /time service/ },
  {
    fault: 'a clock a minute behind',
    check: 'clock',
    status: 'warn',
    context: clockAhead(-60_000),
    fix: /time service/,
  },
  {
    fault: 'no webhook',
    check: 'webhook',
    status: 'warn',
    env: { WEBHOOK_URL: '', WEBHOOK_SECRET: '' },
    fix: /WEBHOOK_URL/,
  },
  {
    fault: 'another secret at the merchant',
    check: 'webhook',
    inject: merchantAnswering(status(401)),
    fix: /same WEBHOOK_SECRET/,
  },
  {
    fault: 'an unknown webhook path',
    check: 'webhook',
    inject: merchantAnswering(status(404)),
    fix: /path of WEBHOOK_URL/,
  },
  {
    fault: 'a webhook that redirects',
    check: 'webhook',
    inject: merchantAnswering(status(302)),
    fix: /target of the redirect/,
  },
  {
    fault: 'a webhook that fails',
    check: 'webhook',
    inject: merchantAnswering(status(500)),
    fix: /log of the merchant/,
  },
  {
    fault: 'a webhook that never responds',
    check: 'webhook',
    env: { WEBHOOK_TIMEOUT_MS: '200' },
    inject: merchantAnswering(() => undefined),
    fix: /^Respond first/,
  },
  {
    fault: 'no listener at the webhook',
    check: 'webhook',
    env: { WEBHOOK_URL: 'http://127.0.0.1:1/' },
    fix: /host and port/,
  },
  {
    fault: 'registrations that lead elsewhere',
    check: 'registrations',
    env: { PUBLIC_URL: 'https://pay.shop.example' },
    fix: /register BOOKED UPDATE/,
  },
  {
    fault: 'a master key that was changed without registering',
    check: 'registrations',
    env: { DIGEST_KEY: 'another-master-key-7Rm2-Kp9-Xv4-long-enough' },
    fix: /register BOOKED UPDATE .* TEST, or put the registered secret back/,
  },
  {
    fault: 'registrations whose salts another database has',
    check: 'registrations',
    status: 'warn',
    inject: async (_, t) => ({ DATABASE_URL: (await createDatabase(t)).url }),
    fix: /^Register again with this database/,
  },
  {
    fault: 'URLs that are taken over from a plugin',
    check: 'registrations',
    status: 'warn',
    env: { ...TAKING_OVER, DIGEST_SALT: 'a-salt-of-a-plugin-7Kd2.81' },
    inject: async (_, t) => ({ DATABASE_URL: (await createDatabase(t)).url }),
    reason: /^7 types are taken over from a plugin: BOOKED, UPDATE, /,
    fix: /^Run receiver register when your webhook moves the order states\.$/,
  },
  {
    fault: 'URLs that are taken over, with a salt that is known to be another one',
    check: 'registrations',
    env: { ...TAKING_OVER, DIGEST_SALT: 'a-salt-of-a-plugin-7Kd2.81' },
    reason: /are registered with another salt/,
    fix: /put the registered secret back/,
  },
  {
    fault: "URLs of a plugin without the plugin's salt",
    check: 'registrations',
    env: { CALLBACK_PATHS: TAKING_OVER.CALLBACK_PATHS },
    reason: /and not to the first of CALLBACK_PATHS/,
    fix: /register BOOKED UPDATE/,
  },
  {
    fault: 'salts that cannot be compared',
    check: 'registrations',
    status: 'skip',
    env: { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' },
    fix: /database/,
  },
  {
    fault: 'refused digests',
    check: 'digest-refusals',
    status: 'warn',
    inject: async ({ service }) => {
      await service.query(`insert into digest_refusals values (now(), 'BOOKED', 3), (now(), 'TEST', 9)`);
      return {};
    },
    fix: /^See registrations for a changed salt/,
  },
  { fault: 'retired registrations', check: 'registrations', env: { DIGEST_VALID_FROM: '9999999999' }, fix: /register/ },
  {
    fault: 'a wrong password at Resurs',
    check: 'registrations',
    env: { RESURS_PASSWORD: 'wrong' },
    fix: /RESURS_PASSWORD/,
  },
  {
    fault: 'no account at Resurs',
    check: 'registrations',
    status: 'skip',
    env: { RESURS_USERNAME: '', RESURS_PASSWORD: '' },
    fix: /RESURS_USERNAME/,
  },
  {
    fault: 'Resurs unreachable',
    check: 'registrations',
    status: 'skip',
    env: { RESURS_REST_URL: 'http://127.0.0.1:1', RESURS_SOAP_URL: 'http://127.0.0.1:1' },
    fix: /reach Resurs/,
  },
  {
    fault: 'TEST not registered',
    check: 'test-callback',
    inject: ({ fakeResurs }) => {
      fakeResurs.setQuirks({ faultOf: ({ operation }) => (operation === 'trigger' ? 'server_error' : 'none') });
      return {};
    },
    fix: /register TEST/,
  },
];

function merchantAnswering(answer: Answer) {
  return ({ merchant }: DoctorFixture): Env => {
    merchant.answerWith(answer);
    return {};
  };
}

test('each fault of the service fails the check for it', async (t) => {
  const fixture = await setUpDoctor(t);

  for (const { fault, check: name, status: expected = 'fail', reason, fix, env = {}, context = {}, inject } of FAULTS) {
    await t.test(`${fault}: ${name} reports ${expected}`, async (row) => {
      fixture.merchant.answerWith(status(204));
      fixture.fakeResurs.setQuirks(NO_QUIRKS);
      const injected = (await inject?.(fixture, row)) ?? {};

      const finding = await fixture.check(name, { ...env, ...injected }, context);

      assert.equal(finding.status, expected, finding.reason);
      assert.match(finding.reason, reason ?? /./);
      assert.match(finding.fix ?? '', fix);
    });
  }
});

test('a changed master key fails registrations whatever else is wrong there', async (t) => {
  const { check, env, fakeResurs } = await setUpDoctor(t);
  const print = () => undefined;
  assert.equal(await unregister.run(['ANNULMENT', '--yes'], { env, print, printError: print }), 0);
  const changed = { DIGEST_KEY: 'another-master-key-7Rm2-Kp9-Xv4-long-enough' };

  const missing = await check('registrations');
  const missingToo = await check('registrations', changed);
  fakeResurs.setQuirks({ hiddenInRestList: ['UPDATE'] });
  const unreadableToo = await check('registrations', { ...changed, RESURS_SOAP_URL: 'http://127.0.0.1:1' });

  assert.equal(missing.status, 'warn', missing.reason);
  assert.equal(missingToo.status, 'fail', missingToo.reason);
  assert.match(missingToo.reason, /^BOOKED, .* registered with another salt .*\(406\)\. ANNULMENT not registered/);
  assert.match(missingToo.fix ?? '', /register BOOKED .* TEST, or put .* back .*\. .*register ANNULMENT$/);
  assert.equal(unreadableToo.status, 'fail', unreadableToo.reason);
  assert.match(unreadableToo.reason, /^BOOKED, .* registered with another salt .*\(406\)\. .*not reached/);
});
