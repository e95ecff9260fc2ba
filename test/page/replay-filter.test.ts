/** The filter of an address, as the API takes it, and in words. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deliveryWords } from '../../src/page/client/lib/delivery-words.js';
import { eventsPath, filterOf, hasFilter, replayFilterOf } from '../../src/page/client/lib/event-filter.js';
import { filterWords } from '../../src/page/client/lib/filter-words.js';
import { fromLocal, minuteAgo, toLocal } from '../../src/page/client/lib/local-time.js';
import { randomKey } from '../../src/page/client/lib/random-key.js';
import { reasonName } from '../../src/page/client/parts/reason.js';
import { TEXTS } from '../../src/page/client/texts/texts.js';

test('only the fields of the API are taken from an address', () => {
  const query = { state: 'dead_letter', type: '', nothing: 'x', orderReference: 'a&b=c' };

  assert.deepEqual(filterOf(query), { state: 'dead_letter', orderReference: 'a&b=c' });
  assert.equal(eventsPath(query), 'events?limit=50&state=dead_letter&orderReference=a%26b%3Dc');
  assert.equal(eventsPath({}, { isForExport: true }), 'events?limit=200');
  assert.deepEqual([hasFilter({ state: 'held' }), hasFilter(query)], [false, true]);
});

test('a replay of all that match needs what the API needs', () => {
  assert.deepEqual(replayFilterOf({ state: 'delivered', type: 't' }), {
    outcome: 'possible',
    filter: { state: 'delivered', type: 't' },
  });
  assert.equal(replayFilterOf({ from: '2026-01-01T00:00:00Z' }).outcome, 'possible');
  assert.equal(replayFilterOf({ state: 'pending' }).outcome, 'unfinished');
  assert.equal(replayFilterOf({ state: 'delivered', callback: 'UPDATE' }).outcome, 'by_callback');
  for (const query of [{}, { type: 't' }, { to: 'x' }, { reason: '503' }]) {
    assert.equal(replayFilterOf(query).outcome, 'too_wide');
  }
});

test('a filter is said in words, and what has none as it is', () => {
  const filter = { state: 'dead_letter', reason: '503', type: 'payment.booked', orderReference: '<b>', from: 'never' };

  assert.deepEqual(filterWords(TEXTS.en, 'en', filter), [
    'given up',
    'reason 503',
    'type “Booked”',
    'order <b>',
    'received from never',
  ]);
  assert.deepEqual(filterWords(TEXTS.sv, 'sv', { ids: ['a', 'b'] }), ['2 valda händelser']);
  assert.deepEqual(filterWords(TEXTS.en, 'en', { type: 'constructor', ids: 1 }), [
    'one chosen event',
    'type “constructor”',
  ]);
  assert.deepEqual(filterWords(TEXTS.en, 'en', {}), []);
});

test('every reason has a name', () => {
  const names = ['503', '418', '302', '599', 'timed_out', 'toString'].map((reason) => reasonName(TEXTS.en, reason));

  assert.deepEqual(names, [
    '503 Service unavailable',
    '418 Refused by the shop',
    '302 Redirect',
    '599 Error in the shop',
    'No answer in time',
    'Refused',
  ]);
});

test('a field for a time has the zone of the reader, to the minute', () => {
  for (const local of ['2026-03-01T00:00', '2026-11-30T23:59']) assert.equal(toLocal(fromLocal(local)), local);
  assert.deepEqual([toLocal(''), toLocal(undefined), toLocal('x'), fromLocal('')], ['', '', '', '']);
  assert.equal(minuteAgo(Date.parse('2026-03-01T12:00:59.999Z'), 3_600_000), '2026-03-01T11:00:00.000Z');
});

test('a key is as random as its source', () => {
  assert.equal(
    randomKey((bytes: Uint8Array) => bytes.fill(10)),
    '0a'.repeat(16),
  );
  assert.equal(new Set(Array.from({ length: 100 }, () => randomKey())).size, 100);
});

test('how a delivery stands has times of the reader, where they are known', () => {
  const now = Date.parse('2026-03-01T12:00:00Z');
  const words = (state: string, times: object, summary: string) => {
    const delivery = { state, attemptCount: 1, nextAttemptAt: null, deliveredAt: null, ...times };
    return deliveryWords({ delivery, summary } as never, now, TEXTS.en, 'en');
  };
  const at = new Date(2026, 1, 28, 11, 22, 33).toISOString();

  assert.match(words('delivered', { deliveredAt: at }, 'x'), /^Delivered 28 Feb, 11:22:33$/);
  assert.match(
    words('pending', { nextAttemptAt: at }, 'Shop responded with 503, 2 tries so far; next try 2026-02-28 10:22:33'),
    /^The shop answered 503; next attempt 28 Feb, 11:22:33$/,
  );
  assert.equal(
    words(
      'pending',
      { nextAttemptAt: at },
      'Shop could not be reached, 1 try so far; waits for the webhook to be up (…)',
    ),
    'The shop could not be reached; waits until the webhook answers again',
  );
  assert.equal(words('pending', { nextAttemptAt: at }, 'Of a later version'), 'Of a later version');
  assert.equal(words('pending', {}, 'x'), 'Waits for an earlier event of this payment');
  assert.equal(words('dead_letter', { attemptCount: 4 }, 'x'), 'Given up after 4 attempts');
  assert.match(deliveryWords({ delivery: null, summary: 'x' } as never, now, TEXTS.en, 'en'), /not/i);
});
