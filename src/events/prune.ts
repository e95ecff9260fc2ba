/** Shared by the statements of retention.ts: the batch size, and the lock that lets one replica at a time prune. */
import { sql } from 'kysely';

/** A batch of this size takes a few milliseconds. */
export const BATCH_SIZE = 500;
export const BATCH_LIMIT = sql.lit(BATCH_SIZE);
/** Any number; the same in every version, so that two versions side by side exclude each other. */
const LOCK_ID = 7_263_541_001;
/** A receiver in another schema than the usual one has a lock of its own: its rows are others. */
export const TRY_LOCK = sql`(select pg_try_advisory_xact_lock(
  case current_schema() when 'public' then ${LOCK_ID}::bigint
    else hashtextextended('resurs-callback-receiver retention ' || current_schema(), 0) end
))`;

/** The result of one statement of a scan. */
export interface PruneStep<Cursor> {
  readonly count: number;
  /** Where to continue at once; null when the next row is too young, or there is none. */
  readonly next: Cursor | null;
}
