table attempts
  event_id uuid not null
  number integer not null
  started_at timestamp with time zone not null
  duration_ms integer not null
  outcome text not null
  status integer
  error text
  answer text
  constraint attempts_answered_has_status CHECK (((outcome <> ALL (ARRAY['accepted'::text, 'refused'::text])) OR (status IS NOT NULL)))
  constraint attempts_duration_not_negative CHECK ((duration_ms >= 0))
  constraint attempts_event_id_fkey FOREIGN KEY (event_id) REFERENCES deliveries(event_id) ON DELETE CASCADE
  constraint attempts_number_positive CHECK ((number > 0))
  constraint attempts_outcome_known CHECK ((outcome = ANY (ARRAY['accepted'::text, 'refused'::text, 'unreachable'::text, 'timed_out'::text, 'abandoned'::text])))
  constraint attempts_pkey PRIMARY KEY (event_id, number)
  CREATE UNIQUE INDEX attempts_pkey ON public.attempts USING btree (event_id, number)
table deliveries with (fillfactor=70)
  event_id uuid not null
  sequence bigint not null
  payment_key text not null
  state text not null default 'pending'::text
  replayed boolean not null default false
  attempt_count integer not null default 0
  tries_used integer not null default 0
  abandoned_in_row integer not null default 0
  next_attempt_at timestamp with time zone
  claim_token uuid
  claimed_at timestamp with time zone
  claimed_until timestamp with time zone
  delivered_at timestamp with time zone
  constraint deliveries_claim_is_whole CHECK ((((state = 'delivering'::text) = (claim_token IS NOT NULL)) AND ((claim_token IS NULL) = (claimed_until IS NULL)) AND ((claim_token IS NULL) = (claimed_at IS NULL))))
  constraint deliveries_counts CHECK (((attempt_count >= 0) AND ((tries_used >= 0) AND (tries_used <= attempt_count)) AND ((abandoned_in_row >= 0) AND (abandoned_in_row <= attempt_count))))
  constraint deliveries_delivered_or_no_time CHECK (((state = 'delivered'::text) = (delivered_at IS NOT NULL)))
  constraint deliveries_due_only_if_pending CHECK (((next_attempt_at IS NULL) OR (state = 'pending'::text)))
  constraint deliveries_event_id_fkey FOREIGN KEY (event_id) REFERENCES events(id) ON DELETE CASCADE
  constraint deliveries_pkey PRIMARY KEY (event_id)
  constraint deliveries_state_known CHECK ((state = ANY (ARRAY['pending'::text, 'delivering'::text, 'delivered'::text, 'dead_letter'::text])))
  CREATE INDEX deliveries_claimed ON public.deliveries USING btree (claimed_until) WHERE (state = 'delivering'::text)
  CREATE INDEX deliveries_dead ON public.deliveries USING btree (sequence) WHERE (state = 'dead_letter'::text)
  CREATE INDEX deliveries_delivered_at ON public.deliveries USING btree (delivered_at) WHERE (state = 'delivered'::text)
  CREATE INDEX deliveries_due ON public.deliveries USING btree (next_attempt_at) WHERE ((state = 'pending'::text) AND (next_attempt_at IS NOT NULL))
  CREATE INDEX deliveries_open ON public.deliveries USING btree (sequence) WHERE (state = ANY (ARRAY['pending'::text, 'delivering'::text]))
  CREATE INDEX deliveries_unfinished ON public.deliveries USING btree (payment_key, replayed, sequence) WHERE (state = ANY (ARRAY['pending'::text, 'delivering'::text]))
  CREATE INDEX deliveries_waiting ON public.deliveries USING btree (payment_key, replayed, sequence) WHERE ((state = 'pending'::text) AND (next_attempt_at IS NULL))
  CREATE UNIQUE INDEX deliveries_pkey ON public.deliveries USING btree (event_id)
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
  constraint events_id_key UNIQUE (id)
  constraint events_key_is_payment CHECK (((payment_id IS NULL) OR (payment_key = payment_id)))
  constraint events_method_known CHECK ((method = ANY (ARRAY['GET'::text, 'POST'::text])))
  constraint events_payment_unless_test CHECK (((payment_id IS NULL) = (callback = 'TEST'::text)))
  constraint events_pkey PRIMARY KEY (sequence)
  CREATE INDEX events_callback_sequence ON public.events USING btree (callback, sequence)
  CREATE INDEX events_payment_key_sequence ON public.events USING btree (payment_key, sequence)
  CREATE INDEX events_received_at ON public.events USING btree (received_at)
  CREATE INDEX events_type_sequence ON public.events USING btree (type, sequence)
  CREATE UNIQUE INDEX events_id_key ON public.events USING btree (id)
  CREATE UNIQUE INDEX events_pkey ON public.events USING btree (sequence)
other S events_sequence_seq
table identities
  payment_key text not null
  key text not null
  event_id uuid not null
  expires_at timestamp with time zone not null
  constraint identities_pkey PRIMARY KEY (payment_key, key)
  CREATE INDEX identities_expires_at ON public.identities USING btree (expires_at)
  CREATE UNIQUE INDEX identities_pkey ON public.identities USING btree (payment_key, key)
table orders
  payment_id text not null
  registered_at timestamp with time zone not null default now()
  constraint orders_pkey PRIMARY KEY (payment_id)
  CREATE INDEX orders_registered_at ON public.orders USING btree (registered_at)
  CREATE UNIQUE INDEX orders_pkey ON public.orders USING btree (payment_id)
table payments
  payment_key text not null
  constraint payments_pkey PRIMARY KEY (payment_key)
  CREATE UNIQUE INDEX payments_pkey ON public.payments USING btree (payment_key)
table receipts
  event_id uuid not null
  count integer not null
  last_at timestamp with time zone not null
  constraint receipts_event_id_fkey FOREIGN KEY (event_id) REFERENCES events(id) ON DELETE CASCADE
  constraint receipts_more_than_one CHECK ((count > 1))
  constraint receipts_pkey PRIMARY KEY (event_id)
  CREATE UNIQUE INDEX receipts_pkey ON public.receipts USING btree (event_id)
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
