import { type Kysely, sql } from 'kysely';

/**
 * Creates the outbox and the tables of finished deliveries. A delivery (our duty to bring one event to the merchant) is
 * one row in `outbox` until it is finished, and then one row in `deliveries`; it is never in both. A replay moves it
 * back into the outbox.
 *
 * Why this shape: the outbox contains only unfinished deliveries, so its size follows the backlog and not the history,
 * and its indexes are ordinary ones that are used by equality. Postgres plans a partial index over a large table by
 * statistics about its fraction, and those are wrong exactly when a backlog grows.
 *
 * No column is in two indexes of the outbox, so that each condition has exactly one. A table that a vacuum finds empty,
 * with pages that it could not give back, is planned as if it were free to read, by any index that fits at all.
 *
 * An ordering group contains the unfinished deliveries of one payment; first deliveries and replays are separate
 * groups. One delivery of a group is `pending` or `delivering` at a time; those behind it are `blocked` until it is
 * finished.
 *
 * No foreign keys: each would lock the event's row for every delivery and attempt. The functions of the next migrations
 * write these tables. Retention removes the rows of an event in the statement that removes the event.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  // `wake_at` is the time of the next action: a pending delivery becomes due, or the claim of a delivering one expires.
  // `turn` is the position in the ordering group: 0 for the one that is not blocked, then the blocked ones in order.
  // Each update moves the row within an index, so free space for new versions on its page (fillfactor) would gain
  // nothing. Thresholds are absolute, because a table that is empty most of the time has no meaningful fraction.
  await sql`
    create table outbox (
      sequence bigint primary key,
      payment_key text not null,
      replayed boolean not null default false,
      state text not null default 'pending',
      attempt_count integer not null default 0,
      tries_used integer not null default 0,
      abandoned_in_row integer not null default 0,
      wake_at timestamptz,
      claim_token uuid,
      claimed_at timestamptz,
      turn bigint not null generated always as (case state when 'blocked' then sequence else 0 end) stored,
      constraint outbox_state_known check (state in ('blocked', 'pending', 'delivering')),
      constraint outbox_blocked_or_awake check ((state = 'blocked') = (wake_at is null)),
      constraint outbox_claim_is_whole check (
        (state = 'delivering') = (claim_token is not null) and (claim_token is null) = (claimed_at is null)
      ),
      constraint outbox_counts check (
        attempt_count >= 0 and tries_used between 0 and attempt_count and abandoned_in_row between 0 and attempt_count
      )
    ) with (
      autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0,
      autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 5000
    )`.execute(db);
  await sql`create index outbox_wake on outbox (state, wake_at)`.execute(db);
  // Unique, so that no bug can make two deliveries of a group pending or claimed.
  await sql`create unique index outbox_order on outbox (payment_key, replayed, turn)`.execute(db);

  // Written once, when the delivery is finished, with its first attempt if there was no other.
  // The insert threshold keeps counts over the last day readable from the index alone.
  await sql`
    create table deliveries (
      sequence bigint primary key,
      state text not null,
      attempt_count integer not null,
      tries_used integer not null,
      finished_at timestamptz not null,
      first_started_at timestamptz,
      first_duration_ms integer,
      first_outcome text,
      first_status integer,
      first_error text,
      first_answer text,
      constraint deliveries_state_known check (state in ('delivered', 'dead_letter')),
      constraint deliveries_counts check (attempt_count > 0 and tries_used between 0 and attempt_count),
      constraint deliveries_first_is_whole check (
        (first_outcome is null) = (first_started_at is null) and (first_outcome is null) = (first_duration_ms is null)
      ),
      constraint deliveries_first_outcome_known
        check (first_outcome in ('accepted', 'refused', 'unreachable', 'timed_out', 'abandoned')),
      constraint deliveries_first_answered_has_status
        check (first_outcome not in ('accepted', 'refused') or first_status is not null)
    ) with (autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 50000)`.execute(db);
  await sql`create index deliveries_finished on deliveries (state, finished_at)`.execute(db);

  // The dead letters among them: a table and not a partial index, so that finding one does not depend on statistics.
  await sql`
    create table dead_letters (
      sequence bigint primary key
    )`.execute(db);

  // Append-only: all attempts, except that of a delivery which needed only one.
  await sql`
    create table attempts (
      sequence bigint not null,
      number integer not null,
      started_at timestamptz not null,
      duration_ms integer not null,
      outcome text not null,
      status integer,
      error text,
      answer text,
      primary key (sequence, number),
      constraint attempts_number_positive check (number > 0),
      constraint attempts_duration_not_negative check (duration_ms >= 0),
      constraint attempts_outcome_known
        check (outcome in ('accepted', 'refused', 'unreachable', 'timed_out', 'abandoned')),
      constraint attempts_answered_has_status check (outcome not in ('accepted', 'refused') or status is not null)
    )`.execute(db);
}
