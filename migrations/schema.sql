table actions
  id bigint not null generated always as identity
  at timestamp with time zone not null default now()
  action text not null
  operator text not null
  detail json not null
  constraint actions_pkey PRIMARY KEY (id)
  CREATE UNIQUE INDEX actions_pkey ON public.actions USING btree (id)
other S actions_id_seq
table alert_posts
  edge_id uuid not null
  occasion text not null
  name text not null
  alert json not null
  created_at timestamp with time zone not null
  claimed_at timestamp with time zone
  finished_at timestamp with time zone
  status integer
  error text
  constraint alert_posts_pkey PRIMARY KEY (edge_id, occasion)
  CREATE INDEX alert_posts_created_at ON public.alert_posts USING btree (created_at)
  CREATE INDEX alert_posts_unclaimed ON public.alert_posts USING btree (created_at) WHERE (claimed_at IS NULL)
  CREATE UNIQUE INDEX alert_posts_pkey ON public.alert_posts USING btree (edge_id, occasion)
table alerts with (fillfactor=50)
  name text not null
  edge_id uuid not null
  state text not null
  severity text not null
  since timestamp with time zone not null
  until timestamp with time zone
  last_true_at timestamp with time zone not null
  posted_at timestamp with time zone
  message text not null
  fix text not null
  constraint alerts_pkey PRIMARY KEY (name)
  constraint alerts_severity_known CHECK ((severity = ANY (ARRAY['critical'::text, 'warning'::text])))
  constraint alerts_state_known CHECK ((state = ANY (ARRAY['firing'::text, 'resolved'::text])))
  constraint alerts_until CHECK (((state = 'resolved'::text) = (until IS NOT NULL)))
  CREATE UNIQUE INDEX alerts_pkey ON public.alerts USING btree (name)
table attempts
  sequence bigint not null
  number integer not null
  started_at timestamp with time zone not null
  duration_ms integer not null
  outcome text not null
  status integer
  error text
  answer text
  constraint attempts_answered_has_status CHECK (((outcome <> ALL (ARRAY['accepted'::text, 'refused'::text])) OR (status IS NOT NULL)))
  constraint attempts_duration_not_negative CHECK ((duration_ms >= 0))
  constraint attempts_number_positive CHECK ((number > 0))
  constraint attempts_outcome_known CHECK ((outcome = ANY (ARRAY['accepted'::text, 'refused'::text, 'unreachable'::text, 'timed_out'::text, 'abandoned'::text])))
  constraint attempts_pkey PRIMARY KEY (sequence, number)
  CREATE UNIQUE INDEX attempts_pkey ON public.attempts USING btree (sequence, number)
CREATE OR REPLACE FUNCTION public.claim_deliveries_v1(wanted integer, token uuid, lease_ms double precision, since timestamp with time zone, skipped bigint[])
 RETURNS TABLE(sequence bigint, payment_key text, attempt integer, tries_used integer, abandoned_in_row integer, due_at timestamp with time zone, id uuid, payment_id text, callback text, type text, result text, method text, parameters json, body bytea, registered_at timestamp with time zone, received_at timestamp with time zone, verified json)
 LANGUAGE plpgsql
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
AS $function$
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
$function$

CREATE OR REPLACE FUNCTION public.claim_deliveries_v2(wanted integer, token uuid, lease_ms double precision, since timestamp with time zone, skipped bigint[])
 RETURNS TABLE(sequence bigint, payment_key text, attempt integer, tries_used integer, abandoned_in_row integer, due_at timestamp with time zone, event events)
 LANGUAGE plpgsql
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
AS $function$
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
$function$

table count_writers with (fillfactor=50)
  writer uuid not null
  batch bigint not null
  written_at timestamp with time zone not null
  constraint count_writers_pkey PRIMARY KEY (writer)
  CREATE UNIQUE INDEX count_writers_pkey ON public.count_writers USING btree (writer)
table dead_letters
  sequence bigint not null
  given_up_at timestamp with time zone default now()
  constraint dead_letters_pkey PRIMARY KEY (sequence)
  CREATE INDEX dead_letters_given_up_at ON public.dead_letters USING btree (given_up_at) WHERE (given_up_at IS NOT NULL)
  CREATE UNIQUE INDEX dead_letters_pkey ON public.dead_letters USING btree (sequence)
