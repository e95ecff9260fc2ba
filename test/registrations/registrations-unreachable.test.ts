/**
 * `registrations` while Resurs cannot be reached: nothing is known then, so no advice to register is given, and each
 * type has the failure of its own calls.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { register } from '../../src/commands/register.ts';
import { registrations } from '../../src/commands/registrations.ts';
import { CALLBACK_TYPES } from '../../src/protocol/ecom/callback-types.ts';
import { injectFaultFor, setUpResurs } from '../helpers/resurs.ts';

const NOWHERE = { RESURS_REST_URL: 'http://127.0.0.1:1', RESURS_SOAP_URL: 'http://127.0.0.1:1' };

test('while Resurs cannot be reached, no type is advised to be registered, and each has its own failure', async (t) => {
  const { run } = await setUpResurs(t, { env: NOWHERE });

  const { exitCode, out } = await run(registrations, []);

  assert.equal(exitCode, 1);
  for (const type of CALLBACK_TYPES) {
    const soap = `SOAP getRegisteredEventCallback ${type}: ECONNREFUSED`;
    assert.match(out, new RegExp(`^✗ ${type}: cannot be read\n {4}REST GET /callbacks: .*\n {4}${soap}$`, 'm'));
  }
  assert.doesNotMatch(out, /^Register/m);
  assert.match(out, /\nNothing is known about BOOKED, .*, TEST\. Let this machine reach Resurs over https/);
});

test('with a wrong password only one call is made over SOAP, and each type is named', async (t) => {
  const { fakeResurs, run } = await setUpResurs(t);

  const { out } = await run(registrations, [], { env: { RESURS_PASSWORD: 'Wq7-another-Pz1' } });

  assert.equal(fakeResurs.calls.filter(({ channel }) => channel === 'SOAP').length, 1);
  for (const type of CALLBACK_TYPES) assert.match(out, new RegExp(`SOAP getRegisteredEventCallback ${type}: `));
  assert.equal(out.match(/not tried again after the first refusal/g)?.length, 6);
  assert.match(out, /\nNothing is known about .* Set RESURS_USERNAME and RESURS_PASSWORD/);
  assert.doesNotMatch(out, /^Register/m);
});

test('a type that differs is advised to be registered beside one that cannot be read', async (t) => {
  const { fakeResurs, run } = await setUpResurs(t);
  await run(register, ['UPDATE', 'UNFREEZE', '--yes']);
  const isUnreadable = injectFaultFor('server_error', { operation: 'read', type: 'UPDATE' });
  fakeResurs.setQuirks({ hiddenInRestList: ['UPDATE'], faultOf: isUnreadable });

  const { exitCode, out } = await run(registrations, []);

  assert.equal(exitCode, 1);
  assert.match(out, /^✓ UNFREEZE: as configured$/m);
  assert.match(out, /\nRegister these to correct them: BOOKED ANNULMENT FINALIZATION AUTOMATIC_FRAUD_CONTROL TEST\.$/m);
  assert.match(out, /\nNothing is known about UPDATE\. Read the error text of Resurs/);
});
