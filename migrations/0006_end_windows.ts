import { type Kysely, sql } from 'kysely';

/**
 * Lets an event end the windows of the facts that it contradicts, and lets events be about an account.
 *
 * - FROZEN may be reported again after THAWED or UNFREEZE, and they after FROZEN. The new function is that of
 *   0004_create_store_function.ts, which says why it is made so, with one step more: a new event removes the keys that
 *   it ends, by `ctid` and under the lock of its payment. A repeat ends nothing.
 * - The callback PASSWORD_EXPIRATION has no payment. Of the other types each still has one.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table events
      drop constraint events_payment_unless_test,
      add constraint events_payment_by_callback check (case callback
        when 'TEST' then payment_id is null
        when 'PASSWORD_EXPIRATION' then true
        else payment_id is not null
      end)`.execute(db);
  await sql`
create function store_events_v2(
  ids uuid[], receipt_counts int[], deliver bool[], payment_keys text[], payment_ids text[], keys text[], shadow_keys text[],
  windows_ms float8[], ended_keys text[], callbacks text[], types text[], results text[], methods text[], parameter_sets json[], bodies bytea[],
  registered timestamptz[], verifications json[], max_events int, slots int, token uuid, lease_ms float8
)
returns table (sent uuid, event_id uuid, sequence bigint, received_at timestamptz, delivery text)
language plpgsql
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
as $$
#variable_conflict use_column
declare
  at timestamptz;
begin
  perform pg_advisory_xact_lock(lock)
  from (select distinct hashtextextended(k, 0) as lock from unnest(payment_keys) k order by 1) locks;
  at := date_trunc('milliseconds', clock_timestamp());

  return query
  with input as materialized (
    select *
    from unnest(
      ids, receipt_counts, deliver, payment_keys, payment_ids, keys, shadow_keys, windows_ms, ended_keys,
      callbacks, types, results, methods, parameter_sets, bodies, registered, verifications
    ) with ordinality as t (
      id, receipts, deliver, payment_key, payment_id, key, shadow_key, window_ms, ended_keys,
      callback, type, result, method, parameters, body, registered_at, verified, place
    )
  ), identified as (
    insert into identities as k (payment_key, key, event_id, expires_at)
    select i.payment_key, i.key, i.id, at + i.window_ms * interval '1 ms'
    from input i
    where max_events = 0 or i.payment_id is null
       -- Room: the newest events of the payment, as many as it may have, do not all lie in the last 24 hours.
       or coalesce((
         select e.received_at from events e where e.payment_key = i.payment_key
         order by e.sequence desc offset greatest(max_events - 1, 0) limit 1
       ) <= at - interval '24 hours', true)
       -- A scalar select, so that the time is judged and not looked for by an index of its own.
       or (select x.expires_at from identities x where x.payment_key = i.payment_key and x.key = i.key) > at
    order by i.payment_key, i.key
    on conflict (payment_key, key) do update set
      event_id = case when k.expires_at <= at then excluded.event_id else k.event_id end,
      expires_at = case when k.expires_at <= at then excluded.expires_at else k.expires_at end
    returning k.payment_key, k.key, k.event_id
  ), stored as (
    insert into events as e (
      id, payment_key, payment_id, callback, type, result, method, parameters, body, registered_at, received_at, verified
    )
    select i.id, i.payment_key, i.payment_id, i.callback, i.type, i.result, i.method,
           i.parameters, i.body, i.registered_at, at, i.verified
    from input i join identified c using (payment_key, key)
    where c.event_id = i.id
    returning e.id, e.sequence, e.payment_key
  ), shadowed as (
    insert into identities as k (payment_key, key, event_id, expires_at)
    select i.payment_key, i.shadow_key, i.id, at + i.window_ms * interval '1 ms'
    from stored s join input i using (id)
    where i.shadow_key is not null
    order by i.payment_key
    on conflict (payment_key, key) do update set event_id = excluded.event_id, expires_at = excluded.expires_at
    where k.expires_at <= at
  ), ended as (
    delete from identities
    where ctid = any(array(
      select k.ctid
      from stored s join input i using (id)
      cross join lateral unnest(string_to_array(i.ended_keys, ',')) ended (key)
      cross join lateral (
        select x.ctid from identities x where x.payment_key = s.payment_key and x.key = ended.key offset 0
      ) k
    ))
  ), counted as (
    insert into receipts as r (event_id, count, last_at)
    select c.event_id, i.receipts + (c.event_id <> i.id)::int, at
    from input i join identified c using (payment_key, key)
    where c.event_id <> i.id or i.receipts > 1
    on conflict (event_id) do update set count = r.count + excluded.count - 1, last_at = excluded.last_at
  ), outgoing as (
    select o.id, o.sequence, o.payment_key, o.place, ahead.sequence is not null as is_blocked
    from (
      select s.id, s.sequence, s.payment_key, i.place
      from stored s join input i using (id)
      where i.deliver
      order by s.payment_key
      offset 0
    ) o left join lateral (
      select b.sequence from outbox b
      where b.payment_key = o.payment_key and not b.replayed
      order by b.turn
      limit 1
      for key share
    ) ahead on true
  ), stated as (
    select o.id, o.sequence, o.payment_key,
           case when o.is_blocked then 'blocked'
                when row_number() over (partition by o.is_blocked order by o.place) <= slots then 'delivering'
                else 'pending' end as state
    from outgoing o
  ), queued as (
    insert into outbox as o (
      sequence, payment_key, state, attempt_count, wake_at, claim_token, claimed_at
    )
    select s.sequence, s.payment_key, s.state, (s.state = 'delivering')::int,
           case s.state when 'pending' then at when 'delivering' then at + lease_ms * interval '1 ms' end,
           case when s.state = 'delivering' then token end,
           case when s.state = 'delivering' then at end
    from stated s
  )
  select i.id, c.event_id, s.sequence, at, d.state
  from input i
  left join identified c using (payment_key, key)
  left join stored s on s.id = i.id
  left join stated d on d.id = i.id;
end
$$`.execute(db);
}
