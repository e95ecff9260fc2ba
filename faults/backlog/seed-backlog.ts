/**
 * Seeds events by SQL, in the shape in which the service stores them, where a run needs more than it could send. There
 * is no ANALYZE afterwards: outdated statistics are part of the test.
 */
import type { SharedDatabase } from '../database.ts';

/** Rows of one insert: some seconds at most. */
const CHUNK = 50_000;
/** Every payment has two events, every second payment a third. */
const EVENTS_OF_TWO_PAYMENTS = 5;

export interface Unfinished {
  /** Prefix of every payment id. */
  readonly prefix: string;
  readonly payments: number;
  /** The age of the first and of the last event. */
  readonly fromDaysAgo: number;
  readonly toDaysAgo: number;
}

/** Returns how many events `seedUnfinished` makes for these payments. */
export function eventsFor(payments: number): number {
  return Math.floor((payments * EVENTS_OF_TWO_PAYMENTS) / 2);
}

/** Returns for how many payments `seedUnfinished` makes about this many events. */
export function paymentsFor(events: number): number {
  return Math.floor((events * 2) / EVENTS_OF_TWO_PAYMENTS);
}

/**
 * Stores the first events of all payments, then the second ones, then the third ones; none was attempted. Resolves with
 * their number.
 */
export async function seedUnfinished({ query }: SharedDatabase, unfinished: Unfinished): Promise<number> {
  const { prefix, payments, fromDaysAgo, toDaysAgo } = unfinished;
  const count = eventsFor(payments);
  for (let first = 0; first < count; first += CHUNK) {
    const last = Math.min(first + CHUNK, count) - 1;
    await query(SEED_UNFINISHED, [prefix, payments, count, fromDaysAgo, toDaysAgo, first, last]);
  }
  return count;
}

const SEED_UNFINISHED = `
  with given as (
    select n, date_trunc('milliseconds', now() - interval '1 day' * ($4::float8 - ($4::float8 - $5::float8) * n / $3::int)) as at,
           least(n / $2::int, 2) as round,
           $1::text || '-' || case when n < 2 * $2::int then n % $2::int else 2 * (n - 2 * $2::int) end as payment
    from generate_series($6::int, $7::int) n
  ), event as (
    insert into events (id, payment_key, payment_id, callback, type, method, parameters, body, received_at, verified)
    select uuidv7(at - now()), payment, payment, (array['BOOKED', 'UNFREEZE', 'UPDATE'])[round + 1],
           (array['payment.booked', 'payment.unfrozen', 'payment.updated'])[round + 1], 'POST', '{}', '{}'::bytea, at,
           '{"digest":true,"result":true,"basicAuth":false,"source":false}'
    from given order by n
    returning id, sequence, payment_key, callback, received_at
  ), known as (
    insert into identities (payment_key, key, event_id, expires_at)
    select payment_key, callback, id, received_at + interval '31 days' from event
    where received_at > now() - interval '31 days'
  )
  insert into outbox (sequence, payment_key, state, wake_at)
  select sequence, payment_key, case callback when 'BOOKED' then 'pending' else 'blocked' end,
         case callback when 'BOOKED' then received_at end
  from event`;

/**
 * Stores dead letters, refused with 410 a day ago. Half of them belong to `crowded` payments, the others to one payment
 * each.
 */
export async function seedDeadLetters(
  { query }: SharedDatabase,
  { count, crowded }: { readonly count: number; readonly crowded: number },
): Promise<void> {
  await query(
    `with event as (
      insert into events (id, payment_key, payment_id, callback, type, method, parameters, received_at, verified)
      select gen_random_uuid(), payment, payment, 'UNFREEZE', 'payment.unfrozen', 'GET', '{}', now() - interval '1 day', '{}'
      from generate_series(1, $1::int) n,
           lateral (select case when n % 2 = 0 then 'crowded-' || n / 2 % $2::int else 'single-' || n end as payment) p
      order by n
      returning sequence, received_at
    ), given_up as (
      insert into dead_letters (sequence) select sequence from event
    )
    insert into deliveries (sequence, state, attempt_count, tries_used, finished_at, first_started_at, first_duration_ms,
                            first_outcome, first_status, first_answer)
    select sequence, 'dead_letter', 1, 1, received_at, received_at, 5, 'refused', 410, '' from event`,
    [count, crowded],
  );
}

/** Reads the sequence of the newest event; 0 when there is none. */
export async function newestSequence({ query }: SharedDatabase): Promise<number> {
  const [row] = await query<{ top: number }>('select coalesce(max(sequence), 0)::int as top from events');
  return row?.top ?? 0;
}
