/** Arrays arrive in Postgres as they were: every text, also one that looks like a part of an array, and every byte. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { sql } from 'kysely';
import { byteaArray, plainArray, textArray } from '../../src/db/array-literals.ts';
import { createTestOutbox } from '../helpers/outbox.ts';

const TEXTS = [
  '',
  ' ',
  'NULL',
  'null',
  '{}',
  '{"a"}',
  ',',
  '"',
  '\\',
  '\\"',
  '\\x00',
  "'",
  '\n',
  'å🐟',
  '\ud83d\udc1f',
];

test('every value arrives as it was', async (t) => {
  const { db } = await createTestOutbox(t);
  const special = fc.constantFrom(...TEXTS);
  const text = fc.oneof(
    special,
    fc.string({ unit: 'grapheme' }).map((any) => any.replaceAll('\0', '')),
  );
  const bytes = fc.uint8Array({ maxLength: 40 }).map((any) => Buffer.from(any));

  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.option(text), { maxLength: 8 }),
      fc.array(fc.option(bytes), { maxLength: 4 }),
      fc.array(fc.option(fc.integer()), { maxLength: 4 }),
      async (texts, blobs, numbers) => {
        const query = sql<{ texts: unknown; blobs: unknown; numbers: unknown; flags: unknown; json: unknown }>`
          select ${textArray(texts)}::text[] as texts, ${byteaArray(blobs)}::bytea[] as blobs,
                 ${plainArray(numbers)}::float8[] as numbers, ${plainArray([true, false])}::bool[] as flags,
                 ${textArray([JSON.stringify(texts)])}::json[] as json`;
        const [row] = await db.run(query.compile(db.kysely));

        assert.deepEqual(row, { texts, blobs, numbers, flags: [true, false], json: [texts] });
      },
    ),
    { numRuns: 100 },
  );
});