table deliveries with (autovacuum_vacuum_insert_scale_factor=0, autovacuum_vacuum_insert_threshold=50000)
  sequence bigint not null
  state text not null
  attempt_count integer not null
  tries_used integer not null
  finished_at timestamp with time zone not null
  first_started_at timestamp with time zone
  first_duration_ms integer
  first_outcome text
  first_status integer
  first_error text
  first_answer text
  constraint deliveries_counts CHECK (((attempt_count > 0) AND ((tries_used >= 0) AND (tries_used <= attempt_count))))
  constraint deliveries_first_answered_has_status CHECK (((first_outcome <> ALL (ARRAY['accepted'::text, 'refused'::text])) OR (first_status IS NOT NULL)))
  constraint deliveries_first_is_whole CHECK ((((first_outcome IS NULL) = (first_started_at IS NULL)) AND ((first_outcome IS NULL) = (first_duration_ms IS NULL))))
  constraint deliveries_first_outcome_known CHECK ((first_outcome = ANY (ARRAY['accepted'::text, 'refused'::text, 'unreachable'::text, 'timed_out'::text, 'abandoned'::text])))
  constraint deliveries_pkey PRIMARY KEY (sequence)
  constraint deliveries_state_known CHECK ((state = ANY (ARRAY['delivered'::text, 'dead_letter'::text])))
  CREATE INDEX deliveries_finished ON public.deliveries USING btree (state, finished_at)
  CREATE UNIQUE INDEX deliveries_pkey ON public.deliveries USING btree (sequence)
table digest_refusals
  minute timestamp with time zone not null
  callback text not null
  count bigint not null
  constraint digest_refusals_pkey PRIMARY KEY (minute, callback)
  CREATE UNIQUE INDEX digest_refusals_pkey ON public.digest_refusals USING btree (minute, callback)
table erasures
  id bigint not null generated always as identity
  payment_id text not null
  provider text not null
  events integer not null
  erased_at timestamp with time zone not null default now()
  erased_by text not null
  constraint erasures_pkey PRIMARY KEY (id)
  CREATE UNIQUE INDEX erasures_pkey ON public.erasures USING btree (id)
other S erasures_id_seq
table events
  sequence bigint not null generated always as identity
  id uuid not null
  payment_key text not null
  payment_id text
  callback text not null
  type text not null
  result text
  method text not null
  parameters json not null
  body bytea
  registered_at timestamp with time zone
  received_at timestamp with time zone not null
  verified json not null
  order_state text
  order_certain boolean
  earlier_facts text
  provider text
  order_reference text
  snapshot json
  missed json
  erased_at timestamp with time zone
  constraint events_id_key UNIQUE (id)
  constraint events_key_is_payment CHECK (((payment_id IS NULL) OR (payment_key = payment_id)))
  constraint events_method_known CHECK ((method = ANY (ARRAY['GET'::text, 'POST'::text])))
  constraint events_order_is_whole CHECK ((num_nulls(order_state, order_certain, earlier_facts) = ANY (ARRAY[0, 3]))) NOT VALID
  constraint events_order_state_known CHECK ((order_state = ANY (ARRAY['on_hold'::text, 'may_ship'::text, 'paid'::text, 'cancelled'::text]))) NOT VALID
  constraint events_payment_by_callback CHECK (
CASE
    WHEN ((callback = 'TEST'::text) OR ((callback = 'CREDIT_APPLICATION'::text) AND (provider IS NOT NULL))) THEN (payment_id IS NULL)
    ELSE ((payment_id IS NOT NULL) OR (callback = 'PASSWORD_EXPIRATION'::text))
END) NOT VALID
  constraint events_pkey PRIMARY KEY (sequence)
  constraint events_provider_known CHECK ((provider = 'resurs-mapi'::text)) NOT VALID
  CREATE INDEX events_callback_sequence ON public.events USING btree (callback, sequence)
  CREATE INDEX events_order_reference ON public.events USING btree (order_reference, sequence) WHERE (order_reference IS NOT NULL)
  CREATE INDEX events_payment_key_sequence ON public.events USING btree (payment_key, sequence)
  CREATE INDEX events_provider ON public.events USING btree (provider, sequence) WHERE (provider IS NOT NULL)
  CREATE INDEX events_received_at ON public.events USING btree (received_at)
  CREATE INDEX events_type_sequence ON public.events USING btree (type, sequence)
  CREATE UNIQUE INDEX events_id_key ON public.events USING btree (id)
  CREATE UNIQUE INDEX events_pkey ON public.events USING btree (sequence)
