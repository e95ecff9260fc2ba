/**
 * `trigger-test --mapi` proves the path from the Merchant API to the database. It exits with 0 only when Resurs counts its
 * test as delivered and, where a token is configured, the test is stored. Service, Postgres and all requests are real; the
 * Merchant API is the one of the tests.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { triggerTest } from '../../src/commands/trigger-test.ts';
import { type MerchantApi, respondJson, startMerchantApi } from '../harness/merchant-api.ts';
import { countRows, NO_ROWS, storedEvents } from '../helpers/database-state.ts';
import { type CommandResult, runCommand } from '../helpers/run-command.ts';
import { startTestService, type TestService } from '../helpers/service.ts';

/** Has characters with a meaning in URLs. */
const TOKEN = 'a+token/of=the&tests?9Qw4%Zr8#';
const SECRETS = [TOKEN, encodeURIComponent(TOKEN)];

interface Fixture {
  readonly api: MerchantApi;
  readonly service: TestService;
  /** Runs the command; its output has no secret. */
  run(env?: Record<string, string>, ...args: string[]): Promise<CommandResult>;
}

/** A service and a Merchant API, for all steps of a test; without a token where it is empty. */
async function setup(t: TestContext, token = TOKEN): Promise<Fixture> {
  const api = await startMerchantApi();
  t.after(() => api.close());
  const settings = {
    MAPI_CALLBACK_PATHS: '/callbacks/mapi',
    MAPI_CALLBACK_TOKEN: token,
    MAPI_CLIENT_ID: api.clientId,
    MAPI_CLIENT_SECRET: api.clientSecret,
    MAPI_URL: api.url,
  };
  const service = await startTestService(t, { env: settings });
  const base = {
    ...settings,
    DIGEST_SALT: 'a-salt-of-the-tests-4Hd9',
    PUBLIC_URL: service.url,
    DATABASE_URL: service.databaseUrl,
  };
  return {
    api,
    service,
    async run(env = {}, ...args) {
      const result = await runCommand(triggerTest, ['--mapi', '--wait', '1', ...args], { ...base, ...env });
      for (const secret of [...SECRETS, api.clientSecret]) assert.ok(!`${result.out}${result.errors}`.includes(secret));
      return result;
    },
  };
}

test('with a token, the test arrives and is stored, and its round trip and the word of Resurs are printed', async (t) => {
  const { api, service, run } = await setup(t);

  const { exitCode, out } = await run();

  assert.equal(exitCode, 0, out);
  const [event, ...others] = await storedEvents(service);
  assert.deepEqual([others, event?.callback, event?.type], [[], 'TEST', 'callback.test']);
  assert.match(event?.parameters.test ?? '', /^[0-9a-f]{32}$/);
  assert.deepEqual(Object.keys(event?.parameters ?? {}), ['test']);
  assert.match(out, /^The test arrived \d+\.\d s after the request to Resurs and is stored as evt_/);
  assert.ok(out.includes(` evt_${event?.id}.\nResurs reports OK (204): `), out);
  const { url } = JSON.parse(api.requests.find(({ path }) => path === '/v2/callbacks/test')?.body ?? '') as {
    url: string;
  };
  assert.ok(url.startsWith(`${service.url}/callbacks/mapi/authorization?token=${encodeURIComponent(TOKEN)}&test=`));
});

