/**
 * Fixed salts that one digest gives away are not registered. Short ones can be guessed, and a shared one makes the
 * digest of one event valid for another. Refused means that no change is requested from Resurs.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { register } from '../../src/commands/register.ts';
import { fixedSalts, setUpResurs } from '../helpers/resurs.ts';

const FIFTEEN = 'p9Zt4Lw1Xv7Rb2Y';

function setup(t: TestContext, env: Record<string, string>) {
  return setUpResurs(t, { env: { DIGEST_KEY: '', ...env } });
}

for (const { name, env, args, message } of [
  {
    name: 'a salt of 15 characters',
    env: { ...fixedSalts('first'), DIGEST_SALT_UNFREEZE: FIFTEEN },
    args: [],
    message: /^Refused: the salt of UNFREEZE is shorter than 16 characters\.$/m,
  },
  {
    name: 'one salt for two types',
    env: { ...fixedSalts('first'), DIGEST_SALT_UNFREEZE: `${FIFTEEN}p`, DIGEST_SALT_UPDATE: `${FIFTEEN}p` },
    args: [],
    message: /^Refused: UPDATE, UNFREEZE share one salt/m,
  },
  {
    name: 'one salt for a type and TEST, whose values a caller chooses',
    env: { ...fixedSalts('first'), DIGEST_SALT_TEST: 'first-h7Qm2xVt9RbL-0' },
    args: [],
    message: /^Refused: BOOKED, TEST share one salt/m,
  },
  {
    name: 'one salt for all types',
    env: { DIGEST_SALT: `${FIFTEEN}p` },
    args: [],
    message: /^Refused: BOOKED, .*AUTOMATIC_FRAUD_CONTROL, TEST share one salt/m,
  },
  {
    name: 'one salt for all types, for a single type at a time',
    env: { DIGEST_SALT: `${FIFTEEN}p` },
    args: ['UPDATE'],
    message: /^Refused: .*UPDATE.* share one salt/m,
  },
]) {
  test(`${name} is refused, and no change is requested`, async (t) => {
    const { run, changes } = await setup(t, env);

    const { exitCode, errors } = await run(register, [...args, '--yes']);

    assert.deepEqual([exitCode, changes()], [1, []]);
    assert.match(errors, message);
    assert.match(errors, /^Nothing was changed\..*--allow-weak-salts registers them anyway\.$/m);
  });

  test(`${name} is registered with --allow-weak-salts`, async (t) => {
    const { fakeResurs, run } = await setup(t, env);

    const { exitCode } = await run(register, [...args, '--yes', '--allow-weak-salts']);

    assert.equal(exitCode, 0);
    assert.equal(fakeResurs.registered.size, args.length === 0 ? 7 : 1);
  });
}

test('a weak salt of a type that is not being registered is ignored', async (t) => {
  const { run } = await setup(t, { ...fixedSalts('first'), DIGEST_SALT_UNFREEZE: FIFTEEN });

  const { exitCode } = await run(register, ['BOOKED', 'UPDATE', '--yes']);

  assert.equal(exitCode, 0);
});

test('sixteen characters beyond ASCII are enough', async (t) => {
  const { run } = await setup(t, { DIGEST_SALT_BOOKED: 'ÅäÖéøßñçÅäÖéøßñ😀' });

  const { exitCode } = await run(register, ['BOOKED', '--yes']);

  assert.equal(exitCode, 0);
});
