/** The verdicts of `lost`: a good run breaks no promise, and each violation breaks its own. Pure. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Evidence, StoredEvent } from '../../faults/lost/evidence.ts';
import { planLives } from '../../faults/lost/lives.ts';
import { countViolations, verdictsOf } from '../../faults/lost/verdicts.ts';
import { plannedCallback } from '../../src/simulator/callbacks.ts';
import { expectedMissed } from '../../src/simulator/expected-missed.ts';
import { expectedMapiMissed } from '../../src/simulator/mapi/expected-missed.ts';
import { lostCallback, summarizeCallback } from '../../src/simulator/result.ts';

const booked = plannedCallback('BOOKED', 'p', {});
const came = summarizeCallback(booked, [
  {
    callback: booked,
    tryNumber: 1,
    method: 'POST',
    response: { outcome: 'answered', status: 204, phrase: 'OK', reason: 'OK' },
    lost: false,
  },
]);
const BOOKED: StoredEvent = { id: 'evt_1', paymentId: 'p', callback: 'BOOKED', missed: null, state: 'delivered' };
const FOUND: StoredEvent = {
  ...BOOKED,
  id: 'evt_2',
  callback: 'RECONCILIATION',
  missed: { facts: ['annulled'], actions: [] },
};
const request = {
  attempt: 1,
  sequence: 1,
  paymentId: 'p',
  content: '',
  replica: 'replica-1',
  fingerprint: '',
  isVerified: true,
  responseOutcome: 204,
  isResend: false,
};
const RUN = { exitCode: 0, wasKilled: false, missed: 0, lines: [] };

const GOOD: Evidence = {
  callbacks: [came, lostCallback(plannedCallback('ANNULMENT', 'p', {}))],
  expected: [{ paymentId: 'p', orderReference: 'p', facts: ['annulled'], actions: [], isKnown: true }],
  events: [BOOKED, FOUND],
  received: ['evt_1', 'evt_2'].map((webhookId) => ({ ...request, webhookId })),
  runs: [{ ...RUN, exitCode: null, wasKilled: true }, { ...RUN, missed: 1 }, RUN, RUN],
  kills: 1,
  crashes: [],
  leaks: [],
};

function broken(changes: Partial<Evidence>): string[] {
  return verdictsOf({ ...GOOD, ...changes })
    .filter(({ violations }) => violations.length > 0)
    .map(({ promise }) => promise);
}

test('a good run breaks no promise', () => {
  assert.deepEqual(broken({}), []);
  assert.deepEqual(countViolations(GOOD), { lost: 0, invented: 0, storedTwice: 0, outOfOrder: 0, stuck: 0 });
});

for (const [name, changes, promise] of [
  ['a fact that is not found', { events: [BOOKED] }, 'each missed fact is found'],
  ['a fact that was not missed', { expected: [] }, 'no fact is invented'],
  ['a fact that is reported twice', { events: [BOOKED, FOUND, FOUND] }, 'no fact and no event is reported twice'],
  ['an event that is stored twice', { events: [BOOKED, BOOKED, FOUND] }, 'no fact and no event is reported twice'],
  ['a callback that is not stored', { events: [FOUND] }, 'each callback that came is stored'],
  ['an event that was not received', { received: [] }, 'each event is delivered, signed, to the merchant'],
  [
    'a dead letter',
    { events: [BOOKED, { ...FOUND, state: 'dead_letter' }] },
    'each event is delivered, signed, to the merchant',
  ],
  [
    'a run that failed',
    { runs: [...GOOD.runs.slice(0, 2), { ...RUN, exitCode: 1 }, RUN] },
    'each run of reconcile that was not killed ended with exit code 0',
  ],
  [
    'a last run that still finds something',
    { runs: [...GOOD.runs.slice(0, 3), { ...RUN, missed: 1 }] },
    'asking again from the beginning finds nothing more',
  ],
  ['a run without a kill', { kills: 0 }, 'callbacks were lost, a replica was killed, and so was a run'],
  ['a crash', { crashes: ['replica-1'] }, 'no replica crashed, and each one stopped with exit code 0 on SIGTERM'],
] as const) {
  test(`${name} is found`, () => {
    assert.deepEqual(broken(changes), [promise]);
  });
}

test('lives follow from the seed, are as many as asked for, and miss nothing where nothing is lost', () => {
  const options = { callbacks: 1_000, nowMs: 0 };
  const lives = planLives({ ...options, seed: 1 });

  assert.deepEqual(lives, planLives({ ...options, seed: 1 }));
  assert.notDeepEqual(lives, planLives({ ...options, seed: 2 }));
  const count = lives.ecom.flat().length + lives.mapi.flat().length;
  assert.ok(count >= 1_000 && count < 1_020, `${count}`);
  assert.deepEqual([...expectedMissed(lives.ecom, () => false), ...expectedMapiMissed(lives.mapi, () => false)], []);
});
