/** The pure parts of the page: addresses, times and durations in two languages, CSV. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toCsv } from '../../src/page/client/lib/csv.js';
import { addressOf, parseRoute } from '../../src/page/client/lib/router.js';
import { absoluteTime, decimal, duration, number, relativeTime, shortTime } from '../../src/page/client/lib/time.js';

const HOSTILE_IDS = [
  'a/b?c#d',
  '../../etc/passwd',
  '100%',
  '%2F',
  'å ä+ö&x=1',
  '<img src=x onerror=alert(1)>',
  'javascript:alert(1)',
  '\u202Egnirts',
  '😀',
  ' ',
];

test('an address leads back to what it was made of, whatever the id is', () => {
  for (const id of HOSTILE_IDS) {
    const address = addressOf('payments', id, { order: 'newest', from: id });
    assert.match(address, /^#\/payments\/[^/?#]+\?[^?#]*$/, address);
    assert.deepEqual(parseRoute(address), { view: 'payments', id, query: { order: 'newest', from: id } });
  }
});

test('half a character in an id breaks no address', () => {
  assert.equal(parseRoute(addressOf('payments', 'a\uD800')).id, 'a\uFFFD');
});

test('empty filters are left out, and the overview has the shortest address', () => {
  assert.equal(addressOf('overview'), '#/');
  assert.equal(addressOf('deliveries', null, { state: '', type: null, reason: undefined }), '#/deliveries');
  assert.equal(addressOf('deliveries', null, { state: 'pending' }), '#/deliveries?state=pending');
});

test('an address that the page does not know is the overview, or the part of it that is known', () => {
  for (const hash of ['', '#', '#/', '#/nothing', '#/constructor', '#/__proto__/x', '#//', '#?a=b', 'javascript:1']) {
    assert.equal(parseRoute(hash).view, 'overview', hash);
  }
  assert.deepEqual(parseRoute('#/payments/%E0%A4%A'), { view: 'payments', id: '%E0%A4%A', query: {} });
  assert.deepEqual(parseRoute('#/payments'), { view: 'payments', id: null, query: {} });
  assert.equal(parseRoute('#/payments/a/b').id, 'a/b');
  assert.equal(Object.getPrototypeOf(parseRoute('#/?__proto__=x').query), Object.prototype);
});

const NOW = Date.parse('2026-03-02T12:00:00Z');
const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

test('a time is said as what has passed, or is to come, in whole steps', () => {
  for (const [distance, en, sv] of [
    [0, /^now$/, /^nu$/],
    [-400, /^now$/, /^nu$/],
    [-3 * SECOND, /^3 sec\w* ago$/, /^för 3 s\w* se(?:n|dan)$/],
    [-119 * SECOND, /^1 min ago$/, /^för 1 min se(?:n|dan)$/],
    [40 * SECOND, /^in 40 sec\w*$/, /^om 40 s\w*$/],
    [-36 * HOUR, /^36 h\w* ago$/, /^för 36 \w* se(?:n|dan)$/],
    [-72 * HOUR, /^3 days ago$/, /^för 3 d\w* se(?:n|dan)$/],
  ] as const) {
    assert.match(relativeTime(NOW + distance, NOW, 'en').replace(/\s/g, ' '), en);
    assert.match(relativeTime(NOW + distance, NOW, 'sv').replace(/\s/g, ' '), sv);
  }
});

test('a duration is as exact as it is useful', () => {
  for (const [ms, en, sv] of [
    [-5, '0 ms', '0 ms'],
    [999.7, '1 s', '1 s'],
    [850.4, '850 ms', '850 ms'],
    [1_234, '1.2 s', '1,2 s'],
    [9_960, '10 s', '10 s'],
    [59_700, '1 min', '1 min'],
    [12.9 * 60 * SECOND, '12 min', '12 min'],
    [3 * HOUR + 5 * 60 * SECOND, '3 h 5 min', '3 h 5 min'],
    [24 * HOUR, '1 d', '1 dygn'],
    [52 * HOUR, '2 d 4 h', '2 dygn 4 h'],
  ] as const) {
    assert.deepEqual([duration(ms, 'en'), duration(ms, 'sv')], [en, sv]);
  }
});

test('times of day carry the date where it is another day, and the zone where they stand alone', () => {
  const midnight = new Date(2026, 2, 2, 0, 5, 9).getTime();

  assert.equal(shortTime(midnight, midnight + HOUR, 'en'), '00:05:09');
  assert.match(shortTime(midnight, midnight + 48 * HOUR, 'en'), /^2 Mar\b.* 00:05:09$/);
  assert.match(shortTime(midnight, midnight + 400 * 24 * HOUR, 'sv'), /2026.* 00:05:09$/);
  assert.match(absoluteTime(midnight, 'sv'), /2 mars 2026.* 00:05:09 \S+/);
  assert.deepEqual([decimal('-1204.50', 'en'), decimal('-1204.50', 'sv')], ['-1204.50', '-1204,50']);
  assert.deepEqual([number(1_204, 'en'), number(1_204, 'sv')], ['1,204', '1\u00a0204']);
});

test('a list as CSV keeps every text, and no spreadsheet runs one', () => {
  const rows = [
    { id: '=HYPERLINK("http://x")', text: 'a,"b"\r\nc', count: -3, other: null },
    { id: '+1', text: '@SUM(1)', count: 0, other: { a: 'ö' } },
    { id: '\t=1', text: '\n-1', count: 1.5, other: undefined },
  ];

  const csv = toCsv<(typeof rows)[number]>(
    [
      ['Id', (row) => row.id],
      ['Text', (row) => row.text],
      ['Count', (row) => row.count],
      ['-Other', (row) => row.other],
    ],
    rows,
  );

  assert.equal(
    csv,
    `\uFEFFId,Text,Count,'-Other\r\n"'=HYPERLINK(""http://x"")","a,""b""\r\nc",-3,\r\n'+1,'@SUM(1),0,"{""a"":""ö""}"\r\n'\t=1,"'\n-1",1.5,\r\n`,
  );
});
