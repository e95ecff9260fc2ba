/**
 * `register` stops at the first type that cannot be registered. Its last lines name the types that are done and those
 * that are not, the registration of the failed type, and the errors of both interfaces.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { register } from '../../src/commands/register.ts';
import { CALLBACK_TYPES } from '../../src/protocol/ecom/callback-types.ts';
import type { InjectedFault, Quirks, ReceivedCall } from '../../src/simulator/api/quirks.ts';
import { injectFaultFor, setUpResurs } from '../helpers/resurs.ts';

const OLD = 'https://www.shop.example/old?c=UNFREEZE&t=1600000000&p={paymentId}&d={digest}';
const BOTH = ['REST', 'SOAP'] as const;

/** The third of the seven cannot be registered at all. */
const THIRD = { faultOf: injectFaultFor('server_error', { operation: 'register', type: 'UNFREEZE' }) };

for (const [what, registered, state] of [
  ['nothing registered before', {}, 'NOTHING is registered for it now: its callbacks are not sent.'],
  ['another registration before', { UNFREEZE: OLD, ANNULMENT: OLD }, 'The previous registration is still in effect.'],
] as const) {
  test(`when the third type fails on both interfaces, with ${what}, register stops there and reports it`, async (t) => {
    const { fakeResurs, run, changes } = await setUpResurs(t, { registered, quirks: THIRD });

    const { exitCode, out, errors } = await run(register, ['--yes']);

    assert.equal(exitCode, 1);
    assert.deepEqual(changes(), [
      ...['REST register BOOKED', 'REST register UPDATE', 'REST register UNFREEZE', 'SOAP register UNFREEZE'],
    ]);
    const [unfreeze, ...words] = out.slice(out.indexOf('\nUNFREEZE: ') + 1).split('\n');
    assert.equal(unfreeze, `UNFREEZE: FAILED. ${state}`);
    assert.deepEqual(words, [
      '  REST POST /callbacks/UNFREEZE: HTTP 500: Internal server error',
      '  SOAP registerEventCallback UNFREEZE: HTTP 500, code 3: An unexpected error occurred',
      'The fingerprints of the salts were not stored (DATABASE_URL is not set, and no Postgres runs in DATA_DIR), so a changed salt will not be noticed.',
    ]);
    assert.equal(
      errors,
      [
        'Done: BOOKED, UPDATE. Not done: UNFREEZE, ANNULMENT, FINALIZATION, AUTOMATIC_FRAUD_CONTROL, TEST.',
        'What is done stays valid. Continue with: register UNFREEZE ANNULMENT FINALIZATION AUTOMATIC_FRAUD_CONTROL TEST',
      ].join('\n'),
    );
    assert.equal(fakeResurs.registered.get('UNFREEZE')?.uriTemplate, registered.UNFREEZE);
    assert.equal(fakeResurs.registered.get('ANNULMENT')?.uriTemplate, registered.ANNULMENT);
    assert.match(fakeResurs.registered.get('UPDATE')?.uriTemplate ?? '', /^https:\/\/pay\.shop\.example\//);
  });
}

test('the suggested command registers the rest', async (t) => {
  const { fakeResurs, run } = await setUpResurs(t, { quirks: THIRD });
  const { errors } = await run(register, ['--yes']);
  const booked = fakeResurs.registered.get('BOOKED');
  fakeResurs.setQuirks({ faultOf: () => 'none' });

  const types = /Continue with: register (.*)$/.exec(errors)?.[1]?.split(' ') ?? [];
  const { exitCode } = await run(register, [...types, '--yes']);

  assert.equal(exitCode, 0);
  assert.deepEqual(new Set(fakeResurs.registered.keys()), new Set(CALLBACK_TYPES));
  assert.equal(fakeResurs.registered.get('BOOKED'), booked);
});

test('a registration that both interfaces accept but do not keep is a failure, and both are named', async (t) => {
  const { run } = await setUpResurs(t, {
    registered: { UNFREEZE: OLD },
    quirks: { faultOf: injectFaultFor('ignored', { operation: 'register' }) },
  });

  const { exitCode, out } = await run(register, ['UNFREEZE', '--yes']);

  assert.equal(exitCode, 1);
  assert.match(
    out,
    /FAILED\. The previous registration is still in effect\.\n {2}REST registration .*but not in effect\n {2}SOAP registration .*but not in effect$/,
  );
});

test('a registration that cannot be read back is a failure', async (t) => {
  const faultOf = ({ operation, number, channel }: ReceivedCall): InjectedFault =>
    operation === 'read' && (channel === 'REST' || number > 1) ? 'server_error' : 'none';
  const { run } = await setUpResurs(t, { quirks: { faultOf } });

  const { exitCode, out } = await run(register, ['BOOKED', '--yes']);

  assert.equal(exitCode, 1);
  assert.match(
    out,
    /BOOKED: FAILED\. What is registered for it now cannot be read\.\n.*accepted, but it cannot be read/,
  );
});

test('a removed registration is registered again although the removal seemed to fail on both interfaces', async (t) => {
  const faultOf = ({ channel, operation }: ReceivedCall): InjectedFault => {
    if (operation !== 'unregister') return 'none';
    return channel === 'REST' ? 'answer_lost' : 'server_error';
  };
  const { fakeResurs, run } = await setUpResurs(t, {
    registered: { UNFREEZE: OLD },
    quirks: { refusesOverwrite: BOTH, faultOf },
  });

  const { exitCode, out } = await run(register, ['UNFREEZE', '--yes']);

  assert.match(fakeResurs.registered.get('UNFREEZE')?.uriTemplate ?? 'nothing', /^https:\/\/pay\.shop\.example\//);
  assert.equal(exitCode, 0);
  assert.match(out, /Nothing was registered for \d+\.\d s\./);
});

test('a present registration that cannot be removed stays unchanged', async (t) => {
  const faultOf = injectFaultFor('server_error', { operation: 'unregister' });
  const { fakeResurs, run } = await setUpResurs(t, {
    registered: { UNFREEZE: OLD },
    quirks: { refusesOverwrite: BOTH, faultOf },
  });

  const { exitCode, out, errors } = await run(register, ['UNFREEZE', '--yes']);

  assert.equal(exitCode, 1);
  assert.equal(fakeResurs.registered.get('UNFREEZE')?.uriTemplate, OLD);
  assert.match(out, /FAILED\. The previous registration is still in effect\.\n {2}REST DELETE .*500.*\n {2}SOAP .*500/);
  assert.match(errors, /^Done: none\. Not done: UNFREEZE\.$/m);
});

for (const [what, quirks, env, message] of [
  [
    'the password is wrong',
    {},
    { RESURS_PASSWORD: 'Wq7-another-Pz1' },
    /REST .*HTTP 401: Bad cred.*\n.*SOAP .*HTTP 401/,
  ],
  ['Resurs cannot be reached', { connections: 'refused' }, {}, /REST GET \/callbacks: .*\n {2}SOAP .*BOOKED: /],
  [
    'both interfaces respond 500',
    { faultOf: () => 'server_error' },
    {},
    /REST .*HTTP 500: .*\n {2}SOAP .*HTTP 500, code 3/,
  ],
] satisfies [string, Partial<Quirks>, Record<string, string>, RegExp][]) {
  test(`when ${what}, both errors are printed and no change is requested`, async (t) => {
    const { run, changes } = await setUpResurs(t, { registered: { UNFREEZE: OLD }, quirks });

    const { exitCode, errors } = await run(register, ['--yes'], { env });

    assert.deepEqual([exitCode, changes()], [1, []]);
    assert.match(errors, /^The registrations at Resurs cannot be read, so nothing was changed:$/m);
    assert.match(errors, message);
  });
}

test('a stop request lets register finish the present type and start no other', async (t) => {
  const stop = new AbortController();
  const onCall = ({ operation }: ReceivedCall) => (operation === 'register' ? stop.abort() : undefined);
  const { fakeResurs, run } = await setUpResurs(t, { onCall });

  const { exitCode, out, errors } = await run(register, ['--yes'], { stop: stop.signal });

  assert.equal(exitCode, 1);
  assert.deepEqual([...fakeResurs.registered.keys()], ['BOOKED']);
  assert.match(out, /^BOOKED: registered over REST and read back\.\nStopped on request\.$/m);
  assert.match(errors, /^Done: BOOKED\. Not done: UPDATE, /m);
});
