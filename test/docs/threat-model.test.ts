/**
 * The threat model of SECURITY.md: each row names a test that shows it, and the row of the token knows all that a token may
 * change. A new route that changes something belongs into that row and into this list.
 */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';

const ROOT = path.join(import.meta.dirname, '..', '..');

/** Each route that changes something, and the words for it. */
const CHANGES: Readonly<Record<string, string>> = {
  'delete /mock-error': 'mock errors',
  'delete /orders/:paymentId': 'register and remove orders',
  'delete /payments/:paymentId': 'erase the content',
  'delete /replays/:id': 'replay events',
  'post /events/:id/replay': 'replay events',
  'post /replays': 'replay events',
  'post /simulated-callbacks': 'send a TEST',
  'post /webhook/probe': 'try its webhook',
  'put /mock-error': 'mock errors',
  'put /orders/:paymentId': 'register and remove orders',
};

function readRows(): string[][] {
  const [, table = ''] = readFileSync(path.join(ROOT, 'SECURITY.md'), 'utf8').split('## Threat model');
  const rows = [...table.matchAll(/^\| (.*) \|$/gm)].map(([, cells = '']) => cells.split(' | '));
  return rows.slice(1);
}

test('each row of the threat model names a test that shows it', () => {
  const rows = readRows();

  assert.ok(rows.length > 15, `${rows.length} rows`);
  for (const row of rows) assert.match(row.at(-1) ?? '', /\]\(test\/\S+\.(?:test|long)\.ts\)/, row[0]);
});

test('the row of STATUS_TOKEN says what a token may change, and no other route changes anything', () => {
  const sources = globSync('src/status/*.ts', { cwd: ROOT }).map((name) => readFileSync(path.join(ROOT, name), 'utf8'));
  const routes = sources.flatMap((text) =>
    [...text.matchAll(/\.(post|put|delete|patch)\('(\/[^']*)'/g)].map(([, method, route]) => `${method} ${route}`),
  );
  const [, can = ''] = readRows().find(([attacker]) => attacker === '`STATUS_TOKEN`') ?? [];

  assert.deepEqual(routes.sort(), Object.keys(CHANGES).sort());
  for (const words of Object.values(CHANGES)) assert.ok(can.includes(words), words);
});
