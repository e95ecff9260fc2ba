/** Work that runs one piece after another, in the order of the calls, whether a piece succeeds or fails. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSerializer } from '../../src/lib/serializer.ts';

test('a piece of work starts when the one before it has ended', async () => {
  const serially = createSerializer();
  const steps: string[] = [];
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();

  const first = serially(async () => {
    steps.push('first starts');
    await gate;
    steps.push('first ends');
    return 1;
  });
  const second = serially(async () => {
    steps.push('second starts');
    return 2;
  });
  open();

  assert.deepEqual(await Promise.all([first, second]), [1, 2]);
  assert.deepEqual(steps, ['first starts', 'first ends', 'second starts']);
});

test('work that fails rejects its caller and does not stop the next', async () => {
  const serially = createSerializer();

  const failing = serially(() => Promise.reject(new Error('refused')));
  const next = serially(async () => 'done');

  await assert.rejects(failing, /refused/);
  assert.equal(await next, 'done');
});
