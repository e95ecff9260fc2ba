/**
 * The part of a run that asks the Merchant API. It has no search by time, so what is asked for are orders that the shop
 * has registered and of which nothing came, and payments that are known from events and not finished. Both are in tables
 * with the time at which they are due, the oldest first; so a run that ends early, or is killed, is gone on with by the
 * next one.
 */
import type { MapiAccount } from '../accounts/mapi-account.ts';
import { createOrderSearch, type OrderSearch } from '../accounts/order-search.ts';
import type { Config } from '../config/settings.ts';
import type { Clock } from '../lib/clock.ts';
import type { FailureKind, ResursFailure } from '../resurs/failure.ts';
import type { MapiClient } from '../resurs/mapi.ts';
import { findDueOrders, writeNextAsks } from './due-orders.ts';
import { enterNews } from './mapi-enter.ts';
import { askForOrder, type Looked, lookAtPayment } from './mapi-look.ts';
import { type DueCursor, FIRST_DUE, findDuePayments, writeNextLooks } from './open-payments.ts';
import type { PartOptions, PartResult } from './part.ts';

/** Whom a run asks. One for all runs of a process: it remembers the stores of the account. */
export interface AskedMapi {
  readonly client: Pick<MapiClient, 'payment'>;
  readonly search: OrderSearch;
  /** RESURS_ENVIRONMENT: the marks of another one mean nothing. */
  readonly environment: string;
}

/** After five failures in a row nothing is sent for this long, which ends a run. */
const PAUSE_MS = 60_000;
/** Requests of a run. Resurs asks not to poll for status. */
const MAX_READS = 500;
const AT_ONCE = 4;
/** These say something of the API and not of one payment. */
const ENDING: ReadonlySet<FailureKind> = new Set(['credentials', 'unreachable', 'timed_out', 'limited', 'paused']);

/** Creates it; nothing is asked yet. */
export function createAskedMapi(
  { MAPI_STORE_ID, RESURS_ENVIRONMENT }: Pick<Config, 'MAPI_STORE_ID' | 'RESURS_ENVIRONMENT'>,
  account: MapiAccount,
  clock: Clock,
): AskedMapi {
  const client = account.client(PAUSE_MS);
  const search = createOrderSearch({ client, storeId: MAPI_STORE_ID, clock });
  return { client, search, environment: RESURS_ENVIRONMENT };
}

/** Looks at everything that is due. Rejects when the database fails, and when the run has to end. */
export async function reconcileMapi(options: PartOptions, asked: AskedMapi): Promise<PartResult> {
  const listed = await enterNews(options, asked.environment);
  const now = new Date(options.clock.now());
  const nextOrders = inTurn(listed.orders, (after) =>
    findDueOrders(options.db, { now, after, signal: options.signal }),
  );
  const listedPayments = listed.paymentIds.map((paymentId) => {
    return { paymentId, firstSeenAt: now, missing: null, missingSince: null };
  });
  const nextPayments = inTurn(listedPayments, (after) =>
    findDuePayments(options.db, { now, after, signal: options.signal }),
  );
  const run = createRun(options);
  for (;;) {
    const orders = await nextOrders();
    let ended = await run.each(orders, (order) => askForOrder(options, asked, order));
    // Read after the orders, whose payments are open since then.
    const payments = ended === null ? await nextPayments() : [];
    ended ??= await run.each(payments, async (open) => {
      return run.hasRead(open.paymentId) ? NOT_ASKED : lookAtPayment(options, asked, open);
    });
    if (ended !== null) return ended;
    if (orders.length + payments.length === 0) return DONE;
  }
}

const NOT_ASKED: Looked = { as: null, look: null, ask: null, failure: null };
const DONE: PartResult = { outcome: 'done', clockDifferenceMs: null };

/** Counts the requests of a run, and writes what became of the rows as it goes. */
function createRun({ db, dryRun, signal, onChecked }: PartOptions) {
  let reads = 0;
  const read = new Set<string>();

  async function write(looked: readonly Looked[]): Promise<void> {
    if (dryRun) return;
    await writeNextLooks(
      db,
      looked.flatMap(({ look }) => look ?? []),
    );
    await writeNextAsks(
      db,
      looked.flatMap(({ ask }) => ask ?? []),
    );
  }

  return {
    /** A payment may be listed, or found by its order, and be due beside that. */
    hasRead: (paymentId: string) => read.has(paymentId),
    /** Looks at some, a few at a time; returns how the part ends, or null where it goes on. */
    async each<Row>(rows: readonly Row[], look: (row: Row) => Promise<Looked>): Promise<PartResult | null> {
      for (let first = 0; first < rows.length; first += AT_ONCE) {
        signal.throwIfAborted();
        if (reads >= MAX_READS) return DONE;
        const looked = await Promise.all(rows.slice(first, first + AT_ONCE).map(look));
        await write(looked);
        reads += looked.filter(({ as }) => as !== null).length;
        for (const { as, look } of looked) {
          if (as !== null) onChecked(as);
          if (look !== null) read.add(look.paymentId);
        }
        const failure = firstEnding(looked);
        if (failure !== null) return { outcome: 'failed', failure };
        if (looked.some(({ as }) => as === 'later')) return DONE;
      }
      return null;
    },
  };
}

function firstEnding(looked: readonly Looked[]): ResursFailure | null {
  return looked.find(({ failure }) => failure !== null && ENDING.has(failure.kind))?.failure ?? null;
}

/** Returns batches: what is listed at first, then what is due, each row once. */
function inTurn<Row>(
  listed: readonly Row[],
  find: (after: DueCursor) => Promise<readonly (Row & { readonly cursor: DueCursor })[]>,
): () => Promise<readonly Row[]> {
  let after: DueCursor = FIRST_DUE;
  let isListed = listed.length > 0;
  return async () => {
    if (isListed) {
      isListed = false;
      return listed;
    }
    const rows = await find(after);
    after = rows.at(-1)?.cursor ?? after;
    return rows;
  };
}
