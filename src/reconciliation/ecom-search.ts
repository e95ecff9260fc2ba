/** One of the two searches of a run: the walk, what is judged on it, and the mark. */
import type { ResursFailure } from '../resurs/failure.ts';
import type { PageRequest, PageResult } from '../resurs/find-payments.ts';
import type { ListedPayment, SearchTime } from '../resurs/find-payments-parser.ts';
import type { EcomChecker } from './ecom-checker.ts';
import type { MarkStore } from './marks.ts';
import type { Fetch } from './page-source.ts';
import type { CheckedAs, PartOptions } from './part.ts';
import type { ResursClock } from './resurs-clock.ts';
import { beginOf, firstMark, type Mark, markAfterPage, markAfterWalk } from './search-mark.ts';
import { type Visit, type WalkEnd, walkSearch } from './search-walk.ts';

/** What both searches of a run share. */
export interface EcomSearch {
  readonly options: Pick<PartOptions, 'clock' | 'since' | 'dryRun'>;
  readonly marks: MarkStore;
  readonly checker: EcomChecker;
  readonly resursClock: ResursClock;
  /** Makes a source of pages that are counted from 0. */
  readonly pages: (find: Fetch) => Fetch;
  readonly pageSize: number;
  readonly maxPages: number;
  find(request: PageRequest): Promise<PageResult>;
}

/** A payment that can never be judged holds the mark no longer, or each run would begin further back. */
const MAX_HOLD_MS = 30 * 86_400_000;
/** Clocks that are further apart do not only go a little wrong. */
const MAX_DIFFERENCE_MS = 86_400_000;

/** Walks through the search from its mark on, checks what it finds, and moves the mark. */
export async function searchPayments(run: EcomSearch, time: SearchTime): Promise<WalkEnd> {
  const { options, marks, resursClock, pageSize, maxPages } = run;
  const { dryRun, since: asked } = options;
  const mark = (await marks.read(time)) ?? firstMark(options.clock.now());
  const start = { mark, asked };
  const reached: { at: Date | null; holdAt: Date | null } = { at: null, holdAt: null };
  const keep = async (next: Mark | null) => {
    if (next !== null && !dryRun) await marks.write(time, next);
  };

  const ended = await walkSearch({
    from: beginOf(start),
    pageSize,
    maxPages,
    until: resursClock.cutoff,
    fetch: pagesOf(run, time),
    async visit(payments, from) {
      const visit = await visitPage(run, payments, (at) => {
        reached.holdAt = earlier(reached.holdAt, at ?? from);
      });
      reached.at = payments.reduce((last, { at }) => at ?? last, reached.at);
      return visit;
    },
    keep: (at) => keep(markAfterPage(start, { ...reached, at, limit: resursClock.markLimit() })),
  });
  if (ended.outcome === 'finished') await keep(markAfterWalk(start, { ...reached, limit: resursClock.markLimit() }));
  return ended;
}

/** Checks a page; `hold` gets the times of the payments that have to be judged again. */
async function visitPage(
  { checker, resursClock }: EcomSearch,
  payments: readonly ListedPayment[],
  hold: (at: Date | null) => void,
): Promise<Visit> {
  const cutoff = resursClock.cutoff();
  const check = await checker.check(payments, cutoff);
  if (check.outcome === 'failed') return check;
  if (check.outcome === 'full') return { outcome: 'stopped' };
  for (const [{ at }, as] of check.checked) {
    const isTooLongAgo = at !== null && at.getTime() < cutoff.getTime() - MAX_HOLD_MS;
    if (IS_OPEN[as] && !isTooLongAgo) hold(at);
  }
  return { outcome: 'on' };
}

/** Whether a payment has to be judged again. */
const IS_OPEN: Readonly<Record<CheckedAs, boolean>> = {
  reported: false,
  missed: false,
  not_ours: false,
  too_young: true,
  failed: true,
  later: true,
};

/** Gets the pages of one search, and looks at Resurs' clock. */
function pagesOf({ options, find, pages, pageSize, resursClock }: EcomSearch, time: SearchTime): Fetch {
  return pages(async (from, page) => {
    const sentAtMs = options.clock.now();
    const result = await find({ time, from, page, itemsPerPage: pageSize });
    if (result.outcome === 'failed') return result;
    const differenceMs = result.date === null ? 0 : result.date.getTime() - sentAtMs;
    if (Math.abs(differenceMs) > MAX_DIFFERENCE_MS) return { outcome: 'failed', failure: clocksApart(differenceMs) };
    resursClock.look(result.date, sentAtMs);
    return result;
  });
}

/** One of the two clocks is wrong, and whether a payment is too young cannot be judged by either. */
function clocksApart(differenceMs: number): ResursFailure {
  const days = Math.round(Math.abs(differenceMs) / MAX_DIFFERENCE_MS);
  const text = `the response is dated ${days} days ${differenceMs > 0 ? 'after' : 'before'} the clock of this machine, so nothing can be judged`;
  return { channel: 'SOAP', operation: 'findPayments', kind: 'not_understood', status: 200, code: null, text };
}

/** The earlier of two times. */
export function earlier(one: Date | null, other: Date): Date {
  return one !== null && one <= other ? one : other;
}
