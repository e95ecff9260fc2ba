/** Text tables stay readable with colours, empty cells and no rows. Pure; nothing is replaced. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatTable } from '../../src/lib/text-table.ts';

test('columns are as wide as their widest cell, and numbers are right-aligned', () => {
  const lines = formatTable(
    ['Type', 'Tries'],
    [
      ['BOOKED', '1'],
      ['TEST', '12'],
    ],
  );

  assert.deepEqual(lines, ['Type    Tries', '──────  ─────', 'BOOKED      1', 'TEST       12']);
});

test('colours do not count towards the widths', () => {
  const [, rule, row] = formatTable(['A', 'B'], [['\u001b[32mok\u001b[39m', 'x']]);

  assert.equal(rule, '──  ─');
  assert.equal(row, '\u001b[32mok\u001b[39m  x');
});

test('missing cells are empty and leave no trailing spaces', () => {
  const [, , row] = formatTable(['A', 'Long title'], [['a']]);

  assert.equal(row, 'a');
});

test('a table without rows has only its titles', () => {
  assert.deepEqual(formatTable(['A'], []), ['A', '─']);
});
