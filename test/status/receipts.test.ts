/**
 * The time of the last receipt of an event, by the database's clock. Time passes by moving the stored times an hour
 * back. Real service.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sendCallback } from '../helpers/deliveries.ts';
import { startTestService, type TestService } from '../helpers/service.ts';

interface Receipts {
  readonly count: number;
  readonly firstAt: string;
  readonly lastAt: string;
}

async function receipts(receiver: TestService): Promise<Receipts> {
  const { json } = await receiver.status('/payments/p1');
  return (json as { events: [{ receipts: Receipts }] }).events[0].receipts;
}

async function now(receiver: TestService): Promise<number> {
  const [row] = await receiver.query<{ now: Date }>(`select date_trunc('milliseconds', clock_timestamp()) as now`);
  return row?.now.getTime() ?? Number.NaN;
}

/** Receives the callback once more; returns its receipts, and whether the last one is from now. */
async function again(receiver: TestService) {
  const before = await now(receiver);
  await sendCallback(receiver, 'UNFREEZE', 'p1');
  const current = await receipts(receiver);
  return {
    current,
    isNow: Date.parse(current.lastAt) >= before && Date.parse(current.lastAt) <= (await now(receiver)),
  };
}

test('lastAt of an event is the time when it was received last', async (t) => {
  const receiver = await startTestService(t);
  const first = await again(receiver);
  await receiver.query(`update events set received_at = received_at - interval '1 hour'`);
  const onlyOne = await receipts(receiver);

  const second = await again(receiver);
  await receiver.query(`update receipts set last_at = last_at - interval '1 min'`);
  const third = await again(receiver);

  assert.deepEqual([first.isNow, second.isNow, third.isNow], [true, true, true]);
  assert.equal(onlyOne.lastAt, onlyOne.firstAt);
  assert.deepEqual(
    [first, second, third].map(({ current }) => current.count),
    [1, 2, 3],
  );
  for (const { current } of [second, third]) assert.equal(current.firstAt, onlyOne.firstAt);
});

test('equal callbacks at the same time are receipts of that time', async (t) => {
  const receiver = await startTestService(t);
  const before = await now(receiver);

  await Promise.all(Array.from({ length: 8 }, () => sendCallback(receiver, 'UNFREEZE', 'p1')));

  const { count, firstAt, lastAt } = await receipts(receiver);
  assert.equal(count, 8);
  assert.ok(Date.parse(firstAt) >= before && Date.parse(lastAt) >= Date.parse(firstAt));
  assert.ok(Date.parse(lastAt) <= (await now(receiver)));
});
