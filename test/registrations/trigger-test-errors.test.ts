/**
 * A `trigger-test` that does not end well says at which step it ended, in words that lead on: nothing to ask with, nothing to ask, a
 * refusal, or silence. Service, Postgres and stand-in are real, as is the time it waits.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { register } from '../../src/commands/register.ts';
import { triggerTest } from '../../src/commands/trigger-test.ts';
import { countStored, NOTHING } from '../helpers/database-state.ts';
import { DIGEST_KEY, faultFor, type ResursOptions, setUpResurs } from '../helpers/resurs.ts';
import { setUpPath } from '../helpers/resurs-end-to-end.ts';

/** A service with a master key, and TEST registered for it. */
async function setup(t: TestContext, options: ResursOptions = {}) {
  const path = await setUpPath(t, { DIGEST_KEY }, options);
  const { exitCode, errors } = await path.run(register, ['TEST', '--yes']);
  assert.equal(exitCode, 0, errors);
  return path;
}

test('TEST not registered is said with the words of Resurs, and ends with 1', async (t) => {
  const { world, run } = await setUpPath(t, { DIGEST_KEY });

  const { exitCode, out } = await run(triggerTest, []);

  assert.equal(exitCode, 1);
  assert.match(
    out,
    /^Resurs rejected the request: SOAP triggerEvent TEST: HTTP 500, code 1: .*TEST is not registered!$/m,
  );
  assert.match(out, /^TEST has to be registered first: node src\/main\.ts register TEST$/m);
  assert.deepEqual(await countStored(world), NOTHING);
});

test('taken but never sent ends with 1 after the wait, and says where to look', async (t) => {
  const { run } = await setup(t, { quirks: { faultOf: faultFor('ignored', { operation: 'trigger' }) } });

  const { exitCode, out } = await run(triggerTest, ['--wait', '1']);

  assert.equal(exitCode, 1);
  assert.match(out, /^Resurs accepted the request, but nothing was stored in 1 s\.$/m);
  assert.match(out, /service log.*registrations.*doctor/);
});

test('a service with another key stores nothing, however often Resurs is answered 204', async (t) => {
  const { world, run } = await setup(t);

  const { exitCode, out } = await run(triggerTest, ['--wait', '1'], {
    env: { DIGEST_KEY: 'Zx8Kc4Vn1Bm6Qw3Er7Ty2Ui9Op5As0Df' },
  });

  assert.equal(exitCode, 1);
  assert.match(out, /nothing was stored/);
  assert.deepEqual(await countStored(world), NOTHING);
});

test('where a TEST could not prove itself, Resurs is not even asked', async (t) => {
  const { standIn, run } = await setUpPath(t, { DIGEST_SALT_BOOKED: 'Kx5-of-booked-Wd82' });

  const { exitCode, out } = await run(triggerTest, []);

  assert.deepEqual([exitCode, standIn.calls], [1, []]);
  assert.match(out, /would be unauthenticated and not stored.*DIGEST_KEY, DIGEST_SALT_TEST or Basic/);
});

test('without a database it says so, and Resurs is not asked', async (t) => {
  const { standIn, run } = await setUpResurs(t);

  const { exitCode, errors } = await run(triggerTest, []);

  assert.deepEqual([exitCode, standIn.calls], [1, []]);
  assert.match(errors, /No service runs here: DATABASE_URL is not set, and no Postgres runs in DATA_DIR/);
});

test('a database that is away is named by its error alone', async (t) => {
  const { run } = await setup(t);

  const { exitCode, errors } = await run(triggerTest, [], {
    env: { DATABASE_URL: 'postgres://somebody:Rw6-secret-word@127.0.0.1:1/nothing' },
  });

  assert.equal(exitCode, 1);
  assert.match(errors, /^The database query failed: ECONNREFUSED$/m);
  assert.doesNotMatch(errors, /Rw6/);
});

test('asked to stop before it has arrived, it ends with 1', async (t) => {
  const stop = new AbortController();
  const onCall = ({ operation }: { operation: string }) => (operation === 'trigger' ? stop.abort() : undefined);
  const { run } = await setup(t, { onCall });

  const { exitCode, errors } = await run(triggerTest, [], { stop: stop.signal });

  assert.equal(exitCode, 1);
  assert.match(errors, /Stopped on request\.$/);
});

for (const [args, env, exitCode, says] of [
  [['--wait', '0'], {}, 64, /--wait .*1 to 3600/],
  [['--wait', 'long'], {}, 64, /--wait .*1 to 3600/],
  [['TEST'], {}, 64, /TEST/],
  [[], { RESURS_USERNAME: '', RESURS_PASSWORD: '' }, 78, /RESURS_USERNAME/],
] as const) {
  test(`${[...args, ...Object.keys(env)].join(' ')} ends with ${exitCode}`, async (t) => {
    const { standIn, run } = await setUpResurs(t);

    const ran = await run(triggerTest, args, { env });

    assert.deepEqual([ran.exitCode, standIn.calls.length], [exitCode, 0]);
    assert.match(ran.errors, says);
  });
}
