/**
 * What `registrations` says of what it cannot read, or does not know: never that it is missing, and never more than the operator's
 * terminal can bear. A daily job must not cry over a failing interface in the words that mean lost callbacks.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { register } from '../../src/commands/register.ts';
import { registrations } from '../../src/commands/registrations.ts';
import { saysJson, startServer } from '../helpers/fake-account.ts';
import { faultFor, setUpResurs } from '../helpers/resurs.ts';

/** Everything is registered as the settings want. */
async function setup(t: TestContext) {
  const resurs = await setUpResurs(t);
  await resurs.run(register, ['--yes']);
  return resurs;
}

test('what can be read nowhere is said with both errors, and is not called missing', async (t) => {
  const { standIn, run } = await setup(t);
  standIn.misbehave({
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

test('what REST alone does not show is not called missing while SOAP is away, if it is UPDATE', async (t) => {
  const { standIn, run } = await setup(t);
  standIn.misbehave({
    leftOutOfRestList: ['UPDATE', 'BOOKED'],
    faultOf: faultFor('server_error', { channel: 'SOAP' }),
  });

  const { out } = await run(registrations, []);

  assert.match(
    out,
    /^✗ BOOKED: not registered: its callbacks are not sent\n✗ UPDATE: cannot be read\n {4}SOAP .*HTTP 500/m,
  );
});

test('with a wrong password nothing can be read, and it ends with 1', async (t) => {
  const { run } = await setup(t);

  const { exitCode, out } = await run(registrations, [], { env: { RESURS_PASSWORD: 'Wq7-another-Pz1' } });

  assert.equal(exitCode, 1);
  assert.equal(out.match(/^✗ .*: cannot be read$/gm)?.length, 7);
  assert.match(out, /HTTP 401: Bad credentials/);
});

test('types that are not ours are listed without a mark, one line each, their constants left out', async (t) => {
  const { run } = await setup(t);
  const { baseUrl } = await startServer(
    t,
    saysJson(200, [
      { eventType: 'PASSWORD_EXPIRATION', uriTemplate: 'https://www.shop.example/expiry?key=Sh0p-K3y&i={identifier}' },
      {
        eventType: 'FR\u001b[31mAUD\n✓ BOOKED: as the settings want',
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
