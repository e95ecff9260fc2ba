/** What `/status` says about the next retry and the webhook's outage, at any state of the clocks. Pure. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BreakerState, CLOSED } from '../../src/deliveries/circuit-breaker.ts';
import { type ProcessState, renderStatus, type StatusFigures } from '../../src/status/overview.ts';

const NOW_MS = Date.parse('2026-11-20T12:00:00Z');
const ELAPSED_MS = 1_000_000;
const at = (seconds: number) => new Date(NOW_MS + seconds * 1000);

/** Open for 90 s; `probeInS` until the next probe. */
function open(probeInS: number): BreakerState {
  const probe = { delayMs: 60_000, dueAtMs: ELAPSED_MS + probeInS * 1000 };
  return { ...CLOSED, failuresInRow: 9, probe, openSinceMs: ELAPSED_MS - 90_000, lastError: 'HTTP 503' };
}

function statusWith(breaker: BreakerState, nextRetryAt: Date | null) {
  const figures: StatusFigures = {
    pending: 1,
    delivering: 0,
    deadLetters: 0,
    deliveredInLastDay: 0,
    oldestPendingAgeSeconds: 1,
    nextRetryAt,
    lastCallbackAt: null,
    lastDeliveryAt: null,
    lastTestAt: null,
  };
  const state: ProcessState = {
    clock: { now: () => NOW_MS, elapsed: () => ELAPSED_MS },
    version: '0',
    revision: null,
    startedAtMs: 0,
    webhookHealth: () => breaker,
    callbacksByResponse: () => ({}),
  };
  return renderStatus(figures, { states: [], refused: { lastHour: 0, byType: {} }, uses: [] }, state);
}

const CASES: readonly (readonly [string, BreakerState, Date | null, Date | null])[] = [
  ['in the future is as it is', CLOSED, at(30), at(30)],
  ['that is overdue is now', CLOSED, at(-30), at(0)],
  ['that nothing waits for is null', CLOSED, null, null],
  ['while the webhook is down is not before the next probe', open(20), at(5), at(20)],
  ['while the webhook is down may be later than the next probe', open(20), at(3600), at(3600)],
  ['that is overdue, with a probe that is overdue, is now', open(-5), at(-30), at(0)],
];

for (const [name, breaker, dueAt, expected] of CASES) {
  test(`a next retry ${name}`, () => {
    assert.deepEqual(statusWith(breaker, dueAt).nextRetryAt, expected);
  });
}

test('a webhook that is down says since when, and when it is probed next', () => {
  const { webhook } = statusWith(open(20), null);

  assert.deepEqual(webhook, { state: 'down', lastError: 'HTTP 503', downSince: at(-90), nextProbeAt: at(20) });
});

test('a webhook that is up says neither', () => {
  assert.deepEqual(statusWith(CLOSED, null).webhook, { state: 'up', lastError: null });
});
