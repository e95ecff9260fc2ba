/**
 * A secret that is changed without registering again is found before a callback is refused: by `registrations`, by the
 * log of `serve`, and by `GET /status`. Resurs returns URLs only, so all of it goes by what `register` has stored.
 * Database, service and all requests are real.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { register } from '../../src/commands/register.ts';
import { registrations } from '../../src/commands/registrations.ts';
import { unregister } from '../../src/commands/unregister.ts';
import { CALLBACK_TYPES } from '../../src/protocol/ecom/callback-types.ts';
import { waitUntil } from '../harness/wait.ts';
import { createDatabase } from '../helpers/postgres.ts';
import { BASIC, DIGEST_KEY, fixedSalts, setUpResurs } from '../helpers/resurs.ts';
import { queryOnce, startTestService } from '../helpers/service.ts';

type Settings = Readonly<Record<string, string>>;

const NEW_KEY = 'Zx8Kc4Vn1Bm6Qw3Er7Ty2Ui9Op5As0Df';
const KEYED = { DIGEST_KEY };
const FIXED = { DIGEST_KEY: '', ...fixedSalts('first') };
const ALL_BUT_TEST = CALLBACK_TYPES.filter((type) => type !== 'TEST');

/** Types registered with `settings`, and commands and services that share their database. */
async function setup(t: TestContext, settings: Settings) {
  const { url } = await createDatabase(t);
  const resurs = await setUpResurs(t, { env: { DATABASE_URL: url } });
  const registered = await resurs.run(register, ['--yes'], { env: settings });
  assert.equal(registered.exitCode, 0, registered.errors);
  assert.doesNotMatch(registered.out + registered.errors, /not stored/);
  return {
    ...resurs,
    url,
    listWith: (env: Settings) => resurs.run(registrations, [], { env: { ...settings, ...env } }),
    serveWith: (env: Settings) =>
      startTestService(t, { databaseUrl: url, env: { DIGEST_SALT: '', ...settings, ...env } }),
  };
}

interface Change {
  readonly what: string;
  readonly registered: Settings;
  readonly changed: Settings;
  readonly types: readonly string[];
  readonly problem: RegExp;
}

const CHANGES: readonly Change[] = [
  {
    what: 'another master key',
    registered: KEYED,
    changed: { DIGEST_KEY: NEW_KEY },
    types: CALLBACK_TYPES,
    problem: /another salt .*\(406\)/,
  },
  {
    what: 'fixed salts instead of the key',
    registered: KEYED,
    changed: FIXED,
    types: CALLBACK_TYPES,
    problem: /another salt|no salt/,
  },
  {
    what: 'the salt of one type',
    registered: FIXED,
    changed: { DIGEST_SALT_UPDATE: 'second-h7Qm2xVt9RbL' },
    types: ['UPDATE'],
    problem: /another salt/,
  },
  {
    what: 'a previous salt that is not the registered one',
    registered: FIXED,
    changed: { DIGEST_SALT_UPDATE: 'third-h7Qm2xVt9RbL', DIGEST_SALT_UPDATE_PREVIOUS: 'second-h7Qm2xVt9RbL' },
    types: ['UPDATE'],
    problem: /another salt/,
  },
  {
    what: 'the algorithm',
    registered: { ...KEYED, DIGEST_ALGORITHM: 'md5' },
    changed: { DIGEST_ALGORITHM: 'sha1' },
    types: CALLBACK_TYPES,
    problem: /with MD5, which DIGEST_ALGORITHM does not accept/,
  },
  {
    what: 'the Basic password',
    registered: { ...KEYED, ...BASIC },
    changed: { BASIC_AUTH_PASSWORD: 'Ju5-nBv8-Ex3k' },
    types: CALLBACK_TYPES,
    problem: /other Basic credentials .*\(401\)/,
  },
  {
    what: 'Basic credentials that were not registered',
    registered: KEYED,
    changed: BASIC,
    types: CALLBACK_TYPES,
    problem: /other Basic credentials .*\(401\)/,
  },
];

for (const { what, registered, changed, types, problem } of CHANGES) {
  test(`${what}: registrations marks these types and exits with 1`, async (t) => {
    const { listWith } = await setup(t, registered);

    const before = await listWith({});
    const after = await listWith(changed);

    assert.deepEqual([before.exitCode, before.out.match(/^✓ /gm)?.length], [0, 7], before.out);
    assert.equal(after.exitCode, 1);
    const marked = [...after.out.matchAll(/^✗ (\w+): (.*)$/gm)];
    assert.deepEqual(
      marked.map(([, type]) => type),
      types,
    );
    for (const [, , text = ''] of marked) assert.match(text, problem);
    assert.match(after.out, /\nRegister the types marked ✗ to correct them\.$/);
  });
}

test('serve warns at its start, and GET /status names the types', async (t) => {
  const { serveWith } = await setup(t, KEYED);

  const { log, status } = await serveWith({ DIGEST_KEY: NEW_KEY });

  const warning = () => log.find(({ event }) => event === 'registrations.salt_changed');
  assert.ok(await waitUntil(async () => warning() !== undefined));
  assert.deepEqual(new Set(warning()?.types as string[] | undefined), new Set(CALLBACK_TYPES));
  assert.match(String(warning()?.fix), /^run register .*, or put the registered secret back/);
  const { registrations: listed } = (await status('/status')).json as { registrations: Record<string, string>[] };
  assert.deepEqual(new Set(listed.map(({ salt }) => salt)), new Set(['changed']));
  assert.match(listed[0]?.problem ?? '', /is registered with another salt/);
});

