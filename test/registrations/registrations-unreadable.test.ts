/**
 * How `registrations` reports a type that it cannot read, or does not know: never as missing, and never with control
 * characters for the operator's terminal. A daily job must not report a failing interface as lost callbacks.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { register } from '../../src/commands/register.ts';
import { registrations } from '../../src/commands/registrations.ts';
import { respondJson, startFakeServer } from '../helpers/fake-account.ts';
import { injectFaultFor, setUpResurs } from '../helpers/resurs.ts';

/** All types are registered as configured. */
async function setup(t: TestContext) {
  const resurs = await setUpResurs(t);
  await resurs.run(register, ['--yes']);
  return resurs;
}

test('a type that neither interface can read is shown with both errors, and not as missing', async (t) => {
  const { fakeResurs, run } = await setup(t);
  fakeResurs.setQuirks({
    faultOf: (call) => (call.channel === 'REST' || call.type === 'UPDATE' ? 'server_error' : 'none'),
  });

  const { exitCode, out } = await run(registrations, []);

  assert.equal(exitCode, 1);
  assert.match(
    out,
    /^✗ UPDATE: cannot be read\n {4}REST GET \/callbacks: HTTP 500: .*\n {4}SOAP getRegisteredEventCallback UPDATE: HTTP 500, code 3: .*$/m,
  );
  assert.equal(out.match(/^✓ /gm)?.length, 6);
});

test('UPDATE is not shown as missing while REST omits it and SOAP fails; other types are', async (t) => {
  const { fakeResurs, run } = await setup(t);
  fakeResurs.setQuirks({
    hiddenInRestList: ['UPDATE', 'BOOKED'],
    faultOf: injectFaultFor('server_error', { channel: 'SOAP' }),
  });

  const { out } = await run(registrations, []);

  assert.match(
    out,
    /^✗ BOOKED: not registered: its callbacks are not sent\n✗ UPDATE: cannot be read\n {4}SOAP .*HTTP 500/m,
  );
});

test('with a wrong password no type can be read, and the command exits with 1', async (t) => {
  const { run } = await setup(t);

  const { exitCode, out } = await run(registrations, [], { env: { RESURS_PASSWORD: 'Wq7-another-Pz1' } });

  assert.equal(exitCode, 1);
  assert.equal(out.match(/^✗ .*: cannot be read$/gm)?.length, 7);
  assert.match(out, /HTTP 401: Bad credentials/);
});

test('types that are not ours are listed without a mark, one line each, their constants left out', async (t) => {
  const { run } = await setup(t);
  const { baseUrl } = await startFakeServer(
    t,
    respondJson(200, [
      { eventType: 'PASSWORD_EXPIRATION', uriTemplate: 'https://www.shop.example/expiry?key=Sh0p-K3y&i={identifier}' },
      {
        eventType: 'FR\u001b[31mAUD\n✓ BOOKED: as configured',
        uriTemplate: 'https://www.shop.example/\u001b[2J',
      },
    ]),
  );

  const { out } = await run(registrations, [], { env: { RESURS_REST_URL: baseUrl } });

  assert.match(
    out,
    /^ {2}PASSWORD_EXPIRATION: not managed by this service\n {4}https:\/\/www\.shop\.example\/expiry\?key=…&i=\{identifier\}$/m,
  );
  assert.equal(out.match(/not managed by this service/g)?.length, 2);
  assert.ok(!out.includes('\u001b'));
  assert.equal(out.match(/^✓ BOOKED/gm)?.length, 1);
});
