/**
 * States of the tables for the test of plans, made by SQL alone, as if hundreds of thousands of events had been
 * received and delivered. Nothing here analyzes or vacuums: a test does that where its state needs it.
 */

const EVENT = 'id, payment_key, payment_id, callback, type, method, parameters, received_at, verified';
const FINISHED = `sequence, state, attempt_count, tries_used, finished_at,
  first_started_at, first_duration_ms, first_outcome, first_status`;

/** Events finished long ago, each of a payment of its own, with all rows that depend on them. */
export function history(count: number): string[] {
  const ours = "from events where callback = 'FINALIZATION'";
  return [
    `insert into events (${EVENT})
     select gen_random_uuid(), 'past-' || n, 'past-' || n, 'FINALIZATION', 'payment.finalized', 'GET', '{}',
            now() - interval '90 days' + n * interval '10 s', '{"digest": true}'
     from generate_series(1, ${count}) n`,
    ...ofMerchantApi(Math.floor(count / 10)),
    ...askedFor(Math.floor(count / 10)),
    `insert into actions (at, action, operator, detail)
     select now() - interval '90 days' + n * interval '10 s', 'event.replayed', 'Eva', '{}' from generate_series(1, ${count}) n`,
    `insert into identities (payment_key, key, event_id, expires_at)
     select payment_key, 'FINALIZATION', id, received_at + interval '31 days' ${ours}`,
    `insert into deliveries (${FINISHED})
     select sequence, case when sequence % 100 = 0 then 'dead_letter' else 'delivered' end, 2, 2,
            received_at, received_at, 5, 'accepted', 200 ${ours}`,
    `insert into dead_letters select sequence ${ours} and sequence % 100 = 0`,
    `insert into attempts (sequence, number, started_at, duration_ms, outcome, status)
     select sequence, 2, received_at, 5, 'refused', 400 ${ours} and sequence % 10 = 0`,
    `insert into orders (payment_id, registered_at) select payment_key, received_at ${ours} on conflict do nothing`,
    `insert into rejections (payment_id, callback, first_seen_at, last_seen_at, count)
     select 'not-ours-' || n, 'BOOKED', now() - n * interval '1 s', now() - n * interval '1 s', 1
     from generate_series(1, 9000) n`,
    `insert into hourly_counts
     select date_trunc('hour', now() - interval '90 days') + hour * interval '1 h', 'delay', lpad(n::text, 3, '0'), 7
     from generate_series(1, 2000) hour, generate_series(1, 20) n`,
  ];
}

/** Events of the Merchant API from that time, which are not forwarded: one of each order, and as many of `order-long`. */
function ofMerchantApi(count: number): string[] {
  return ["'order-' || n", "'order-long'"].map(
    (reference) => `insert into events (${EVENT}, provider, order_reference)
     select gen_random_uuid(), 'mapi-' || ${reference}, 'mapi-' || ${reference}, 'AUTHORIZATION', 'payment.authorized', 'POST',
            '{}', now() - interval '90 days' + n * interval '10 s', '{"digest": false}', 'resurs-mapi', ${reference}
     from generate_series(1, ${count}) n`,
  );
}

/** Payments and orders of the Merchant API that Resurs is asked for: half of them are due. */
function askedFor(count: number): string[] {
  const dueAt = `now() + (n - ${Math.floor(count / 2)}) * interval '1 s'`;
  return [
    `insert into open_payments (payment_id, due_at)
     select 'mapi-order-' || n, ${dueAt} from generate_series(1, ${count}) n on conflict do nothing`,
    `insert into orders (payment_id, registered_at, provider, due_at)
     select 'order-' || n, now() - interval '90 days' + n * interval '10 s', 'resurs-mapi', ${dueAt}
     from generate_series(1, ${count}) n on conflict do nothing`,
  ];
}

/** Events of the last hours, two of each payment: none is delivered, the first of each is due. */
export function backlog(count: number): string[] {
  const ours = "from events where callback = 'BOOKED'";
  return [
    `insert into events (${EVENT})
     select gen_random_uuid(), 'now-' || n / 2, 'now-' || n / 2, 'BOOKED', 'payment.booked', 'GET', '{}',
            now() - interval '3 hours' + n * interval '10 ms', '{"digest": true}'
     from generate_series(0, ${count - 1}) n`,
    `insert into identities (payment_key, key, event_id, expires_at)
     select payment_key, sequence::text, id, received_at + interval '31 days' ${ours}`,
    `insert into outbox (sequence, payment_key, state, wake_at)
     select sequence, payment_key, case when sequence % 2 = first % 2 then 'pending' else 'blocked' end,
            case when sequence % 2 = first % 2 then received_at end
     from (select *, min(sequence) over () as first ${ours}) e order by sequence`,
  ];
}

/** One payment, `long`, with so many unfinished events of today, of which the first is due. */
export function longPayment(count: number): string[] {
  return [
    `insert into events (${EVENT})
     select gen_random_uuid(), 'long', 'long', 'UPDATE', 'payment.updated', 'GET', '{}', now() - interval '2 hours', '{}'
     from generate_series(1, ${count}) n`,
    `insert into outbox (sequence, payment_key, state, wake_at)
     select sequence, 'long', case sequence when first then 'pending' else 'blocked' end,
            case sequence when first then received_at end
     from (
       select *, case when not exists (select from outbox where payment_key = 'long') then min(sequence) over () end as first
       from events where callback = 'UPDATE' and sequence not in (select sequence from outbox where payment_key = 'long')
     ) e`,
  ];
}

/**
 * Everything due is claimed, then settled as delivered and deleted: up to two dead entries of the index by time for
 * each.
 */
export const DRAIN = [
  `update outbox set state = 'delivering', attempt_count = 1, claim_token = gen_random_uuid(),
          claimed_at = now() - interval '2 hours', wake_at = now() - interval '2 hours' + sequence * interval '1 ms'
   where state = 'pending'`,
  `with gone as (delete from outbox returning sequence)
   insert into deliveries (${FINISHED})
   select sequence, 'delivered', 1, 1, now(), now(), 5, 'accepted', 200 from gone`,
];

/** As a manual change might leave it: nothing is due and nothing in flight. */
export const BLOCK_ALL = [
  `update outbox set state = 'blocked', wake_at = null, claim_token = null, claimed_at = null where state <> 'blocked'`,
];

/** As without a webhook: the first of each payment is due and nothing is ever claimed. */
export const HOLD_ALL = [
  `update outbox o set state = 'pending', wake_at = now() - interval '1 hour' + sequence * interval '1 ms'
   where state = 'blocked'
     and sequence in (select min(sequence) from outbox group by payment_key, replayed having max(state) = 'blocked')`,
];

/** Everything that was due is claimed by processes that have died. */
export const ABANDON_ALL = [
  `update outbox set state = 'delivering', attempt_count = attempt_count + 1, claim_token = gen_random_uuid(),
          claimed_at = now() - interval '2 hours', wake_at = now() - interval '2 hours' + sequence * interval '1 ms'
   where state = 'pending'`,
];
