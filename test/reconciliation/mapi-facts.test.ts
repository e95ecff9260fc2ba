/**
 * What was missed of a payment of the Merchant API: the cases by name, and any life of a payment of which any callbacks
 * were lost. The events are those that the receiver makes of callbacks. Pure.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Fact } from '../../src/events/order-state.ts';
import { ZERO } from '../../src/lib/decimal.ts';
import type { MapiPayment } from '../../src/payments/mapi-payment.ts';
import { compareMapi, isFactAction, lastChangeMs } from '../../src/reconciliation/mapi-facts.ts';
import { type ReportingEvent, reportedBy } from '../../src/reconciliation/mapi-reported.ts';
import { mapiEvent } from '../helpers/mapi-events.ts';

const PAYMENT = '0a1b2c3d-0000-4000-8000-000000000001';
const CREATED = new Date('2026-11-20T12:00:00Z');

/** What came: the status of an AUTHORIZATION, `ACTION:id`, or `found:` with what an event of reconciliation reported. */
function cameAs(words: readonly string[]): ReportingEvent[] {
  return words.map((word, place) => eventOf(word, `event-${place + 1}`));
}

function eventOf(word: string, id: string): ReportingEvent {
  const rest = { id, receivedAt: CREATED, earlierFacts: null };
  if (word.startsWith('found:')) {
    const [, facts = '', actions = ''] = word.split(':');
    const missed = { facts: facts.split(',') as Fact[], actions: actions === '' ? [] : actions.split(',') };
    return { ...rest, callback: 'RECONCILIATION', type: 'payment.reconciled', result: null, body: null, missed };
  }
  const [name = '', actionId] = word.split(':');
  const body =
    actionId === undefined
      ? { paymentId: PAYMENT, status: name, created: 'x' }
      : {
          paymentId: PAYMENT,
          action: name,
          actionId: actionId === '' ? 'erased' : actionId.toUpperCase(),
          created: 'x',
        };
  const event = mapiEvent(body, null);
  const { callback, type, result } = event;
  return { ...rest, callback, type, result, body: actionId === '' ? null : event.body, missed: null };
}

interface Held {
  readonly status: string;
  /** As `CAPTURE:id`; without an id where Resurs gives none. */
  readonly actions?: readonly string[];
  readonly reason?: string;
  readonly isUndated?: boolean;
}

function paymentOf({ status, actions = [], reason, isUndated = false }: Held): MapiPayment {
  const amounts = { totalOrderAmount: ZERO, canceledAmount: ZERO, authorizedAmount: ZERO, capturedAmount: ZERO };
  const actionLog = ['CREATE:create-1', ...actions].map((action) => {
    const [type = '', id = ''] = action.split(':');
    return { type, actionId: id === '' ? null : id, createdAt: isUndated ? null : CREATED };
  });
  const order = { ...amounts, refundedAmount: ZERO, orderReference: 'order-1', possibleActions: [], actionLog };
  return { id: PAYMENT, createdAt: CREATED, status, order, rejectedReason: reason ?? null };
}

function judge(came: readonly string[], held: Held) {
  return compareMapi(paymentOf(held), reportedBy(cameAs(came), { isCut: false }));
}

