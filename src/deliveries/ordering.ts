/**
 * Unblocks stranded ordering groups: the fallback that keeps every payment moving. Of each ordering group (the first,
 * or the replayed, deliveries of a payment) one delivery is pending or claimed; the others are blocked until it is
 * finished. Storing, settling and replaying keep it so, each in one transaction. A manual change or a bug may leave a
 * group in which all are blocked; this finds it.
 */
import { sql } from 'kysely';
import type { Database } from '../db/client.ts';

/** Ordering groups scanned in one step: some milliseconds. */
const GROUPS_A_STEP = 200;

/** The position of a scan over the ordering groups. */
export interface GroupCursor {
  readonly paymentKey: string;
  readonly replayed: boolean;
}

export interface StrandedStep {
  /** Where to continue; null when all groups have been scanned. */
  readonly next: GroupCursor | null;
  readonly unblocked: number;
}

/** Does one bounded step of the scan, from `after` or from the beginning. */
export async function unblockStranded(db: Database, after: GroupCursor | null): Promise<StrandedStep> {
  const rows = await db.run(
    sql<{ readonly paymentKey: string | null; readonly replayed: boolean | null; readonly unblocked: number }>`
      select last_key as "paymentKey", last_replayed as replayed, unblocked
      from unblock_stranded_v1(${after?.paymentKey ?? ''}, ${after?.replayed ?? false}, ${GROUPS_A_STEP})`.compile(
      db.kysely,
    ),
  );
  const { paymentKey = null, replayed = null, unblocked = 0 } = rows[0] ?? {};
  return { next: paymentKey === null || replayed === null ? null : { paymentKey, replayed }, unblocked };
}
