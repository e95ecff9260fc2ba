/**
 * A past for a test: many events at once with what hangs on them, put in by SQL as if they had come and gone long ago.
 * They bypass the service, which could not make them as old or as many.
 */
import type { World } from '../helpers/service.ts';

export interface Past {
  readonly count: number;
  /** How long ago they came. */
  readonly ageDays?: number;
  /** What became of their deliveries; null: they have none. Unfinished ones are not due before an hour has passed. */
  readonly state?: 'pending' | 'delivering' | 'delivered' | 'dead_letter' | null;
  readonly callback?: string;
  readonly type?: string;
  /** `<payment>-1`, `<payment>-2`, …: one payment for each event. Without `isOnePayment`, that is. */
  readonly payment?: string;
  readonly isOnePayment?: boolean;
  /** When their identities expire, from now. */
  readonly expireInDays?: number;
}

/** Stores the events, each with a second receipt, an identity and, unless pending, one attempt. */
export async function storePast(world: Pick<World, 'query'>, past: Past): Promise<void> {
  const { count, ageDays = 0, state = 'delivered', callback = 'UNFREEZE', type = 'payment.unfrozen' } = past;
  const { payment = 'past', isOnePayment = false, expireInDays = 31 - ageDays } = past;
  await world.query(STORE, [count, ageDays, state, callback, type, payment, isOnePayment, expireInDays]);
}

const STORE = `
  with given as (
    select n, case when $7::bool then $6::text else $6::text || '-' || n end as payment_key, gen_random_uuid() as id,
           date_trunc('milliseconds', now() - $2::float8 * interval '1 day') as at
    from generate_series(1, $1::int) n
  ), stored as (
    insert into events (id, payment_key, payment_id, callback, type, method, parameters, received_at, verified)
    select id, payment_key, payment_key, $4, $5, 'GET', '{}', at, '{"digest":true,"result":true,"basicAuth":false,"source":false}' from given order by n
    returning id, sequence, payment_key, received_at
  ), known as (
    insert into identities (payment_key, key, event_id, expires_at)
    select payment_key, 'past:' || id, id, now() + $8::float8 * interval '1 day' from stored
  ), again as (
    insert into receipts (event_id, count, last_at) select id, 2, received_at from stored
  ), outgoing as (
    insert into outbox (sequence, payment_key, state, attempt_count, tries_used, wake_at, claim_token, claimed_at)
    select sequence, payment_key, $3, tries, tries, now() + interval '1 hour',
           case when $3 = 'delivering' then gen_random_uuid() end, case when $3 = 'delivering' then now() end
    from stored cross join (select case when $3 = 'pending' then 0 else 1 end as tries) t
    where $3::text in ('pending', 'delivering')
    returning sequence, attempt_count
  ), given_up as (
    insert into dead_letters select sequence from stored where $3 = 'dead_letter'
  ), finished as (
    insert into deliveries (sequence, state, attempt_count, tries_used, finished_at,
                            first_started_at, first_duration_ms, first_outcome, first_status)
    select sequence, $3, 1, 1, received_at, now(), 5, case when $3 = 'delivered' then 'accepted' else 'refused' end, 200
    from stored where $3::text in ('delivered', 'dead_letter')
  )
  insert into attempts (sequence, number, started_at, duration_ms, outcome, status)
  select sequence, 1, now(), 5, 'refused', 200 from outgoing where attempt_count > 0`;
