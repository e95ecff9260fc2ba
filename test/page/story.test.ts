/** What the page makes of a payment: its state in words, its marks, and its events in pages. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { marksOf, standingOf } from '../../src/page/client/lib/standing.js';
import { beginStory, withEvent, withFirstPage, withGapPage, withNextPage } from '../../src/page/client/lib/story.js';

const NONE = { booked: null, frozen: null, thawed: null, unfrozen: null, authorized: null, captured: null };
const T1 = '2026-03-01T10:00:00.000Z';
const T2 = '2026-03-01T11:00:00.000Z';

const LIVES = [
  [{ state: 'on_hold', certain: true }, { booked: T1, frozen: T2 }, 'frozen', 'hold', T2],
  [{ state: 'on_hold', certain: false }, { booked: T1 }, 'booked', 'hold', T1],
  [{ state: 'on_hold', certain: false }, { frozen: T1, unfrozen: T2, booked: T1 }, 'onHold', 'hold', null],
  [{ state: 'may_ship', certain: true }, { booked: T1, unfrozen: T2 }, 'mayShip', 'go', T2],
  [{ state: 'may_ship', certain: false }, { unfrozen: T1 }, 'mayShip', 'hold', T1],
  [{ state: 'may_ship', certain: false }, { unfrozen: T1, updated: T2 }, 'changed', 'hold', T2],
  [{ state: 'paid', certain: true }, { finalized: T2 }, 'paid', 'paid', T2],
  [{ state: 'paid', certain: false }, { captured: T1, refunded: T2 }, 'partlyRefunded', 'paid', T2],
  [{ state: 'refunded', certain: true }, { captured: T1, refunded: T2 }, 'refunded', 'stop', T2],
  [{ state: 'cancelled', certain: true }, { annulled: T1 }, 'cancelled', 'stop', T1],
  [{ state: 'cancelled', certain: true }, { rejected: T1 }, 'rejected', 'stop', T1],
  [{ state: 'cancelled', certain: true }, {}, 'cancelled', 'stop', null],
] as const;

test('the state in words follows from the state of the order and the facts', () => {
  for (const [order, facts, word, kind, at] of LIVES) {
    const standing = standingOf({ order, facts: { ...NONE, ...facts } });
    assert.deepEqual(standing, { word, kind, at, isCertain: order.certain }, word);
  }
  assert.equal(standingOf({ order: null, facts: NONE }).word, 'unknown');
});

test('only what is certain may be shipped', () => {
  for (const [order, facts] of LIVES) {
    assert.equal(standingOf({ order, facts }).kind === 'go', order.state === 'may_ship' && order.certain);
  }
});

test('marks are in time, and say what was found by asking', () => {
  const event = { ...eventOf(1), receivedAt: T2, missed: ['annulled', 'booked'] };

  const marks = marksOf({ ...NONE, annulled: T2, booked: T1 }, [event]);

  assert.deepEqual(marks, [
    { fact: 'booked', at: T1, isFound: false },
    { fact: 'annulled', at: T2, isFound: true },
  ]);
});

function eventOf(sequence: number, summary = '') {
  return {
    id: `evt_${sequence}`,
    sequence,
    type: 'payment.updated',
    callback: 'UPDATE',
    provider: 'resurs-ecom' as const,
    paymentId: 'p',
    orderReference: 'p',
    result: null,
    method: 'POST' as const,
    registeredAt: null,
    receivedAt: T1,
    parameters: {},
    verified: {},
    receipts: { count: 1, firstAt: T1, lastAt: T1 },
    delivery: null,
    summary,
  };
}

/** The events from the first to the last number. */
function page(first: number, last: number, next: string | null = null) {
  return { events: Array.from({ length: last - first + 1 }, (_, n) => eventOf(first + n)), next };
}

const numbersOf = ({ events }: { events: readonly { sequence: number }[] }) => events.map(({ sequence }) => sequence);

test('pages are joined in order, and loaded ones are kept', () => {
  let story = beginStory('newest', page(7, 9, 'c7'));
  story = withNextPage(story, page(4, 6, 'c4'), 'c7');
  assert.deepEqual(numbersOf(story), [4, 5, 6, 7, 8, 9]);

  story = withFirstPage(story, page(9, 11, 'c9'));
  assert.deepEqual(numbersOf(story), [4, 5, 6, 7, 8, 9, 10, 11]);
  assert.equal(story.next, 'c4');
  assert.deepEqual(withNextPage(story, page(1, 3), 'c7'), story, 'a page that came twice changes nothing');
  assert.deepEqual(numbersOf(withNextPage(story, page(1, 3), 'c4')), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
});

test('an event that did not change stays the same object', () => {
  const story = beginStory('newest', page(1, 3));

  const again = withFirstPage(story, page(1, 3));
  const changed = withEvent(again, eventOf(2, 'delivered'));

  assert.equal(again.events, story.events);
  assert.deepEqual(
    changed.events.map((event, n) => event === story.events[n]),
    [true, false, true],
  );
});

test('events that are missing in between are loaded before the newer ones are shown', () => {
  let story = beginStory('newest', page(1, 3, 'c1'));
  story = withFirstPage(story, page(10, 12, 'c10'));
  assert.deepEqual([numbersOf(story), story.gap], [[1, 2, 3], 'c10']);

  story = withGapPage(story, page(7, 9, 'c7'));
  story = withFirstPage(story, page(11, 13, 'c11'));
  assert.deepEqual([numbersOf(story), story.gap], [[1, 2, 3], 'c7']);

  story = withGapPage(story, page(3, 6, 'c3'));
  assert.deepEqual(
    [numbersOf(story), story.gap, story.next],
    [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13], null, 'c1'],
  );
});

test('with the oldest first, new events come at the end', () => {
  let story = beginStory('oldest', page(1, 3));
  story = withFirstPage(story, page(1, 3, 'c3'));
  assert.equal(story.next, 'c3');

  story = withNextPage(story, page(4, 5), 'c3');
  assert.deepEqual([story.next, story.end], [null, 'c3']);
  assert.equal(withFirstPage(story, page(1, 3, 'c3')).next, null);
  story = withNextPage(story, page(4, 6, 'c6'), 'c3');
  assert.deepEqual([numbersOf(story), story.next], [[1, 2, 3, 4, 5, 6], 'c6']);
});
