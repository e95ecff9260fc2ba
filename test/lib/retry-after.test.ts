/** How Retry-After is parsed: both forms of RFC 9110, and nothing that only resembles one. Pure. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseRetryAfter } from '../../src/lib/retry-after.ts';

const NOW_MS = Date.parse('2026-11-20T12:00:00Z');

for (const [value, expectedMs] of [
  ['0', 0],
  ['120', 120_000],
  [' 5 ', 5_000],
  ['9999999999', 9_999_999_999_000],
  ['100000000000000000000', Number.MAX_SAFE_INTEGER],
  ['9'.repeat(400), Number.MAX_SAFE_INTEGER],
  ['0000000000000000000120', 120_000],
  ['Fri, 31 Dec 9999 23:59:59 GMT', Date.parse('9999-12-31T23:59:59Z') - NOW_MS],
  ['Fri, 31 Dec 999999999 23:59:59 GMT', Number.MAX_SAFE_INTEGER],
  ['-100000000000000000000', null],
  ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
  ['Fri, 20 Nov 2026 12:00:30 GMT', 30_000],
  ['Friday, 20-Nov-26 12:00:30 GMT', 30_000],
  ['Fri, 20 Nov 2026 11:00:00 GMT', 0],
  ['', null],
  ['-5', null],
  ['1.5', null],
  ['1e3', null],
  ['0x10', null],
  ['soon', null],
  ['2026', 2_026_000],
  ['2026-11-20T12:00:30Z', null],
  ['Fri, 99 Nov 2026 12:00:30 GMT', null],
  [undefined, null],
] as const) {
  test(`${JSON.stringify(value)} is ${expectedMs === null ? 'ignored' : `${expectedMs} ms`}`, () => {
    assert.equal(parseRetryAfter(value, NOW_MS), expectedMs);
  });
}

test('a date in the oldest form is UTC whatever the zone of the host', (t) => {
  const { TZ } = process.env;
  t.after(() => {
    if (TZ === undefined) delete process.env.TZ;
    else process.env.TZ = TZ;
  });
  process.env.TZ = 'Asia/Tokyo';

  const waitMs = parseRetryAfter('Fri Nov 20 12:00:30 2026', NOW_MS);

  assert.equal(waitMs, 30_000);
});

test('no text makes the parser throw or return a negative delay', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.date().map(String)), (text) => {
      const waitMs = parseRetryAfter(text, NOW_MS);
      assert.ok(waitMs === null || (Number.isFinite(waitMs) && waitMs >= 0));
    }),
  );
});
