/** The requests of the status API are parsed strictly: a misread date or cursor would return the wrong events. Pure. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parsePublicId } from '../../src/events/public-id.ts';
import { encodeCursor, parseEventsQuery } from '../../src/status/requests.ts';

const ID = '01234567-89ab-7cde-8f01-23456789abcd';

/** Returns the filter of a query, or the field that is refused. */
function read(query: Parameters<typeof parseEventsQuery>[0], hasWebhook = true): unknown {
  const result = parseEventsQuery(query, hasWebhook);
  if (result.outcome === 'refused') return result.field;
  return result.outcome === 'read' ? result.filter : result.outcome;
}

test('without parameters the query finds everything, fifty at a time', () => {
  assert.deepEqual(parseEventsQuery({}, true), { outcome: 'read', filter: {}, limit: 50 });
  assert.deepEqual(parseEventsQuery({ limit: 200 }, true), { outcome: 'read', filter: {}, limit: 200 });
});

test('a callback matches in any case, a type and a paymentId only exactly', () => {
  assert.deepEqual(read({ callback: 'unFreeze', type: 'payment.x', paymentId: 'aB' }), {
    callback: 'UNFREEZE',
    type: 'payment.x',
    paymentId: 'aB',
  });
});

for (const [text, expected] of [
  ['2026-11-20', '2026-11-20T00:00:00.000Z'],
  ['2026-11-20T12:00', '2026-11-20T12:00:00.000Z'],
  ['2026-11-20T12:00:01', '2026-11-20T12:00:01.000Z'],
  ['2026-11-20T12:00:01.5', '2026-11-20T12:00:01.500Z'],
  ['2026-11-20T12:00:01.123456Z', '2026-11-20T12:00:01.123Z'],
  ['2026-11-20T12:00:00+01:00', '2026-11-20T11:00:00.000Z'],
] as const) {
  test(`${text} is ${expected} in any time zone of the machine`, (t) => {
    const { TZ } = process.env;
    t.after(() => {
      if (TZ === undefined) delete process.env.TZ;
      else process.env.TZ = TZ;
    });
    process.env.TZ = 'Asia/Tokyo';

    assert.deepEqual(read({ from: text, to: text }), { from: new Date(expected), to: new Date(expected) });
  });
}

for (const text of [
  '',
  'x',
  '2026',
  '2026-13-01',
  '2026-02-30',
  '20 Nov 2026',
  '1763640000',
  '2026-11-20 12:00',
  '2026-11-20T12:00 01:00',
]) {
  test(`${JSON.stringify(text)} is not a date`, () => {
    assert.equal(read({ from: text }), 'from');
    assert.equal(read({ to: text }), 'to');
  });
}

test('a cursor is parsed to the sequence it was made of', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (sequence) => {
      assert.deepEqual(read({ cursor: encodeCursor(sequence) }), { before: sequence });
    }),
  );
});

test('any other text is refused as a cursor', () => {
  for (const text of ['', 'x', '4711', 'czQ3MTFh', encodeCursor(2 ** 60), encodeCursor(-1), encodeCursor(1.5)]) {
    assert.equal(read({ cursor: text }), 'cursor', text);
  }
});

test('held and pending are one stored state; the webhook setting distinguishes them', () => {
  assert.deepEqual(read({ state: 'held' }, false), { state: 'pending' });
  assert.deepEqual(read({ state: 'pending' }, true), { state: 'pending' });
  assert.equal(read({ state: 'held' }, true), 'nothing');
  assert.equal(read({ state: 'pending' }, false), 'nothing');
});

test('only a text in the form of a public id is an id', () => {
  assert.equal(parsePublicId(`evt_${ID}`), ID);
  for (const text of [ID, 'evt_', `evt_${ID}x`, `EVT_${ID}`, `evt_${ID.toUpperCase()}`, `evt_${ID}\n`, 'evt_1']) {
    assert.equal(parsePublicId(text), null, text);
  }
});
