/**
 * What docs/resurs.md tells people to register by hand is what `register` makes, so that either way leads to callbacks that are
 * taken. The page itself is read, and its command run.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import { test } from 'node:test';
import { register } from '../../src/commands/register.ts';
import { CALLBACK_TYPES } from '../../src/protocol/ecom/callback-types.ts';
import { DIGEST_KEY, heldTime, setUpResurs } from '../helpers/resurs.ts';

const PAGE = await readFile(path.resolve(import.meta.dirname, '..', '..', 'docs', 'resurs.md'), 'utf8');

test('the templates of the page are those that register makes', async (t) => {
  const { standIn, run } = await setUpResurs(t);

  await run(register, ['--yes']);

  const rows = [...PAGE.matchAll(/^\| `([A-Z_]+)` \| `(https:.*)` \|$/gm)].map(([, type, template]) => [
    type,
    template,
  ]);
  const made = CALLBACK_TYPES.map((type) => {
    const { uriTemplate = '' } = standIn.held.get(type) ?? {};
    return [type, uriTemplate.replace(`t=${heldTime(standIn, type)}`, 't=1700000000')];
  });
  assert.deepEqual(rows, made);
});

test('the command of the page prints the salt that register registers', async (t) => {
  const { standIn, run } = await setUpResurs(t);
  const expression = /npx node -p '(.*)'/.exec(PAGE)?.[1] ?? assert.fail('the page has no command');

  await run(register, ['UNFREEZE', '--yes']);

  const ours = expression.replace('1700000000', String(heldTime(standIn, 'UNFREEZE')));
  const printed = execFileSync(process.execPath, ['-p', ours], { env: { DIGEST_KEY }, encoding: 'utf8' });
  assert.equal(printed.trim(), standIn.held.get('UNFREEZE')?.digest?.salt);
});