other S events_sequence_seq
table fingerprint_salts
  id integer not null default 1
  bytes bytea not null
  constraint fingerprint_salts_one_row CHECK ((id = 1))
  constraint fingerprint_salts_pkey PRIMARY KEY (id)
  CREATE UNIQUE INDEX fingerprint_salts_pkey ON public.fingerprint_salts USING btree (id)
table hourly_counts with (fillfactor=50)
  hour timestamp with time zone not null
  kind text not null
  name text not null
  count bigint not null
  constraint hourly_counts_kind_known CHECK ((kind = ANY (ARRAY['callback'::text, 'event'::text, 'delivery'::text, 'delay'::text])))
  constraint hourly_counts_pkey PRIMARY KEY (hour, kind, name)
  CREATE UNIQUE INDEX hourly_counts_pkey ON public.hourly_counts USING btree (hour, kind, name)
table identities
  payment_key text not null
  key text not null
  event_id uuid not null
  expires_at timestamp with time zone not null
  constraint identities_pkey PRIMARY KEY (payment_key, key)
  CREATE INDEX identities_expires_at ON public.identities USING btree (expires_at)
  CREATE UNIQUE INDEX identities_pkey ON public.identities USING btree (payment_key, key)
table jobs with (fillfactor=50)
  name text not null
  holder uuid
  expires_at timestamp with time zone
  started_at timestamp with time zone
  finished_at timestamp with time zone
  succeeded_at timestamp with time zone
  failed_in_row integer not null default 0
  error text
  result json
  constraint jobs_failures CHECK ((failed_in_row >= 0))
  constraint jobs_holder_has_lease CHECK (((holder IS NULL) = (expires_at IS NULL)))
  constraint jobs_pkey PRIMARY KEY (name)
  CREATE UNIQUE INDEX jobs_pkey ON public.jobs USING btree (name)
table open_payments with (fillfactor=70)
  payment_id text not null
  first_seen_at timestamp with time zone not null default now()
  due_at timestamp with time zone not null
  constraint open_payments_pkey PRIMARY KEY (payment_id)
  CREATE INDEX open_payments_due_at ON public.open_payments USING btree (due_at, payment_id)
  CREATE UNIQUE INDEX open_payments_pkey ON public.open_payments USING btree (payment_id)
CREATE OR REPLACE FUNCTION public.order_from_history_v1(key text, until bigint)
 RETURNS text
 LANGUAGE sql
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
AS $function$
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
$function$

table orders
  payment_id text not null
  registered_at timestamp with time zone not null default now()
  provider text
  payment_reference text
  due_at timestamp with time zone
  constraint orders_due_by_provider CHECK (((due_at IS NULL) OR (provider IS NOT NULL))) NOT VALID
  constraint orders_pkey PRIMARY KEY (payment_id)
  constraint orders_provider_known CHECK ((provider = 'resurs-mapi'::text)) NOT VALID
  CREATE INDEX orders_due_at ON public.orders USING btree (due_at, payment_id) WHERE (due_at IS NOT NULL)
  CREATE INDEX orders_registered_at ON public.orders USING btree (registered_at)
  CREATE UNIQUE INDEX orders_pkey ON public.orders USING btree (payment_id)
table outbox with (autovacuum_vacuum_scale_factor=0, autovacuum_vacuum_threshold=5000, autovacuum_vacuum_cost_delay=0, autovacuum_analyze_scale_factor=0, autovacuum_analyze_threshold=5000)
  sequence bigint not null
  payment_key text not null
  replayed boolean not null default false
  state text not null default 'pending'::text
  attempt_count integer not null default 0
  tries_used integer not null default 0
  abandoned_in_row integer not null default 0
  wake_at timestamp with time zone
  claim_token uuid
  claimed_at timestamp with time zone
  turn bigint not null default 
