/**
 * Group commit: one bad row never fails its neighbours, a lost conflict is repeated once, and each caller gets the
 * result of its own item. Functions that fail like Postgres replace the work; one test uses the real Postgres.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { sql } from 'kysely';
import { createBatcher, runBatch } from '../../src/db/batcher.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { createTestOutbox } from '../helpers/outbox.ts';

const databaseError = (code: string) => Object.assign(new Error(code), { code });

/** Work that doubles numbers, fails with the code for a batch with a number in `bad`, and records its batches. */
function doubling(bad: readonly number[], code = '22021') {
  const batches: number[][] = [];
  const work = async (items: readonly number[]) => {
    batches.push([...items]);
    if (items.some((item) => bad.includes(item))) throw databaseError(code);
    return items.map((item) => item * 2);
  };
  return { batches, work };
}

/** Resolves after some turns of the event loop. */
async function afterTurn(turns = 1): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await setImmediate();
}

const outcomesOf = (results: readonly PromiseSettledResult<number>[]) => {
  return results.map((result) => (result.status === 'fulfilled' ? result.value : result.reason.code));
};

for (const code of ['22021', '23505', '54000']) {
  test(`a row that is rejected with ${code} does not fail its neighbours`, async () => {
    const { work, batches } = doubling([2], code);

    const results = await runBatch([1, 2, 3], work);

    assert.deepEqual(outcomesOf(results), [2, code, 6]);
    assert.deepEqual(batches, [[1, 2, 3], [1], [2], [3]]);
  });
}

for (const code of ['40001', '40P01']) {
  test(`a batch that fails with ${code} is repeated once as a whole`, async () => {
    const batches: number[][] = [];
    const work = async (items: readonly number[]) => {
      batches.push([...items]);
      if (batches.length === 1) throw databaseError(code);
      return items.map((item) => item * 2);
    };

    assert.deepEqual(outcomesOf(await runBatch([1, 2], work)), [2, 4]);
    assert.deepEqual(batches, [
      [1, 2],
      [1, 2],
    ]);
  });

  test(`a batch that fails twice with ${code} is not repeated again`, async () => {
    const { work, batches } = doubling([1], code);

    assert.deepEqual(outcomesOf(await runBatch([1, 2], work)), [code, code]);
    assert.equal(batches.length, 2);
  });
}

for (const code of ['57014', '08006', 'ECONNRESET', '42601']) {
  test(`${code} fails the whole batch at once`, async () => {
    const { work, batches } = doubling([1], code);

    assert.deepEqual(outcomesOf(await runBatch([1, 2], work)), [code, code]);
    assert.equal(batches.length, 1);
  });
}

test('a bad row in the repetition after a conflict does not fail its neighbours', async () => {
  let calls = 0;
  const { work } = doubling([2]);
  const conflictFirst = async (items: readonly number[]) => {
    calls += 1;
    if (calls === 1) throw databaseError('40001');
    return work(items);
  };

  assert.deepEqual(outcomesOf(await runBatch([1, 2, 3], conflictFirst)), [2, '22021', 6]);
});

test('exactly the bad rows fail, whichever they are', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.nat(50), { minLength: 1 }), fc.array(fc.nat(50)), async (items, bad) => {
      const results = await runBatch(items, doubling(bad).work);

      assert.deepEqual(
        outcomesOf(results),
        items.map((item) => (bad.includes(item) ? '22021' : item * 2)),
      );
    }),
  );
});

test('items of the same event loop turn share a batch, and later ones get the next', async () => {
  const { work, batches } = doubling([]);
  const double = createBatcher(work, 3);

  const first = await Promise.all([double(1), double(2), double(3), double(4)]);
  const later = await double(5);

  assert.deepEqual([...first, later], [2, 4, 6, 8, 10]);
  assert.deepEqual(batches, [[1, 2, 3], [4], [5]]);
});

test('items that follow a batch closely wait for each other until there are enough, and after a pause none waits', async () => {
  const { work, batches } = doubling([]);
  let nowMs = 0;
  const clock = { now: () => nowMs, elapsed: () => nowMs };
  const double = createBatcher(work, 10, { clock, leastMs: 3_600_000, fullAt: 3 });

  const alone = await double(1);
  const together = await Promise.all([
    double(2),
    afterTurn().then(() => double(3)),
    afterTurn(2).then(() => double(4)),
  ]);
  nowMs += 3_600_000;
  const afterPause = await double(5);

  assert.deepEqual([alone, ...together, afterPause], [2, 4, 6, 8, 10]);
  assert.deepEqual(batches, [[1], [2, 3, 4], [5]]);
});

test('an item that follows a batch closely starts without further ones', async () => {
  const { work, batches } = doubling([]);
  const double = createBatcher(work, 10, { clock: systemClock, leastMs: 20, fullAt: 3 });

  const results = [await double(1), await double(2)];

  assert.deepEqual(results, [2, 4]);
  assert.deepEqual(batches, [[1], [2]]);
});

test('each caller gets the result of its own item', async () => {
  const double = createBatcher(doubling([2]).work, 10);

  const results = await Promise.allSettled([double(1), double(2), double(3)]);

  assert.deepEqual(outcomesOf(results), [2, '22021', 6]);
});

test('a failed batch does not affect the next one', async () => {
  const double = createBatcher(doubling([1], '57014').work, 10);

  await assert.rejects(double(1), { code: '57014' });

  assert.equal(await double(2), 4);
});

test('a real database stores the good rows of a batch with a bad one', async (t) => {
  const { db, query } = await createTestOutbox(t);
  await query('create table numbers (n int check (n < 100))');
  const insert = async (items: readonly number[]) => {
    await db.run(sql`insert into numbers select unnest(${[...items]}::int[])`.compile(db.kysely));
    return items.map(() => 0);
  };

  const results = await runBatch([1, 100, 3], insert);

  assert.deepEqual(outcomesOf(results), [0, '23514', 0]);
  assert.deepEqual(await query('select n from numbers'), [{ n: 1 }, { n: 3 }]);
});
