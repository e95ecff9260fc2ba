/**
 * Walks through a search that is sorted by time, oldest first, while payments change and appear. Each page is one moment
 * of Resurs: so after a page the lower bound moves to the last time on it, and nothing that left an earlier page can
 * shift a payment past the next one. Pages are counted only where one equal time fills more than a page. Such a group is
 * read again until two passes see the same: only then has none of it left while it was read.
 */

import type { ResursFailure } from '../resurs/failure.ts';
import type { PageResult } from '../resurs/find-payments.ts';
import type { ListedPayment } from '../resurs/find-payments-parser.ts';

/** Where a walk is. */
export interface Position {
  /** The lower bound, inclusive. */
  readonly from: Date;
  /** The page from there on, counted from 0. */
  readonly page: number;
  /** What was seen since page 0 that is not after the bound. */
  readonly pass: readonly string[];
  /** The pass before over the same bound: what it saw, and what follows it. */
  readonly previous: { readonly ids: string; readonly next: Next } | null;
  /** The length of the longest page so far. */
  readonly longest: number;
}

type Next = { readonly outcome: 'finished' } | { readonly outcome: 'from'; readonly from: Date };

/** The step after a page. */
export type Step = { readonly outcome: 'finished' } | { readonly outcome: 'on'; readonly position: Position };

/** What the caller made of a page. `stopped`: it takes no more of them now. */
export type Visit =
  | { readonly outcome: 'on' }
  | { readonly outcome: 'stopped' }
  | { readonly outcome: 'failed'; readonly failure: ResursFailure };

export interface Walk {
  readonly from: Date;
  readonly pageSize: number;
  /** After so many pages the walk ends as unfinished. */
  readonly maxPages: number;
  /** The walk ends at this time; asked after the first page. */
  until(): Date;
  /** Pages count from 0. */
  fetch(from: Date, page: number): Promise<PageResult>;
  visit(payments: readonly ListedPayment[], from: Date): Promise<Visit>;
  /** Called after each whole page but the last: a later walk may go on from here. */
  keep(from: Date): Promise<void>;
}

export type WalkEnd =
  | { readonly outcome: 'finished' }
  /** There were more pages than one walk may have; it came so far. */
  | { readonly outcome: 'unfinished'; readonly at: Date }
  | { readonly outcome: 'stopped' }
  | { readonly outcome: 'failed'; readonly failure: ResursFailure };

/** A server may give fewer than asked for, but hardly fewer than these; so a shorter page is the last one. */
const LEAST_PAGE = 10;

/** Walks to the end, or to the first failure. */
export async function walkSearch(walk: Walk): Promise<WalkEnd> {
  let position = startAt(walk.from);
  for (let pages = 0; pages < walk.maxPages; pages += 1) {
    const page = await walk.fetch(position.from, position.page);
    if (page.outcome === 'failed') return page;
    const visit = await walk.visit(page.payments, position.from);
    if (visit.outcome !== 'on') return visit;
    const step = stepAfter(position, page.payments, { pageSize: walk.pageSize, until: walk.until() });
    if (step.outcome === 'finished') return step;
    position = step.position;
    await walk.keep(position.from);
  }
  return { outcome: 'unfinished', at: position.from };
}

/** The position of a walk that begins. */
export function startAt(from: Date): Position {
  return { from, page: 0, pass: [], previous: null, longest: 0 };
}

/** Decides what is read after this page. */
export function stepAfter(
  position: Position,
  payments: readonly ListedPayment[],
  { pageSize, until }: { readonly pageSize: number; readonly until: Date },
): Step {
  const { from, page, previous } = position;
  const longest = Math.max(position.longest, payments.length);
  const lastAt = payments.reduce<Date | null>((last, { at }) => at ?? last, null);
  const isFull = payments.length >= Math.min(pageSize, Math.max(position.longest, LEAST_PAGE));
  const pass = [...position.pass, ...payments.filter(({ at }) => at === null || at <= from).map(idOf)];
  if (isFull && (lastAt === null || lastAt <= from)) {
    return { outcome: 'on', position: { from, page: page + 1, pass, previous, longest } };
  }

  const isEnd = !isFull || lastAt === null || lastAt >= until;
  const next: Next = isEnd ? { outcome: 'finished' } : { outcome: 'from', from: lastAt };
  // One page is one moment, so it needs no second look.
  if (page === 0) return stepTo(next, longest);
  const ids = JSON.stringify(pass.toSorted());
  // The second pass proves the first one, which nothing has left meanwhile; so it is the first one that is followed.
  if (previous?.ids === ids) return stepTo(previous.next, longest);
  return { outcome: 'on', position: { from, page: 0, pass: [], previous: { ids, next }, longest } };
}

function stepTo(next: Next, longest: number): Step {
  if (next.outcome === 'finished') return next;
  return { outcome: 'on', position: { ...startAt(next.from), longest } };
}

function idOf({ paymentId }: ListedPayment): string {
  return paymentId ?? '';
}