CASE state
    WHEN 'blocked'::text THEN sequence
    ELSE (0)::bigint
END
  constraint outbox_blocked_or_awake CHECK (((state = 'blocked'::text) = (wake_at IS NULL)))
  constraint outbox_claim_is_whole CHECK ((((state = 'delivering'::text) = (claim_token IS NOT NULL)) AND ((claim_token IS NULL) = (claimed_at IS NULL))))
  constraint outbox_counts CHECK (((attempt_count >= 0) AND ((tries_used >= 0) AND (tries_used <= attempt_count)) AND ((abandoned_in_row >= 0) AND (abandoned_in_row <= attempt_count))))
  constraint outbox_pkey PRIMARY KEY (sequence)
  constraint outbox_state_known CHECK ((state = ANY (ARRAY['blocked'::text, 'pending'::text, 'delivering'::text])))
  CREATE INDEX outbox_wake ON public.outbox USING btree (state, wake_at)
  CREATE UNIQUE INDEX outbox_order ON public.outbox USING btree (payment_key, replayed, turn)
  CREATE UNIQUE INDEX outbox_pkey ON public.outbox USING btree (sequence)
CREATE OR REPLACE FUNCTION public.probe_storing_v1()
 RETURNS void
 LANGUAGE plpgsql
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
AS $function$
declare
  -- New each time, so that no probe waits for another one.
  probe uuid := gen_random_uuid();
begin
  insert into storage_probe (filler) select repeat('x', 8000) from generate_series(1, 16);
  perform from store_events_v1(
    array[probe], array[1], array[true], array['probe:' || probe], array[null::text], array['TEST'], array[null::text],
    array[60000.0], array['TEST'], array['callback.test'], array[null::text], array['GET'], array['{}'::json],
    array[null::bytea], array[null::timestamptz], array['{}'::json], 0, 0, probe, 0
  );
  raise sqlstate 'UNDO1';
exception
  when sqlstate 'UNDO1' then
    null;
end
$function$

table receipts with (fillfactor=80)
  event_id uuid not null
  count integer not null
  last_at timestamp with time zone not null
  constraint receipts_event_id_fkey FOREIGN KEY (event_id) REFERENCES events(id) ON DELETE CASCADE
  constraint receipts_more_than_one CHECK ((count > 1))
  constraint receipts_pkey PRIMARY KEY (event_id)
  CREATE UNIQUE INDEX receipts_pkey ON public.receipts USING btree (event_id)
table registered_salts
  environment text not null
  callback text not null
  registered_at bigint not null
  algorithm text
  secret_kind text
  fingerprint text
  basic_fingerprint text
  constraint registered_salts_digest CHECK ((num_nulls(algorithm, secret_kind, fingerprint) = ANY (ARRAY[0, 3])))
  constraint registered_salts_pkey PRIMARY KEY (environment, callback)
  CREATE UNIQUE INDEX registered_salts_pkey ON public.registered_salts USING btree (environment, callback)
table rejections with (fillfactor=70)
  payment_id text not null
  callback text not null
  first_seen_at timestamp with time zone not null
  last_seen_at timestamp with time zone not null
  count bigint not null
  constraint rejections_pkey PRIMARY KEY (payment_id, callback)
  constraint rejections_seen CHECK (((count > 0) AND (last_seen_at >= first_seen_at)))
  CREATE INDEX rejections_last_seen_at ON public.rejections USING btree (last_seen_at)
  CREATE UNIQUE INDEX rejections_pkey ON public.rejections USING btree (payment_id, callback)
CREATE OR REPLACE FUNCTION public.release_deliveries_v1(sequences bigint[], payment_keys text[], tokens uuid[], due timestamp with time zone[])
 RETURNS void
 LANGUAGE plpgsql
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
AS $function$
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
$function$

CREATE OR REPLACE FUNCTION public.renew_claims_v1(sequences bigint[], payment_keys text[], tokens uuid[], lease_ms double precision)
 RETURNS TABLE(sequence bigint, token uuid)
 LANGUAGE sql
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
AS $function$
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
$function$

CREATE OR REPLACE FUNCTION public.replay_deliveries_v1(sequences bigint[])
 RETURNS bigint[]
 LANGUAGE plpgsql
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
AS $function$
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
$function$

