-- Two roles instead of one: receiver_owner creates and changes the tables (MIGRATION_DATABASE_URL). The receiver runs as
-- receiver_service (DATABASE_URL), which can neither drop nor alter anything. Run it as a superuser, connected to the receiver's
-- database, and give both roles a password. Running it again changes nothing. docs/deployment.md has the commands.

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

-- Makes receiver_owner the owner of tables and functions that another role has created.
do $$
declare
  name text;
begin
  for name in select format('%I.%I', schemaname, tablename) from pg_tables where schemaname = 'public' loop
    execute format('alter table %s owner to receiver_owner', name);
  end loop;
  for name in
    select oid::regprocedure::text from pg_proc
    where pronamespace = 'public'::regnamespace and prolang = (select oid from pg_language where lanname = 'plpgsql')
      and proname ~ '^(store_events|claim_deliveries|release_deliveries|settle_deliveries|replay_deliveries|unblock_stranded)_v[0-9]+$'
  loop
    execute format('alter function %s owner to receiver_owner', name);
  end loop;
end
$$;
grant select, insert, update, delete on all tables in schema public to receiver_service;
alter default privileges for role receiver_owner in schema public
  grant select, insert, update, delete on tables to receiver_service;
