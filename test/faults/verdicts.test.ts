/**
 * The judge of `npm run faults -- replicas` can say no: a run in which all is well passes, and each thing that may go wrong
 * breaks the promise it belongs to. Without this, a green run would prove little. Pure.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Arrival } from '../../faults/merchant.ts';
import type { Evidence, KeptEvent, SentFact } from '../../faults/replicas/evidence.ts';
import { judge } from '../../faults/replicas/verdicts.ts';

/** The same, with lists that can be changed. */
type Run = {
  -readonly [Name in keyof Evidence]: Evidence[Name] extends readonly (infer Item)[] ? Item[] : Evidence[Name];
};

const PAYMENT = '100000000';

function sentFact(number: number, sentAtMs: number): SentFact {
  const fact = { paymentId: PAYMENT, number, fact: `{"n":${number}}`, atMs: 0, repeat: 'none', slowId: null } as const;
  const tries = [{ replica: 'replica-1', sentAtMs, endedAtMs: sentAtMs + 5, answer: 204 }];
  return { fact, tries, metSlowCommit: number === 1 };
}

function keptEvent(number: number): KeptEvent {
  const place = { id: `evt_${number}`, sequence: 10 + number, paymentId: PAYMENT, fact: `{"n":${number}}` };
  return { ...place, receipts: 1, state: 'delivered', attemptCount: 1 };
}

function arrivalOf(number: number, change: Partial<Arrival> = {}): Arrival {
  const { id, sequence, paymentId, fact } = keptEvent(number);
  const sent = { webhookId: id, attempt: 1, sequence, paymentId, fact, replica: 'replica-1' };
  return { ...sent, fingerprint: `bytes of ${number}`, isVerified: true, fate: 204, ...change };
}

/** Three facts of one payment; the first was sent twice to the merchant, by a replica that was stopped and lost its claim. */
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
    sent: [sentFact(0, 0), sentFact(1, 3), sentFact(2, 20)],
    events: [{ ...keptEvent(0), attemptCount: 2 }, keptEvent(1), keptEvent(2)],
    attempts: [
      { eventId: 'evt_0', number: 1, outcome: 'abandoned', status: null },
      accepted(0, 2),
      accepted(1),
      accepted(2),
    ],
    arrivals: [arrivalOf(0), arrivalOf(0, { attempt: 2 }), arrivalOf(1), arrivalOf(2)],
    lines: [{ ...settled(0), settled: 'lost' }, settled(0, 2), settled(1), settled(2)],
    troubles: { kills: [{ atArrival: true }], stops: [{ ms: 7_000, isLong: true }] },
    crashes: [],
  };
}

function brokenPromises(evidence: Run): string[] {
  return judge(evidence)
    .filter(({ faults }) => faults.length > 0)
    .map(({ promise }) => promise);
}

test('a run in which all is well breaks no promise', () => {
  assert.deepEqual(brokenPromises(goodRun()), []);
});

const WRONGS: readonly [what: string, promise: RegExp, spoil: (run: Run) => unknown][] = [
  ['a callback was never taken', /answered 204 in the end/, (run) => Object.assign(run.sent[1] ?? {}, { tries: [] })],
  [
    'a fact is stored twice',
    /stored exactly once/,
    (run) => run.events.push({ ...keptEvent(1), id: 'evt_9', sequence: 19 }),
  ],
  ['an event is missing', /stored exactly once/, (run) => run.events.pop()],
  ['an event was never sent', /not sent/, (run) => run.events.push({ ...keptEvent(7) })],
  ['a receipt too many', /is a receipt/, (run) => Object.assign(run.events[0] ?? {}, { receipts: 2 })],
  ['sequence against time', /lower sequence/, (run) => Object.assign(run.events[2] ?? {}, { sequence: 1 })],
  [
    'the slow commit was overtaken',
    /during a slow commit/,
    (run) => Object.assign(run.events[1] ?? {}, { sequence: 1 }),
  ],
  [
    'no slow commit was met',
    /during a slow commit/,
    (run) => Object.assign(run.sent[1] ?? {}, { metSlowCommit: false }),
  ],
  ['a delivery hangs', /nothing stays/, (run) => Object.assign(run.events[0] ?? {}, { state: 'delivering' })],
  [
    'a delivery is dead',
    /nothing is a dead letter/,
    (run) => Object.assign(run.events[0] ?? {}, { state: 'dead_letter' }),
  ],
  ['the merchant never took it', /answered each event 204/, (run) => run.arrivals.pop()],
  [
    'the merchant saw another content',
    /saw nothing else/,
    (run) => Object.assign(run.arrivals[3] ?? {}, { fact: '{}' }),
  ],
  ['first arrivals out of order', /first arrivals/, (run) => run.arrivals.reverse()],
  ['a repeat has another id', /same webhook-id/, (run) => Object.assign(run.arrivals[1] ?? {}, { webhookId: 'evt_5' })],
  ['a repeat has other bytes', /same bytes/, (run) => Object.assign(run.arrivals[1] ?? {}, { fingerprint: 'x' })],
  ['an attempt number is missing', /without a gap/, (run) => run.attempts.shift()],
  ['deliveries count otherwise', /agree/, (run) => Object.assign(run.events[1] ?? {}, { attemptCount: 2 })],
  [
    'accepted, but not by the merchant',
    /only accepted attempt/,
    (run) => Object.assign(run.arrivals[2] ?? {}, { fate: 500 }),
  ],
  [
    'accepted twice',
    /only accepted attempt/,
    (run) => Object.assign(run.attempts[0] ?? {}, { outcome: 'accepted', status: 204 }),
  ],
  ['a request is not written down', /written down/, (run) => run.arrivals.push(arrivalOf(2, { attempt: 2 }))],
  ['another answer is written down', /with its answer/, (run) => Object.assign(run.attempts[2] ?? {}, { status: 500 })],
  ['a number was sent twice', /sent twice/, (run) => run.arrivals.push(arrivalOf(2))],
  ['a late settlement was written', /too late/, (run) => Object.assign(run.lines[0] ?? {}, { settled: 'settled' })],
  ['a settlement is still owed', /as logged/, (run) => Object.assign(run.lines[0] ?? {}, { settled: 'unsettled' })],
  ['no fence was met', /there were kills/, (run) => run.lines.shift()],
  ['a signature is wrong', /signature/, (run) => Object.assign(run.arrivals[0] ?? {}, { isVerified: false })],
  ['a replica crashed', /ended by itself/, (run) => run.crashes.push('replica-1 ended by itself')],
  ['nobody was killed', /there were kills/, (run) => Object.assign(run.troubles, { kills: [] })],
];

for (const [what, promise, spoil] of WRONGS) {
  test(`it is noticed that ${what}`, () => {
    const run = goodRun();

    spoil(run);

    assert.ok(
      brokenPromises(run).some((broken) => promise.test(broken)),
      brokenPromises(run).join('\n'),
    );
  });
}
