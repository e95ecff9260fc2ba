import { type Kysely, sql } from 'kysely';

/**
 * Keeps what operators do, and how much of everything there was.
 *
 * - A replay of many deliveries is a task: it goes on where it was after a restart, in steps, and can be stopped. `up_to`
 *   is the newest event when it was asked for: what is stored later is no part of it.
 * - `actions` says who did what. Rows are only added, and removed by the retention.
 * - `hourly_counts` is what statistics are made of: one row for each thing that was counted in an hour, over all replicas.
 *   Replicas add to it once a minute. A delay is counted in the class of its length, so that the median of any time span
 *   comes from sums. `count_writers` has the last batch of each process: one whose response was lost is not added twice.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table replays (
      id uuid primary key,
      state text not null default 'running',
      filter json not null,
      up_to bigint not null,
      position bigint not null default 0,
      count int not null,
      at_least bool not null default false,
      replayed int not null default 0,
      failed int not null default 0,
      idempotency_key text,
      request_hash text not null,
      created_at timestamptz not null default now(),
      created_by text not null,
      finished_at timestamptz,
      constraint replays_state_known check (state in ('running', 'done', 'stopped')),
      constraint replays_finished check ((state = 'running') = (finished_at is null))
    ) with (fillfactor = 50)`.execute(db);
  await sql`create unique index replays_idempotency_key on replays (idempotency_key) where idempotency_key is not null`.execute(
    db,
  );
  await sql`create index replays_running on replays (created_at) where state = 'running'`.execute(db);
  await sql`create index replays_created_at on replays (created_at)`.execute(db);

  await sql`
    create table actions (
      id bigint generated always as identity primary key,
      at timestamptz not null default now(),
      action text not null,
      operator text not null,
      detail json not null
    )`.execute(db);

  await sql`
    create table hourly_counts (
      hour timestamptz not null,
      kind text not null,
      name text not null,
      count bigint not null,
      primary key (hour, kind, name),
      constraint hourly_counts_kind_known check (kind in ('callback', 'event', 'delivery', 'delay'))
    ) with (fillfactor = 50)`.execute(db);

  await sql`
    create table count_writers (
      writer uuid primary key,
      batch bigint not null,
      written_at timestamptz not null
    ) with (fillfactor = 50)`.execute(db);
}
