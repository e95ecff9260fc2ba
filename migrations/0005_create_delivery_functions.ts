import { type Kysely, sql } from 'kysely';

/**
 * Creates the functions that change the state of deliveries: claim, release, settle, replay.
 *
 * Why functions, and why their planner settings: see 0004_create_store_function.ts. Rows are found by equality through
 * an index and then written by their `ctid`, which no statistics can turn into a scan of the table. Limits are
 * literals, because a plan for an unknown limit assumes a tenth of the table and sorts it.
 *
 * Rows of the outbox are locked in the order of their payments, here and when events are stored: in any other order two
 * processes deadlock.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  // Claims deliveries that are due, but not those due before `since`, the longest due first. NO KEY UPDATE, because
  // rows that are locked FOR KEY SHARE while events are stored may be claimed meanwhile. The outer limit stops the
  // inner one early.
  await sql`
create function claim_deliveries_v1(wanted int, token uuid, lease_ms float8, since timestamptz, skipped bigint[])
returns table (
  sequence bigint, payment_key text, attempt int, tries_used int, abandoned_in_row int, due_at timestamptz,
  id uuid, payment_id text, callback text, type text, result text, method text, parameters json, body bytea,
  registered_at timestamptz, received_at timestamptz, verified json
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
  select c.sequence, c.payment_key, c.attempt_count, c.tries_used, c.abandoned_in_row, c.wake_at,
         e.id, e.payment_id, e.callback, e.type, e.result, e.method, e.parameters, e.body,
         e.registered_at, e.received_at, e.verified
  from claimed c cross join lateral (
    select v.id, v.payment_id, v.callback, v.type, v.result, v.method, v.parameters, v.body,
           v.registered_at, v.received_at, v.verified
    from events v where v.sequence = c.sequence
    offset 0
  ) e
  order by c.sequence;
end
$$`.execute(db);

  // Releases claims whose request was not sent; restores the attempt number and due time.
  await sql`
create function release_deliveries_v1(sequences bigint[], payment_keys text[], tokens uuid[], due timestamptz[])
returns void
language plpgsql
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
as $$
begin
  with held as materialized (
    select h.row_id, i.due_at
    from (
      select * from unnest(sequences, payment_keys, tokens, due) as t (sequence, payment_key, token, due_at)
      order by payment_key
      offset 0
    ) i cross join lateral (
      select o.ctid as row_id from outbox o
      where o.sequence = i.sequence and o.claim_token = i.token
      for no key update
    ) h
  )
  update outbox o
  set state = 'pending', attempt_count = o.attempt_count - 1, wake_at = h.due_at, claim_token = null, claimed_at = null
  from held h
  where o.ctid = h.row_id;
end
$$`.execute(db);

  // Settles attempts; each counts only while the delivery has its claim's token. Then, in a statement that sees
  // everything stored meanwhile, unblocks the next delivery of each ordering group whose delivery was finished, and
  // claims up to `claim_max` of those for the caller. Each row of the result is a settled delivery or an unblocked one.
  await sql`
create function settle_deliveries_v1(
  sequences bigint[], payment_keys text[], tokens uuid[], numbers int[], waited_ms float8[], states text[], waits_ms float8[],
  tries_used_ int[], abandoned_in_row_ int[], durations_ms int[], outcomes text[], statuses int[], errors text[], answers text[],
  claim_max int, claim_as uuid, lease_ms float8
)
returns table (
  settled bigint, unblocked text,
  sequence bigint, payment_key text, attempt int, tries_used int, abandoned_in_row int, due_at timestamptz,
  id uuid, payment_id text, callback text, type text, result text, method text, parameters json, body bytea,
  registered_at timestamptz, received_at timestamptz, verified json
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
  select null::bigint, w.state, w.sequence, w.payment_key, w.attempt_count, w.tries_used, w.abandoned_in_row, now(),
         e.id, e.payment_id, e.callback, e.type, e.result, e.method, e.parameters, e.body,
         e.registered_at, e.received_at, e.verified
  from woken w left join lateral (
    select v.id, v.payment_id, v.callback, v.type, v.result, v.method, v.parameters, v.body,
           v.registered_at, v.received_at, v.verified
    from events v where v.sequence = w.sequence and w.state = 'delivering'
    offset 0
  ) e on true
  union all
  select s, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null
  from unnest(settled_) s;
end
$$`.execute(db);

  // Moves finished deliveries back into the outbox, with a new schedule, in ordering groups of their own; returns them.
  await sql`
create function replay_deliveries_v1(sequences bigint[])
returns bigint[]
language plpgsql
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
as $$
declare
  groups text[];
  replayed_ bigint[];
  group_key text;
  active record;
  next_sequence bigint;
begin
  select array_agg(distinct e.payment_key order by e.payment_key) into groups
  from unnest(sequences) s cross join lateral (
    select v.payment_key from events v where v.sequence = s offset 0
  ) e;
  -- As when events are stored, so that two replays of a payment go one after the other.
  perform pg_advisory_xact_lock(lock)
  from (select distinct hashtextextended(k, 0) as lock from unnest(groups) k order by 1) locks;

  with held as materialized (
    select h.row_id
    from (select s from unnest(sequences) s order by s offset 0) i cross join lateral (
      select d.ctid as row_id from deliveries d where d.sequence = i.s for update
    ) h
  ), taken as (
    delete from deliveries d using held h where d.ctid = h.row_id
    returning d.sequence, d.attempt_count, d.first_started_at, d.first_duration_ms, d.first_outcome,
              d.first_status, d.first_error, d.first_answer
  ), listed as (
    delete from dead_letters where sequence = any (array(select sequence from taken))
  ), noted as (
    insert into attempts (sequence, number, started_at, duration_ms, outcome, status, error, answer)
    select sequence, 1, first_started_at, first_duration_ms, first_outcome, first_status, first_error, first_answer
    from taken where first_outcome is not null
  ), queued as (
    insert into outbox (sequence, payment_key, replayed, state, attempt_count)
    select t.sequence, e.payment_key, true, 'blocked', t.attempt_count
    from taken t cross join lateral (
      select v.payment_key from events v where v.sequence = t.sequence offset 0
    ) e
  )
  select array(select sequence from taken) into replayed_;

  foreach group_key in array coalesce(groups, '{}') loop
    -- Waits for a settlement that is finishing it.
    select o.sequence, o.state, o.tries_used + o.abandoned_in_row as used into active
    from outbox o
    where o.payment_key = group_key and o.replayed and o.turn = 0
    limit 1
    for no key update;
    select o.sequence into next_sequence
    from outbox o
    where o.payment_key = group_key and o.replayed and o.turn > 0
    order by o.turn
    limit 1;
    continue when next_sequence is null;
    if active.sequence is not null then
      -- One that was not tried yet lets an earlier event go first.
      continue when active.state <> 'pending' or active.used > 0 or active.sequence < next_sequence;
      update outbox set state = 'blocked', wake_at = null where sequence = active.sequence;
    end if;
    update outbox set state = 'pending', wake_at = now() where sequence = next_sequence;
  end loop;
  return replayed_;
end
$$`.execute(db);

  // The fallback of the above: checks `steps` ordering groups after the given one and unblocks the first delivery of a
  // group in which nothing is pending or delivering. Returns the last group it checked (null at the end) and how many
  // it unblocked.
  await sql`
create function unblock_stranded_v1(
  after_key text, after_replayed bool, steps int, out last_key text, out last_replayed bool, out unblocked int
)
language plpgsql
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
as $$
declare
  stranded bigint;
begin
  unblocked := 0;
  last_key := after_key;
  last_replayed := after_replayed;
  for step in 1..steps loop
    select o.payment_key, o.replayed into last_key, last_replayed
    from outbox o
    where (o.payment_key, o.replayed) > (last_key, last_replayed)
    order by o.payment_key, o.replayed
    limit 1;
    exit when last_key is null;
    continue when exists (
      select from outbox o where o.payment_key = last_key and o.replayed = last_replayed and o.turn = 0
    );
    -- Locks are taken here in the order of payments, elsewhere in that of lock numbers: to wait for one could be a deadlock.
    -- Who holds it is storing or replaying this payment just now; the next walk comes by again.
    continue when not pg_try_advisory_xact_lock(hashtextextended(last_key, 0));
    select o.sequence into stranded
    from outbox o
    where o.payment_key = last_key and o.replayed = last_replayed and o.turn > 0
    order by o.turn
    limit 1
    for no key update;
    continue when stranded is null or exists (
      select from outbox o where o.payment_key = last_key and o.replayed = last_replayed and o.turn = 0
    );
    update outbox set state = 'pending', wake_at = now() where sequence = stranded;
    unblocked := unblocked + 1;
  end loop;
end
$$`.execute(db);
}
