/**
 * The rehearsal of a move from a shop plugin, as docs/resurs.md prints it: its shell registers a plugin's URLs at the
 * fake Resurs, and the settings of its step 2 take them over. curl and bash are real.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { register } from '../../src/commands/register.ts';
import { registrations } from '../../src/commands/registrations.ts';
import { simulate } from '../../src/commands/simulate/simulate.ts';
import { ACCOUNT, DIGEST_KEY, setUpResurs } from '../helpers/resurs.ts';
import { startTestService } from '../helpers/service.ts';
import { skipWithout, TOOL_PATH } from '../helpers/tools.ts';

const PAGE = await readFile(path.resolve(import.meta.dirname, '..', '..', 'docs', 'resurs.md'), 'utf8');
const skip = skipWithout([
  { name: 'curl', command: ['curl', '--version'] },
  { name: 'bash', command: ['bash', '--version'] },
]);

/** The lines of the page's shell from `first` to the end of its block. */
function shellFrom(first: string): string {
  const [found = assert.fail(`the page has no line ${first}`)] =
    new RegExp(`^ *${first}[\\s\\S]*?(?=^ *\`\`\`$)`, 'm').exec(PAGE) ?? [];
  return found;
}

test('the rehearsal of the page registers a plugin, is taken over by step 2, and ends as configured', {
  skip,
}, async (t) => {
  const step2 = Object.fromEntries(
    [...shellFrom('CALLBACK_PATHS=').matchAll(/^ *([A-Z_]+)=(\S+)$/gm)].map(([, name = '', value = '']) => [
      name,
      value,
    ]),
  );
  assert.deepEqual(Object.keys(step2), ['CALLBACK_PATHS', 'DIGEST_SALT']);
  const service = await startTestService(t, { env: { ...step2, DIGEST_KEY } });
  const base = { PUBLIC_URL: service.url, DATABASE_URL: service.databaseUrl };
  const { fakeResurs, run, env } = await setUpResurs(t, { env: base });
  const variables = {
    PATH: TOOL_PATH,
    PUBLIC_URL: service.url,
    RESURS_REST_URL: fakeResurs.restUrl,
    RESURS_USERNAME: ACCOUNT.username,
    RESURS_PASSWORD: ACCOUNT.password,
  };
  const [look = ''] = /^ALLOW_\S+=true npx receiver registrations$/m.exec(shellFrom('for type in')) ?? [];
  const shell = shellFrom('for type in').replace(look, '');
  const [, allowed = ''] = /^(\w+)=true /.exec(look) ?? [];
  const [, played = ''] = /^npx receiver simulate "\$PUBLIC_URL(\S+)" --only BOOKED,UPDATE,UNFREEZE$/m.exec(PAGE) ?? [];

  await promisify(execFile)('bash', ['-euc', shell], { env: variables });
  const before = await run(registrations, [], { env: { DIGEST_KEY: '', [allowed]: 'true' } });
  const taken = await run(registrations, [], { env: { ...env, ...step2 } });
  const called = await run(simulate, [service.url + played, '--only', 'BOOKED,UPDATE,UNFREEZE'], {
    env: { ...step2, DIGEST_KEY: '' },
  });
  const registered = await run(register, ['--yes'], { env: { ...env, ...step2 } });
  const after = await run(registrations, [], { env });

  assert.deepEqual(
    [before.exitCode, taken.exitCode, called.exitCode, registered.exitCode, after.exitCode],
    [1, 0, 0, 0, 0],
  );
  assert.equal(before.out.match(/^✗ \w+: leads to another address$/gm)?.length, 3);
  assert.equal(taken.out.match(/^→ \w+: a plugin's URL, taken over/gm)?.length, 3);
  assert.match(registered.out, /^BOOKED\n {2}now {3}http\S+\/wc-api\/ResursDefault\/\?c=BOOKED/m);
});
