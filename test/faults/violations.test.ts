/** The five numbers that must be 0: each violation is injected once and counted under its own name. Pure. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReceivedRequest } from '../../faults/received-request.ts';
import type { SentCallback, StoredEvent } from '../../faults/replicas/evidence.ts';
import { countViolations } from '../../faults/replicas/violations.ts';
import { type ViolationCounts, violationLine } from '../../faults/report.ts';

const PAYMENT = '100000000';
const ORIGIN = { provider: 'resurs-ecom', orderReference: PAYMENT, callback: 'UPDATE' } as const;
const NONE: ViolationCounts = { lost: 0, invented: 0, storedTwice: 0, outOfOrder: 0, stuck: 0 };

function sentCallback(number: number, response: SentCallback['tries'][number]['response'] = 204): SentCallback {
  const callback = {
    ...ORIGIN,
    paymentId: PAYMENT,
    number,
    content: `{"n":${number}}`,
    atMs: 0,
    repeat: 'none',
    slowId: null,
  } as const;
  const sentAtMs = number * 10;
  return {
    callback,
    tries: [{ replica: 'replica-1', sentAtMs, endedAtMs: sentAtMs + 5, response }],
    metSlowCommit: false,
  };
}

function storedEvent(number: number, change: Partial<StoredEvent> = {}): StoredEvent {
  const identity = { id: `evt_${number}`, sequence: 10 + number, paymentId: PAYMENT, content: `{"n":${number}}` };
  return { ...ORIGIN, ...identity, receipts: 1, state: 'delivered', attemptCount: 1, ...change };
}

function receivedRequest(number: number): ReceivedRequest {
  const { id, sequence, paymentId, content } = storedEvent(number);
  const sent = { webhookId: id, attempt: 1, sequence, paymentId, content, replica: 'replica-1' };
  return { ...sent, fingerprint: `bytes of ${number}`, isVerified: true, responseOutcome: 204, isResend: false };
}

interface Run {
  sent: SentCallback[];
  events: StoredEvent[];
  received: ReceivedRequest[];
}

function goodRun(): Run {
  return {
    sent: [0, 1].map((number) => sentCallback(number)),
    events: [0, 1].map((number) => storedEvent(number)),
    received: [0, 1].map(receivedRequest),
  };
}

test('a good run has no violations', () => {
  assert.deepEqual(countViolations(goodRun()), NONE);
});

const INJECTED: readonly (readonly [
  what: string,
  inject: (run: Run) => void,
  violationCounts: Partial<ViolationCounts>,
])[] = [
  [
    'a callback that was answered 204 and is not stored',
    (run) => {
      run.events.pop();
      run.received.pop();
    },
    { lost: 1 },
  ],
  ['an event that is recorded as delivered and never reached the merchant', (run) => run.received.pop(), { lost: 1 }],
  [
    'an event that was never sent',
    (run) => {
      run.events.push(storedEvent(2));
      run.received.push(receivedRequest(2));
    },
    { invented: 1 },
  ],
  [
    'a callback that is stored twice',
    (run) => {
      run.events.push(storedEvent(1, { id: 'evt_again', sequence: 12 }));
      run.received.push({ ...receivedRequest(1), webhookId: 'evt_again', sequence: 12 });
    },
    { storedTwice: 1 },
  ],
  ['events that arrived in the wrong order', (run) => run.received.reverse(), { outOfOrder: 1 }],
  [
    'an event that is still pending',
    (run) => {
      run.events[1] = storedEvent(1, { state: 'pending' });
    },
    { stuck: 1 },
  ],
  [
    'a callback that was never accepted',
    (run) => {
      run.sent.push(sentCallback(2, 503));
    },
    { stuck: 1 },
  ],
];

for (const [what, inject, violationCounts] of INJECTED) {
  test(`${what} is counted once, under ${Object.keys(violationCounts)[0]}`, () => {
    const run = goodRun();

    inject(run);

    assert.deepEqual(countViolations(run), { ...NONE, ...violationCounts });
  });
}

test('the summary line names only the numbers that were checked', () => {
  assert.equal(violationLine(NONE), 'lost 0, invented 0, twice stored 0, out of order 0, stuck 0');
  assert.equal(violationLine({ lost: 1, storedTwice: 2 }), 'lost 1, twice stored 2');
});
