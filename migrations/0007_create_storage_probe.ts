import { type Kysely, sql } from 'kysely';

/**
 * Creates the function that tries whether a callback can be stored now, and the table that it fills for that.
 *
 * Why a try of the whole way: a commit alone fits into write-ahead log that exists already, so it succeeds while the
 * disk is full. The function stores an event with a delivery as a callback does, so whatever refuses one (rights, a
 * trigger, a tablespace that is full) refuses the other. Then it undoes both, which leaves no row. The number that the
 * event had is not given again.
 *
 * Why a table of its own: free space in the other tables would hide that no file can grow. This one is always empty,
 * and a vacuum gives its pages back; each row fills a page, uncompressed and in place.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table storage_probe (
      filler text not null
    ) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 16)`.execute(db);
  await sql`alter table storage_probe alter column filler set storage plain`.execute(db);
  await sql`
create function probe_storing_v1() returns void
language plpgsql
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
as $$
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
$$`.execute(db);
}
