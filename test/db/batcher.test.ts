/**
 * Group commit: one bad row never fails its neighbours, a lost race is tried once more, and each caller hears of its own
 * item only. The work is replaced by functions that fail as Postgres does; one test asks the real one.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { sql } from 'kysely';
import { createBatcher, runBatch } from '../../src/db/batcher.ts';
import { makeOutbox } from '../helpers/outbox.ts';

const fault = (code: string) => Object.assign(new Error(code), { code });

/** Work that doubles its numbers, fails with the code for a group that holds `bad`, and keeps the groups it was given. */
function doubling(bad: readonly number[], code = '22021') {
  const groups: number[][] = [];
  const work = async (items: readonly number[]) => {
    groups.push([...items]);
    if (items.some((item) => bad.includes(item))) throw fault(code);
    return items.map((item) => item * 2);
  };
  return { groups, work };
}

const shown = (results: readonly PromiseSettledResult<number>[]) => {
  return results.map((result) => (result.status === 'fulfilled' ? result.value : result.reason.code));
};

for (const code of ['22021', '23505', '54000']) {
  test(`a row that is refused with ${code} does not fail its neighbours`, async () => {
    const { work, groups } = doubling([2], code);

    const results = await runBatch([1, 2, 3], work);

    assert.deepEqual(shown(results), [2, code, 6]);
    assert.deepEqual(groups, [[1, 2, 3], [1], [2], [3]]);
  });
}

for (const code of ['40001', '40P01']) {
  test(`a group that loses with ${code} is tried once more as a whole`, async () => {
    const groups: number[][] = [];
    const work = async (items: readonly number[]) => {
      groups.push([...items]);
      if (groups.length === 1) throw fault(code);
      return items.map((item) => item * 2);
    };

    assert.deepEqual(shown(await runBatch([1, 2], work)), [2, 4]);
    assert.deepEqual(groups, [
      [1, 2],
      [1, 2],
    ]);
  });

  test(`a group that loses twice with ${code} has failed`, async () => {
    const { work, groups } = doubling([1], code);

    assert.deepEqual(shown(await runBatch([1, 2], work)), [code, code]);
    assert.equal(groups.length, 2);
  });
}

for (const code of ['57014', '08006', 'ECONNRESET', '42601']) {
  test(`${code} fails the whole group at once`, async () => {
    const { work, groups } = doubling([1], code);

    assert.deepEqual(shown(await runBatch([1, 2], work)), [code, code]);
    assert.equal(groups.length, 1);
  });
}

test('a bad row found while a conflict is tried again does not fail its neighbours either', async () => {
  let calls = 0;
  const { work } = doubling([2]);
  const conflictFirst = async (items: readonly number[]) => {
    calls += 1;
    if (calls === 1) throw fault('40001');
    return work(items);
  };

  assert.deepEqual(shown(await runBatch([1, 2, 3], conflictFirst)), [2, '22021', 6]);
});

test('whichever rows are bad, exactly those fail', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.nat(50), { minLength: 1 }), fc.array(fc.nat(50)), async (items, bad) => {
      const results = await runBatch(items, doubling(bad).work);

      assert.deepEqual(
        shown(results),
        items.map((item) => (bad.includes(item) ? '22021' : item * 2)),
      );
    }),
  );
});

test('callers of one moment share a group, and later ones the next', async () => {
  const { work, groups } = doubling([]);
  const ask = createBatcher(work, 3);

  const first = await Promise.all([ask(1), ask(2), ask(3), ask(4)]);
  const later = await ask(5);

  assert.deepEqual([...first, later], [2, 4, 6, 8, 10]);
  assert.deepEqual(groups, [[1, 2, 3], [4], [5]]);
});

test('each caller hears of its own item', async () => {
  const ask = createBatcher(doubling([2]).work, 10);

  const results = await Promise.allSettled([ask(1), ask(2), ask(3)]);

  assert.deepEqual(shown(results), [2, '22021', 6]);
});

test('a group goes on after one that failed', async () => {
  const ask = createBatcher(doubling([1], '57014').work, 10);

  await assert.rejects(ask(1), { code: '57014' });

  assert.equal(await ask(2), 4);
});

test('on a real database the good rows of a group with a bad one are stored', async (t) => {
  const { db, query } = await makeOutbox(t);
  await query('create table numbers (n int check (n < 100))');
  const insert = async (items: readonly number[]) => {
    await db.run(sql`insert into numbers select unnest(${[...items]}::int[])`.compile(db.kysely));
    return items.map(() => 0);
  };

  const results = await runBatch([1, 100, 3], insert);

  assert.deepEqual(shown(results), [0, '23514', 0]);
  assert.deepEqual(await query('select n from numbers'), [{ n: 1 }, { n: 3 }]);
});
