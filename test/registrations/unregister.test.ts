/**
 * `unregister` removes the named types, or all seven, only after confirmation, and reads back that they are gone. The
 * fake Resurs keeps the registrations and misbehaves as Resurs has done.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { unregister } from '../../src/commands/unregister.ts';
import { CALLBACK_TYPES } from '../../src/protocol/ecom/callback-types.ts';
import type { InjectedFault, Quirks, ReceivedCall } from '../../src/simulator/api/quirks.ts';
import { injectFaultFor, setUpResurs } from '../helpers/resurs.ts';

const OURS = 'https://pay.shop.example/callbacks/resurs?c=X&t=1600000000&p={paymentId}&d={digest}';
const ALL = Object.fromEntries(CALLBACK_TYPES.map((type) => [type, OURS]));

function setup(t: TestContext, quirks: Partial<Quirks> = {}, registered: Record<string, string> = ALL) {
  return setUpResurs(t, { registered, quirks });
}

test('without types all seven are removed', async (t) => {
  const { fakeResurs, run } = await setup(t);

  const { exitCode, out, errors } = await run(unregister, ['--yes']);

  assert.deepEqual([exitCode, errors, fakeResurs.registered.size], [0, '', 0]);
  for (const type of CALLBACK_TYPES) {
    assert.ok(out.includes(`${type}\n  now   ${OURS}\n`));
    assert.match(out, new RegExp(`^${type}: removed, and read back as gone\\.$`, 'm'));
  }
});

test('with types only those are removed', async (t) => {
  const { fakeResurs, run, changes } = await setup(t);

  const { exitCode, out } = await run(unregister, ['test', 'UPDATE', '--yes']);

  assert.equal(exitCode, 0);
  assert.deepEqual(changes(), ['REST unregister UPDATE', 'REST unregister TEST']);
  assert.deepEqual(
    [fakeResurs.registered.has('UPDATE'), fakeResurs.registered.has('TEST'), fakeResurs.registered.size],
    [false, false, 5],
  );
  assert.doesNotMatch(out, /BOOKED/);
});

test('a type that is not registered is reported so, and is no failure', async (t) => {
  const { run, changes } = await setup(t, {}, { UPDATE: OURS });

  const { exitCode, out } = await run(unregister, ['BOOKED', 'UPDATE', '--yes']);

  assert.equal(exitCode, 0);
  assert.match(out, /^BOOKED\n {2}now {3}nothing$/m);
  assert.match(out, /^BOOKED: nothing was registered\.\nUPDATE: removed, and read back as gone\.$/m);
  assert.deepEqual(changes(), ['REST unregister UPDATE']);
});

for (const [what, options] of [
  ['there is no terminal', {}],
  ['the operator says no', { answer: false }],
] as const) {
  test(`when ${what}, nothing is changed and unregister exits with 1`, async (t) => {
    const { fakeResurs, run, changes } = await setup(t);

    const { exitCode, out } = await run(unregister, [], options);

    assert.deepEqual([exitCode, changes(), fakeResurs.registered.size], [1, [], 7]);
    assert.match(out, /Nothing was changed\./);
  });
}

test('the answer yes removes all seven', async (t) => {
  const { fakeResurs, run } = await setup(t);

  const { exitCode } = await run(unregister, [], { answer: true });

  assert.deepEqual([exitCode, fakeResurs.registered.size], [0, 0]);
});

for (const fault of ['ignored', 'server_error', 'reset', 'answer_lost', 'html'] as const) {
  test(`UPDATE is removed over SOAP when REST does not remove it (${fault})`, async (t) => {
    const faultOf = injectFaultFor(fault, { channel: 'REST', operation: 'unregister', type: 'UPDATE' });
    const { fakeResurs, run } = await setup(t, { faultOf, hiddenInRestList: ['UPDATE'] });

    const { exitCode, out } = await run(unregister, ['UPDATE', '--yes']);

    assert.deepEqual([exitCode, fakeResurs.registered.has('UPDATE')], [0, false]);
    assert.match(out, /^UPDATE: removed, and read back as gone\.$/m);
  });
}

test('unregister stops at the first type that stays, with both errors and what is done', async (t) => {
  const faultOf = injectFaultFor('server_error', { operation: 'unregister', type: 'UNFREEZE' });
  const { fakeResurs, run, changes } = await setup(t, { faultOf });

  const { exitCode, out, errors } = await run(unregister, ['--yes']);

  assert.equal(exitCode, 1);
  assert.deepEqual([...fakeResurs.registered.keys()], CALLBACK_TYPES.slice(2));
  assert.deepEqual(changes().slice(2), ['REST unregister UNFREEZE', 'SOAP unregister UNFREEZE']);
  assert.match(
    out,
    /^UNFREEZE: FAILED\. The previous registration is still in effect\.\n {2}REST DELETE .*HTTP 500: .*\n {2}SOAP unregister.*HTTP 500, code 3: .*$/m,
  );
  assert.equal(
    errors,
    'Done: BOOKED, UPDATE. Not done: UNFREEZE, ANNULMENT, FINALIZATION, AUTOMATIC_FRAUD_CONTROL, TEST.',
  );
});

test('when neither interface removes a type, both are reported, also one that called it done', async (t) => {
  const faultOf = ({ channel, operation }: ReceivedCall): InjectedFault => {
    if (operation !== 'unregister') return 'none';
    return channel === 'REST' ? 'ignored' : 'server_error';
  };
  const { fakeResurs, run } = await setup(t, { faultOf });

  const { exitCode, out } = await run(unregister, ['UPDATE', '--yes']);

  assert.deepEqual([exitCode, fakeResurs.registered.has('UPDATE')], [1, true]);
  assert.match(out, /^UPDATE: FAILED\. The previous registration is still in effect\.$/m);
  assert.match(out, /^ {2}SOAP unregisterEventCallback UPDATE: HTTP 500/m);
  assert.match(out, /^ {2}REST removal of UPDATE: accepted, but not done$/m);
});

test('with a wrong password nothing is removed, and both errors are shown', async (t) => {
  const { fakeResurs, run } = await setup(t);

  const { exitCode, out } = await run(unregister, ['--yes'], { env: { RESURS_PASSWORD: 'Wq7-another-Pz1' } });

  assert.deepEqual([exitCode, fakeResurs.registered.size], [1, 7]);
  assert.match(
    out,
    /BOOKED: FAILED\. What is registered for it now cannot be read\.\n {2}REST .*401.*\n {2}SOAP .*401/,
  );
});

test('unregister needs an account and known types', async (t) => {
  const { fakeResurs, run } = await setup(t, {}, {});

  const unnamed = await run(unregister, ['--yes'], {
    env: { RESURS_USERNAME: '', RESURS_PASSWORD: '', PUBLIC_URL: '' },
  });
  const misnamed = await run(unregister, ['FRAUD', '--yes']);

  assert.deepEqual([unnamed.exitCode, misnamed.exitCode, fakeResurs.calls.length], [78, 64, 0]);
  assert.match(unnamed.errors, /RESURS_USERNAME/);
  assert.doesNotMatch(unnamed.errors, /PUBLIC_URL/);
});