/** Name; what came; the status and the actions that Resurs holds; what was missed, and the event that it follows. */
const TABLE = `
nothing came of an accepted payment | | ACCEPTED | authorized
nothing came of a rejected payment | | REJECTED | rejected
nothing came of a frozen payment | | FROZEN | frozen
nothing came of a payment that people look at | | INSPECTION | frozen
the customer has not finished | | TASK_REDIRECTION_REQUIRED |
documents are missing | | SUPPLEMENTING_REQUIRED |
a status that was added since | | SOMETHING_NEW |
all came of an accepted payment | AUTHORIZED | ACCEPTED |
all came of a rejected payment | REJECTED | REJECTED |
a rejected payment was authorised before | AUTHORIZED | REJECTED | rejected
all came of a frozen payment | FROZEN | FROZEN |
an inspection is a freeze | INSPECTION | FROZEN |
a freeze is an inspection | FROZEN | INSPECTION |
a freeze was lifted | FROZEN | ACCEPTED | unfrozen,authorized < event-1
a freeze was lifted, which came | FROZEN AUTHORIZED | ACCEPTED |
a freeze ended in a rejection | FROZEN | REJECTED | rejected
it was frozen again | AUTHORIZED | FROZEN | frozen < event-1
it was frozen again after a freeze | FROZEN AUTHORIZED | FROZEN | frozen < event-2
it was frozen again, which came | FROZEN AUTHORIZED FROZEN | FROZEN |
the second freeze was lifted | FROZEN AUTHORIZED FROZEN | ACCEPTED | unfrozen < event-3
the second freeze was lifted, which came | FROZEN AUTHORIZED FROZEN AUTHORIZED | ACCEPTED |
an approved credit is no state | CREDIT_APPROVED | ACCEPTED | authorized
a word that was added since is no state | FROZEN SOMETHING | FROZEN |
a capture was lost | AUTHORIZED | ACCEPTED CAPTURE:c1 | captured c1
a capture came | AUTHORIZED CAPTURE:c1 | ACCEPTED CAPTURE:c1 |
only the capture came | CAPTURE:c1 | ACCEPTED CAPTURE:c1 | authorized
the second capture was lost | AUTHORIZED CAPTURE:c1 | ACCEPTED CAPTURE:c1 CAPTURE:c2 | captured c2
the first capture was lost | AUTHORIZED CAPTURE:c2 | ACCEPTED CAPTURE:c1 CAPTURE:c2 | captured c1
it was captured at once | CAPTURED | ACCEPTED CAPTURE:c1 |
it was captured at once, and a part of it later | CAPTURED | ACCEPTED CAPTURE:c1 CAPTURE:c2 | captured c2
it was captured at once, which both callbacks tell | CAPTURED CAPTURE:c1 | ACCEPTED CAPTURE:c1 CAPTURE:c2 | captured c2
it was captured at once after a freeze | FROZEN CAPTURED | ACCEPTED CAPTURE:c1 |
all was lost | | ACCEPTED CAPTURE:c1 REFUND:r1 | authorized,captured,refunded c1,r1
a change, a refund and a cancellation were lost | AUTHORIZED | ACCEPTED MODIFY_ORDER:m1 CAPTURE:c1 REFUND:r1 CANCEL:a1 | captured,updated,refunded,annulled m1,c1,r1,a1
a change came, and the cancellation before it was lost | AUTHORIZED MODIFY_ORDER:m1 | ACCEPTED CANCEL:a1 MODIFY_ORDER:m1 | annulled a1
an action without an id, and no event of its type | AUTHORIZED | ACCEPTED REFUND | refunded
an action without an id, and an event of its type | AUTHORIZED REFUND:r1 | ACCEPTED REFUND |
an action without an id, reported before | AUTHORIZED found:refunded | ACCEPTED REFUND |
an action that was added since | AUTHORIZED | ACCEPTED SOMETHING:s1 |
an event whose body was erased stands for one action | AUTHORIZED CAPTURE: | ACCEPTED CAPTURE:c1 CAPTURE:c2 | captured c2
an event whose body was erased stands for no other type | AUTHORIZED REFUND: | ACCEPTED CAPTURE:c1 | captured c1
reconciliation reported it | found:authorized,captured:c1 | ACCEPTED CAPTURE:c1 |
reconciliation reported the first one | AUTHORIZED found:captured:c1 | ACCEPTED CAPTURE:c1 CAPTURE:c2 | captured c2
reconciliation reported the freeze that was lifted | found:frozen | ACCEPTED | unfrozen,authorized < event-1
reconciliation reported that the freeze was lifted | FROZEN found:unfrozen,authorized | ACCEPTED |
it was frozen after reconciliation reported that | FROZEN found:unfrozen,authorized | FROZEN | frozen < event-2
`;

test('what was missed follows from what Resurs holds and what came', () => {
  for (const line of TABLE.trim().split('\n')) {
    const [name = '', came = '', holds = '', expected = ''] = line.split('|').map((part) => part.trim());
    const [status = '', ...actions] = holds.split(' ');
    const [found = '', follows = ''] = expected.split('<').map((part) => part.trim());
    const [facts = '', ids = ''] = found.split(' ');

    const judged = judge(came === '' ? [] : came.split(' '), { status, actions });

    assert.equal(judged.missed.facts.join(','), facts, name);
    assert.equal(judged.missed.actions.join(','), ids, name);
    assert.equal(judged.follows ?? '', follows, name);
  }
});

