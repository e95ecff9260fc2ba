/**
 * The part of a run that is about the eCom API: one search for the payments that changed since its mark, and one for
 * those that were booked since then, because a payment that never changed may have no time of a change. Resurs asks not
 * to be polled, so pages are large, a moment apart, and limited in number.
 */
import { setTimeout } from 'node:timers/promises';
import type { EcomAccount } from '../accounts/ecom-account.ts';
import { SEARCH_TIMES } from '../resurs/find-payments-parser.ts';
import type { PaymentClient } from '../resurs/payments.ts';
import { createEcomChecker } from './ecom-checker.ts';
import { type EcomSearch, earlier, searchPayments } from './ecom-search.ts';
import { createMarkStore } from './marks.ts';
import { createPageNumbers } from './page-source.ts';
import type { PartOptions, PartResult } from './part.ts';
import { createResursClock } from './resurs-clock.ts';

/** What the part asks, and how. */
export interface EcomPart {
  /** RESURS_ENVIRONMENT. */
  readonly environment: string;
  readonly account: Pick<EcomAccount, 'payments' | 'search'>;
  /** How long events are kept; 0: for ever. */
  readonly retentionMs: number;
  /** Waits between two requests; only tests have their own. */
  readonly pause?: (signal: AbortSignal) => Promise<void>;
  /** For tests: smaller pages and walks. */
  readonly pageSize?: number;
  readonly maxPages?: number;
}

/** Some 4 000 tags, a tenth of what a response may have. */
const PAGE_SIZE = 100;
/** Of each search, in one run. */
const MAX_PAGES = 200;
const PAUSE_MS = 200;
const SEARCH_TIMEOUT_MS = 30_000;
const READ_TIMEOUT_MS = 10_000;

/** Runs the part. Rejects with the reason of `signal`, and when the database fails. */
export async function reconcileEcom(options: PartOptions, part: EcomPart): Promise<PartResult> {
  const { signal, clock, graceMs } = options;
  const pause = betweenRequests(() => (part.pause ?? waitMoment)(signal));
  const search = part.account.search(SEARCH_TIMEOUT_MS);
  const payments = part.account.payments(READ_TIMEOUT_MS);
  const client: PaymentClient = {
    async read(paymentId, abort) {
      await pause();
      return payments.read(paymentId, abort);
    },
  };
  const resursClock = createResursClock(clock, graceMs);
  const run: EcomSearch = {
    options,
    marks: createMarkStore(options.db, part.environment),
    checker: createEcomChecker(options, client, part.retentionMs),
    resursClock,
    pages: createPageNumbers(resursClock.markLimit),
    pageSize: part.pageSize ?? PAGE_SIZE,
    maxPages: part.maxPages ?? MAX_PAGES,
    async find(request) {
      await pause();
      return search.find(request, signal);
    },
  };
  let unfinishedAt: Date | null = null;
  for (const time of SEARCH_TIMES) {
    const ended = await searchPayments(run, time);
    if (ended.outcome === 'failed') return ended;
    if (ended.outcome === 'unfinished') unfinishedAt = earlier(unfinishedAt, ended.at);
    if (ended.outcome === 'stopped') break;
  }
  return { outcome: 'done', clockDifferenceMs: resursClock.differenceMs(), unfinishedAt };
}

function betweenRequests(pause: () => Promise<void>): () => Promise<void> {
  let isFirst = true;
  return async () => {
    if (!isFirst) await pause();
    isFirst = false;
  };
}

async function waitMoment(signal: AbortSignal): Promise<void> {
  await setTimeout(PAUSE_MS, undefined, { signal }).catch(() => undefined);
  signal.throwIfAborted();
}
