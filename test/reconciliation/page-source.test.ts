/** Whether Resurs counts pages from 0 or from 1: what two requests show of it. The answers are scripted. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPageNumbers } from '../../src/reconciliation/page-source.ts';
import type { FailureKind } from '../../src/resurs/failure.ts';
import type { PageResult } from '../../src/resurs/find-payments.ts';

const FROM = new Date('2026-11-20T12:00:00Z');
const at = (second: number) => new Date(FROM.getTime() + second * 1_000);
/** Payments that changed in the 50th second or later are too young. */
const CUTOFF = at(50);

/** A page of payments, each named by the second of its change. */
function page(...seconds: readonly number[]): PageResult {
  const read = { outcome: 'read', frozen: false, statuses: [] } as const;
  const payments = seconds.map((second) => ({
    ...read,
    paymentId: `p-${second}`,
    at: at(second),
    lastChangeAt: at(second),
  }));
  return { outcome: 'done', payments, date: null };
}

function failure(kind: FailureKind): PageResult {
  const call = { channel: 'SOAP', operation: 'findPayments', status: null, code: null, text: 'no' } as const;
  return { outcome: 'failed', failure: { ...call, kind } };
}

const REFUSED = failure('refused');

interface Case {
  readonly name: string;
  /** The answers, and the numbers of the pages that were asked for. */
  readonly answers: readonly PageResult[];
  /** The one of them that is the first page. */
  readonly first: number;
  /** What is asked for as the second page; null: it is not known yet. */
  readonly second: number | null;
}

const CASES: readonly Case[] = [
  { name: 'two pages, one after the other', answers: [page(1, 2), page(3, 4)], first: 0, second: 1 },
  { name: 'a single page 0', answers: [page(1, 2), page()], first: 0, second: 1 },
  { name: 'a page 0 that is page 1', answers: [page(1, 2), page(1, 2)], first: 0, second: 2 },
  { name: 'a page 0 that is page 1, whose end has changed', answers: [page(1, 2), page(1, 9)], first: 0, second: 2 },
  { name: 'a page 1 that begins with other payments', answers: [page(1, 2), page(2, 3)], first: 0, second: 1 },
  { name: 'an empty page 0', answers: [page(), page(1, 2)], first: 1, second: 2 },
  { name: 'an empty page 0 before payments that have just come', answers: [page(), page(50)], first: 1, second: null },
  { name: 'a page 0 that is page 1, of payments just come', answers: [page(50), page(50)], first: 0, second: null },
  { name: 'no payments', answers: [page(), page()], first: 1, second: null },
  { name: 'a page 0 that is refused twice', answers: [REFUSED, page(1), REFUSED], first: 1, second: 2 },
  { name: 'a page 0 that was refused by chance', answers: [REFUSED, page(3, 4), page(1, 2)], first: 2, second: null },
  { name: 'two refusals', answers: [REFUSED, REFUSED], first: 1, second: null },
  { name: 'a page 0 that is refused where nothing is', answers: [REFUSED, page()], first: 1, second: null },
  { name: 'a page behind the last one that is refused', answers: [page(1, 2), REFUSED], first: 0, second: 1 },
  { name: 'an empty page 0 and a refusal', answers: [page(), REFUSED], first: 1, second: null },
  { name: 'other credentials', answers: [failure('credentials')], first: 0, second: null },
  { name: 'no connection', answers: [failure('unreachable')], first: 0, second: null },
  { name: 'no connection for page 1', answers: [page(1), failure('unreachable')], first: 1, second: null },
];

for (const { name, answers, first, second } of CASES) {
  test(`${name}: ${second === null ? 'nothing is known' : `the second page is number ${second}`}`, async () => {
    const asked: number[] = [];
    const source = createPageNumbers(() => CUTOFF)(async (_from, number) => {
      asked.push(number);
      return answers[asked.length - 1] ?? page();
    });

    assert.equal(await source(FROM, 0), answers[first]);
    assert.deepEqual(asked, [0, 1, 0].slice(0, answers.length));

    await source(at(1), 1);
    assert.equal(asked[answers.length], second ?? 0);
  });
}
