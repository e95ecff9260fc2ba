-- Two roles instead of one: receiver_owner creates and changes the tables (MIGRATION_DATABASE_URL). The receiver runs as
-- receiver_service (DATABASE_URL), which can neither drop nor alter anything. Run it as a superuser, connected to the receiver's
-- database, and give both roles a password. Running it again changes nothing. docs/deployment.md has the commands.
-- It closes the database and its schema public to all other roles: no other application may use them.

do $$
declare
  name text;
begin
  foreach name in array array['receiver_owner', 'receiver_service'] loop
    if not exists (select from pg_roles where rolname = name) then
      execute format('create role %I login nosuperuser nocreatedb nocreaterole noinherit', name);
    end if;
  end loop;
  execute format('revoke all on database %I from public', current_database());
  execute format('grant connect on database %I to receiver_owner, receiver_service', current_database());
end
$$;

-- Before Postgres 15 every role may create tables in this schema.
revoke all on schema public from public;
grant usage, create on schema public to receiver_owner;
grant usage on schema public to receiver_service;

-- Makes receiver_owner the owner of the receiver's tables and functions that another role has created. Tables of other
-- applications keep their owner.
do $$
declare
  name text;
begin
  foreach name in array array[
    'events', 'identities', 'receipts', 'outbox', 'deliveries', 'dead_letters', 'attempts', 'orders', 'rejections',
    'storage_probe', 'fingerprint_salts', 'registered_salts', 'secret_uses', 'digest_refusals',
    'jobs', 'search_marks', 'open_payments', 'alerts', 'alert_posts', 'webhook_outages', 'erasures',
    'replays', 'actions', 'hourly_counts', 'count_writers',
    'receiver_migration', 'receiver_migration_lock'
  ] loop
    continue when to_regclass('public.' || name) is null;
    execute format('alter table public.%I owner to receiver_owner', name);
    execute format('grant select, insert, update, delete on public.%I to receiver_service', name);
  end loop;
  for name in
    select oid::regprocedure::text from pg_proc
    where pronamespace = 'public'::regnamespace and prolang in (select oid from pg_language where lanname in ('plpgsql', 'sql'))
      and proname ~ '^(store_events|order_from_history|claim_deliveries|release_deliveries|settle_deliveries|replay_deliveries|unblock_stranded|renew_claims|save_snapshots|probe_storing)_v[0-9]+$'
  loop
    execute format('alter function %s owner to receiver_owner', name);
  end loop;
  -- Reading a sequence is what a backup needs of it.
  if to_regclass('public.events') is not null then
    execute format('grant select on sequence %s to receiver_service', pg_get_serial_sequence('public.events', 'sequence'));
  end if;
  foreach name in array array['erasures', 'actions'] loop
    continue when to_regclass('public.' || name) is null;
    execute format('grant select on sequence %s to receiver_service', pg_get_serial_sequence('public.' || name, 'id'));
  end loop;
end
$$;
alter default privileges for role receiver_owner in schema public
  grant select, insert, update, delete on tables to receiver_service;
alter default privileges for role receiver_owner in schema public
  grant select on sequences to receiver_service;
