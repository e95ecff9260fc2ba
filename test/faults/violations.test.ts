/**
 * The five numbers that have to be 0 count what they are named after: each thing that must not be is planted once and found
 * under its own name. Pure.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Arrival } from '../../faults/merchant.ts';
import type { KeptEvent, SentFact } from '../../faults/replicas/evidence.ts';
import { tollOf } from '../../faults/replicas/violations.ts';
import { type Toll, tollLine } from '../../faults/report.ts';

const PAYMENT = '100000000';
const NONE: Toll = { lost: 0, invented: 0, storedTwice: 0, outOfOrder: 0, stuck: 0 };

function sentFact(number: number, answer: SentFact['tries'][number]['answer'] = 204): SentFact {
  const fact = { paymentId: PAYMENT, number, fact: `{"n":${number}}`, atMs: 0, repeat: 'none', slowId: null } as const;
  const sentAtMs = number * 10;
  return { fact, tries: [{ replica: 'replica-1', sentAtMs, endedAtMs: sentAtMs + 5, answer }], metSlowCommit: false };
}

function keptEvent(number: number, change: Partial<KeptEvent> = {}): KeptEvent {
  const place = { id: `evt_${number}`, sequence: 10 + number, paymentId: PAYMENT, fact: `{"n":${number}}` };
  return { ...place, receipts: 1, state: 'delivered', attemptCount: 1, ...change };
}

function arrivalOf(number: number): Arrival {
  const { id, sequence, paymentId, fact } = keptEvent(number);
  const sent = { webhookId: id, attempt: 1, sequence, paymentId, fact, replica: 'replica-1' };
  return { ...sent, fingerprint: `bytes of ${number}`, isVerified: true, fate: 204 };
}

interface Run {
  sent: SentFact[];
  events: KeptEvent[];
  arrivals: Arrival[];
}

function goodRun(): Run {
  return {
    sent: [0, 1].map((number) => sentFact(number)),
    events: [0, 1].map((number) => keptEvent(number)),
    arrivals: [0, 1].map(arrivalOf),
  };
}

test('a run in which all is well has nothing to count', () => {
  assert.deepEqual(tollOf(goodRun()), NONE);
});

const PLANTED: readonly (readonly [what: string, plant: (run: Run) => void, toll: Partial<Toll>])[] = [
  [
    'a callback that was answered 204 and is not stored',
    (run) => {
      run.events.pop();
      run.arrivals.pop();
    },
    { lost: 1 },
  ],
  ['an event that is called delivered and that the merchant never saw', (run) => run.arrivals.pop(), { lost: 1 }],
  [
    'an event that nobody sent',
    (run) => {
      run.events.push(keptEvent(2));
      run.arrivals.push(arrivalOf(2));
    },
    { invented: 1 },
  ],
  [
    'a callback that is stored twice',
    (run) => {
      run.events.push(keptEvent(1, { id: 'evt_again', sequence: 12 }));
      run.arrivals.push({ ...arrivalOf(1), webhookId: 'evt_again', sequence: 12 });
    },
    { storedTwice: 1 },
  ],
  ['events that came in the wrong order', (run) => run.arrivals.reverse(), { outOfOrder: 1 }],
  [
    'an event that is still pending',
    (run) => {
      run.events[1] = keptEvent(1, { state: 'pending' });
    },
    { stuck: 1 },
  ],
  [
    'a callback that was never taken',
    (run) => {
      run.sent.push(sentFact(2, 503));
    },
    { stuck: 1 },
  ],
];

for (const [what, plant, toll] of PLANTED) {
  test(`${what} is counted once, under ${Object.keys(toll)[0]}`, () => {
    const run = goodRun();

    plant(run);

    assert.deepEqual(tollOf(run), { ...NONE, ...toll });
  });
}

test('the line that sums up names what was judged, and nothing else', () => {
  assert.equal(tollLine(NONE), 'lost 0, invented 0, twice stored 0, out of order 0, stuck 0');
  assert.equal(tollLine({ lost: 1, storedTwice: 2 }), 'lost 1, twice stored 2');
});