test('a payment that the shop has cancelled was not rejected', () => {
  const cancelled: Held = { status: 'REJECTED', reason: 'CANCELED', actions: ['CANCEL:a1'] };

  assert.deepEqual(judge(['AUTHORIZED', 'CANCEL:a1'], cancelled).missed.facts, []);
  assert.deepEqual(judge(['AUTHORIZED'], cancelled).missed.facts, ['annulled']);
  assert.deepEqual(judge(['AUTHORIZED'], { ...cancelled, actions: [] }).missed.facts, ['rejected']);
  assert.deepEqual(judge([], { status: 'REJECTED', reason: 'TIMEOUT' }).missed.facts, ['rejected']);
});

test('a state has no time of its own, unless something was done to the payment since', () => {
  for (const [came, held, isUndated] of [
    [[], { status: 'ACCEPTED' }, true],
    [['FROZEN'], { status: 'ACCEPTED' }, true],
    [['AUTHORIZED'], { status: 'FROZEN' }, true],
    [[], { status: 'REJECTED' }, true],
    [[], { status: 'ACCEPTED', actions: ['CAPTURE:c1'] }, false],
    [['AUTHORIZED'], { status: 'ACCEPTED', actions: ['CAPTURE:c1'] }, false],
    [['AUTHORIZED'], { status: 'ACCEPTED', actions: ['CAPTURE:c1'], isUndated: true }, true],
    [['AUTHORIZED'], { status: 'ACCEPTED' }, false],
  ] as const) {
    assert.equal(judge(came, held).isUndated, isUndated, JSON.stringify([came, held]));
  }
});

test('the last change is the newest time that can be one', () => {
  const now = CREATED.getTime() + 60_000;
  const payment = paymentOf({ status: 'ACCEPTED', actions: ['CAPTURE:c1'] });
  const at = (time: string | null) => (time === null ? null : new Date(time));
  const withTimes = (created: string | null, ...actions: (string | null)[]) => ({
    ...payment,
    createdAt: at(created),
    order:
      payment.order === null
        ? null
        : {
            ...payment.order,
            actionLog: actions.map((time) => ({ type: 'CAPTURE', actionId: null, createdAt: at(time) })),
          },
  });

  assert.equal(
    lastChangeMs(withTimes('2026-11-20T11:00:00Z', '2026-11-20T11:30:00Z'), now),
    Date.parse('2026-11-20T11:30:00Z'),
  );
  assert.equal(lastChangeMs(withTimes('2026-11-20T11:00:00Z', null), now), Date.parse('2026-11-20T11:00:00Z'));
  assert.equal(
    lastChangeMs(withTimes('2026-11-20T11:00:00Z', '2026-11-20T13:00:00Z'), now),
    Date.parse('2026-11-20T13:00:00Z'),
  );
  assert.equal(
    lastChangeMs(withTimes('2026-11-20T11:00:00Z', '2099-01-01T00:00:00Z'), now),
    Date.parse('2026-11-20T11:00:00Z'),
  );
  assert.equal(lastChangeMs(withTimes(null), now), null);
});

/** A life: each step is a callback, and what Resurs holds after it. */
interface Step {
  readonly word: string;
  readonly fact: Fact;
}

