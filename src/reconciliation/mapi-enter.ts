/**
 * Decides which payments and orders of the Merchant API a run may look at, beside those that are due by themselves:
 * payments of new events, and all since a time where the run was asked for that. A dry run writes nothing, and gets what
 * it would have written as a list.
 */
import type { DueOrder } from './due-orders.ts';
import { findRegisteredOrders, writeNextAsks } from './due-orders.ts';
import { OPEN_MS } from './mapi-check.ts';
import { eventsAfter, eventsBefore, moveMark, NEWS_PAGE, readMark, type SeenEvent } from './mapi-news.ts';
import { type DueCursor, enterPayments, findUnknownPayments } from './open-payments.ts';
import type { PartOptions } from './part.ts';

/** What only a dry run looks at. */
export interface Listed {
  readonly paymentIds: readonly string[];
  readonly orders: readonly DueOrder[];
}

/** A dry run lists no more: a run reads as many. */
const MAX_LISTED = 500;

/** Enters what is new, and what the run was asked for. */
export async function enterNews(options: PartOptions, environment: string): Promise<Listed> {
  const { since, dryRun } = options;
  const listed = createList(options);
  const mark = await readMark(options.db, environment);
  if (mark === null) {
    const newest = await enterBack(options, new Date(options.clock.now() - OPEN_MS), listed);
    if (!dryRun) await moveMark(options.db, environment, newest);
  } else {
    await enterForward(options, environment, { mark, listed });
  }
  if (since === null) return { paymentIds: listed.ids(), orders: [] };
  await enterBack(options, since, listed);
  return { paymentIds: listed.ids(), orders: await enterOrders(options, since) };
}

type List = ReturnType<typeof createList>;

/** Takes a page of events: into the table, or in a dry run into a list. */
function createList({ db, clock, graceMs, since, dryRun }: PartOptions) {
  const ids = new Set<string>();
  return {
    ids: () => [...ids],
    async take(events: readonly SeenEvent[]): Promise<void> {
      const nowMs = clock.now();
      const due = new Map<string, Date>();
      for (const { paymentId, receivedAt } of events) {
        const isAsked = since !== null && receivedAt >= since;
        if (paymentId !== null) due.set(paymentId, new Date(isAsked ? nowMs : receivedAt.getTime() + graceMs));
      }
      if (!dryRun) return enterPayments(db, due, { isSooner: since !== null });
      const dueNow = [...due].flatMap(([id, dueAt]) => (dueAt.getTime() <= nowMs && !ids.has(id) ? [id] : []));
      // Of those that are known, the ones that are due come by themselves.
      const added = since === null ? await findUnknownPayments(db, dueNow) : dueNow;
      for (const id of added.slice(0, MAX_LISTED - ids.size)) ids.add(id);
    },
  };
}

async function enterForward(
  { db, dryRun, signal }: PartOptions,
  environment: string,
  { mark, listed }: { readonly mark: number; readonly listed: List },
): Promise<void> {
  let [after, isSettled] = [mark, true];
  for (;;) {
    signal.throwIfAborted();
    const page = await eventsAfter(db, after, signal);
    await listed.take(page);
    const firstUnsettled = page.findIndex((event) => !event.isSettled);
    const settled = firstUnsettled === -1 ? page : page.slice(0, firstUnsettled);
    const newest = settled.at(-1);
    // Behind an event that is not settled the mark never goes.
    if (!dryRun && isSettled && newest !== undefined) await moveMark(db, environment, newest.sequence);
    if (page.length < NEWS_PAGE) return;
    isSettled &&= firstUnsettled === -1;
    after = page.at(-1)?.sequence ?? after;
  }
}

/** Goes back to a time; returns the number of the newest event that is settled, where a mark may stand. */
async function enterBack({ db, signal }: PartOptions, until: Date, listed: List): Promise<number> {
  let newest: number | null = null;
  for (let before: number | null = null; ; ) {
    signal.throwIfAborted();
    const page: readonly SeenEvent[] = await eventsBefore(db, before, signal);
    await listed.take(page.filter(({ receivedAt }) => receivedAt >= until));
    newest ??= page.find(({ isSettled }) => isSettled)?.sequence ?? null;
    const last = page.at(-1);
    if (last === undefined || page.length < NEWS_PAGE || last.receivedAt < until) return newest ?? 0;
    before = last.sequence;
  }
}

/** Makes all orders due that were registered since the time; a dry run gets them instead. */
async function enterOrders({ db, clock, dryRun, signal }: PartOptions, since: Date): Promise<DueOrder[]> {
  const listed: DueOrder[] = [];
  let after: DueCursor | null = { dueAt: since.toISOString(), name: '' };
  while (after !== null && listed.length < MAX_LISTED) {
    signal.throwIfAborted();
    const { orders, next } = await findRegisteredOrders(db, { after, signal });
    const now = new Date(clock.now());
    // One that is due already stays before the others.
    const waiting = orders.filter(({ dueAt }) => dueAt === null || dueAt > now);
    if (dryRun) listed.push(...waiting.slice(0, MAX_LISTED - listed.length));
    else
      await writeNextAsks(
        db,
        waiting.map((order) => ({ ...order, wasDueAt: order.dueAt, dueAt: now })),
      );
    after = next;
  }
  return listed;
}
