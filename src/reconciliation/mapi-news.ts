/**
 * Follows the events of the Merchant API: each payment of a new one is open from then on. The mark is the number of the
 * last event that was seen. It stays behind events younger than a minute, because numbers become visible out of order.
 */
import { sql } from 'kysely';
import type { Database } from '../db/client.ts';
import { RECONCILED_CALLBACK } from '../events/missed.ts';

/** A payment of which an event came. */
export interface SeenEvent {
  readonly sequence: number;
  /** Null for a test, and for an application. */
  readonly paymentId: string | null;
  readonly receivedAt: Date;
  /** No event before it can become visible any more. */
  readonly isSettled: boolean;
}

const MARK_NAME = 'mapi-events';
export const NEWS_PAGE = 1_000;
const MAX_SEQUENCE = 9_223_372_036_854_775_807n;

/** Returns the number of the last event that was seen; null before the first run. */
export async function readMark(db: Database, environment: string): Promise<number | null> {
  const [mark] = await db.run(
    sql<{ readonly sequence: number }>`
      select sequence from search_marks where environment = ${environment} and name = ${MARK_NAME}`.compile(db.kysely),
  );
  return mark?.sequence ?? null;
}

/** Moves the mark on, never back. */
export async function moveMark(db: Database, environment: string, sequence: number): Promise<void> {
  await db.run(
    sql`
      insert into search_marks as m (environment, name, since, sequence)
      values (${environment}, ${MARK_NAME}, now(), ${sequence}::bigint)
      on conflict (environment, name) do update set since = now(), sequence = excluded.sequence
      where m.sequence < excluded.sequence`.compile(db.kysely),
  );
}

/** Returns the next events behind a number, the oldest first. */
export function eventsAfter(db: Database, sequence: number, signal?: AbortSignal): Promise<readonly SeenEvent[]> {
  return findEvents(db, { above: sequence, below: MAX_SEQUENCE.toString(), direction: sql`asc` }, signal);
}

/** Returns the events before a number, the newest first; null: the newest of all. */
export function eventsBefore(
  db: Database,
  sequence: number | null,
  signal?: AbortSignal,
): Promise<readonly SeenEvent[]> {
  const below = (sequence ?? MAX_SEQUENCE).toString();
  return findEvents(db, { above: 0, below, direction: sql`desc` }, signal);
}

/** The provider is compared as a row with the number, so that only the index of both can be used. */
async function findEvents(
  db: Database,
  { above, below, direction }: { above: number; below: string; direction: ReturnType<typeof sql> },
  signal?: AbortSignal,
): Promise<readonly SeenEvent[]> {
  return db.run(
    sql<SeenEvent>`
      select sequence, received_at as "receivedAt", received_at <= now() - interval '1 minute' as "isSettled",
             case when callback <> ${RECONCILED_CALLBACK} then payment_id end as "paymentId"
      from events
      where provider is not null
        and (provider, sequence) > ('resurs-mapi', ${above}::bigint)
        and (provider, sequence) < ('resurs-mapi', ${below}::bigint)
      order by provider ${direction}, sequence ${direction}
      limit ${sql.lit(NEWS_PAGE)}`.compile(db.kysely),
    signal,
  );
}
