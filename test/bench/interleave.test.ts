/** Things that are compared are measured in turn, so that what disturbs the machine disturbs all of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { measureInTurn, ratiosTo } from '../../bench/interleave.ts';

/** Arms that write down when they are measured and give the number of that measurement. */
function setup(names: readonly string[]) {
  const order: string[] = [];
  const reports: string[] = [];
  const arms = names.map((name) => ({ name, measure: async () => order.push(name) }));
  return { arms, order, reports, report: (line: string) => void reports.push(line) };
}

test('every arm is measured once a round, and each round begins with another one', async () => {
  const { arms, order, report } = setup(['a', 'b', 'c']);

  await measureInTurn(arms, { rounds: 3, report });

  assert.deepEqual(order, ['a', 'b', 'c', 'b', 'c', 'a', 'c', 'a', 'b']);
});

test('the rates of an arm are in the order of the rounds, wherever in the round it was measured', async () => {
  const { arms, reports, report } = setup(['a', 'b']);

  const rates = await measureInTurn(arms, { rounds: 2, report });

  assert.deepEqual(
    [...rates],
    [
      ['a', [1, 4]],
      ['b', [2, 3]],
    ],
  );
  assert.deepEqual(reports, ['round 1 of 2: a 1/s, b 2/s', 'round 2 of 2: a 4/s, b 3/s']);
});

test('two arms are never measured at the same time', async () => {
  let underWay = 0;
  let most = 0;
  const measure = async () => {
    underWay += 1;
    most = Math.max(most, underWay);
    await new Promise(setImmediate);
    underWay -= 1;
    return 1;
  };

  await measureInTurn(
    [
      { name: 'a', measure },
      { name: 'b', measure },
    ],
    { rounds: 2, report: () => undefined },
  );

  assert.equal(most, 1);
});

test('ratios are one arm divided by each of the others, and not by itself', () => {
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
