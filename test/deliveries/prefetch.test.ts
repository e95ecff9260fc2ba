/**
 * How many deliveries a process claims ahead: none for a slow merchant, as many as are sent while a claim is made for a
 * quick one, never without bound; and none is kept for long. Time is an argument.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Claim } from '../../src/deliveries/claim.ts';
import { createPrefetchBuffer, type PrefetchBuffer } from '../../src/deliveries/prefetch.ts';

function claims(count: number): Claim[] {
  return Array.from({ length: count }, (_, index) => ({ eventId: `e${index}` }) as Claim);
}

/** A stock that has seen so many requests end while a claim was made. */
async function stockAfter(ends: number, stock: PrefetchBuffer = createPrefetchBuffer()): Promise<PrefetchBuffer> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const claim = stock.measureClaim(promise);
  for (let end = 0; end < ends; end += 1) stock.requestEnded();
  resolve();
  await claim;
  return stock;
}

test('at first only free places are filled', () => {
  const stock = createPrefetchBuffer();

  assert.equal(stock.claimLimit(16, 0), 16);
  assert.equal(stock.claimLimit(0, 0), 0);
});

test('a merchant who answers none while a claim is made gets nothing claimed ahead', async () => {
  const stock = await stockAfter(0);

  assert.equal(stock.claimLimit(3, 0), 3);
  assert.equal(stock.claimLimit(0, 0), 0);
});

test('twice as many are claimed ahead as requests ended while the last claim was made', async () => {
  const stock = await stockAfter(10);

  assert.equal(stock.claimLimit(3, 0), 3 + 20);
});

test('as long as more wait than end while a claim is made, nothing is claimed', async () => {
  const stock = await stockAfter(10);

  stock.add(claims(11), 0);
  const before = stock.claimLimit(0, 0);
  stock.take();

  assert.deepEqual([before, stock.claimLimit(0, 0)], [0, 10]);
});

test('one quick claim does not end claiming ahead, several do', async () => {
  const stock = await stockAfter(8);

  await stockAfter(0, stock);
  const afterOne = stock.claimLimit(0, 0);
  for (let claim = 0; claim < 3; claim += 1) await stockAfter(0, stock);

  assert.deepEqual([afterOne, stock.claimLimit(0, 0)], [8, 0]);
});

test('a claim that fails is learnt from like any other', async () => {
  const stock = createPrefetchBuffer();
  const failing = stock.measureClaim(Promise.reject(new Error('no database')));
  stock.requestEnded();

  await assert.rejects(failing, /no database/);

  assert.equal(stock.claimLimit(0, 0), 2);
});

test('at most 96 are claimed ahead, however quick the merchant is', async () => {
  const stock = await stockAfter(10_000);

  assert.equal(stock.claimLimit(0, 0), 96);
});

test('with 256 unsettled attempts nothing is claimed, with fewer up to that', async () => {
  const stock = await stockAfter(10);

  assert.deepEqual(
    [256, 300, 250, 0].map((unsettled) => stock.claimLimit(16, unsettled)),
    [0, 0, 6, 36],
  );
});

test('they are sent in the order in which they were claimed', () => {
  const stock = createPrefetchBuffer();
  stock.add(claims(2), 0);
  stock.add([{ eventId: 'later' } as Claim], 1);

  const taken = [stock.take(), stock.take(), stock.take(), stock.take()].map((next) => next?.claim.eventId);

  assert.deepEqual(taken, ['e0', 'e1', 'later', undefined]);
});

test('after some have waited for too long only free places are filled', async () => {
  const stock = await stockAfter(10);
  stock.add(claims(2), 0);

  stock.takeStale(1000);

  assert.deepEqual([stock.claimLimit(0, 0), stock.claimLimit(3, 0)], [0, 3]);
});

test('those that wait for a second are handed back, younger ones stay', () => {
  const stock = createPrefetchBuffer();
  stock.add(claims(2), 0);
  stock.add([{ eventId: 'later' } as Claim], 500);

  const [early, late] = [stock.takeStale(999), stock.takeStale(1000)];

  assert.deepEqual([early.length, late.map((claim) => claim.eventId)], [0, ['e0', 'e1']]);
  assert.equal(stock.take()?.claim.eventId, 'later');
});
