/**
 * What an attempt leaves behind: the attempt and the delivery's next state, written together in batches; and the next
 * delivery of each ordering group whose delivery was finished is unblocked in the same commit.
 *
 * The fence: a settlement counts only while the delivery still carries the claim's token. One that comes late, after
 * another process took the delivery over, changes nothing and is reported as lost.
 */
import { sql } from 'kysely';
import type { Database } from '../db/client.ts';
import type { AttemptRecord, NextStep } from './attempt.ts';
import type { ClaimedDelivery } from './outbox.ts';

export interface Settlement {
  readonly claim: ClaimedDelivery;
  /** From the claim to the request, in milliseconds. */
  readonly waitedMs: number;
  readonly record: AttemptRecord;
  readonly next: NextStep;
}

/** `lost`: the claim had expired and the delivery is another process's now, or already settled. */
export type Settled = 'settled' | 'lost';

export interface SettledBatch {
  /** In the batch's order. */
  readonly outcomes: readonly Settled[];
  /** Deliveries that became due because the one before them was finished. */
  readonly unblocked: number;
}

/** Settles the batch in one commit. Of two settlements of one claim the first counts. */
export async function settleClaims(db: Database, batch: readonly Settlement[]): Promise<SettledBatch> {
  const firsts = [...new Map(batch.toReversed().map((one) => [keyOf(one), one])).values()];
  const rows = await db.run(
    sql<{ readonly settled: readonly number[]; readonly unblocked: number }>`
      select settled::float8[] as settled, unblocked from ${settling(firsts)}`.compile(db.kysely),
  );
  const { settled = [], unblocked = 0 } = rows[0] ?? {};
  const isSettled = new Set(settled);
  const counted = new Set(firsts);
  const outcomes = batch.map((one) => (counted.has(one) && isSettled.has(one.claim.sequence) ? 'settled' : 'lost'));
  return { outcomes, unblocked };
}

function keyOf({ claim }: Settlement): string {
  return `${claim.sequence} ${claim.token}`;
}

function settling(batch: readonly Settlement[]) {
  const column = <T>(pick: (settlement: Settlement) => T): T[] => batch.map(pick);
  return sql`settle_deliveries_v1(
      ${column((s) => s.claim.sequence)}::bigint[], ${column((s) => s.claim.paymentKey)}::text[],
      ${column((s) => s.claim.token)}::uuid[], ${column((s) => s.claim.attempt)}::int[],
      ${column((s) => Math.max(0, s.waitedMs))}::float8[], ${column((s) => s.next.state)}::text[],
      ${column((s) => (s.next.state === 'pending' ? s.next.waitMs : null))}::float8[],
      ${column((s) => s.next.triesUsed)}::int[], ${column((s) => s.next.abandonedInRow)}::int[],
      ${column((s) => Math.max(0, Math.round(s.record.durationMs)))}::int[],
      ${column((s) => s.record.outcome)}::text[], ${column((s) => s.record.status)}::int[],
      ${column((s) => s.record.error)}::text[], ${column((s) => s.record.answer)}::text[]
    )`;
}
