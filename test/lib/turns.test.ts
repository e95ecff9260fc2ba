/** Turns: a few run at once, some wait in line for a limited time, the rest is turned away. Nothing is replaced. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBoundedMap } from '../../src/lib/bounded-map.ts';
import { createTurns } from '../../src/lib/turns.ts';

const LONG_MS = 60_000;

test('who waits gets a turn in the order of arrival, and the next one is turned away', async () => {
  const turns = createTurns({ atOnce: 1, waiting: 2 });
  const order: string[] = [];
  const first = await turns.take(LONG_MS);
  const waiting = ['second', 'third'].map(async (name) => {
    const turn = await turns.take(LONG_MS);
    order.push(name);
    if (turn.outcome === 'taken') turn.release();
  });

  const full = await turns.take(LONG_MS);
  assert.ok(first.outcome === 'taken');
  first.release();
  await Promise.all(waiting);
  const afterwards = await turns.take(LONG_MS);

  assert.deepEqual([full.outcome, order, afterwards.outcome], ['full', ['second', 'third'], 'taken']);
});

test('who has waited too long is gone, and takes no turn of another', async () => {
  const turns = createTurns({ atOnce: 1, waiting: 1 });
  const first = await turns.take(LONG_MS);

  const late = await turns.take(1);
  const next = turns.take(LONG_MS);
  assert.ok(first.outcome === 'taken');
  first.release();

  assert.deepEqual([late.outcome, (await next).outcome], ['late', 'taken']);
});

test('a bounded map forgets what was set longest ago', () => {
  const map = createBoundedMap<string, number>(2);

  map.set('a', 1);
  map.set('b', 2);
  map.set('a', 3);
  map.set('c', 4);

  assert.deepEqual([map.get('a'), map.get('b'), map.get('c')], [3, undefined, 4]);
});
