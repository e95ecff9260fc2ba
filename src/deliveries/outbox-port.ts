/** The outbox as those see it who know no SQL. */
import type { Claim, ExpiredClaim } from './outbox.ts';
import type { Settled, Settlement } from './settle.ts';

/** What carrying deliveries needs of the database; each call may reject when it is away. */
export interface Outbox {
  claim(limit: number): Promise<Claim[]>;
  settle(settlement: Settlement): Promise<Settled>;
  giveBack(claims: readonly Claim[]): Promise<void>;
  giveTurn(eventId: string): Promise<unknown>;
  giveForgottenTurns(): Promise<number>;
  expired(): Promise<ExpiredClaim[]>;
  nextDueInMs(): Promise<number | null>;
}
