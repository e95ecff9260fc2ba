/**
 * A `trigger-test` that fails reports the step that failed and what to do: no account, no database, a refusal by
 * Resurs, or no callback. Service, Postgres and all requests are real, as is the time it waits.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { register } from '../../src/commands/register.ts';
import { triggerTest } from '../../src/commands/trigger-test.ts';
import { countRows, NO_ROWS } from '../helpers/database-state.ts';
import { DIGEST_KEY, injectFaultFor, type ResursOptions, setUpResurs } from '../helpers/resurs.ts';
import { setUpResursEndToEnd } from '../helpers/resurs-end-to-end.ts';

const MAPI = { MAPI_CALLBACK_PATHS: '/callbacks/mapi', MAPI_CALLBACK_TOKEN: 'q7Zr4Lw1Xv8Kb2YpT5Nd9Jf3' };

/** A service with a master key, and TEST registered for it. */
async function setup(t: TestContext, options: ResursOptions = {}) {
  const fixture = await setUpResursEndToEnd(t, { DIGEST_KEY }, options);
  const { exitCode, errors } = await fixture.run(register, ['TEST', '--yes']);
  assert.equal(exitCode, 0, errors);
  return fixture;
}

test('TEST not registered exits with 1 and prints the error of Resurs', async (t) => {
  const { service, run } = await setUpResursEndToEnd(t, { DIGEST_KEY });

  const { exitCode, out } = await run(triggerTest, []);

  assert.equal(exitCode, 1);
  assert.match(
    out,
    /^Resurs rejected the request: SOAP triggerEvent TEST: HTTP 500, code 1: .*TEST is not registered!$/m,
  );
  assert.match(out, /^TEST has to be registered first: receiver register TEST$/m);
  assert.deepEqual(await countRows(service), NO_ROWS);
});

test('a trigger that is accepted but never sent exits with 1 after the wait, and says where to look', async (t) => {
  const { run } = await setup(t, { quirks: { faultOf: injectFaultFor('ignored', { operation: 'trigger' }) } });

  const { exitCode, out } = await run(triggerTest, ['--wait', '1']);

  assert.equal(exitCode, 1);
  assert.match(out, /^Resurs accepted the request, but nothing was stored in 1 s\.$/m);
  assert.match(out, /service log[\s\S]*registrations.*doctor/);
});

test('a service with another key refuses the TEST and stores nothing', async (t) => {
  const { service, run } = await setUpResursEndToEnd(t, { DIGEST_KEY });
  await run(register, ['TEST', '--yes'], { env: { DIGEST_KEY: 'Zx8Kc4Vn1Bm6Qw3Er7Ty2Ui9Op5As0Df' } });

  const { exitCode, out } = await run(triggerTest, ['--wait', '1']);

  assert.equal(exitCode, 1);
  assert.match(out, /nothing was stored/);
  assert.match(out, /TEST is registered with another salt/);
  assert.deepEqual(await countRows(service), NO_ROWS);
});

test('where a TEST could not be authenticated, nothing is sent to Resurs', async (t) => {
  const { fakeResurs, run } = await setUpResursEndToEnd(t, { DIGEST_SALT_BOOKED: 'Kx5-of-booked-Wd82' });

  const { exitCode, out } = await run(triggerTest, []);

  assert.deepEqual([exitCode, fakeResurs.calls], [1, []]);
  assert.match(out, /would be unauthenticated and not stored.*DIGEST_KEY, DIGEST_SALT_TEST or Basic/);
});

test('without a database trigger-test reports it, and sends nothing to Resurs', async (t) => {
  const { fakeResurs, run } = await setUpResurs(t);

  const { exitCode, errors } = await run(triggerTest, []);

  assert.deepEqual([exitCode, fakeResurs.calls], [1, []]);
  assert.match(errors, /No service runs here: DATABASE_URL is not set, and no Postgres runs in DATA_DIR/);
});

test('an unreachable database is reported by its error code alone', async (t) => {
  const { run } = await setup(t);

  const { exitCode, errors } = await run(triggerTest, [], {
    env: { DATABASE_URL: 'postgres://somebody:Rw6-secret-word@127.0.0.1:1/nothing' },
  });

  assert.equal(exitCode, 1);
  assert.match(errors, /^The database query failed: ECONNREFUSED\nFix: Check host and port of DATABASE_URL/m);
  assert.doesNotMatch(errors, /Rw6/);
});

test('a Resurs that is not reached, or another password, is not taken for a TEST that is not registered', async (t) => {
  const { run } = await setup(t);

  const unreached = await run(triggerTest, [], { env: { RESURS_SOAP_URL: 'http://127.0.0.1:1' } });
  const refused = await run(triggerTest, [], { env: { RESURS_PASSWORD: 'another-one' } });

  assert.deepEqual([unreached.exitCode, refused.exitCode], [1, 1]);
  assert.match(unreached.out, /^Resurs does not answer: .*ECONNREFUSED\nLet this machine reach Resurs over https/m);
  assert.match(
    refused.out,
    /^Resurs rejected the request: .*\nSet RESURS_USERNAME and RESURS_PASSWORD to the account/m,
  );
});

test('a stop request before the TEST has arrived exits with 1', async (t) => {
  const stop = new AbortController();
  const onCall = ({ operation }: { operation: string }) => (operation === 'trigger' ? stop.abort() : undefined);
  const { run } = await setup(t, { onCall });

  const { exitCode, errors } = await run(triggerTest, [], { stop: stop.signal });

  assert.equal(exitCode, 1);
  assert.match(errors, /Stopped on request\.$/);
});

for (const [args, env, exitCode, message] of [
  [['--wait', '0'], {}, 64, /--wait .*1 to 3600/],
  [['--wait', 'long'], {}, 64, /--wait .*1 to 3600/],
  [['TEST'], {}, 64, /TEST/],
  [[], { RESURS_USERNAME: '', RESURS_PASSWORD: '' }, 78, /RESURS_USERNAME/],
  [
    [],
    { RESURS_USERNAME: '', RESURS_PASSWORD: '', ...MAPI },
    78,
    /eCom API.*nothing is registered: .*trigger-test --mapi/,
  ],
] as const) {
  test(`${[...args, ...Object.keys(env)].join(' ')} exits with ${exitCode}`, async (t) => {
    const { fakeResurs, run } = await setUpResurs(t);

    const result = await run(triggerTest, args, { env });

    assert.deepEqual([result.exitCode, fakeResurs.calls.length], [exitCode, 0]);
    assert.match(result.errors, message);
  });
}
