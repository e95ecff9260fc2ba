/**
 * The plan that `register` prints before it changes anything; it then does exactly what was planned and confirmed. The
 * fake Resurs keeps the registrations and records every call that changes one.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { register } from '../../src/commands/register.ts';
import { CALLBACK_TYPES } from '../../src/protocol/ecom/callback-types.ts';
import { BASIC, DIGEST_KEY, fixedSalts, registeredTime, setUpResurs } from '../helpers/resurs.ts';

const PLUGIN = 'https://www.shop.example/wc-api/ResursDefault?c=BOOKED&t=1600000000&key=Sh0p&p={paymentId}&d={digest}';

test('without --yes and without a terminal, register prints the plan and changes nothing', async (t) => {
  const { fakeResurs, run, changes } = await setUpResurs(t, { registered: { BOOKED: PLUGIN }, env: BASIC });

  const { exitCode, out } = await run(register, []);

  assert.equal(exitCode, 1);
  assert.match(out, /\nNothing was changed\. Add --yes to go on\.$/);
  assert.deepEqual(changes(), []);
  assert.equal(fakeResurs.registered.get('BOOKED')?.uriTemplate, PLUGIN);
});

test('the plan shows the present and the new registration of each type, and no constant of other systems', async (t) => {
  const { run, fakeResurs } = await setUpResurs(t, { registered: { BOOKED: PLUGIN }, env: BASIC });

  const { out } = await run(register, [], { answer: false });

  const blocks = CALLBACK_TYPES.map((type) => new RegExp(`^${type}\n(?: {2}.*\n)+`, 'm').exec(out)?.[0] ?? '');
  assert.match(
    blocks[0] ?? '',
    /now {3}https:\/\/www\.shop\.example\/wc-api\/ResursDefault\?c=BOOKED&t=1600000000&key=…&p=\{paymentId\}&d=\{digest\}\n/,
  );
  for (const block of blocks.slice(1)) assert.match(block, /^ {2}now {3}nothing$/m);
  for (const [index, type] of CALLBACK_TYPES.entries()) {
    const block = blocks[index] ?? '';
    assert.match(block, new RegExp(`then {2}https://pay\\.shop\\.example/callbacks/resurs\\?c=${type}&t=\\d{10}&`));
    assert.match(block, /SHA-1 over (?:paymentId|param1).* with a salt derived from DIGEST_KEY;/);
    assert.equal(/ where only REST works, the same without a digest\n/.test(block), type === 'TEST');
    assert.match(block, /the Basic credentials of BASIC_AUTH_USERNAME/);
  }
  assert.match(blocks[5] ?? '', /over paymentId and result with/);
  assert.ok(out.includes(fakeResurs.restUrl) && out.includes(fakeResurs.soapUrl));
});

test('the plan shows fixed salts, MD5 and missing credentials', async (t) => {
  const { run } = await setUpResurs(t, { env: { DIGEST_KEY: '', ...fixedSalts('first'), DIGEST_ALGORITHM: 'md5' } });

  const { out } = await run(register, ['update'], { answer: false });

  assert.match(out, /MD5 over paymentId with its fixed salt; no Basic credentials/);
});

test('the answer no changes nothing and exits with 1', async (t) => {
  const { fakeResurs, run, changes } = await setUpResurs(t);

  const { exitCode, out } = await run(register, [], { answer: false });

  assert.deepEqual([exitCode, changes(), fakeResurs.registered.size], [1, [], 0]);
  assert.match(out, /\nNothing was changed\.$/);
});

test('the answer yes registers what the plan showed', async (t) => {
  const { fakeResurs, run } = await setUpResurs(t);

  const { exitCode, out, errors } = await run(register, [], { answer: true });

  assert.deepEqual([exitCode, errors], [0, '']);
  for (const [type, { uriTemplate }] of fakeResurs.registered) {
    assert.ok(out.includes(`  then  ${uriTemplate}\n`));
    const over = type === 'TEST' ? 'SOAP' : 'REST';
    assert.match(out, new RegExp(`^${type}: registered over ${over} and read back\\.$`, 'm'));
  }
  assert.deepEqual(new Set(fakeResurs.registered.keys()), new Set(CALLBACK_TYPES));
});

test('only the named types are registered, each once, in upper or lower case', async (t) => {
  const { fakeResurs, run, changes } = await setUpResurs(t, { registered: { BOOKED: PLUGIN } });

  const { exitCode, out } = await run(register, ['update', 'TEST,UPDATE', '--yes']);

  assert.equal(exitCode, 0);
  assert.deepEqual(changes(), ['REST register UPDATE', 'SOAP register TEST']);
  assert.equal(fakeResurs.registered.get('BOOKED')?.uriTemplate, PLUGIN);
  assert.doesNotMatch(out, /BOOKED|UNFREEZE/);
});

for (const [args, message] of [
  [['BOOKING', '--yes'], /"BOOKING" is no event type\. Types are BOOKED, UPDATE, /],
  [['BOOKED', 'FRAUD'], /"FRAUD" is no event type/],
  [['--force'], /--force/],
] as const) {
  test(`${args.join(' ')} exits with 64 and sends nothing to Resurs`, async (t) => {
    const { fakeResurs, run } = await setUpResurs(t);

    const { exitCode, errors, out } = await run(register, args);

    assert.deepEqual([exitCode, out, fakeResurs.calls.length], [64, '', 0]);
    assert.match(errors, message);
  });
}

for (const [missing, names] of [
  [{ PUBLIC_URL: '' }, ['PUBLIC_URL']],
  [{ RESURS_USERNAME: '', RESURS_PASSWORD: '' }, ['RESURS_USERNAME', 'RESURS_PASSWORD']],
  [{ PUBLIC_URL: '', RESURS_USERNAME: '', RESURS_PASSWORD: '' }, ['PUBLIC_URL', 'RESURS_USERNAME']],
  [{ RESURS_PASSWORD: '' }, ['RESURS_PASSWORD']],
] as const) {
  test(`without ${Object.keys(missing).join(', ')} register exits with 78 and names the missing settings`, async (t) => {
    const { fakeResurs, run } = await setUpResurs(t);

    const { exitCode, errors } = await run(register, ['--yes'], { env: missing });

    assert.deepEqual([exitCode, fakeResurs.calls.length], [78, 0]);
    for (const name of names) assert.match(errors, new RegExp(`\\b${name}\\b`));
  });
}

for (const [what, env, args, message] of [
  [
    'a type has no salt',
    { DIGEST_KEY: '', DIGEST_SALT_BOOKED: 'only-h7Qm2xVt9RbL' },
    [],
    /^UPDATE .*DIGEST_SALT_UPDATE/m,
  ],
  [
    'its time is before DIGEST_VALID_FROM',
    { DIGEST_KEY, DIGEST_VALID_FROM: '99999999999' },
    ['BOOKED'],
    /^BOOKED .*DIGEST_VALID_FROM/m,
  ],
] as const) {
  test(`when the service would refuse the callbacks because ${what}, nothing is registered`, async (t) => {
    const { run, changes } = await setUpResurs(t);

    const { exitCode, errors } = await run(register, [...args, '--yes'], { env });

    assert.deepEqual([exitCode, changes()], [1, []]);
    assert.match(errors, message);
    assert.match(errors, /Nothing was changed\.$/);
  });
}

test('each registration has a later time than the one before, even within one second', async (t) => {
  const ahead = Math.floor(Date.now() / 1000) + 3_600;
  const registered = {
    UPDATE: `https://pay.shop.example/callbacks/resurs?c=UPDATE&t=${ahead}&p={paymentId}&d={digest}`,
  };
  const { fakeResurs, run } = await setUpResurs(t, { registered });

  const times: number[] = [];
  for (let round = 1; round <= 3; round += 1) {
    await run(register, ['UPDATE', '--yes']);
    times.push(registeredTime(fakeResurs, 'UPDATE'));
  }

  assert.deepEqual(times, [ahead + 1, ahead + 2, ahead + 3]);
});
