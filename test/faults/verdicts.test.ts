/**
 * The verdicts of `npm run faults -- replicas` can fail: a good run keeps every promise, and each violation breaks the
 * promise that it belongs to. Without this, a green run would prove little. Pure.
 */
import type { ReceivedRequest } from '../../faults/received-request.ts';
import type { Evidence, SentCallback, StoredEvent } from '../../faults/replicas/evidence.ts';
import { verdictsOf } from '../../faults/replicas/verdicts.ts';
import { testVerdicts, type Violation } from './test-verdicts.ts';

/** The evidence, with lists that can be changed. */
type Run = {
  -readonly [Name in keyof Evidence]: Evidence[Name] extends readonly (infer Item)[] ? Item[] : Evidence[Name];
};

const PAYMENT = '100000000';
const ORIGIN = { provider: 'resurs-ecom', orderReference: PAYMENT, callback: 'UPDATE' } as const;

function sentCallback(number: number, sentAtMs: number): SentCallback {
  const callback = {
    ...ORIGIN,
    paymentId: PAYMENT,
    number,
    content: `{"n":${number}}`,
    atMs: 0,
    repeat: 'none',
    slowId: null,
  } as const;
  const tries = [{ replica: 'replica-1', sentAtMs, endedAtMs: sentAtMs + 5, response: 204 }];
  return { callback, tries, metSlowCommit: number === 1 };
}

function storedEvent(number: number): StoredEvent {
  const identity = { id: `evt_${number}`, sequence: 10 + number, paymentId: PAYMENT, content: `{"n":${number}}` };
  return { ...ORIGIN, ...identity, receipts: 1, state: 'delivered', attemptCount: 1 };
}

function receivedRequest(number: number, change: Partial<ReceivedRequest> = {}): ReceivedRequest {
  const { id, sequence, paymentId, content } = storedEvent(number);
  const sent = { webhookId: id, attempt: 1, sequence, paymentId, content, replica: 'replica-1' };
  return {
    ...sent,
    fingerprint: `bytes of ${number}`,
    isVerified: true,
    responseOutcome: 204,
    isResend: false,
    ...change,
  };
}

/**
 * Three callbacks of one payment; the first was sent twice to the merchant, by a replica that was stopped and lost its
 * claim.
 */
function goodRun(): Run {
  const accepted = (number: number, attempt = 1) => ({
    eventId: `evt_${number}`,
    number: attempt,
    outcome: 'accepted',
    status: 204,
  });
  const settled = (number: number, attempt = 1) => ({
    eventId: `evt_${number}`,
    attempt,
    outcome: 'accepted',
    settled: 'settled',
  });
  return {
    planned: 3,
    sent: [sentCallback(0, 0), sentCallback(1, 3), sentCallback(2, 20)],
    events: [{ ...storedEvent(0), attemptCount: 2 }, storedEvent(1), storedEvent(2)],
    attempts: [
      { eventId: 'evt_0', number: 1, outcome: 'abandoned', status: null },
      accepted(0, 2),
      accepted(1),
      accepted(2),
    ],
    received: [receivedRequest(0), receivedRequest(0, { attempt: 2 }), receivedRequest(1), receivedRequest(2)],
    lines: [{ ...settled(0), settled: 'lost' }, settled(0, 2), settled(1), settled(2)],
    processFaults: { kills: [{ duringRequest: true }], stops: [{ ms: 7_000, isLong: true }] },
    crashes: [],
    leaks: [],
  };
}

