/**
 * `registrations` says for each type whether Resurs holds what the settings want, so that a daily job notices when somebody else has
 * taken the callbacks away. It changes nothing. The stand-in holds what `register` made, or what others would have made.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { register } from '../../src/commands/register.ts';
import { registrations } from '../../src/commands/registrations.ts';
import { CALLBACK_TYPES } from '../../src/protocol/ecom/callback-types.ts';
import { faultFor, heldTime, setUpResurs } from '../helpers/resurs.ts';

async function setup(t: TestContext) {
  const resurs = await setUpResurs(t);
  await resurs.run(register, ['--yes']);
  const before = resurs.standIn.calls.length;
  return { ...resurs, askedAfter: () => resurs.standIn.calls.slice(before).map(({ operation }) => operation) };
}

test('everything as wanted ends with 0, each URL shown, and nothing but reading is done', async (t) => {
  const { standIn, run, askedAfter } = await setup(t);

  const { exitCode, out, errors } = await run(registrations, []);

  assert.deepEqual([exitCode, errors], [0, '']);
  for (const type of CALLBACK_TYPES) {
    assert.ok(out.includes(`✓ ${type}: as the settings want\n    ${standIn.held.get(type)?.uriTemplate}\n`));
  }
  assert.match(out, /\nAll match the settings\.$/);
  assert.ok(askedAfter().every((operation) => operation === 'list' || operation === 'read'));
});

for (const [what, quirks] of [
  ['& comes back as &amp;', { readsBack: 'escaped' }],
  ['the REST list is without UPDATE', { leftOutOfRestList: ['UPDATE'] }],
  ['the REST list fails', { faultOf: faultFor('server_error', { channel: 'REST' }) }],
] as const) {
  test(`no difference is seen when ${what}`, async (t) => {
    const { standIn, run } = await setup(t);
    standIn.misbehave(quirks);

    const { exitCode, out } = await run(registrations, []);

    assert.equal(exitCode, 0);
    assert.equal(out.match(/^✓ /gm)?.length, 7);
  });
}

for (const [what, change, says] of [
  ['the host', (template: string) => template.replace('pay.', 'www.'), 'leads to another address'],
  ['the path', (template: string) => template.replace('/callbacks/resurs', '/wc-api/x'), 'leads to another address'],
  ['the digest', (template: string) => template.replace('&d={digest}', ''), 'carries no digest'],
  ['a parameter', (template: string) => template.replace('p={paymentId}', 'p=1'), 'lacks {paymentId}'],
  ['the type', (template: string) => template.replace('c=UNFREEZE', 'c=BOOKED'), 'has other parameters than ours'],
] as const) {
  test(`one type that differs in ${what} is marked and ends with 1`, async (t) => {
    const { standIn, run } = await setup(t);
    const held = { UNFREEZE: change(standIn.held.get('UNFREEZE')?.uriTemplate ?? '') };
    const other = await setUpResurs(t, {
      held: { ...Object.fromEntries([...standIn.held].map(([type, one]) => [type, one.uriTemplate])), ...held },
    });

    const { exitCode, out } = await run(registrations, [], { env: other.env });

    assert.equal(exitCode, 1);
    assert.ok(out.includes(`✗ UNFREEZE: ${says}`), out);
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

test('what was registered before DIGEST_VALID_FROM is marked, what came at it is not', async (t) => {
  const { standIn, run } = await setup(t);
  const time = heldTime(standIn, 'UNFREEZE');

  const at = await run(registrations, [], { env: { DIGEST_VALID_FROM: String(time) } });
  const after = await run(registrations, [], { env: { DIGEST_VALID_FROM: String(time + 1) } });

  assert.deepEqual([at.exitCode, after.exitCode], [0, 1]);
  assert.match(after.out, /^✗ UNFREEZE: .*before DIGEST_VALID_FROM/m);
  assert.match(after.out, /^✓ TEST: /m);
});

test('it takes no words and needs PUBLIC_URL and the account', async (t) => {
  const { standIn, run } = await setUpResurs(t);

  const named = await run(registrations, ['BOOKED']);
  const bare = await run(registrations, [], { env: { PUBLIC_URL: '', RESURS_USERNAME: '', RESURS_PASSWORD: '' } });

  assert.deepEqual([named.exitCode, bare.exitCode, standIn.calls.length], [64, 78, 0]);
  assert.match(bare.errors, /PUBLIC_URL[\s\S]*RESURS_USERNAME/);
});
