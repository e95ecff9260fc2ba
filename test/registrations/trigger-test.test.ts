/**
 * `trigger-test` proves the path from Resurs to the database. It exits with 0 only when the TEST that it requested is
 * stored, and no other party can have one stored. Service, Postgres and all requests are real.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { register } from '../../src/commands/register.ts';
import { triggerTest } from '../../src/commands/trigger-test.ts';
import { waitUntil } from '../harness/wait.ts';
import { countRows, storedEvents } from '../helpers/database-state.ts';
import { BASIC, clientsOf, DIGEST_KEY } from '../helpers/resurs.ts';
import { setUpResursEndToEnd } from '../helpers/resurs-end-to-end.ts';

/** A service with these settings, and TEST registered for it. */
async function setup(t: TestContext, settings: Readonly<Record<string, string>>) {
  const fixture = await setUpResursEndToEnd(t, settings);
  const { exitCode, errors } = await fixture.run(register, ['TEST', '--yes']);
  assert.equal(exitCode, 0, errors);
  return fixture;
}

for (const [what, settings, basicAuth] of [
  ['a master key', { DIGEST_KEY }, false],
  ['a fixed salt of TEST', { DIGEST_SALT_TEST: 'Kx5-of-test-Wd82' }, false],
  ['Basic alone', BASIC, true],
  ['no authentication', { ALLOW_UNAUTHENTICATED: 'true' }, false],
] as const) {
  test(`with ${what} the TEST arrives and is stored, and the round trip is printed`, async (t) => {
    const { service, run } = await setup(t, settings);

    const { exitCode, out } = await run(triggerTest, []);

    assert.equal(exitCode, 0);
    const [event, ...others] = await storedEvents(service);
    assert.deepEqual(others, []);
    assert.match(out, /^TEST arrived \d+\.\d s after the request to Resurs and is stored as evt_/);
    assert.ok(out.endsWith(` evt_${event?.id}.`));
    assert.deepEqual([event?.callback, event?.type], ['TEST', 'callback.test']);
    assert.deepEqual(event?.verified, { digest: false, result: true, basicAuth, source: false });
    assert.match(event?.parameters.param1 ?? '', /^[0-9a-f]{32}$/);
    assert.ok(Math.abs(Number(event?.parameters.param2) - Date.now() / 1000) < 60);
  });
}

test('a TEST with an invented or a changed signature is answered as accepted, and not stored', async (t) => {
  const { service, fakeResurs, run } = await setup(t, { DIGEST_KEY });
  await run(triggerTest, []);
  const [signed] = await storedEvents(service);
  const { param1 = '', param2 = '', param5 = '' } = signed?.parameters ?? {};
  const forged = [
    [param1, param2, 'c', 'd', '0'.repeat(40)],
    [param1, String(Number(param2) + 1), 'c', 'd', param5],
    ['f'.repeat(32), param2, 'c', 'd', param5],
    ['unsigned', param2, 'c', 'd', 'unsigned'],
  ];

  const { soap } = clientsOf(t, fakeResurs);
  for (const values of forged) await soap.trigger('TEST', values, new AbortController().signal);
  assert.ok(await waitUntil(async () => fakeResurs.ended.length === forged.length + 1));

  assert.ok(fakeResurs.ended.every(({ status, reason }) => status === 204 && reason === 'Test OK'));
  assert.equal((await countRows(service)).events, 1);
});