const VIOLATIONS: readonly Violation<Run>[] = [
  ['a callback was never accepted', /finally answered 204/, (run) => Object.assign(run.sent[1] ?? {}, { tries: [] })],
  [
    'a callback is stored twice',
    /stored exactly once/,
    (run) => run.events.push({ ...storedEvent(1), id: 'evt_9', sequence: 19 }),
  ],
  ['an event is missing', /stored exactly once/, (run) => run.events.pop()],
  ['an event was never sent', /every stored event was sent/, (run) => run.events.push({ ...storedEvent(7) })],
  [
    'an event is of another interface',
    /has the interface/,
    (run) => Object.assign(run.events[1] ?? {}, { provider: 'resurs-mapi' }),
  ],
  [
    'an event has another order',
    /and the order/,
    (run) => Object.assign(run.events[1] ?? {}, { orderReference: null }),
  ],
  ['a secret was logged', /no secret/, (run) => run.leaks.push('the log of replica-1: mapiToken')],
  [
    'there is one receipt too many',
    /counts as a receipt/,
    (run) => Object.assign(run.events[0] ?? {}, { receipts: 2 }),
  ],
  [
    'the sequence contradicts the order of time',
    /lower sequence/,
    (run) => Object.assign(run.events[2] ?? {}, { sequence: 1 }),
  ],
  ['a slow commit was overtaken', /during a slow commit/, (run) => Object.assign(run.events[1] ?? {}, { sequence: 1 })],
  [
    'no callback was sent during a slow commit',
    /during a slow commit/,
    (run) => Object.assign(run.sent[1] ?? {}, { metSlowCommit: false }),
  ],
  ['a delivery stays in progress', /none stays/, (run) => Object.assign(run.events[0] ?? {}, { state: 'delivering' })],
  [
    'a delivery is a dead letter',
    /none is a dead letter/,
    (run) => Object.assign(run.events[0] ?? {}, { state: 'dead_letter' }),
  ],
  ['the merchant never accepted an event', /answered each event 204/, (run) => run.received.pop()],
  [
    'the merchant received other content',
    /received nothing else/,
    (run) => Object.assign(run.received[3] ?? {}, { content: '{}' }),
  ],
  ['first requests arrive out of order', /first requests/, (run) => run.received.reverse()],
  ['a repeat has another id', /same webhook-id/, (run) => Object.assign(run.received[1] ?? {}, { webhookId: 'evt_5' })],
  ['a repeat has other bytes', /same bytes/, (run) => Object.assign(run.received[1] ?? {}, { fingerprint: 'x' })],
  ['an attempt number is missing', /without a gap/, (run) => run.attempts.shift()],
  [
    'the count of a delivery differs from its attempts',
    /agree/,
    (run) => Object.assign(run.events[1] ?? {}, { attemptCount: 2 }),
  ],
  [
    'an attempt is recorded as accepted, but not by the merchant',
    /only accepted attempt/,
    (run) => Object.assign(run.received[2] ?? {}, { responseOutcome: 500 }),
  ],
  [
    'a delivery was accepted twice',
    /only accepted attempt/,
    (run) => Object.assign(run.attempts[0] ?? {}, { outcome: 'accepted', status: 204 }),
  ],
  ['a request is not recorded', /is recorded under/, (run) => run.received.push(receivedRequest(2, { attempt: 2 }))],
  ['another response is recorded', /with its response/, (run) => Object.assign(run.attempts[2] ?? {}, { status: 500 })],
  ['an attempt number was sent twice', /sent twice/, (run) => run.received.push(receivedRequest(2))],
  [
    'an attempt number was sent three times',
    /sent twice/,
    (run) => run.received.push(...[1, 2].map(() => receivedRequest(2, { isResend: true }))),
  ],
  ['a late settlement was stored', /too late/, (run) => Object.assign(run.lines[0] ?? {}, { settled: 'settled' })],
  ['a settlement is missing', /as logged/, (run) => Object.assign(run.lines[0] ?? {}, { settled: 'unsettled' })],
  ['no settlement came too late', /there were kills/, (run) => run.lines.shift()],
  ['a signature is wrong', /signature/, (run) => Object.assign(run.received[0] ?? {}, { isVerified: false })],
  ['a replica crashed', /crashed/, (run) => run.crashes.push('replica-1 ended by itself')],
  ['no replica was killed', /there were kills/, (run) => Object.assign(run.processFaults, { kills: [] })],
];

testVerdicts(goodRun, VIOLATIONS, verdictsOf);
