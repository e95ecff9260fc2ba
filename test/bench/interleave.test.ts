/** Compared variants are measured in turn, so that a disturbance of the machine hits all of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { measureInterleaved, ratiosTo } from '../../bench/interleave.ts';

/** Makes variants that record the order of the measurements and return the number of each. */
function setup(names: readonly string[]) {
  const order: string[] = [];
  const reports: string[] = [];
  const variants = names.map((name) => ({ name, measure: async () => order.push(name) }));
  const shown: string[] = [];
  const progress = { report: (line: string) => void reports.push(line), show: (now: string) => void shown.push(now) };
  return { variants, order, reports, shown, progress };
}

test('every variant is measured once a round, and each round starts with another one', async () => {
  const { variants, order, shown, progress } = setup(['a', 'b', 'c']);

  await measureInterleaved(variants, { rounds: 3, ...progress });

  assert.deepEqual(order, ['a', 'b', 'c', 'b', 'c', 'a', 'c', 'a', 'b']);
  assert.deepEqual(shown.slice(2, 4), ['round 1 of 3: c', 'round 2 of 3: b']);
});

test('the rates of a variant are in the order of the rounds, wherever in the round it was measured', async () => {
  const { variants, reports, progress } = setup(['a', 'b']);

  const rates = await measureInterleaved(variants, { rounds: 2, ...progress });

  assert.deepEqual(
    [...rates],
    [
      ['a', [1, 4]],
      ['b', [2, 3]],
    ],
  );
  assert.deepEqual(reports, ['round 1 of 2: a 1/s, b 2/s', 'round 2 of 2: a 4/s, b 3/s']);
});

test('two variants are never measured at the same time', async () => {
  let running = 0;
  let most = 0;
  const measure = async () => {
    running += 1;
    most = Math.max(most, running);
    await new Promise(setImmediate);
    running -= 1;
    return 1;
  };

  await measureInterleaved(
    [
      { name: 'a', measure },
      { name: 'b', measure },
    ],
    { rounds: 2, report: () => undefined, show: () => undefined },
  );

  assert.equal(most, 1);
});

test('ratios are one variant divided by each of the others, and not by itself', () => {
  const measured = new Map([
    ['ours', [10, 30]],
    ['theirs', [5, 10]],
    ['limit', [20, 60]],
  ]);

  const ratios = ratiosTo('ours', measured);

  assert.deepEqual(Object.keys(ratios), ['theirs', 'limit']);
  assert.deepEqual(ratios.theirs?.all, [2, 3]);
  assert.equal(ratios.limit?.median, 0.5);
});
