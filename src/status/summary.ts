/** Summarizes the delivery of an event in one line that a shop owner understands. Pure. */
import type { AttemptOutcome } from '../db/schema.ts';
import type { WebhookOutage } from './outage.ts';

export type DisplayState = 'held' | 'pending' | 'delivering' | 'delivered' | 'dead_letter';

export interface DeliveryFacts {
  readonly state: DisplayState;
  readonly attemptCount: number;
  readonly nextAttemptAt: Date | null;
  readonly deliveredAt: Date | null;
  /** The last attempt that ended, if any. */
  readonly last: { readonly outcome: AttemptOutcome; readonly status: number | null } | null;
}

/** Returns the line. A time on another day than `now` has its date. Times are UTC. `outage`: the webhook is down. */
export function summarizeDelivery(
  delivery: DeliveryFacts | null,
  now: Date,
  outage: WebhookOutage | null = null,
): string {
  if (delivery === null) return 'Stored; this kind of event is not forwarded';
  const { attemptCount, nextAttemptAt, deliveredAt } = delivery;
  switch (delivery.state) {
    case 'held':
      return 'Stored; no webhook configured';
    case 'delivered':
      return `Delivered to the shop at ${deliveredAt === null ? 'an unknown time' : timeOf(deliveredAt, now)}`;
    case 'dead_letter':
      return `Gave up after ${times(attemptCount, 'try', 'tries')}; replay to try again`;
    case 'delivering':
      return 'Being delivered to the shop now';
    case 'pending': {
      if (nextAttemptAt === null) return 'Waiting for an earlier event of this payment';
      const next = outage === null ? describeNext('next try', nextAttemptAt, now) : describeOutage(outage, now);
      return attemptCount === 0 ? `To be delivered to the shop; ${next}` : `${describeLastAttempt(delivery)}; ${next}`;
    }
  }
}

function describeNext(what: string, at: Date, now: Date): string {
  return at <= now ? `${what} now` : `${what} ${timeOf(at, now)}`;
}

function describeOutage({ downSince, nextProbeAt }: WebhookOutage, now: Date): string {
  const probe = describeNext('next probe', nextProbeAt, now);
  return `waits for the webhook to be up (down since ${timeOf(downSince, now)}, ${probe})`;
}

function describeLastAttempt({ last, attemptCount }: DeliveryFacts): string {
  const count = times(attemptCount, 'try', 'tries');
  switch (last?.outcome) {
    case undefined:
      return `Not delivered after ${count}`;
    case 'accepted':
      return 'To be delivered to the shop again';
    case 'refused':
      return `Shop responded with ${last?.status}, ${count} so far`;
    case 'unreachable':
      return `Shop could not be reached, ${count} so far`;
    case 'timed_out':
      return `Shop did not respond in time, ${count} so far`;
    case 'abandoned':
      return `Interrupted during delivery, ${count} so far`;
  }
}

function times(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** Formats 12:04:11 today, 2026-11-20 12:04:11 otherwise; UTC, as everywhere. */
function timeOf(date: Date, now: Date): string {
  const [day = '', time = ''] = date.toISOString().split('T');
  const short = time.slice(0, 'hh:mm:ss'.length);
  return now.toISOString().startsWith(day) ? short : `${day} ${short}`;
}