table replays with (fillfactor=50)
  id uuid not null
  state text not null default 'running'::text
  filter json not null
  up_to bigint not null
  position bigint not null default 0
  count integer not null
  at_least boolean not null default false
  replayed integer not null default 0
  failed integer not null default 0
  idempotency_key text
  request_hash text not null
  created_at timestamp with time zone not null default now()
  created_by text not null
  finished_at timestamp with time zone
  constraint replays_finished CHECK (((state = 'running'::text) = (finished_at IS NULL)))
  constraint replays_pkey PRIMARY KEY (id)
  constraint replays_state_known CHECK ((state = ANY (ARRAY['running'::text, 'done'::text, 'stopped'::text])))
  CREATE INDEX replays_created_at ON public.replays USING btree (created_at)
  CREATE INDEX replays_running ON public.replays USING btree (created_at) WHERE (state = 'running'::text)
  CREATE UNIQUE INDEX replays_idempotency_key ON public.replays USING btree (idempotency_key) WHERE (idempotency_key IS NOT NULL)
  CREATE UNIQUE INDEX replays_pkey ON public.replays USING btree (id)
CREATE OR REPLACE FUNCTION public.save_snapshots_v1(sequences bigint[], payment_keys text[], tokens uuid[], snapshots json[], order_references text[], lease_ms double precision)
 RETURNS TABLE(sequence bigint, token uuid, snapshot json, order_reference text)
 LANGUAGE plpgsql
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
AS $function$
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
$function$

table search_marks with (fillfactor=50)
  environment text not null
  name text not null
  since timestamp with time zone not null
  resume_at timestamp with time zone
  sequence bigint not null default 0
  constraint search_marks_pkey PRIMARY KEY (environment, name)
  constraint search_marks_resume CHECK ((resume_at >= since))
  CREATE UNIQUE INDEX search_marks_pkey ON public.search_marks USING btree (environment, name)
table secret_uses
  secret_kind text not null
  fingerprint text not null
  previous_since timestamp with time zone
  last_used_at timestamp with time zone
  constraint secret_uses_pkey PRIMARY KEY (secret_kind, fingerprint)
  CREATE UNIQUE INDEX secret_uses_pkey ON public.secret_uses USING btree (secret_kind, fingerprint)
CREATE OR REPLACE FUNCTION public.settle_deliveries_v1(sequences bigint[], payment_keys text[], tokens uuid[], numbers integer[], waited_ms double precision[], states text[], waits_ms double precision[], tries_used_ integer[], abandoned_in_row_ integer[], durations_ms integer[], outcomes text[], statuses integer[], errors text[], answers text[], claim_max integer, claim_as uuid, lease_ms double precision)
 RETURNS TABLE(settled bigint, unblocked text, sequence bigint, payment_key text, attempt integer, tries_used integer, abandoned_in_row integer, due_at timestamp with time zone, id uuid, payment_id text, callback text, type text, result text, method text, parameters json, body bytea, registered_at timestamp with time zone, received_at timestamp with time zone, verified json)
 LANGUAGE plpgsql
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
AS $function$
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
$function$

CREATE OR REPLACE FUNCTION public.settle_deliveries_v2(sequences bigint[], payment_keys text[], tokens uuid[], numbers integer[], waited_ms double precision[], states text[], waits_ms double precision[], tries_used_ integer[], abandoned_in_row_ integer[], durations_ms integer[], outcomes text[], statuses integer[], errors text[], answers text[], claim_max integer, claim_as uuid, lease_ms double precision)
 RETURNS TABLE(settled bigint, unblocked text, sequence bigint, payment_key text, attempt integer, tries_used integer, abandoned_in_row integer, due_at timestamp with time zone, event events)
 LANGUAGE plpgsql
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
AS $function$
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
$function$

table storage_probe with (autovacuum_vacuum_scale_factor=0, autovacuum_vacuum_threshold=16)
  filler text not null
