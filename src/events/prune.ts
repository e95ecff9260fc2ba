/** What the statements of retention share: how much one removes, and that one replica at a time does. */
import { sql } from 'kysely';

/** A batch of this size takes a few milliseconds. */
export const BATCH = 500;
export const LIMIT = sql.lit(BATCH);
/** Any number; the same in every version, so that two versions side by side exclude each other. */
const LOCK = 7_263_541_001;
export const HAS_LOCK = sql`(select pg_try_advisory_xact_lock(${LOCK}::bigint))`;

/** What one statement of a walk did. */
export interface Step<Cursor> {
  readonly count: number;
  /** Where to go on at once; null when what follows is too young, or nothing does. */
  readonly next: Cursor | null;
}
