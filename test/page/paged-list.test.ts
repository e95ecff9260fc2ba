/** Lists that are read page by page: what is shown stays where it is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newerRows, withFirstPage, withNewer, withNextPage } from '../../src/page/client/lib/paged-list.js';

interface Row {
  readonly n: number;
  readonly text?: string;
}
interface Body {
  readonly rows: readonly Row[];
  readonly next: string | null;
}

const LIST = {
  rows: ({ rows }: Body) => rows,
  next: ({ next }: Body) => next,
  key: ({ n }: Row) => String(n),
  rank: ({ n }: Row) => n,
};
const pageOf = (numbers: readonly number[], next: string | null = 'more'): Body => ({
  rows: numbers.map((n) => ({ n })),
  next,
});
/** What was read at the cursor of `pageOf`. */
const nextOf = (numbers: readonly number[], next?: string | null) => ({ cursor: 'more', body: pageOf(numbers, next) });
const first = (numbers: readonly number[], next: string | null = 'more') =>
  withFirstPage<Body, Row>(LIST, null, { path: 'p', body: pageOf(numbers, next) });
const again = (kept: ReturnType<typeof first>, body: Body) => withFirstPage<Body, Row>(LIST, kept, { path: 'p', body });
const numbersOf = ({ rows }: ReturnType<typeof first>) => rows.map(({ row }) => row.n);
const goneOf = ({ rows }: ReturnType<typeof first>) => rows.filter(({ isGone }) => isGone).map(({ row }) => row.n);

test('newer rows are counted, and shown when they are wanted', () => {
  const body = pageOf([12, 11, 10, 9]);
  const kept = again(first([10, 9, 8]), body);

  assert.deepEqual(numbersOf(kept), [10, 9, 8]);
  assert.deepEqual(newerRows(LIST, kept, body), [{ n: 12 }, { n: 11 }]);
  assert.deepEqual(numbersOf(withNewer(LIST, kept, body)), [12, 11, 10, 9, 8]);
  assert.equal(withNewer(LIST, kept, body).next, 'more');
});

test('a row that is known changes in place', () => {
  const kept = again(first([2, 1]), { rows: [{ n: 2, text: 'sent' }, { n: 1 }], next: null });

  assert.deepEqual(kept.rows[0], { row: { n: 2, text: 'sent' }, isGone: false });
});

test('a row that matches no longer stays until newer ones are shown, and one of a later page is left alone', () => {
  const two = withNextPage(LIST, first([6, 5, 4]), nextOf([3, 2]));
  const body = pageOf([7, 6, 4]);
  const kept = again(two, body);

  assert.deepEqual(numbersOf(kept), [6, 5, 4, 3, 2]);
  assert.deepEqual(goneOf(kept), [5]);
  assert.deepEqual(numbersOf(withNewer(LIST, kept, body)), [7, 6, 4, 3, 2]);
  assert.deepEqual(goneOf(again(kept, pageOf([6, 5, 4]))), []);
  assert.deepEqual(goneOf(again(two, pageOf([], null))), [6, 5, 4, 3, 2]);
});

test('an older row that begins to match is one of the newer ones', () => {
  const body = pageOf([9, 8, 7], null);
  const kept = again(first([9, 7], null), body);

  assert.deepEqual(newerRows(LIST, kept, body), [{ n: 8 }]);
  assert.deepEqual(numbersOf(withNewer(LIST, kept, body)), [9, 8, 7]);
});

test('the list begins again when more came than one page has', () => {
  const body = pageOf([30, 29, 28], 'other');
  const kept = again(first([3, 2, 1]), body);

  assert.equal(newerRows(LIST, kept, body).length, 3);
  assert.deepEqual(withNewer(LIST, kept, body), {
    path: 'p',
    rows: body.rows.map((row) => ({ row, isGone: false })),
    next: 'other',
  });
});

test('what lies behind the rows that are shown comes with the next page, once', () => {
  const kept = first([9, 8]);

  assert.deepEqual(newerRows(LIST, kept, pageOf([9, 8, 7])), []);
  assert.deepEqual(numbersOf(withNextPage(LIST, kept, nextOf([8, 7], null))), [9, 8, 7]);
});

test('a page that was asked for before the list began again makes no hole in it', () => {
  const begun = first([30, 29, 28], 'other');

  assert.equal(withNextPage(LIST, begun, nextOf([2, 1])), begun);
});

test('an empty list takes what comes, and keeps how far it was searched', () => {
  const searched = withNextPage(LIST, first([]), nextOf([], 'further'));

  assert.equal(again(searched, pageOf([])).next, 'further');
  assert.deepEqual(numbersOf(again(searched, pageOf([5]))), [5]);
  assert.deepEqual(newerRows(LIST, searched, pageOf([5])), []);
});

test('another address begins another list', () => {
  const other = withFirstPage<Body, Row>(LIST, first([2]), { path: 'q', body: pageOf([1], null) });

  assert.deepEqual([other.path, numbersOf(other), other.next], ['q', [1], null]);
});
