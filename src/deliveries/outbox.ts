/** The outbox as those see it who know no SQL. */
import type { Claim, DueDelivery, ExpiredClaim, Outlook } from './claim.ts';
import type { GroupCursor, StrandedStep } from './ordering.ts';
import type { Settlement, SettleResult } from './settle.ts';

/** What carrying deliveries needs of the database; each call may reject when it is away. */
export interface Outbox {
  /** `since`: nothing is pending that was due before; null when that is not known. */
  claim(limit: number, since: Date | null, skipped: readonly number[]): Promise<Claim[]>;
  /** The first due one, for a claim that fails. */
  firstDue(skipped: readonly number[]): Promise<DueDelivery | null>;
  settle(settlement: Settlement): Promise<SettleResult>;
  release(claims: readonly Claim[]): Promise<void>;
  /** Those that expired within `withinMs`; null: all. */
  findExpiredClaims(withinMs: number | null, skipped: readonly number[]): Promise<ExpiredClaim[]>;
  unblockStranded(after: GroupCursor | null): Promise<StrandedStep>;
  outlook(): Promise<Outlook>;
}
