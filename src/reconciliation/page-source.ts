/**
 * Gets pages counted from 0, whether Resurs counts them from 0 or from 1, which no page of Resurs says. The first page of a run is
 * asked for as page 0 and as page 1. Resurs counts from 1 where page 0 is refused twice or empty and page 1 is not, or
 * both begin with the same payment as it was; else page 0 is the first one. In doubt it is 0: then a server that counts from 1
 * gives a page twice, and none is skipped. Payments that changed just now prove nothing, because more of them may have
 * come between two requests.
 */
import type { FailureKind } from '../resurs/failure.ts';
import type { PageResult } from '../resurs/find-payments.ts';

/** Gets one page. */
export type Fetch = (from: Date, page: number) => Promise<PageResult>;

type Page = Extract<PageResult, { outcome: 'done' }>;

/** The first page, and the number of it; null: not known yet. */
interface FirstPage {
  readonly result: PageResult;
  readonly number: number | null;
}

/** Such an answer may be about the number of the page. */
const REFUSALS: readonly FailureKind[] = ['refused', 'does_not_exist'];

/**
 * Returns what makes the sources of one run. `find` takes the number as Resurs counts. `cutoff` is asked after a page:
 * what is younger proves nothing. Pages after the first are got when that one has come.
 */
export function createPageNumbers(cutoff: () => Date): (find: Fetch) => Fetch {
  let base: number | null = null;
  return (find) => async (from, page) => {
    if (base !== null) return find(from, base + page);
    const first = await findFirst((number) => find(from, number), cutoff);
    base = first.number;
    return first.result;
  };
}

async function findFirst(find: (number: number) => Promise<PageResult>, cutoff: () => Date): Promise<FirstPage> {
  const zero = await find(0);
  if (zero.outcome === 'failed' && !isRefusal(zero)) return { result: zero, number: null };
  const one = await find(1);
  if (zero.outcome === 'failed') {
    if (one.outcome === 'failed' || one.payments.length === 0) return { result: one, number: null };
    // The first refusal may have been about something else, and a page must not be skipped for it.
    const again = await find(0);
    return isRefusal(again) ? { result: one, number: 1 } : { result: again, number: null };
  }
  if (one.outcome === 'failed') {
    // A page behind the last one may be refused as well.
    return isRefusal(one) && zero.payments.length > 0 ? { result: zero, number: 0 } : { result: one, number: null };
  }
  const result = zero.payments.length === 0 ? one : zero;
  return { result, number: isYoung(result, cutoff()) ? null : numberOf(zero, one) };
}

function numberOf(zero: Page, one: Page): number {
  if (zero.payments.length === 0) return 1;
  const [first] = zero.payments;
  const [second] = one.payments;
  // One that has changed since page 0 is further behind now, under the same id.
  const isSame = first?.paymentId === second?.paymentId && first?.at?.getTime() === second?.at?.getTime();
  return isSame ? 1 : 0;
}

/** Whether it begins with a payment that changed just now, or has none. */
function isYoung({ payments }: Page, cutoff: Date): boolean {
  const at = payments.find((payment) => payment.at !== null)?.at ?? null;
  return at === null || at >= cutoff;
}

function isRefusal(result: PageResult): boolean {
  return result.outcome === 'failed' && REFUSALS.includes(result.failure.kind);
}
