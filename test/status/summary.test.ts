/** The summary of an event for a shop owner: one line for every possible state. Pure; time is an argument. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AttemptOutcome } from '../../src/db/schema.ts';
import { type DeliveryFacts, type DisplayState, summarizeDelivery } from '../../src/status/summary.ts';

const NOW = new Date('2026-11-20T12:00:00.500Z');
const at = (time: string) => new Date(`2026-11-${time}Z`);

function facts(state: DisplayState, changes: Partial<DeliveryFacts> = {}): DeliveryFacts {
  return { state, attemptCount: 0, nextAttemptAt: null, deliveredAt: null, last: null, ...changes };
}

function failed(outcome: AttemptOutcome, status: number | null, attemptCount: number): DeliveryFacts {
  return facts('pending', { attemptCount, nextAttemptAt: at('20T12:04:11'), last: { outcome, status } });
}

const rows: [DeliveryFacts | null, string][] = [
  [null, 'Stored; this kind of event is not forwarded'],
  [facts('held'), 'Stored; no webhook configured'],
  [facts('delivering', { attemptCount: 1 }), 'Being delivered to the shop now'],
  [facts('delivered', { deliveredAt: at('20T11:59:01.900') }), 'Delivered to the shop at 11:59:01'],
  [facts('delivered', { deliveredAt: at('19T23:59:59') }), 'Delivered to the shop at 2026-11-19 23:59:59'],
  [facts('dead_letter', { attemptCount: 1 }), 'Gave up after 1 try; replay to try again'],
  [facts('dead_letter', { attemptCount: 13 }), 'Gave up after 13 tries; replay to try again'],
  [facts('pending'), 'Waiting for an earlier event of this payment'],
  [facts('pending', { nextAttemptAt: NOW }), 'To be delivered to the shop; next try now'],
  [facts('pending', { nextAttemptAt: at('20T12:00:05') }), 'To be delivered to the shop; next try 12:00:05'],
  [failed('refused', 500, 1), 'Shop responded with 500, 1 try so far; next try 12:04:11'],
  [failed('refused', 503, 4), 'Shop responded with 503, 4 tries so far; next try 12:04:11'],
  [failed('unreachable', null, 2), 'Shop could not be reached, 2 tries so far; next try 12:04:11'],
  [failed('timed_out', null, 2), 'Shop did not respond in time, 2 tries so far; next try 12:04:11'],
  [failed('abandoned', null, 1), 'Interrupted during delivery, 1 try so far; next try 12:04:11'],
  [failed('accepted', 200, 1), 'To be delivered to the shop again; next try 12:04:11'],
  [
    { ...failed('refused', 500, 9), nextAttemptAt: at('21T00:00:00') },
    'Shop responded with 500, 9 tries so far; next try 2026-11-21 00:00:00',
  ],
];

const OUTAGE = { downSince: at('20T11:50:00'), nextProbeAt: at('20T12:00:42') };

const rowsWhileDown: [DeliveryFacts, string][] = [
  [
    failed('unreachable', null, 2),
    'Shop could not be reached, 2 tries so far; waits for the webhook to be up (down since 11:50:00, next probe 12:00:42)',
  ],
  [
    facts('pending', { nextAttemptAt: NOW }),
    'To be delivered to the shop; waits for the webhook to be up (down since 11:50:00, next probe 12:00:42)',
  ],
  [facts('pending'), 'Waiting for an earlier event of this payment'],
  [facts('delivering', { attemptCount: 1 }), 'Being delivered to the shop now'],
  [facts('dead_letter', { attemptCount: 1 }), 'Gave up after 1 try; replay to try again'],
];

for (const [delivery, line] of rowsWhileDown) {
  test(`while the webhook is down: "${line}"`, () => {
    assert.equal(summarizeDelivery(delivery, NOW, OUTAGE), line);
  });
}

test('a probe that is due is next "now", and an outage since yesterday has its date', () => {
  const outage = { downSince: at('19T23:00:00'), nextProbeAt: NOW };

  const line = summarizeDelivery(facts('pending', { nextAttemptAt: NOW }), NOW, outage);

  assert.match(line, /\(down since 2026-11-19 23:00:00, next probe now\)$/);
});

for (const [delivery, line] of rows) {
  test(`"${line}"`, () => {
    assert.equal(summarizeDelivery(delivery, NOW), line);
  });
}
