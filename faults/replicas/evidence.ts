/** The evidence of a run: what was sent, what is stored, what the merchant received, which faults were injected. */

import type { Provider } from '../../src/db/schema.ts';
import { publicId } from '../../src/events/public-id.ts';
import { ATTEMPTS, DELIVERIES } from '../../test/helpers/delivery-states.ts';
import type { SharedDatabase } from '../database.ts';
import type { ReceivedRequest } from '../received-request.ts';
import type { AttemptLine } from '../replica-log.ts';
import type { CallbackSecrets, PlannedCallback } from './planned-callback.ts';

/** One request to a replica, by the runner's own clock. */
export interface SentTry {
  readonly replica: string;
  readonly sentAtMs: number;
  readonly endedAtMs: number;
  /** The HTTP status, or why there is none. */
  readonly response: number | 'timed_out' | 'unreachable';
}

/** One planned callback with all requests that carried it, repeats included. */
export interface SentCallback {
  readonly callback: PlannedCallback;
  readonly tries: readonly SentTry[];
  /** Sent to another replica while the commit of the payment's previous callback was delayed. */
  readonly metSlowCommit: boolean;
}

/** An event with its delivery, as stored in Postgres. */
export interface StoredEvent {
  /** The public id, which the merchant receives. */
  readonly id: string;
  readonly sequence: number;
  readonly provider: Provider;
  readonly paymentId: string;
  readonly orderReference: string | null;
  /** The callback type, or the kind. */
  readonly callback: string;
  /** Identifies the callback within its payment: the body, or, without one, the callback's type and result. */
  readonly content: string;
  readonly receipts: number;
  /** Null when there is no delivery. */
  readonly state: string | null;
  readonly attemptCount: number;
}

export interface StoredAttempt {
  readonly eventId: string;
  readonly number: number;
  readonly outcome: string;
  readonly status: number | null;
}

/** The faults injected into the replicas. */
export interface ProcessFaults {
  /** `duringRequest`: while the merchant was processing a request of the replica. */
  readonly kills: readonly { readonly duringRequest: boolean }[];
  /** `isLong`: longer than a claim lasts. */
  readonly stops: readonly { readonly ms: number; readonly isLong: boolean }[];
}

export interface Evidence {
  /** Number of callbacks to be sent. */
  readonly planned: number;
  readonly sent: readonly SentCallback[];
  readonly events: readonly StoredEvent[];
  readonly attempts: readonly StoredAttempt[];
  /** Requests that the merchant received, in order of arrival. */
  readonly received: readonly ReceivedRequest[];
  /** What the replicas logged about their attempts. */
  readonly lines: readonly AttemptLine[];
  readonly processFaults: ProcessFaults;
  /** Replicas that ended without being stopped, and replicas that did not stop properly. */
  readonly crashes: readonly string[];
  /** Where a secret was found that belongs there least of all: in a log, or in a row. */
  readonly leaks: readonly string[];
}

/** Identifies a callback across sender, database and merchant. */
export function callbackKey({ paymentId, content }: { readonly paymentId: string; readonly content: string }): string {
  return `${paymentId} ${content}`;
}

/** Reads all events and attempts. */
export async function readStored({
  query,
}: Pick<SharedDatabase, 'query'>): Promise<Pick<Evidence, 'events' | 'attempts'>> {
  const events = await query<{ -readonly [Name in keyof StoredEvent]: StoredEvent[Name] }>(`
    select e.id, e.sequence::int, coalesce(e.provider, 'resurs-ecom') as provider, e.payment_id as "paymentId",
           case when e.provider is null then e.payment_id else e.order_reference end as "orderReference", e.callback,
           coalesce(convert_from(e.body, 'UTF8'), concat_ws(' ', e.callback, e.result)) as content,
           coalesce(r.count, 1) as receipts, d.state, coalesce(d.attempt_count, 0)::int as "attemptCount"
    from events e
    left join receipts r on r.event_id = e.id
    left join ${DELIVERIES} d using (sequence)
    order by e.sequence`);
  const attempts = await query<{ -readonly [Name in keyof StoredAttempt]: StoredAttempt[Name] }>(`
    select e.id as "eventId", a.number, a.outcome, a.status from ${ATTEMPTS} a join events e using (sequence) order by e.id, a.number`);
  return {
    events: events.map((event) => ({ ...event, id: publicId(event.id) })),
    attempts: attempts.map((attempt) => ({ ...attempt, eventId: publicId(attempt.eventId) })),
  };
}

/** Finds rows of events that hold a secret anywhere but in the body, which is Resurs' own. */
export async function findLeaks(
  { query }: Pick<SharedDatabase, 'query'>,
  { salt, mapiToken }: CallbackSecrets,
): Promise<string[]> {
  const rows = await query<{ id: string }>(
    `select id from events
     where strpos(concat_ws(' ', payment_id, order_reference, parameters), $1) > 0
        or strpos(concat_ws(' ', payment_id, order_reference, parameters), $2) > 0`,
    [salt, mapiToken],
  );
  return rows.map(({ id }) => `${publicId(id)}: a secret`);
}
