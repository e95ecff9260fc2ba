/** The outbox as the dispatcher, the worker and the rescue use it, and its implementation on Postgres. */
import { randomUUID } from 'node:crypto';
import { createBatcher } from '../db/batcher.ts';
import type { Database } from '../db/client.ts';
import type { Clock } from '../lib/clock.ts';
import { createSerializer } from '../lib/serializer.ts';
import {
  type Claim,
  claimDeliveries,
  type DueDelivery,
  type ExpiredClaim,
  findExpiredClaims,
  firstDue,
  type Outlook,
  readOutlook,
  releaseClaims,
} from './claim.ts';
import { type SettledDelivery, settledDelivery } from './delivery-delay.ts';
import { type GroupCursor, type StrandedStep, unblockStranded } from './ordering.ts';
import { type Settlement, type SettleResult, settleClaims } from './settle.ts';

/**
 * All that may be unsettled (prefetch.ts), so that a stop beside an unresponsive Postgres waits for one statement of
 * them.
 */
const MAX_SETTLED_AT_ONCE = 256;
/**
 * A statement costs Postgres and the receiver more than the settlements in it. A merchant's answer after a pause is
 * settled at once; at a steady rate the settlements of this time share one statement.
 */
const SETTLE_SPACING = { leastMs: 20, fullAt: 64 } as const;

/** What delivering needs of the database; each call may reject when it is unavailable. */
export interface Outbox {
  /**
   * `since`: nothing is pending that was due before; null when that is not known. `skipped`: sequences to leave alone.
   */
  claim(limit: number, since: Date | null, skipped: readonly number[]): Promise<Claim[]>;
  /** The first due delivery, to find the row that makes a claim fail. */
  firstDue(skipped: readonly number[]): Promise<DueDelivery | null>;
  settle(settlement: Settlement): Promise<SettleResult>;
  release(claims: readonly Claim[]): Promise<void>;
  /** Claims that expired within `withinMs`; null: all. */
  findExpiredClaims(withinMs: number | null, skipped: readonly number[]): Promise<ExpiredClaim[]>;
  unblockStranded(after: GroupCursor | null): Promise<StrandedStep>;
  outlook(): Promise<Outlook>;
}

/** What settlements lead to. The deliveries that they unblock are claimed as far as there are slots, otherwise due. */
export interface SettlingEffects {
  /** Reserves slots for up to `max` claims and returns how many. */
  reserve(max: number): number;
  /** Ends the reservation and sends the claims. */
  send(reserved: number, claims: readonly Claim[]): void;
  /** Some are due that were not claimed here. */
  onDue(): void;
  /** Called for each settlement that counted. */
  onSettled(settled: SettledDelivery): void;
}

/**
 * Claims and settlements run one after another: callers that arrive meanwhile join the next statement, and fewer,
 * larger statements cost Postgres a quarter less. The rare calls run beside them.
 */
export function createOutbox(db: Database, clock: Clock, leaseMs: number, effects: SettlingEffects): Outbox {
  const serially = createSerializer();
  const settle = async (batch: readonly Settlement[]) => {
    const max = effects.reserve(batch.filter(({ next }) => next.state !== 'pending').length);
    const sentAtMs = clock.elapsed();
    const settling = settleClaims(db, batch, { max, token: randomUUID(), leaseMs });
    const { outcomes, claims, due, ...times } = await settling.catch((error: unknown) => {
      effects.send(max, []);
      throw error;
    });
    effects.send(max, claims);
    if (due > 0) effects.onDue();
    batch.forEach((settlement, index) => {
      if (outcomes[index] === 'settled') effects.onSettled(settledDelivery(settlement, { ...times, sentAtMs }));
    });
    return outcomes;
  };
  return {
    claim: (limit, since, skipped) => {
      return serially(() => claimDeliveries(db, { limit, token: randomUUID(), leaseMs, since, skipped }));
    },
    firstDue: (skipped) => firstDue(db, skipped),
    settle: createBatcher((batch) => serially(() => settle(batch)), MAX_SETTLED_AT_ONCE, { ...SETTLE_SPACING, clock }),
    release: (claims) => releaseClaims(db, claims),
    findExpiredClaims: (withinMs, skipped) => findExpiredClaims(db, withinMs, skipped),
    unblockStranded: (after) => unblockStranded(db, after),
    outlook: () => readOutlook(db),
  };
}