/** Freezes and authorisations in turn, then perhaps a rejection; and actions between, if it was accepted. */
function anyLife(): fc.Arbitrary<readonly Step[]> {
  const freeze = { word: 'FROZEN', fact: 'frozen' } as const;
  const accept = { word: 'AUTHORIZED', fact: 'authorized' } as const;
  const reject = { word: 'REJECTED', fact: 'rejected' } as const;
  const action = fc.constantFrom(
    { word: 'CAPTURE', fact: 'captured' } as const,
    { word: 'REFUND', fact: 'refunded' } as const,
    { word: 'CANCEL', fact: 'annulled' } as const,
    { word: 'MODIFY_ORDER', fact: 'updated' } as const,
  );
  return fc
    .record({
      freezes: fc.nat(3),
      end: fc.constantFrom('frozen', 'accepted', 'rejected'),
      actions: fc.array(action, { maxLength: 6 }),
      isFrozenFirst: fc.boolean(),
    })
    .map(({ freezes, end, actions, isFrozenFirst }) => {
      const states: Step[] = isFrozenFirst ? [] : [accept];
      for (let n = 0; n < freezes; n += 1) states.push(freeze, accept);
      if (end === 'frozen' || states.length === 0) return [...states, freeze];
      if (end === 'rejected') return [...states, reject];
      return [...states, ...actions.map(({ word, fact }, place) => ({ word: `${word}:a${place}`, fact }))];
    });
}

function heldAfter(life: readonly Step[]): Held {
  const status = life.findLast(({ word }) => !word.includes(':'))?.word ?? '';
  const actions = life.flatMap(({ word }) => (word.includes(':') ? [word] : []));
  return { status: status === 'AUTHORIZED' ? 'ACCEPTED' : status, actions };
}

const anyLosses = anyLife().chain((life) =>
  fc.record({
    life: fc.constant(life),
    cameAt: fc.subarray(life.map((_step, place) => place)),
  }),
);

test('of any life of which all came nothing is missed, at any moment of it', () => {
  fc.assert(
    fc.property(anyLife(), (life) => {
      for (let length = 1; length <= life.length; length += 1) {
        const until = life.slice(0, length);
        const judged = judge(
          until.map(({ word }) => word),
          heldAfter(until),
        );
        assert.deepEqual(judged.missed, { facts: [], actions: [] });
      }
    }),
  );
});

test('of any life each lost action and the lost last state are found, and what came is not', () => {
  fc.assert(
    fc.property(anyLosses, ({ life, cameAt }) => {
      const came = cameAt.map((place) => life[place]?.word ?? '');
      const lost = life.filter((_step, place) => !cameAt.includes(place));
      const { missed } = judge(came, heldAfter(life));

      const lostIds = lost.flatMap(({ word }) => word.split(':')[1] ?? []);
      assert.deepEqual(missed.actions, lostIds);
      const lostFacts = lost.flatMap(({ word, fact }) => (word.includes(':') ? fact : []));
      for (const fact of lostFacts) assert.ok(missed.facts.includes(fact), fact);
      const lastState = life.findLast(({ word }) => !word.includes(':'));
      const lastKnown = came.findLast((word) => !word.includes(':'));
      const isStateMissed = missed.facts.some((fact) =>
        ['frozen', 'unfrozen', 'authorized', 'rejected'].includes(fact),
      );
      // An earlier authorisation reports a later one, unless a freeze between them was reported.
      if (lastKnown === lastState?.word) assert.equal(isStateMissed, false);
      else assert.equal(isStateMissed, true);
      assert.ok(missed.facts.every((fact) => lostFacts.includes(fact) || isStateMissed));
    }),
  );
});

test('what reconciliation has reported is reported', () => {
  fc.assert(
    fc.property(anyLosses, ({ life, cameAt }) => {
      const came = cameAt.map((place) => life[place]?.word ?? '');
      const { missed } = judge(came, heldAfter(life));
      const found = `found:${missed.facts.join(',')}:${missed.actions.join(',')}`;

      const again = judge([...came, ...(missed.facts.length === 0 ? [] : [found])], heldAfter(life));

      assert.deepEqual(again.missed, { facts: [], actions: [] });
    }),
  );
});

test('of a payment with more events than are read, what came before them counts by its facts', () => {
  const [first, ...rest] = cameAs(['FROZEN', 'AUTHORIZED']);
  if (first === undefined) throw new Error('there is a first event');
  const events = [{ ...first, earlierFacts: 'authorized,captured' }, ...rest];

  const { missed } = compareMapi(
    paymentOf({ status: 'ACCEPTED', actions: ['CAPTURE:c1', 'CAPTURE:c2', 'REFUND:r1'] }),
    reportedBy(events, { isCut: true }),
  );

  assert.deepEqual(missed, { facts: ['refunded'], actions: ['r1'] });
  assert.equal(isFactAction('CREATE'), false);
});
