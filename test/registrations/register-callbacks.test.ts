/**
 * After `register`, the service accepts the callbacks of Resurs. Every type is authenticated and stored with a master
 * key, with fixed salts, and with Basic credentials in addition. Service, database and all requests are real; only
 * Resurs' waits between tries are shortened.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { register } from '../../src/commands/register.ts';
import { triggerTest } from '../../src/commands/trigger-test.ts';
import { CALLBACK_TYPES } from '../../src/protocol/ecom/callback-types.ts';
import { placeholdersFor } from '../../src/protocol/ecom/registration.ts';
import { EXPECTED } from '../../src/simulator/expected.ts';
import { buildScenario } from '../../src/simulator/scenario.ts';
import { storedEvents } from '../helpers/database-state.ts';
import { BASIC, DIGEST_KEY, fixedSalts, setUpResurs } from '../helpers/resurs.ts';
import { setUpResursEndToEnd } from '../helpers/resurs-end-to-end.ts';

/** Two payments from BOOKED to their end, a TEST, and one callback with a wrong digest, which must get 406. */
const SCENARIO = buildScenario({
  payments: 2,
  firstPaymentId: '100000016',
  notOursPaymentId: '200000001',
  notOursResponse: EXPECTED.stored,
  signed: true,
  nowMs: 1_700_000_000_000,
  only: null,
});

/** One for each type. */
const FIXED = { ...fixedSalts('first'), DIGEST_SALT_TEST: 'first-h7Qm2xVt9RbL-6' };

for (const { name, settings, basicAuth } of [
  { name: 'a master key', settings: { DIGEST_KEY }, basicAuth: false },
  { name: 'one fixed salt for each type', settings: FIXED, basicAuth: false },
  { name: 'fixed salts and Basic', settings: { ...FIXED, ...BASIC }, basicAuth: true },
]) {
  test(`registered with ${name}, every type is answered 204 and stored`, async (t: TestContext) => {
    const { service, fakeResurs, run } = await setUpResursEndToEnd(t, settings);

    const registered = await run(register, ['--yes']);
    const callbacks = await fakeResurs.run(SCENARIO);
    const tested = await run(triggerTest, []);

    assert.deepEqual([registered.exitCode, registered.errors, tested.exitCode], [0, warningsOf(registered.errors), 0]);
    assert.deepEqual(
      callbacks.filter(({ asExpected }) => !asExpected),
      [],
    );
    const events = await storedEvents(service);
    assert.deepEqual(new Set(events.map(({ callback }) => callback)), new Set(CALLBACK_TYPES));
    for (const { callback, verified } of events) {
      const expected = { digest: true, result: true, basicAuth, source: false };
      assert.deepEqual(verified, expected, callback);
    }
  });
}

test('registered with Basic alone, every type is stored without a digest', async (t) => {
  const { service, fakeResurs, run } = await setUpResursEndToEnd(t, BASIC);

  const { exitCode } = await run(register, ['--yes']);
  const callbacks = await fakeResurs.run(SCENARIO.filter((sequence) => sequence[0]?.label !== 'wrong digest'));

  assert.equal(exitCode, 0);
  assert.ok(callbacks.every(({ asExpected }) => asExpected));
  assert.ok(
    [...fakeResurs.registered.values()].every((registered) => registered.digest === null && registered.basic !== null),
  );
  const events = await storedEvents(service);
  assert.deepEqual(new Set(events.map(({ callback }) => callback)), new Set(CALLBACK_TYPES));
  assert.ok(events.every(({ verified }) => verified.basicAuth && !verified.digest));
});

test('the registrations carry the salt, parameters and credentials of the settings', async (t) => {
  const { fakeResurs, run } = await setUpResurs(t, { env: { DIGEST_KEY: '', ...FIXED, ...BASIC } });

  await run(register, ['--yes']);

  for (const type of CALLBACK_TYPES) {
    const { digest, basic } = fakeResurs.registered.get(type) ?? {};
    assert.deepEqual(basic, { username: BASIC.BASIC_AUTH_USERNAME, password: BASIC.BASIC_AUTH_PASSWORD });
    const parameters = placeholdersFor(type);
    const salt = Object.entries(FIXED).find(([name]) => name === `DIGEST_SALT_${type}`)?.[1];
    assert.deepEqual(digest, { algorithm: 'sha1', parameters, salt }, type);
  }
});

/** The whole standard error, if it has only warnings. */
function warningsOf(errors: string): string {
  return errors
    .split('\n')
    .filter((line) => line.startsWith('Warning: '))
    .join('\n');
}