test('without a token only the word of Resurs counts, and no database is needed', async (t) => {
  const { service, run } = await setup(t, '');

  const { exitCode, out } = await run({ DATABASE_URL: '', DATA_DIR: '/nonexistent/receiver-data' });

  assert.equal(exitCode, 0, out);
  assert.match(out, /^Resurs reports OK \(204\): .*\n.* is not stored, so Resurs' word alone counts/);
  assert.deepEqual(await countRows(service), NO_ROWS);
});

test('whatever keeps the test from being stored exits with 1 and says where to look', async (t) => {
  const { api, service, run } = await setup(t);
  const reporting = (report: object) =>
    api.override('/v2/callbacks/test', (_, response) => respondJson(response, 200, report));
  const another = { MAPI_CALLBACK_TOKEN: `another-token-of-tests-${randomUUID()}` };

  await t.test('another token than the service has', async () => {
    const { exitCode, out } = await run(another);

    assert.equal(exitCode, 1);
    assert.match(out, /^Resurs reports FAILED \(401\): .*\n.*401 is another MAPI_CALLBACK_TOKEN/);
    assert.match(out, /^Nothing was stored within 1\.\d s of that\.$/m);
  });

  await t.test('a path that the service does not have', async () => {
    const { exitCode, out } = await run({ MAPI_CALLBACK_PATHS: '/elsewhere' });

    assert.equal(exitCode, 1);
    assert.match(out, /^Resurs reports FAILED \(404\)/);
  });

  await t.test('a database that is not the one of the service', async () => {
    const other = await startTestService(t);

    const { exitCode, out } = await run({ DATABASE_URL: other.databaseUrl });

    assert.equal(exitCode, 1);
    assert.match(
      out,
      /^Resurs reports OK \(204\)[\s\S]*Nothing was stored[\s\S]*DATABASE_URL .* of the running service/,
    );
  });

  for (const [report, shown, fix] of [
    [{ status: 'INVALID_URL' }, /^Resurs reports INVALID_URL: the URL is none/, /PUBLIC_URL/],
    [{ status: 'ERROR' }, /^Resurs reports ERROR: the callback could not be sent/, /certificate/],
    [{ status: 'TIMEOUT', code: 504 }, /^Resurs reports TIMEOUT \(504\): .*not answered in time/, /HOST, PORT/],
    [{ status: 'RATE_LIMITED', code: 429 }, /^Resurs reports RATE_LIMITED \(429\): /, /few minutes/],
    [{ status: 'OK', code: 200 }, /^Resurs reports OK \(200\): .*another server/, /before any shop page/],
    [
      { status: 'PAUSED\u001b[2J', code: null },
      /^Resurs reports PAUSED \[2J: a word that is not known/,
      /explain its word/,
    ],
  ] as const) {
    await t.test(`the word ${JSON.stringify(report)}`, async () => {
      reporting(report);

      const { exitCode, out } = await run();

      assert.equal(exitCode, 1);
      assert.match(out, shown);
      assert.match(out, fix);
      assert.match(out, /^Nothing was stored/m);
    });
  }

  await t.test('a refusal of the Merchant API that repeats the URL', async () => {
    api.override('/v2/callbacks/test', ({ body }, response) => {
      respondJson(response, 400, { validationErrors: [{ fieldName: 'url', message: `no: ${JSON.parse(body).url}` }] });
    });

    const { exitCode, out } = await run();

    assert.equal(exitCode, 1);
    assert.match(out, /did not take the request: MAPI POST \/v2\/callbacks\/test: HTTP 400: .*hidden/);
  });

  await t.test('a client secret that is wrong', async () => {
    const { exitCode, out } = await run({ MAPI_CLIENT_SECRET: 'another-client-secret' });

    assert.equal(exitCode, 1);
    assert.match(out, /did not take the request: MAPI POST \/oauth2\/token: HTTP 401.*\n.*receiver doctor$/);
  });

  assert.equal((await countRows(service)).events, 1, 'the one that another database was asked for');
});

test('a test that arrived exits with 1 where Resurs did not get the answer, since Resurs repeats it', async (t) => {
  const { api, run } = await setup(t);
  api.override('/v2/callbacks/test', ({ body }, response) => {
    void fetch(JSON.parse(body).url, { method: 'POST' }).then(() => respondJson(response, 200, { status: 'TIMEOUT' }));
  });

  const { exitCode, out } = await run();

  assert.equal(exitCode, 1);
  assert.match(out, /^The test arrived [\s\S]*^Resurs reports TIMEOUT: /m);
});

test('what is missing is named before anything is sent', async (t) => {
  const { api, run } = await setup(t);

  const settings = await run({ PUBLIC_URL: '', MAPI_CALLBACK_PATHS: '', MAPI_CLIENT_ID: '', MAPI_CLIENT_SECRET: '' });
  const database = await run({ DATABASE_URL: '', DATA_DIR: '/nonexistent/receiver-data' });
  const unreachable = await run({ DATABASE_URL: 'postgres://somebody:Rw6-secret-word@127.0.0.1:1/nothing' });

  assert.deepEqual([settings.exitCode, database.exitCode, unreachable.exitCode], [78, 1, 1]);
  for (const name of ['PUBLIC_URL', 'MAPI_CALLBACK_PATHS', 'MAPI_CLIENT_ID'])
    assert.match(settings.errors, new RegExp(`^ +${name} `, 'm'));
  assert.match(database.errors, /No service runs here: DATABASE_URL is not set/);
  assert.match(unreachable.errors, /^The database query failed: ECONNREFUSED$/m);
  assert.equal(api.count('/v2/callbacks/test'), 1);
});
