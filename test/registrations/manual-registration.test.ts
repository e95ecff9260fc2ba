/**
 * The registrations that docs/resurs.md describes for manual use are those that `register` makes, so that callbacks of
 * both are accepted. The test reads the page itself and runs its command.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import { test } from 'node:test';
import { register } from '../../src/commands/register.ts';
import { CALLBACK_TYPES } from '../../src/protocol/ecom/callback-types.ts';
import { DIGEST_KEY, registeredTime, setUpResurs } from '../helpers/resurs.ts';

const PAGE = await readFile(path.resolve(import.meta.dirname, '..', '..', 'docs', 'resurs.md'), 'utf8');

test('the templates of the page are those that register makes', async (t) => {
  const { fakeResurs, run } = await setUpResurs(t);

  await run(register, ['--yes']);

  const rows = [...PAGE.matchAll(/^\| `([A-Z_]+)` \| `(https:.*)` \|$/gm)].map(([, type, template]) => [
    type,
    template,
  ]);
  const made = CALLBACK_TYPES.map((type) => {
    const { uriTemplate = '' } = fakeResurs.registered.get(type) ?? {};
    return [type, uriTemplate.replace(`t=${registeredTime(fakeResurs, type)}`, 't=1700000000')];
  });
  assert.deepEqual(rows, made);
});

test('the command of the page prints the salt that register registers', async (t) => {
  const { fakeResurs, run } = await setUpResurs(t);
  const expression = /npx node -p '(.*)'/.exec(PAGE)?.[1] ?? assert.fail('the page has no command');

  await run(register, ['UNFREEZE', '--yes']);

  const ours = expression.replace('1700000000', String(registeredTime(fakeResurs, 'UNFREEZE')));
  const printed = execFileSync(process.execPath, ['-p', ours], { env: { DIGEST_KEY }, encoding: 'utf8' });
  assert.equal(printed.trim(), fakeResurs.registered.get('UNFREEZE')?.digest?.salt);
});
