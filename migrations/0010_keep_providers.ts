import { type Kysely, sql } from 'kysely';

/**
 * Keeps from which of Resurs' interfaces an event came, the reference of its order, and what Resurs held of its payment.
 *
 * - Most events are of the eCom API. There `provider` and `order_reference` stay null, so such an event costs no byte and
 *   no index entry more than before; the indexes are of the other events alone.
 * - `store_events_v4` is that of 0009_keep_order_states.ts with the two columns. The limit of new events holds for an
 *   application as for a payment.
 * - A snapshot is written once, before the event's first attempt, by the process that holds the claim of its delivery.
 *   `save_snapshots_v1` does that and begins the claim anew, since reading took some of its lease. `renew_claims_v1` does
 *   the second while a read lasts. Both return the claims that are still held.
 * - A callback about an application of the Merchant API is about no payment yet.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table events
      add column provider text,
      add column order_reference text,
      add column snapshot json,
      add constraint events_provider_known check (provider = 'resurs-mapi') not valid,
      drop constraint events_payment_by_callback,
      add constraint events_payment_by_callback check (case
        when callback = 'TEST' or (callback = 'CREDIT_APPLICATION' and provider is not null) then payment_id is null
        else payment_id is not null or callback = 'PASSWORD_EXPIRATION'
      end) not valid`.execute(db);
  await sql`
    create index events_order_reference on events (order_reference, sequence) where order_reference is not null`.execute(
    db,
  );
  await sql`create index events_provider on events (provider, sequence) where provider is not null`.execute(db);

  await sql`
create function store_events_v4(
  ids uuid[], receipt_counts int[], deliver bool[], payment_keys text[], payment_ids text[], keys text[], shadow_keys text[],
  windows_ms float8[], ended_keys text[], callbacks text[], types text[], results text[], methods text[], parameter_sets json[], bodies bytea[],
  registered timestamptz[], verifications json[], transitions text[],
  providers text[], order_references text[], fact_types text[], max_events int, slots int, token uuid, lease_ms float8
)
returns table (
  sent uuid, event_id uuid, sequence bigint, received_at timestamptz, delivery text,
  order_state text, order_certain bool, earlier_facts text
)
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
      callbacks, types, results, methods, parameter_sets, bodies, registered, verifications, transitions, providers,
      order_references
    ) with ordinality as t (
      id, receipts, deliver, payment_key, payment_id, key, shadow_key, window_ms, ended_keys,
      callback, type, result, method, parameters, body, registered_at, verified, transitions, provider,
      order_reference, place
    )
  ), identified as (
    insert into identities as k (payment_key, key, event_id, expires_at)
    select i.payment_key, i.key, i.id, at + i.window_ms * interval '1 ms'
    from input i
    where max_events = 0 or (i.payment_id is null and i.callback <> 'CREDIT_APPLICATION')
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
  ), ordered as (
    select i.*,
           case when i.transitions is not null then split_part(t.transition, ':', 1) end as order_state,
           case when i.transitions is not null then
             -- An order that was changed is not certain before it is ended.
             (split_part(t.transition, ':', 1) in ('cancelled', 'paid') or strpos(',' || f.earlier || ',', ',updated,') = 0)
             and coalesce(nullif(split_part(t.transition, ':', 2), '')::bool, p.order_certain, false)
           end as order_certain,
           case when i.transitions is not null then f.earlier end as earlier_facts
    from input i
    join identified c using (payment_key, key)
    left join lateral (
      select e.sequence, e.order_state, e.order_certain, e.earlier_facts,
             case when e.type = any (fact_types) then substr(e.type, 9) end as fact
      from events e
      where e.payment_key = i.payment_key and i.transitions is not null
      order by e.sequence desc
      limit 1
    ) p on true
    cross join lateral (
      -- Events that an earlier version has stored have no order.
      select case when p.sequence is not null and p.order_state is null
                  then order_from_history_v1(i.payment_key, p.sequence) end as history
      offset 0
    ) h
    cross join lateral (
      select coalesce(p.order_state, split_part(h.history, ':', 1)) as state,
             coalesce(p.earlier_facts, split_part(h.history, ':', 2)) as facts
    ) b
    cross join lateral (
      select split_part(i.transitions, ',', case b.state
        when 'on_hold' then 2 when 'may_ship' then 3 when 'paid' then 4 when 'cancelled' then 5 else 1
      end) as transition
    ) t
    cross join lateral (
      -- The facts before the previous event and its own: each once, the last at the end.
      select case when p.fact is null then coalesce(b.facts, '')
                  else trim(both ',' from replace(',' || b.facts || ',', ',' || p.fact || ',', ',') || p.fact)
                  end as earlier
    ) f
    where c.event_id = i.id
  ), stored as (
    insert into events as e (
      id, payment_key, payment_id, callback, type, result, method, parameters, body, registered_at, received_at, verified,
      order_state, order_certain, earlier_facts, provider, order_reference
    )
    select o.id, o.payment_key, o.payment_id, o.callback, o.type, o.result, o.method,
           o.parameters, o.body, o.registered_at, at, o.verified,
           o.order_state, o.order_certain, o.earlier_facts, o.provider, o.order_reference
    from ordered o
    returning e.id, e.sequence, e.payment_key, e.order_state, e.order_certain, e.earlier_facts
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
  select i.id, c.event_id, s.sequence, at, d.state, s.order_state, s.order_certain, s.earlier_facts
  from input i
  left join identified c using (payment_key, key)
  left join stored s on s.id = i.id
  left join stated d on d.id = i.id;
end
$$`.execute(db);

  await sql`
create function renew_claims_v1(sequences bigint[], payment_keys text[], tokens uuid[], lease_ms float8)
returns table (sequence bigint, token uuid)
language sql
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
as $$
  with held as materialized (
    select h.row_id
    from (
      select * from unnest(sequences, payment_keys, tokens) as t (sequence, payment_key, token)
      order by payment_key, sequence
      offset 0
    ) i cross join lateral (
      select o.ctid as row_id from outbox o
      where o.sequence = i.sequence and o.claim_token = i.token
      for no key update
    ) h
  )
  update outbox o set claimed_at = now(), wake_at = now() + lease_ms * interval '1 ms'
  from held h
  where o.ctid = h.row_id
  returning o.sequence, o.claim_token
$$`.execute(db);

  // An event that has a snapshot keeps it: each attempt sends the same.
  await sql`
create function save_snapshots_v1(
  sequences bigint[], payment_keys text[], tokens uuid[], snapshots json[], order_references text[], lease_ms float8
)
returns table (sequence bigint, token uuid, snapshot json, order_reference text)
language plpgsql
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
as $$
#variable_conflict use_column
begin
  return query
  with renewed as materialized (
    select r.sequence, r.token from renew_claims_v1(sequences, payment_keys, tokens, lease_ms) r
  ), saved as (
    update events e
    set snapshot = coalesce(e.snapshot, i.snapshot),
        order_reference = case when e.provider is not null then coalesce(e.order_reference, i.order_reference) end
    from renewed r
    cross join lateral (
      select * from unnest(sequences, tokens, snapshots, order_references) as t (sequence, token, snapshot, order_reference)
      where t.sequence = r.sequence and t.token = r.token
      limit 1
    ) i
    cross join lateral (select x.ctid as row_id from events x where x.sequence = r.sequence offset 0) h
    where e.ctid = h.row_id
    returning e.sequence, r.token, e.snapshot, e.order_reference
  )
  select * from saved;
end
$$`.execute(db);
}
