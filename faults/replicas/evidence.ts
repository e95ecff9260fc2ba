/** What a run leaves to be judged: what was sent, what is kept, what the merchant saw, what was done to the replicas. */

import { publicId } from '../../src/events/event.ts';
import { ATTEMPTS, DELIVERIES } from '../../test/helpers/delivery-states.ts';
import type { SharedDatabase } from '../database.ts';
import type { Arrival } from '../received-request.ts';
import type { AttemptLine } from '../replica-log.ts';
import type { Fact } from './load-plan.ts';

/** One request to a replica, by the runner's own clock. */
export interface SentTry {
  readonly replica: string;
  readonly sentAtMs: number;
  readonly endedAtMs: number;
  /** The HTTP status, or why there is none. */
  readonly answer: number | 'timed_out' | 'unreachable';
}

/** Everything that was sent of one fact, its repeats included. */
export interface SentFact {
  readonly fact: Fact;
  readonly tries: readonly SentTry[];
  /** Sent to another replica while the payment's fact before it was held up in its commit. */
  readonly metSlowCommit: boolean;
}

/** An event with its delivery, as Postgres holds them. */
export interface KeptEvent {
  /** As the merchant knows it. */
  readonly id: string;
  readonly sequence: number;
  readonly paymentId: string;
  /** What the fact is recognised by: the body, or, without one, the callback's type and result. */
  readonly fact: string;
  readonly receipts: number;
  /** Null when there is no delivery. */
  readonly state: string | null;
  readonly attemptCount: number;
}

export interface KeptAttempt {
  readonly eventId: string;
  readonly number: number;
  readonly outcome: string;
  readonly status: number | null;
}

/** What was done to the replicas. */
export interface Troubles {
  readonly kills: readonly { readonly atArrival: boolean }[];
  /** `isLong`: longer than a claim lasts. */
  readonly stops: readonly { readonly ms: number; readonly isLong: boolean }[];
}

export interface Evidence {
  /** Facts that were to be sent. */
  readonly planned: number;
  readonly sent: readonly SentFact[];
  readonly events: readonly KeptEvent[];
  readonly attempts: readonly KeptAttempt[];
  readonly arrivals: readonly Arrival[];
  /** What the replicas logged about their attempts. */
  readonly lines: readonly AttemptLine[];
  readonly troubles: Troubles;
  /** How replicas ended that nobody had asked to; and those that did not stop properly. */
  readonly crashes: readonly string[];
}

/** What the same fact is recognised by everywhere. */
export function keyOf({ paymentId, fact }: { readonly paymentId: string; readonly fact: string }): string {
  return `${paymentId} ${fact}`;
}

export async function readKept({
  query,
}: Pick<SharedDatabase, 'query'>): Promise<Pick<Evidence, 'events' | 'attempts'>> {
  const events = await query<{ -readonly [Name in keyof KeptEvent]: KeptEvent[Name] }>(`
    select e.id, e.sequence::int, e.payment_id as "paymentId", coalesce(convert_from(e.body, 'UTF8'), concat_ws(' ', e.callback, e.result)) as fact,
           coalesce(r.count, 1) as receipts, d.state, coalesce(d.attempt_count, 0)::int as "attemptCount"
    from events e
    left join receipts r on r.event_id = e.id
    left join ${DELIVERIES} d using (sequence)
    order by e.sequence`);
  const attempts = await query<{ -readonly [Name in keyof KeptAttempt]: KeptAttempt[Name] }>(`
    select e.id as "eventId", a.number, a.outcome, a.status from ${ATTEMPTS} a join events e using (sequence) order by e.id, a.number`);
  return {
    events: events.map((event) => ({ ...event, id: publicId(event.id) })),
    attempts: attempts.map((attempt) => ({ ...attempt, eventId: publicId(attempt.eventId) })),
  };
}

/** The items by a key, each list in their order. */
export function grouped<T>(items: readonly T[], key: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  return Map.groupBy(items, key);
}
