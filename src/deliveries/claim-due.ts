/**
 * Claims what is due. If a row makes the claim fail, claims one by one until that row is known and skipped. However
 * many rows fail, those behind them are claimed.
 */
import type { Claim } from './claim.ts';
import type { Outbox } from './outbox.ts';
import { isRowError, type Quarantine, type RowFailure } from './quarantine.ts';

/** Rows that fail in one pass; the rest waits for the next. */
const MAX_FAILED_A_PASS = 100;

export interface ClaimDueOptions {
  readonly outbox: Outbox;
  readonly quarantine: Quarantine;
}

/**
 * Claims up to `limit` deliveries; `since` as in Outbox. Rejects when the database cannot claim at all. `hasFailed`: a
 * row made the claim fail, and must be queried again.
 */
export async function claimDue(
  { outbox, quarantine }: ClaimDueOptions,
  since: Date | null,
  limit: number,
): Promise<{ readonly claims: Claim[]; readonly hasFailed: boolean }> {
  try {
    return { claims: await outbox.claim(limit, since, quarantine.setAside()), hasFailed: false };
  } catch (error) {
    if (!isRowError(error)) throw error;
  }
  const claims: Claim[] = [];
  const failures: RowFailure[] = [];
  while (claims.length < limit && failures.length < MAX_FAILED_A_PASS) {
    const skipped = [...quarantine.setAside(), ...failures.map(({ delivery }) => delivery.sequence)];
    const first = await outbox.firstDue(skipped);
    if (first === null) break;
    try {
      const claimed = await outbox.claim(1, null, skipped);
      // Another process is claiming it at this moment.
      if (claimed.length === 0) break;
      claims.push(...claimed);
    } catch (error) {
      failures.push({ delivery: first, error });
      if (!isRowError(error)) break;
    }
  }
  // What was claimed is sent, whatever error the next pass meets.
  if (claims.length === 0 || failures.every(({ error }) => isRowError(error)))
    quarantine.failed(failures, claims.length);
  return { claims, hasFailed: true };
}
