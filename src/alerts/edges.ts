/**
 * Decides from an alert as it stood and what a look has found how it stands now, and what is posted. Pure.
 *
 * It fires at once and resolves after five minutes without being true. One that is true again within half an hour after
 * the message that it is over fires again without a message: it may flap. If it is still true when that half hour has
 * passed, it is a new edge and is posted: no relapse stays silent for longer.
 */
import { ALERTS, type Alert, type AlertName } from './alert.ts';
import type { Verdict } from './rules.ts';

const RESOLVED_AFTER_MS = 300_000;
const RELAPSE_MS = 1_800_000;
const DAY_MS = 86_400_000;

/** Why a message is posted. With the edge's id it names the message. */
export type Occasion = 'firing' | 'resolved' | `day ${number}`;

export interface Step {
  /** Null: it never fired. */
  readonly next: Alert | null;
  /** The message that is due. */
  readonly occasion: Occasion | null;
  /** What the log says. */
  readonly change: 'fired' | 'resolved' | null;
}

export interface Look {
  readonly verdict: Verdict;
  readonly now: Date;
  newId(): string;
}

/** Returns the next state of an alert. */
export function nextStep(name: AlertName, before: Alert | null, look: Look): Step {
  if (before === null || before.state === 'resolved') {
    if (!look.verdict.isTrue) return { next: before, occasion: null, change: null };
    return before !== null && msSince(before.postedAt, look.now) < RELAPSE_MS
      ? { next: refired(before, look), occasion: null, change: 'fired' }
      : { next: fired(name, look), occasion: 'firing', change: 'fired' };
  }
  return look.verdict.isTrue ? goOn(before, look) : calmDown(before, look.now);
}

function fired(name: AlertName, { verdict, now, newId }: Look): Alert {
  return {
    name,
    edgeId: newId(),
    state: 'firing',
    severity: ALERTS[name].severity,
    since: now,
    until: null,
    lastTrueAt: now,
    postedAt: now,
    message: verdict.message,
    fix: verdict.fix,
  };
}

/** The same edge; `postedAt` stays before `since`. */
function refired(before: Alert, { verdict: { message, fix }, now }: Look): Alert {
  return { ...before, state: 'firing', since: now, until: null, lastTrueAt: now, message, fix };
}

function goOn(before: Alert, { verdict: { message, fix }, now, newId }: Look): Step {
  const next = { ...before, lastTrueAt: now, message, fix };
  if (isUnposted(before)) {
    if (msSince(before.postedAt, now) < RELAPSE_MS) return { next, occasion: null, change: null };
    return { next: { ...next, edgeId: newId(), postedAt: now }, occasion: 'firing', change: null };
  }
  const day = Math.floor(msSince(before.since, now) / DAY_MS);
  const isPosted = day === 0 || msSince(before.since, before.postedAt) >= day * DAY_MS;
  return isPosted
    ? { next, occasion: null, change: null }
    : { next: { ...next, postedAt: now }, occasion: `day ${day}`, change: null };
}

function calmDown(before: Alert, now: Date): Step {
  if (msSince(before.lastTrueAt, now) < RESOLVED_AFTER_MS) return { next: before, occasion: null, change: null };
  const next: Alert = { ...before, state: 'resolved', until: now };
  return isUnposted(before)
    ? { next, occasion: null, change: 'resolved' }
    : { next: { ...next, postedAt: now }, occasion: 'resolved', change: 'resolved' };
}

/** It fires again since the message that it is over. */
function isUnposted({ postedAt, since }: Alert): boolean {
  return postedAt < since;
}

function msSince(earlier: Date, later: Date): number {
  return later.getTime() - earlier.getTime();
}