CREATE OR REPLACE FUNCTION public.store_events_v1(ids uuid[], receipt_counts integer[], deliver boolean[], payment_keys text[], payment_ids text[], keys text[], shadow_keys text[], windows_ms double precision[], callbacks text[], types text[], results text[], methods text[], parameter_sets json[], bodies bytea[], registered timestamp with time zone[], verifications json[], max_events integer, slots integer, token uuid, lease_ms double precision)
 RETURNS TABLE(sent uuid, event_id uuid, sequence bigint, received_at timestamp with time zone, delivery text)
 LANGUAGE plpgsql
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
AS $function$
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
      ids, receipt_counts, deliver, payment_keys, payment_ids, keys, shadow_keys, windows_ms,
      callbacks, types, results, methods, parameter_sets, bodies, registered, verifications
    ) with ordinality as t (
      id, receipts, deliver, payment_key, payment_id, key, shadow_key, window_ms,
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
$function$

CREATE OR REPLACE FUNCTION public.store_events_v2(ids uuid[], receipt_counts integer[], deliver boolean[], payment_keys text[], payment_ids text[], keys text[], shadow_keys text[], windows_ms double precision[], ended_keys text[], callbacks text[], types text[], results text[], methods text[], parameter_sets json[], bodies bytea[], registered timestamp with time zone[], verifications json[], max_events integer, slots integer, token uuid, lease_ms double precision)
 RETURNS TABLE(sent uuid, event_id uuid, sequence bigint, received_at timestamp with time zone, delivery text)
 LANGUAGE plpgsql
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
AS $function$
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
$function$

CREATE OR REPLACE FUNCTION public.store_events_v3(ids uuid[], receipt_counts integer[], deliver boolean[], payment_keys text[], payment_ids text[], keys text[], shadow_keys text[], windows_ms double precision[], ended_keys text[], callbacks text[], types text[], results text[], methods text[], parameter_sets json[], bodies bytea[], registered timestamp with time zone[], verifications json[], transitions text[], fact_types text[], max_events integer, slots integer, token uuid, lease_ms double precision)
 RETURNS TABLE(sent uuid, event_id uuid, sequence bigint, received_at timestamp with time zone, delivery text, order_state text, order_certain boolean, earlier_facts text)
 LANGUAGE plpgsql
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
AS $function$
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
$function$

CREATE OR REPLACE FUNCTION public.store_events_v4(ids uuid[], receipt_counts integer[], deliver boolean[], payment_keys text[], payment_ids text[], keys text[], shadow_keys text[], windows_ms double precision[], ended_keys text[], callbacks text[], types text[], results text[], methods text[], parameter_sets json[], bodies bytea[], registered timestamp with time zone[], verifications json[], transitions text[], providers text[], order_references text[], fact_types text[], max_events integer, slots integer, token uuid, lease_ms double precision)
 RETURNS TABLE(sent uuid, event_id uuid, sequence bigint, received_at timestamp with time zone, delivery text, order_state text, order_certain boolean, earlier_facts text)
 LANGUAGE plpgsql
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
AS $function$
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
$function$

CREATE OR REPLACE FUNCTION public.store_events_v5(ids uuid[], receipt_counts integer[], deliver boolean[], payment_keys text[], payment_ids text[], keys text[], shadow_keys text[], windows_ms double precision[], ended_keys text[], callbacks text[], types text[], results text[], methods text[], parameter_sets json[], bodies bytea[], registered timestamp with time zone[], verifications json[], transitions text[], providers text[], order_references text[], missed_facts json[], snapshots json[], fact_types text[], max_events integer, slots integer, token uuid, lease_ms double precision)
 RETURNS TABLE(sent uuid, event_id uuid, sequence bigint, received_at timestamp with time zone, delivery text, order_state text, order_certain boolean, earlier_facts text)
 LANGUAGE plpgsql
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
AS $function$
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
$function$

CREATE OR REPLACE FUNCTION public.unblock_stranded_v1(after_key text, after_replayed boolean, steps integer, OUT last_key text, OUT last_replayed boolean, OUT unblocked integer)
 RETURNS record
 LANGUAGE plpgsql
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
AS $function$
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
$function$

table webhook_outages with (fillfactor=50)
  replica uuid not null
  since timestamp with time zone not null
  error text
  seen_at timestamp with time zone not null
  constraint webhook_outages_pkey PRIMARY KEY (replica)
  CREATE UNIQUE INDEX webhook_outages_pkey ON public.webhook_outages USING btree (replica)
