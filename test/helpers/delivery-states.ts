/**
 * All deliveries, unfinished and finished, as one table for tests, fault runs and benchmarks. None is in both tables.
 */

/**
 * A select of `sequence`, `state` (blocked is shown as pending), `blocked`, `replayed`, `attempt_count`, `tries_used`,
 * `abandoned_in_row`, `next_attempt_at`, `claimed_until` and `delivered_at`. Fields that a finished one no longer has
 * are null.
 */
export const DELIVERIES = `(
  select sequence, case state when 'blocked' then 'pending' else state end as state, state = 'blocked' as blocked, replayed,
         attempt_count, tries_used, abandoned_in_row, case state when 'pending' then wake_at end as next_attempt_at,
         case state when 'delivering' then wake_at end as claimed_until, null::timestamptz as delivered_at
  from outbox
  union all
  select sequence, state, false, null, attempt_count, tries_used, 0, null, null, case state when 'delivered' then finished_at end
  from deliveries
)`;

/** A select of all attempts: those stored with the delivery and those with rows of their own. */
export const ATTEMPTS = `(
  select sequence, 1 as number, first_started_at as started_at, first_duration_ms as duration_ms, first_outcome as outcome,
         first_status as status, first_error as error, first_answer as answer
  from deliveries where first_outcome is not null
  union all
  select sequence, number, started_at, duration_ms, outcome, status, error, answer from attempts
)`;
