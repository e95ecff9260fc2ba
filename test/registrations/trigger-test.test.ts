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
import { BASIC, clientsOf, DIGEST_KEY, injectFaultFor, type ResursOptions } from '../helpers/resurs.ts';
import { setUpResursEndToEnd } from '../helpers/resurs-end-to-end.ts';

/** A service with these settings, and TEST registered for it. */
async function setup(t: TestContext, settings: Readonly<Record<string, string>>, options: ResursOptions = {}) {
  const fixture = await setUpResursEndToEnd(t, settings, options);
  const { exitCode, errors } = await fixture.run(register, ['TEST', '--yes']);
  assert.equal(exitCode, 0, errors);
  return fixture;
}

const PROVEN = 'Salts: its digest is right, so the salt of TEST is the registered one.';

for (const [what, settings, verified, salts] of [
  ['a master key', { DIGEST_KEY }, { digest: true, basicAuth: false }, PROVEN],
  ['a fixed salt of TEST', { DIGEST_SALT_TEST: 'Kx5-of-test-Wd82' }, { digest: true, basicAuth: false }, PROVEN],
  ['Basic alone', BASIC, { digest: false, basicAuth: true }, null],
  ['no authentication', { ALLOW_UNAUTHENTICATED: 'true' }, { digest: false, basicAuth: false }, null],
] as const) {
  test(`with ${what} the TEST arrives and is stored, and the round trip is printed`, async (t) => {
    const { service, run } = await setup(t, settings);

    const { exitCode, out } = await run(triggerTest, []);

    assert.equal(exitCode, 0);
    const [event, ...others] = await storedEvents(service);
    assert.deepEqual(others, []);
    assert.match(out, /^TEST arrived \d+\.\d s after the request to Resurs and is stored as evt_/);
    const [first = '', second = null] = out.split('\n');
    assert.ok(first.endsWith(` evt_${event?.id}.`));
    assert.equal(second?.startsWith(salts ?? '') ?? null, salts === null ? null : true);
    assert.deepEqual([event?.callback, event?.type], ['TEST', 'callback.test']);
    assert.deepEqual(event?.verified, { ...verified, result: true, source: false });
    assert.match(event?.parameters.param1 ?? '', /^[0-9a-f]{32}$/);
    assert.ok(Math.abs(Number(event?.parameters.param2) - Date.now() / 1000) < 60);
  });
}

const ONLY_REST = { faultOf: injectFaultFor('server_error', { channel: 'SOAP', operation: 'register' }) };

test('a TEST that could be registered over REST alone carries no digest, and its round trip says so', async (t) => {
  const { service, fakeResurs, run } = await setup(t, { DIGEST_KEY }, { quirks: ONLY_REST });

  const { exitCode, out } = await run(triggerTest, []);

  assert.equal(exitCode, 0);
  assert.equal(fakeResurs.registered.get('TEST')?.digest, null);
  assert.match(out, /\nSalts: it carried no digest, so the salts are not proven by it\./);
  assert.equal((await countRows(service)).events, 1);
});

test('a TEST with an invented or a changed signature is answered as accepted, and not stored', async (t) => {
  const { service, fakeResurs, run } = await setup(t, { DIGEST_KEY }, { quirks: ONLY_REST });
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
