import { type Kysely, sql } from 'kysely';

/**
 * Keeps what reconciliation, heartbeat, alerts and erasure know.
 *
 * - An event of reconciliation has the facts that were missed and the snapshot that shows them, both stored with it. Each
 *   of its facts counts as reported. `store_events_v5` is that of 0010_keep_providers.ts with the two columns, and with
 *   the facts of such an event among the earlier ones of the next.
 * - `jobs` has one row for each thing that one replica does at a time. Its lease is by the database's clock, so that
 *   replicas need no clock in common, and works through a pooler, where a lock of the session would not.
 * - `search_marks` says from when on Resurs is asked for payments, `open_payments` and `orders.due_at` which payments and
 *   orders of the Merchant API are asked for, and when. `missing` are facts without a time of their own that seem to be
 *   missed: they are reported when a later look finds them missing still.
 * - `alerts` has one row for each alert that ever fired, `alert_posts` one for each message that is to be posted. A row
 *   is claimed before it is posted, so that no message is posted twice.
 * - The state of the webhook is known to each process alone; `webhook_outages` has it for all replicas, while it is down.
 * - A dead letter has its time, so that a new one is found without the history. Those of before have none.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table events
      add column missed json,
      add column erased_at timestamptz`.execute(db);

  await sql`
create function store_events_v5(
  ids uuid[], receipt_counts int[], deliver bool[], payment_keys text[], payment_ids text[], keys text[], shadow_keys text[],
  windows_ms float8[], ended_keys text[], callbacks text[], types text[], results text[], methods text[], parameter_sets json[], bodies bytea[],
  registered timestamptz[], verifications json[], transitions text[],
  providers text[], order_references text[], missed_facts json[], snapshots json[], fact_types text[], max_events int, slots int, token uuid, lease_ms float8
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
      order_references, missed_facts, snapshots
    ) with ordinality as t (
      id, receipts, deliver, payment_key, payment_id, key, shadow_key, window_ms, ended_keys,
      callback, type, result, method, parameters, body, registered_at, verified, transitions, provider,
      order_reference, missed, snapshot, place
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
             case when e.type = any (fact_types) then substr(e.type, 9) end as fact,
             case when e.missed is not null then array(select json_array_elements_text(e.missed -> 'facts')) end as missed
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
      select case when p.missed is not null then array_to_string(array(
                    select known from unnest(string_to_array(b.facts, ',')) with ordinality k (known, place)
                    where known <> all (p.missed) order by place
                  ) || p.missed, ',')
                  when p.fact is null then coalesce(b.facts, '')
                  else trim(both ',' from replace(',' || b.facts || ',', ',' || p.fact || ',', ',') || p.fact)
                  end as earlier
    ) f
    where c.event_id = i.id
  ), stored as (
    insert into events as e (
      id, payment_key, payment_id, callback, type, result, method, parameters, body, registered_at, received_at, verified,
      order_state, order_certain, earlier_facts, provider, order_reference, missed, snapshot
    )
    select o.id, o.payment_key, o.payment_id, o.callback, o.type, o.result, o.method,
           o.parameters, o.body, o.registered_at, at, o.verified,
           o.order_state, o.order_certain, o.earlier_facts, o.provider, o.order_reference, o.missed, o.snapshot
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
    create table jobs (
      name text primary key,
      holder uuid,
      expires_at timestamptz,
      started_at timestamptz,
      finished_at timestamptz,
      succeeded_at timestamptz,
      failed_in_row int not null default 0,
      error text,
      result json,
      constraint jobs_holder_has_lease check ((holder is null) = (expires_at is null)),
      constraint jobs_failures check (failed_in_row >= 0)
    ) with (fillfactor = 50)`.execute(db);

  await sql`
    create table search_marks (
      environment text not null,
      name text not null,
      since timestamptz not null,
      resume_at timestamptz,
      sequence bigint not null default 0,
      primary key (environment, name),
      constraint search_marks_resume check (resume_at >= since)
    ) with (fillfactor = 50)`.execute(db);

  await sql`
    create table open_payments (
      payment_id text primary key,
      first_seen_at timestamptz not null default now(),
      due_at timestamptz not null,
      missing text,
      missing_since timestamptz,
      constraint open_payments_missing_since check ((missing is null) = (missing_since is null))
    ) with (fillfactor = 70)`.execute(db);
  await sql`create index open_payments_due_at on open_payments (due_at, payment_id)`.execute(db);
  await sql`
    alter table orders
      add column provider text,
      add column payment_reference text,
      add column due_at timestamptz,
      add constraint orders_provider_known check (provider = 'resurs-mapi') not valid,
      add constraint orders_due_by_provider check (due_at is null or provider is not null) not valid`.execute(db);
  await sql`create index orders_due_at on orders (due_at, payment_id) where due_at is not null`.execute(db);

  await sql`
    create table alerts (
      name text primary key,
      edge_id uuid not null,
      state text not null,
      severity text not null,
      since timestamptz not null,
      until timestamptz,
      last_true_at timestamptz not null,
      posted_at timestamptz,
      message text not null,
      fix text not null,
      constraint alerts_state_known check (state in ('firing', 'resolved')),
      constraint alerts_severity_known check (severity in ('critical', 'warning')),
      constraint alerts_until check ((state = 'resolved') = (until is not null))
    ) with (fillfactor = 50)`.execute(db);
  await sql`
    create table alert_posts (
      edge_id uuid not null,
      occasion text not null,
      name text not null,
      alert json not null,
      created_at timestamptz not null,
      claimed_at timestamptz,
      finished_at timestamptz,
      status int,
      error text,
      primary key (edge_id, occasion)
    )`.execute(db);
  await sql`create index alert_posts_unclaimed on alert_posts (created_at) where claimed_at is null`.execute(db);
  await sql`create index alert_posts_created_at on alert_posts (created_at)`.execute(db);
  await sql`
    create table webhook_outages (
      replica uuid primary key,
      since timestamptz not null,
      error text,
      seen_at timestamptz not null
    ) with (fillfactor = 50)`.execute(db);

  // Without a default at first, so that the rows of before stay without a time.
  await sql`alter table dead_letters add column given_up_at timestamptz`.execute(db);
  await sql`alter table dead_letters alter column given_up_at set default now()`.execute(db);
  await sql`create index dead_letters_given_up_at on dead_letters (given_up_at) where given_up_at is not null`.execute(
    db,
  );

  await sql`
    create table erasures (
      id bigint generated always as identity primary key,
      payment_id text not null,
      provider text not null,
      events int not null,
      erased_at timestamptz not null default now(),
      erased_by text not null
    )`.execute(db);
}
