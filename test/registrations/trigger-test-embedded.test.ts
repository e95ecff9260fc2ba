/**
 * The first day of an operator who has only an account. A service runs with an embedded Postgres, and beside it
 * `register` and `trigger-test` as programs, of which the last finds that Postgres through the data folder. Only Resurs
 * is a fake.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { triggerTest } from '../../src/commands/trigger-test.ts';
import { makeUsedDataDir } from '../helpers/embedded.ts';
import { runProgram } from '../helpers/program.ts';
import { BASIC, DIGEST_KEY, setUpResurs } from '../helpers/resurs.ts';

async function setup(t: TestContext) {
  const dataDir = await makeUsedDataDir(t);
  const settings = { DIGEST_KEY, DATA_DIR: dataDir, HOST: '127.0.0.1', PORT: '0', ...BASIC };
  const service = runProgram(t, ['serve'], settings);
  await service.line('service.ready');
  const { callbacks } = await service.line('service.listening');
  const resurs = await setUpResurs(t, { env: { ...settings, PUBLIC_URL: String(callbacks) } });
  const program = (...args: string[]) => runProgram(t, args, resurs.env).ended;
  return { ...resurs, service, program };
}

test('register and trigger-test work as programs beside a service with an embedded Postgres', async (t) => {
  const { service, fakeResurs, program } = await setup(t);

  const registered = await program('register', '--yes');
  const tested = await program('trigger-test', '--wait', '60');
  service.child.kill('SIGTERM');
  const { code } = await service.ended;

  assert.deepEqual([registered.code, registered.stderr, tested.code, code], [0, '', 0, 0]);
  assert.match(registered.stdout, /\nAll 7 read back\. Test the callbacks with: receiver trigger-test\n$/);
  assert.match(
    tested.stdout,
    /^TEST arrived \d+\.\d s after the request to Resurs and is stored as evt_\S+\.\nSalts: its digest is right, /,
  );
  const everything = registered.stdout + tested.stdout + tested.stderr;
  const salts = [...fakeResurs.registered.values()].flatMap(({ digest }) => (digest === null ? [] : [digest.salt]));
  for (const secret of [...salts, DIGEST_KEY, fakeResurs.account.password, BASIC.BASIC_AUTH_PASSWORD]) {
    assert.ok(!everything.includes(secret));
  }
  assert.doesNotMatch(everything, /[0-9a-f]{32}/i);
});

test('trigger-test reports a data folder in which no Postgres runs', async (t) => {
  const DATA_DIR = await makeUsedDataDir(t);
  const { fakeResurs, run } = await setUpResurs(t, { env: { DATA_DIR } });

  const { exitCode, errors } = await run(triggerTest, []);

  assert.deepEqual([exitCode, fakeResurs.calls], [1, []]);
  assert.match(errors, /no Postgres runs in DATA_DIR\. Start serve first\.$/);
});
