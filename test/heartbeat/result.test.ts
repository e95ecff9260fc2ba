/** The figures of the heartbeat, from what is kept in the database: over all interfaces the one that is worse. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JobState } from '../../src/db/leader-lock.ts';
import { heartbeatFigures, readBeats } from '../../src/heartbeat/result.ts';

const at = (minute: number) => new Date(Date.UTC(2026, 10, 20, 12, minute));

function jobWith(result: unknown, rest: Partial<JobState> = {}): JobState {
  const kept: JobState['result'] = JSON.parse(JSON.stringify(result));
  const times = { startedAt: at(30), finishedAt: at(31), succeededAt: null };
  return { name: 'heartbeat', isRunning: false, ...times, failedInRow: 0, error: null, result: kept, ...rest };
}

const ARRIVED = { askedAt: at(30), arrivedAt: at(30), roundTripMs: 900, error: null };
const LOST = { askedAt: at(31), arrivedAt: at(0), roundTripMs: 1200, error: 'nothing arrived' };
const NEVER = { askedAt: at(30), arrivedAt: null, roundTripMs: null, error: 'HTTP 401' };

test('before a run has ended there are no figures', () => {
  assert.equal(heartbeatFigures(undefined), null);
  assert.equal(heartbeatFigures(jobWith(null, { finishedAt: null })), null);
});

test('the arrival is the one until which all interfaces arrived, and the round trip is the longest', () => {
  const figures = heartbeatFigures(
    jobWith({ 'resurs-ecom': LOST, 'resurs-mapi': ARRIVED }, { failedInRow: 2, error: 'eCom: nothing arrived' }),
  );

  assert.deepEqual(figures, {
    lastAskedAt: at(31),
    lastArrivedAt: at(0),
    roundTripMs: 1200,
    failedInRow: 2,
    error: 'eCom: nothing arrived',
  });
});

test('while one interface has never arrived there is no arrival', () => {
  const figures = heartbeatFigures(jobWith({ 'resurs-ecom': ARRIVED, 'resurs-mapi': NEVER }));

  assert.deepEqual([figures?.lastArrivedAt, figures?.roundTripMs, figures?.lastAskedAt], [null, null, at(30)]);
});

for (const kept of [
  null,
  {},
  [],
  { 'resurs-ecom': null },
  { 'resurs-ecom': 7 },
  { 'resurs-ecom': {} },
  { 'resurs-ecom': { askedAt: 'yesterday' } },
  { another: ARRIVED },
]) {
  test(`what cannot be read gives no figures: ${JSON.stringify(kept)}`, () => {
    const job = jobWith(kept);

    assert.deepEqual(readBeats(job.result), {});
    const { lastAskedAt, lastArrivedAt, roundTripMs } = heartbeatFigures(job) ?? assert.fail('no figures');
    assert.deepEqual([lastAskedAt, lastArrivedAt, roundTripMs], [null, null, null]);
  });
}