test('serve with the registered key warns of nothing', async (t) => {
  const { serveWith } = await setup(t, KEYED);

  const { log, status } = await serveWith({});

  const { registrations: listed } = (await status('/status')).json as { registrations: Record<string, string>[] };
  assert.deepEqual(
    listed.map(({ type, salt }) => [type, salt]).sort(),
    [...CALLBACK_TYPES].sort().map((type) => [type, 'current']),
  );
  assert.ok(log.every(({ event }) => !String(event).startsWith('registrations.')));
});

test('a rotation that was not registered yet is marked with the setting that still has the salt', async (t) => {
  const { listWith, serveWith, run } = await setup(t, KEYED);
  const rotated = { DIGEST_KEY: NEW_KEY, DIGEST_KEY_PREVIOUS: DIGEST_KEY };

  const before = await listWith(rotated);
  const { log } = await serveWith(rotated);
  await run(register, ['--yes'], { env: rotated });
  const after = await listWith(rotated);

  assert.equal(before.exitCode, 1);
  assert.equal(before.out.match(/^✗ \w+: is still registered with DIGEST_KEY_PREVIOUS$/gm)?.length, 7);
  assert.ok(await waitUntil(async () => log.some(({ event }) => event === 'registrations.salt_older')));
  assert.deepEqual([after.exitCode, after.out.match(/^✓ /gm)?.length], [0, 7]);
});

test('a rotation of key and password together is marked with both settings', async (t) => {
  const { listWith } = await setup(t, { ...KEYED, ...BASIC });

  const { out } = await listWith({
    DIGEST_KEY: NEW_KEY,
    DIGEST_KEY_PREVIOUS: DIGEST_KEY,
    BASIC_AUTH_PASSWORD: 'Ju5-nBv8-Ex3k',
    BASIC_AUTH_USERNAME_PREVIOUS: BASIC.BASIC_AUTH_USERNAME,
    BASIC_AUTH_PASSWORD_PREVIOUS: BASIC.BASIC_AUTH_PASSWORD,
  });

  const marked = /^✗ \w+: is still registered with DIGEST_KEY_PREVIOUS and BASIC_AUTH_PASSWORD_PREVIOUS$/gm;
  assert.equal(out.match(marked)?.length, 7, out);
});

test('a registration that another system made is not judged by what register has stored', async (t) => {
  const { listWith, run } = await setup(t, KEYED);
  await run(register, ['BOOKED', '--yes'], { env: { ...KEYED, DATABASE_URL: '' } });

  const { exitCode, out } = await listWith({ DIGEST_KEY: NEW_KEY });

  assert.equal(exitCode, 1);
  assert.match(out, /^✓ BOOKED: as configured$/m);
  assert.match(out, /^✗ UPDATE: is registered with another salt/m);
  assert.match(out, /^Salts and passwords of BOOKED were not compared/m);
});

test('unregister forgets what was registered', async (t) => {
  const { run, url } = await setup(t, KEYED);

  await run(unregister, ['UPDATE', 'TEST', '--yes']);

  const rows = await queryOnce<{ callback: string }>(url, 'select callback from registered_salts order by callback');
  assert.deepEqual(
    rows.map(({ callback }) => callback),
    ALL_BUT_TEST.filter((type) => type !== 'UPDATE').sort(),
  );
});

test('without a database register works and says what is not noticed; registrations says what was not compared', async (t) => {
  const { run } = await setUpResurs(t);

  const registered = await run(register, ['--yes']);
  const listed = await run(registrations, []);

  assert.equal(registered.exitCode, 0);
  assert.match(registered.out, /^The fingerprints of the salts were not stored \(DATABASE_URL is not set,.*\)/m);
  assert.equal(listed.exitCode, 0);
  assert.match(listed.out, /^Salts and passwords were not compared: DATABASE_URL is not set/m);
});

test('a database that does not respond fails registrations, and does not keep register from registering', async (t) => {
  const { fakeResurs, run } = await setUpResurs(t, { env: { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' } });

  const registered = await run(register, ['--yes']);
  const listed = await run(registrations, []);

  assert.deepEqual([registered.exitCode, fakeResurs.registered.size], [0, 7]);
  assert.match(registered.errors, /^Warning: the fingerprints of the salts were not stored \(ECONNREFUSED/m);
  assert.equal(listed.exitCode, 1);
  assert.match(listed.out, /^Salts and passwords were not compared: ECONNREFUSED/m);
});

test('a registration that failed leaves no record of the salt that did not take effect', async (t) => {
  const { fakeResurs, listWith, run } = await setup(t, KEYED);
  fakeResurs.setQuirks({ faultOf: ({ operation }) => (operation === 'register' ? 'server_error' : 'none') });

  await run(register, ['BOOKED', '--yes'], { env: { DIGEST_KEY: NEW_KEY } });
  const listed = await listWith({ DIGEST_KEY: NEW_KEY });

  assert.match(listed.out, /^✗ BOOKED: is registered with another salt/m);
});

test('neither salts nor keys nor passwords are in the database', async (t) => {
  const { url } = await setup(t, { ...FIXED, ...BASIC });

  const rows = await queryOnce(
    url,
    'select r::text as text from registered_salts r union all select f::text from fingerprint_salts f',
  );

  const text = JSON.stringify(rows);
  for (const secret of [...Object.values(fixedSalts('first')), BASIC.BASIC_AUTH_PASSWORD])
    assert.ok(!text.includes(secret));
  assert.equal(rows.length, 8);
});
