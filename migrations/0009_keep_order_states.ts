import { type Kysely, sql } from 'kysely';

/**
 * Keeps with each event what it means for its order (src/events/order-state.ts), decided when it is stored.
 *
 * - `store_events_v3` is that of 0006_end_windows.ts with one step more, `ordered`: under the lock of the payment it
 *   reads the payment's previous event, one descent of an index, and takes the event's transition from the state there.
 *   A transition is `state:certain`, with `certain` empty where it stays as it was; an event brings five of them,
 *   separated by commas: for no state, and for on_hold, may_ship, paid and cancelled before.
 * - Events of an earlier version, which may still run beside this one, have no order. `order_from_history_v1` finds it
 *   from the facts themselves, never certain.
 * - The functions that claim return the whole row of the event. They are those of 0005_create_delivery_functions.ts
 *   otherwise; that and 0004_create_store_function.ts say why they are made so.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table events
      add column order_state text,
      add column order_certain bool,
      add column earlier_facts text,
      add constraint events_order_state_known
        check (order_state in ('on_hold', 'may_ship', 'paid', 'cancelled')) not valid,
      add constraint events_order_is_whole
        check (num_nulls(order_state, order_certain, earlier_facts) in (0, 3)) not valid`.execute(db);

  // Returns `state:facts`: the state after the event `until` of the payment, and the facts before that event. Cancelled
  // and paid are never left for another state; before them the last of frozen, thawed and unfrozen decides. An event
  // that has an order stands for those before it, which retention may have removed. A longer history than is read may
  // have been cancelled, so it is on hold.
  //
  // Volatile, so that it reads at the time of its call: a statement that settles may return an event that was stored
  // after the statement began. A stable function would not see that event.
  await sql`
create function order_from_history_v1(key text, until bigint)
returns text
language sql
volatile
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
as $$
  with known as materialized (
    select e.sequence, e.type, e.order_state from events e
    where e.payment_key = key and e.sequence <= until
    order by e.sequence desc
    limit 1000
  )
  select case
           when bool_or(type = 'payment.annulled' or order_state = 'cancelled') then 'cancelled'
           when bool_or(type = 'payment.finalized' or order_state = 'paid') then 'paid'
           when count(*) = 1000 then 'on_hold'
           else coalesce((
             select coalesce(order_state, case type when 'payment.frozen' then 'on_hold' else 'may_ship' end) from known
             where order_state is not null or type in ('payment.frozen', 'payment.thawed', 'payment.unfrozen')
             order by sequence desc limit 1
           ), 'on_hold')
         end || ':' || coalesce((
           select string_agg(fact, ',' order by last)
           from (
             select substr(type, 9) as fact, max(sequence) as last from known
             where sequence < until and type in (
               'payment.booked', 'payment.frozen', 'payment.thawed', 'payment.unfrozen',
               'payment.finalized', 'payment.annulled', 'payment.updated'
             )
             group by type
           ) facts
         ), '')
  from known
$$`.execute(db);

  await sql`
create function store_events_v3(
  ids uuid[], receipt_counts int[], deliver bool[], payment_keys text[], payment_ids text[], keys text[], shadow_keys text[],
  windows_ms float8[], ended_keys text[], callbacks text[], types text[], results text[], methods text[], parameter_sets json[], bodies bytea[],
  registered timestamptz[], verifications json[], transitions text[], fact_types text[], max_events int, slots int, token uuid, lease_ms float8
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
      callbacks, types, results, methods, parameter_sets, bodies, registered, verifications, transitions
    ) with ordinality as t (
      id, receipts, deliver, payment_key, payment_id, key, shadow_key, window_ms, ended_keys,
      callback, type, result, method, parameters, body, registered_at, verified, transitions, place
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
      order_state, order_certain, earlier_facts
    )
    select o.id, o.payment_key, o.payment_id, o.callback, o.type, o.result, o.method,
           o.parameters, o.body, o.registered_at, at, o.verified,
           o.order_state, o.order_certain, o.earlier_facts
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
create function claim_deliveries_v2(wanted int, token uuid, lease_ms float8, since timestamptz, skipped bigint[])
returns table (
  sequence bigint, payment_key text, attempt int, tries_used int, abandoned_in_row int, due_at timestamptz,
  event events
)
language plpgsql
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
as $$
#variable_conflict use_column
begin
  return query
  with due as materialized (
    select d.row_id, d.wake_at
    from (
      select o.ctid as row_id, o.wake_at
      from outbox o
      where o.state = 'pending' and o.wake_at <= now() and o.wake_at >= since and o.sequence <> all (skipped)
      order by o.wake_at
      limit 128
      for no key update skip locked
    ) d
    limit wanted
  ), claimed as (
    update outbox o
    set state = 'delivering', attempt_count = o.attempt_count + 1, wake_at = now() + lease_ms * interval '1 ms',
        claim_token = token, claimed_at = now()
    from due d
    where o.ctid = d.row_id
    returning o.sequence, o.payment_key, o.attempt_count, o.tries_used, o.abandoned_in_row, d.wake_at
  )
  select c.sequence, c.payment_key, c.attempt_count, c.tries_used, c.abandoned_in_row, c.wake_at, e.event
  from claimed c cross join lateral (
    select v as event from events v where v.sequence = c.sequence
    offset 0
  ) e
  order by c.sequence;
end
$$`.execute(db);

  await sql`
create function settle_deliveries_v2(
  sequences bigint[], payment_keys text[], tokens uuid[], numbers int[], waited_ms float8[], states text[], waits_ms float8[],
  tries_used_ int[], abandoned_in_row_ int[], durations_ms int[], outcomes text[], statuses int[], errors text[], answers text[],
  claim_max int, claim_as uuid, lease_ms float8
)
returns table (
  settled bigint, unblocked text,
  sequence bigint, payment_key text, attempt int, tries_used int, abandoned_in_row int, due_at timestamptz,
  event events
)
language plpgsql
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
as $$
#variable_conflict use_column
declare
  settled_ bigint[];
  finished_keys text[];
  finished_replayed bool[];
begin
  with held as materialized (
    select h.row_id, h.started_from, i.*
    from (
      select * from unnest(
        sequences, payment_keys, tokens, numbers, waited_ms, states, waits_ms,
        tries_used_, abandoned_in_row_, durations_ms, outcomes, statuses, errors, answers
      ) as t (
        sequence, payment_key, token, number, waited_ms, state, wait_ms,
        tries_used, abandoned_in_row, duration_ms, outcome, status, error, answer
      )
      order by payment_key, sequence
      offset 0
    ) i cross join lateral (
      select o.ctid as row_id, o.claimed_at as started_from from outbox o
      where o.sequence = i.sequence and o.claim_token = i.token
      for update
    ) h
  ), kept as (
    update outbox o
    set state = 'pending', tries_used = h.tries_used, abandoned_in_row = h.abandoned_in_row,
        wake_at = now() + h.wait_ms * interval '1 ms', claim_token = null, claimed_at = null
    from held h
    where o.ctid = h.row_id and h.state = 'pending'
    returning o.sequence
  ), gone as (
    delete from outbox o using held h
    where o.ctid = h.row_id and h.state <> 'pending'
    returning o.sequence, o.payment_key, o.replayed, h.state, h.number, h.tries_used,
              o.claimed_at + h.waited_ms * interval '1 ms' as started_at,
              h.duration_ms, h.outcome, h.status, h.error, h.answer
  ), finished as (
    insert into deliveries (
      sequence, state, attempt_count, tries_used, finished_at,
      first_started_at, first_duration_ms, first_outcome, first_status, first_error, first_answer
    )
    select g.sequence, g.state, g.number, g.tries_used, now(),
           case g.number when 1 then g.started_at end, case g.number when 1 then g.duration_ms end,
           case g.number when 1 then g.outcome end, case g.number when 1 then g.status end,
           case g.number when 1 then g.error end, case g.number when 1 then g.answer end
    from gone g
  ), given_up as (
    insert into dead_letters (sequence) select g.sequence from gone g where g.state = 'dead_letter'
  ), noted as (
    insert into attempts (sequence, number, started_at, duration_ms, outcome, status, error, answer)
    select h.sequence, h.number, h.started_from + h.waited_ms * interval '1 ms', h.duration_ms, h.outcome, h.status, h.error, h.answer
    from held h
    where h.number > 1 or h.state = 'pending'
  )
  select array(select sequence from kept union all select sequence from gone),
         array_agg(g.payment_key order by g.payment_key, g.replayed),
         array_agg(g.replayed order by g.payment_key, g.replayed)
  into settled_, finished_keys, finished_replayed
  from gone g;

  return query
  with next as materialized (
    select n.row_id, row_number() over () <= claim_max as is_claimed
    from (
      select * from unnest(finished_keys, finished_replayed) as t (payment_key, replayed)
      offset 0
    ) g cross join lateral (
      select o.ctid as row_id from outbox o
      where o.payment_key = g.payment_key and o.replayed = g.replayed and o.turn > 0
      order by o.turn
      limit 1
      for no key update
    ) n
  ), woken as (
    update outbox o
    set state = case when n.is_claimed then 'delivering' else 'pending' end,
        attempt_count = o.attempt_count + n.is_claimed::int,
        wake_at = case when n.is_claimed then now() + lease_ms * interval '1 ms' else now() end,
        claim_token = case when n.is_claimed then claim_as end,
        claimed_at = case when n.is_claimed then now() end
    from next n
    where o.ctid = n.row_id
    returning o.sequence, o.payment_key, o.state, o.attempt_count, o.tries_used, o.abandoned_in_row
  )
  select null::bigint, w.state, w.sequence, w.payment_key, w.attempt_count, w.tries_used, w.abandoned_in_row, now(), e.event
  from woken w left join lateral (
    select v as event from events v where v.sequence = w.sequence and w.state = 'delivering'
    offset 0
  ) e on true
  union all
  select s, null, null, null, null, null, null, null, null
  from unnest(settled_) s;
end
$$`.execute(db);
}
