/** Asking again and again, with timers that the test holds. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRefresher } from '../../src/page/client/api/refresher.js';

function setup({ random = 0.5 } = {}) {
  const timers = new Map<number, { action: () => void; ms: number }>();
  const page = { isVisible: true };
  let last = 0;
  const refresher = createRefresher({
    random: () => random,
    setTimer(action, ms) {
      last += 1;
      timers.set(last, { action, ms });
      return last;
    },
    clearTimer: (timer) => timers.delete(timer),
    isVisible: () => page.isVisible,
  });
  const fire = () => {
    const due = [...timers];
    timers.clear();
    for (const [, { action }] of due) action();
  };
  let count = 0;
  const waiting: (() => void)[] = [];
  const remove = refresher.add(() => {
    count += 1;
    return new Promise<void>((resolve) => waiting.push(resolve));
  });
  const answer = async () => {
    for (const resolve of waiting.splice(0)) resolve();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { refresher, timers, page, fire, answer, remove, asked: () => count };
}

const delays = (timers: ReadonlyMap<number, { ms: number }>) => [...timers.values()].map(({ ms }) => ms);

test('it asks about every ten seconds, and plans the next time when the last answer is there', async () => {
  for (const [random, ms] of [
    [0, 9_000],
    [0.5, 10_000],
    [1, 11_000],
  ] as const) {
    const { timers, fire, answer, asked } = setup({ random });
    assert.deepEqual(delays(timers), [ms]);

    fire();
    assert.deepEqual([asked(), delays(timers)], [1, []]);
    await answer();
    assert.deepEqual(delays(timers), [ms]);
  }
});

test('asking at once puts off the next time; there is never more than one timer', async () => {
  const { refresher, timers, answer, asked } = setup();

  refresher.refresh();
  refresher.refresh();
  await answer();

  assert.deepEqual([asked(), delays(timers)], [2, [10_000]]);
});

test('a hidden page does not ask, and asks at once when it is shown again', async () => {
  const { refresher, timers, page, fire, answer, asked } = setup();
  page.isVisible = false;

  fire();
  assert.deepEqual([asked(), timers.size], [0, 0]);
  page.isVisible = true;
  refresher.onVisibility();
  await answer();

  assert.deepEqual([asked(), timers.size], [1, 1]);
});

test('a page that was hidden for a moment does not ask more often', () => {
  const { refresher, page, asked } = setup();

  page.isVisible = false;
  refresher.onVisibility();
  page.isVisible = true;
  refresher.onVisibility();

  assert.equal(asked(), 0);
});

test('paused it asks only when it is told to, and goes on when it is resumed', async () => {
  const { refresher, timers, fire, answer, asked } = setup();

  refresher.pause(true);
  fire();
  assert.deepEqual([refresher.isPaused(), asked()], [true, 0]);
  refresher.refresh();
  await answer();
  assert.deepEqual([asked(), timers.size], [1, 0]);
  refresher.pause(false);
  await answer();

  assert.deepEqual([refresher.isPaused(), asked(), timers.size], [false, 2, 1]);
});

test('what is removed is asked no more, and one failure does not stop the others', async () => {
  const { refresher, timers, remove } = setup();
  remove();
  const asked: string[] = [];
  refresher.add(() => Promise.reject(new Error('away')));
  refresher.add(async () => void asked.push('other'));

  refresher.refresh();
  await new Promise((resolve) => setImmediate(resolve));

  assert.deepEqual([asked, timers.size], [['other'], 1]);
});
