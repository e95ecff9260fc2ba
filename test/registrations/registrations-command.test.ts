/**
 * `registrations` reports for each type whether its registration at Resurs is as configured, so that a daily job
 * notices when another system has replaced it. It changes nothing. The fake Resurs has the registrations of `register`,
 * or those of another system.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { register } from '../../src/commands/register.ts';
import { registrations } from '../../src/commands/registrations.ts';
import { CALLBACK_TYPES } from '../../src/protocol/ecom/callback-types.ts';
import { injectFaultFor, registeredTime, setUpResurs } from '../helpers/resurs.ts';

async function setup(t: TestContext) {
  const resurs = await setUpResurs(t);
  await resurs.run(register, ['--yes']);
  const before = resurs.fakeResurs.calls.length;
  return { ...resurs, operationsAfter: () => resurs.fakeResurs.calls.slice(before).map(({ operation }) => operation) };
}

test('seven registrations as configured exit with 0, each URL is shown, and nothing is changed', async (t) => {
  const { fakeResurs, run, operationsAfter } = await setup(t);

  const { exitCode, out, errors } = await run(registrations, []);

  assert.deepEqual([exitCode, errors], [0, '']);
  for (const type of CALLBACK_TYPES) {
    assert.ok(out.includes(`✓ ${type}: as configured\n    ${fakeResurs.registered.get(type)?.uriTemplate}\n`));
  }
  assert.match(out, /\nAll match the settings\.$/);
  assert.ok(operationsAfter().every((operation) => operation === 'list' || operation === 'read'));
});

for (const [what, quirks] of [
  ['& comes back as &amp;', { readsBack: 'escaped' }],
  ['the REST list is without UPDATE', { hiddenInRestList: ['UPDATE'] }],
  ['the REST list fails', { faultOf: injectFaultFor('server_error', { channel: 'REST' }) }],
] as const) {
  test(`all seven types are as configured when ${what}`, async (t) => {
    const { fakeResurs, run } = await setup(t);
    fakeResurs.setQuirks(quirks);

    const { exitCode, out } = await run(registrations, []);

    assert.equal(exitCode, 0);
    assert.equal(out.match(/^✓ /gm)?.length, 7);
  });
}

for (const [what, change, message] of [
  ['the host', (template: string) => template.replace('pay.', 'www.'), 'leads to another address'],
  ['the path', (template: string) => template.replace('/callbacks/resurs', '/wc-api/x'), 'leads to another address'],
  ['the digest', (template: string) => template.replace('&d={digest}', ''), 'carries no digest'],
  ['a parameter', (template: string) => template.replace('p={paymentId}', 'p=1'), 'lacks {paymentId}'],
  [
    'the type',
    (template: string) => template.replace('c=UNFREEZE', 'c=BOOKED'),
    'has other parameters than configured',
  ],
] as const) {
  test(`one type that differs in ${what} is marked, and the command exits with 1`, async (t) => {
    const { fakeResurs, run } = await setup(t);
    const registered = { UNFREEZE: change(fakeResurs.registered.get('UNFREEZE')?.uriTemplate ?? '') };
    const other = await setUpResurs(t, {
      registered: {
        ...Object.fromEntries([...fakeResurs.registered].map(([type, one]) => [type, one.uriTemplate])),
        ...registered,
      },
    });

    const { exitCode, out } = await run(registrations, [], { env: other.env });

    assert.equal(exitCode, 1);
    assert.ok(out.includes(`✗ UNFREEZE: ${message}`), out);
    assert.equal(out.match(/^✓ /gm)?.length, 6);
    assert.match(out, /\nRegister the types marked ✗ to correct them\.$/);
  });
}

test('a type that is not registered is marked', async (t) => {
  const { run } = await setUpResurs(t);
  await run(register, ['BOOKED', '--yes']);

  const { exitCode, out } = await run(registrations, []);

  assert.deepEqual([exitCode, out.match(/^✓ /gm)?.length], [1, 1]);
  assert.match(out, /^✗ UNFREEZE: not registered: its callbacks are not sent$/m);
});

test('a registration from before DIGEST_VALID_FROM is marked, one of that second is not', async (t) => {
  const { fakeResurs, run } = await setup(t);
  const time = registeredTime(fakeResurs, 'UNFREEZE');

  const at = await run(registrations, [], { env: { DIGEST_VALID_FROM: String(time) } });
  const after = await run(registrations, [], { env: { DIGEST_VALID_FROM: String(time + 1) } });

  assert.deepEqual([at.exitCode, after.exitCode], [0, 1]);
  assert.match(after.out, /^✗ UNFREEZE: .*before DIGEST_VALID_FROM/m);
  assert.match(after.out, /^✗ TEST: .*before DIGEST_VALID_FROM/m);
});

test('registrations accepts no arguments and needs PUBLIC_URL and the account', async (t) => {
  const { fakeResurs, run } = await setUpResurs(t);

  const named = await run(registrations, ['BOOKED']);
  const bare = await run(registrations, [], { env: { PUBLIC_URL: '', RESURS_USERNAME: '', RESURS_PASSWORD: '' } });

  assert.deepEqual([named.exitCode, bare.exitCode, fakeResurs.calls.length], [64, 78, 0]);
  assert.match(bare.errors, /PUBLIC_URL[\s\S]*RESURS_USERNAME/);
});
