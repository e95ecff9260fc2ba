import { type Kysely, sql } from 'kysely';

/**
 * The way out: one row a delivery (our duty to bring one event to the merchant) and one row an attempt.
 *
 * Why this shape: a delivery is the only row that changes, so it is narrow, has room on its page for new versions of
 * itself, and its way is indexed only while it is unfinished: cost follows the backlog, not the history. Within a payment one
 * delivery is due at a time; the ones behind it have no `next_attempt_at`, so a stuck payment has one row to look at.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table deliveries (
      event_id uuid primary key references events (id) on delete cascade,
      sequence bigint not null,
      payment_key text not null,
      state text not null default 'pending',
      replayed boolean not null default false,
      attempt_count integer not null default 0,
      tries_used integer not null default 0,
      abandoned_in_row integer not null default 0,
      next_attempt_at timestamptz,
      claim_token uuid,
      claimed_at timestamptz,
      claimed_until timestamptz,
      delivered_at timestamptz,
      constraint deliveries_state_known check (state in ('pending', 'delivering', 'delivered', 'dead_letter')),
      constraint deliveries_due_only_if_pending check (next_attempt_at is null or state = 'pending'),
      constraint deliveries_claim_is_whole check (
        (state = 'delivering') = (claim_token is not null)
        and (claim_token is null) = (claimed_until is null)
        and (claim_token is null) = (claimed_at is null)
      ),
      constraint deliveries_delivered_or_no_time check ((state = 'delivered') = (delivered_at is not null)),
      constraint deliveries_counts check (
        attempt_count >= 0 and tries_used between 0 and attempt_count and abandoned_in_row between 0 and attempt_count
      )
    ) with (fillfactor = 70)`.execute(db);

  await sql`
    create index deliveries_due on deliveries (next_attempt_at)
    where state = 'pending' and next_attempt_at is not null`.execute(db);
  await sql`
    create index deliveries_unfinished on deliveries (payment_key, replayed, sequence)
    where state in ('pending', 'delivering')`.execute(db);
  await sql`
    create index deliveries_waiting on deliveries (payment_key, replayed, sequence)
    where state = 'pending' and next_attempt_at is null`.execute(db);
  await sql`
    create index deliveries_open on deliveries (sequence)
    where state in ('pending', 'delivering')`.execute(db);
  await sql`create index deliveries_claimed on deliveries (claimed_until) where state = 'delivering'`.execute(db);
  await sql`create index deliveries_dead on deliveries (sequence) where state = 'dead_letter'`.execute(db);

  await sql`create index deliveries_delivered_at on deliveries (delivered_at) where state = 'delivered'`.execute(db);

  // Append-only.
  await sql`
    create table attempts (
      event_id uuid not null references deliveries (event_id) on delete cascade,
      number integer not null,
      started_at timestamptz not null,
      duration_ms integer not null,
      outcome text not null,
      status integer,
      error text,
      answer text,
      primary key (event_id, number),
      constraint attempts_number_positive check (number > 0),
      constraint attempts_duration_not_negative check (duration_ms >= 0),
      constraint attempts_outcome_known
        check (outcome in ('accepted', 'refused', 'unreachable', 'timed_out', 'abandoned')),
      constraint attempts_answered_has_status check (outcome not in ('accepted', 'refused') or status is not null)
    )`.execute(db);
}
