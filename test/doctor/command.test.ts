/**
 * `doctor` as an operator runs it: a readable report, one JSON document for a monitor, single checks, and exit codes.
 * No secret is printed, and no hanging server delays the run.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { doctor } from '../../src/commands/doctor.ts';
import { CHECK_NAMES } from '../../src/doctor/check.ts';
import { startMerchantApi } from '../harness/merchant-api.ts';
import { setUpDoctor } from '../helpers/doctor-context.ts';
import { startStopwatch } from '../helpers/stopwatch.ts';

async function run(env: Record<string, string>, ...args: string[]) {
  const printed: string[] = [];
  const errors: string[] = [];
  const terminal = {
    env,
    print: (line: string) => void printed.push(line),
    printError: (line: string) => void errors.push(line),
  };
  const exitCode = await doctor.run(args, terminal);
  return { exitCode, printed, errors, text: [...printed, ...errors].join('\n') };
}

async function setup(t: TestContext) {
  const fixture = await setUpDoctor(t);
  return { ...fixture, run: (...args: string[]) => run(fixture.env, ...args) };
}

const SOUND = 'configuration,salts,database,schema,webhook,registrations,test-callback,sources,authorization';

test('a sound service passes, and a TEST arrives from Resurs', async (t) => {
  const { service, merchant, run } = await setup(t);

  const { exitCode, printed } = await run('--only', SOUND);

  assert.equal(exitCode, 0, printed.join('\n'));
  assert.match(printed.join('\n'), /✓ test-callback +came from Resurs and was stored after \d+\.\d s/);
  assert.equal((await service.query("select 1 from events where type = 'callback.test'")).length, 1);
  assert.equal(JSON.parse(merchant.received[0]?.body ?? '{}').type, 'callback.test');
});

test('--json prints exactly one document with every check, whose counts are kept for the status API', async (t) => {
  const { run, service } = await setup(t);
  await run('--only', 'configuration,salts');
  assert.deepEqual(await service.query("select from jobs where name = 'doctor'"), []);

  const { exitCode, printed, errors } = await run('--json');

  assert.equal(printed.length, 1);
  assert.deepEqual(errors, []);
  const document: { ok: boolean; durationMs: number; checks: { name: string; status: string }[] } = JSON.parse(
    printed[0] ?? '',
  );
  assert.deepEqual(
    document.checks.map(({ name }) => name),
    CHECK_NAMES,
  );
  // This machine has no public name, and the Postgres of the tests runs without fsync.
  assert.deepEqual([exitCode, document.ok], [1, false]);
  assert.ok(document.durationMs > 0);
  const named = (wanted: string) => document.checks.filter(({ status }) => status === wanted).map(({ name }) => name);
  const { doctor: kept } = (await service.status('/status')).json as { doctor: { at: string } & object };
  assert.ok(Math.abs(Date.parse(kept.at) - Date.now()) < 60_000);
  assert.deepEqual(kept, {
    at: kept.at,
    passed: named('pass').length,
    warned: named('warn').length,
    failed: named('fail').length,
    skipped: named('skip').length,
    problems: [...named('fail'), ...named('warn')],
  });
});

test('a failure prints its fix on a line of its own, and exits with 1', async (t) => {
  const { run, merchant } = await setup(t);
  await merchant.close();

  const { exitCode, printed } = await run('--only', 'webhook');

  assert.equal(exitCode, 1);
  assert.match(
    printed.join('\n'),
    /✗ webhook +The merchant is unreachable: ECONNREFUSED\.\n +Fix: Check host and port/,
  );
  assert.match(printed.at(-1) ?? '', /0 passed, 0 warned, 1 failed/);
});

test('one cause that several checks meet has its fix printed once', async (t) => {
  const { env } = await setup(t);
  const nowhere = { ...env, RESURS_REST_URL: 'http://127.0.0.1:1', RESURS_SOAP_URL: 'http://127.0.0.1:1' };

  const { exitCode, printed, text } = await run(nowhere, '--only', 'registrations,test-callback');

  assert.equal(exitCode, 0, text);
  assert.match(text, /^- registrations +Skipped: Resurs was not reached: REST .* \| SOAP /m);
  assert.equal(text.match(/Let this machine reach Resurs/g)?.length, 1);
  assert.match(text, /^- test-callback .*\n +Fix: the same as for registrations\.$/m);
  assert.match(printed.at(-1) ?? '', /0 passed, 0 warned, 0 failed, 2 skipped/);
});

test('what was not looked at is skip in the JSON document, and does not fail the run', async (t) => {
  const { env } = await setup(t);

  const withoutAccount = { ...env, RESURS_USERNAME: '', RESURS_PASSWORD: '', DATABASE_URL: '' };
  const { exitCode, printed } = await run(withoutAccount, '--json', '--only', 'registrations,schema,digest-refusals');

  const { ok, checks } = JSON.parse(printed[0] ?? '') as { ok: boolean; checks: { status: string; fix: string }[] };
  assert.deepEqual([exitCode, ok], [0, true]);
  assert.deepEqual(new Set(checks.map(({ status }) => status)), new Set(['skip']));
  assert.ok(checks.every(({ fix }) => fix !== ''));
});

test('no secret, digest or password is printed', async (t) => {
  const { env, run } = await setup(t);

  const { text } = await run();

  const secrets = [env.DIGEST_KEY, env.WEBHOOK_SECRET, env.RESURS_PASSWORD, new URL(env.DATABASE_URL).password];
  for (const secret of secrets.filter((one) => one !== '')) assert.ok(!text.includes(secret));
  assert.doesNotMatch(text, /[0-9a-f]{40}/i);
});

test('invalid settings are the only finding, also as JSON', async () => {
  const { exitCode, printed } = await run({ PORT: 'x', STATUS_PORT: '99999' }, '--json');

  const { checks } = JSON.parse(printed[0] ?? '') as { checks: { name: string; status: string; reason: string }[] };
  assert.equal(exitCode, 1);
  assert.deepEqual(
    checks.map(({ name, status }) => [name, status]),
    [['configuration', 'fail']],
  );
  assert.match(checks[0]?.reason ?? '', /PORT is not a whole number.*STATUS_PORT.*ALLOW_UNAUTHENTICATED/);
});

test('an unknown check exits with 64 and lists the known ones', async () => {
  const { exitCode, errors } = await run({}, '--only', 'dns,weather');

  assert.equal(exitCode, 64);
  assert.match(errors.join('\n'), /"weather".*Checks are configuration, /);
});

test('a run against servers that never respond ends within 20 s', { timeout: 60_000 }, async (t) => {
  const { env, fakeResurs, merchant } = await setup(t);
  fakeResurs.setQuirks({ connections: 'mute' });
  merchant.answerWith(() => undefined);
  const api = await startMerchantApi();
  t.after(() => api.close());
  api.override('/', () => undefined);
  const mapi = {
    MAPI_CALLBACK_PATHS: '/callbacks/mapi',
    MAPI_CALLBACK_TOKEN: 'q7Zr4Lw1Xv8Kb2YpT5Nd9Jf3',
    MAPI_CLIENT_ID: api.clientId,
    MAPI_CLIENT_SECRET: api.clientSecret,
    MAPI_URL: api.url,
  };
  const watch = startStopwatch();

  const { exitCode } = await run({ ...env, ...mapi, PUBLIC_URL: 'https://192.0.2.1' });

  assert.equal(exitCode, 1);
  assert.ok(api.requests.length > 0);
  assert.ok(watch.elapsedMs() < 20_000);
});
