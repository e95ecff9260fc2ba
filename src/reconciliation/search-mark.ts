/**
 * The mark of a search: everything before `since` was judged. Pure. A walk that was not finished goes on at `resumeAt`;
 * payments in between that could not be judged yet hold `since` back. So a mark never passes a payment that is still to
 * be judged, and a run that fails halfway loses no whole page.
 */

/** As it is stored. `resumeAt` is not before `since`. */
export interface Mark {
  readonly since: Date;
  readonly resumeAt: Date | null;
}

/** A walk at its beginning; `asked` is where the operator wants it to begin. */
export interface Start {
  readonly mark: Mark;
  readonly asked: Date | null;
}

/** How far a walk has come. */
export interface Reached {
  /** Everything before it was seen; null: nothing was. */
  readonly at: Date | null;
  /** The first payment that could not be judged; null: all were. */
  readonly holdAt: Date | null;
  /** No mark passes it, whatever times a page had. */
  readonly limit: Date;
}

/** How far back the first run looks. */
const FIRST_MS = 48 * 3_600_000;

/** The mark where none is stored yet. */
export function firstMark(nowMs: number): Mark {
  return { since: new Date(nowMs - FIRST_MS), resumeAt: null };
}

/** Where the walk begins. */
export function beginOf({ mark, asked }: Start): Date {
  return asked ?? mark.resumeAt ?? mark.since;
}

/** The mark after a whole page; null: it stays. */
export function markAfterPage(start: Start, reached: Reached & { readonly at: Date }): Mark | null {
  if (!mayMove(start)) return null;
  const since = hasHoldBefore(start) ? start.mark.since : sinceAfter(start, reached);
  // A walk that the operator began earlier has not come to the mark yet.
  return reached.at < since ? null : { since, resumeAt: reached.at };
}

/** The mark after a walk that came to its end; null: it stays. */
export function markAfterWalk(start: Start, reached: Reached): Mark | null {
  if (!mayMove(start)) return null;
  const since = hasHoldBefore(start) ? start.mark.since : sinceAfter(start, reached);
  return { since, resumeAt: null };
}

/** What lies between the mark and a later beginning was not seen. */
function mayMove({ mark, asked }: Start): boolean {
  return asked === null || asked <= mark.since;
}

/** Whether an earlier part of the same walk left a payment behind, which the next walk begins with. */
function hasHoldBefore({ mark, asked }: Start): boolean {
  return asked === null && mark.resumeAt !== null && mark.resumeAt > mark.since;
}

/** Never backwards. */
function sinceAfter(start: Start, { at, holdAt, limit }: Reached): Date {
  const reached = at ?? beginOf(start);
  const ms = Math.min(reached.getTime(), holdAt?.getTime() ?? Infinity, limit.getTime());
  return new Date(Math.max(start.mark.since.getTime(), ms));
}
