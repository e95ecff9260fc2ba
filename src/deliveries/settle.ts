/**
 * Settles attempts in batches: records the attempt and the delivery's next state together, and in the same commit
 * unblocks the next delivery of each ordering group whose delivery was finished.
 *
 * The fence: a settlement counts only while the delivery still has the claim's token. A late one, after another process
 * rescued the delivery, changes nothing and is reported as lost.
 */
import { sql } from 'kysely';
import { plainArray, textArray } from '../db/array-literals.ts';
import type { Database } from '../db/client.ts';
import { storable } from '../lib/storable.ts';
import { CLAIM_COLUMNS, type Claim, type ClaimRef, type ClaimRow, claimOf } from './claim.ts';
import type { AttemptRecord, NextStep } from './retry.ts';

export interface Settlement {
  readonly claim: ClaimRef;
  /** From the claim to the request, in milliseconds. */
  readonly waitedMs: number;
  readonly record: AttemptRecord;
  readonly next: NextStep;
  /** The receipt of the event, and the end of the attempt by Clock.elapsed; null: unknown, as of an expired claim. */
  readonly ended: { readonly receivedAt: Date; readonly atMs: number } | null;
}

/** `lost`: the claim had expired, and another process has claimed or settled the delivery. */
export type SettleResult = 'settled' | 'lost';

/** The claims that a settlement may make of the deliveries it unblocks. */
export interface NextClaims {
  readonly max: number;
  /** Unique to this call. */
  readonly token: string;
  readonly leaseMs: number;
}

export const NO_CLAIMS: NextClaims = { max: 0, token: '00000000-0000-0000-0000-000000000000', leaseMs: 0 };

export interface SettledBatch {
  /** In the batch's order. */
  readonly outcomes: readonly SettleResult[];
  /** Deliveries that were unblocked and claimed, in the order of their events. */
  readonly claims: readonly Claim[];
  /** How many others were unblocked and are due. */
  readonly due: number;
  /** The time of the transaction, in milliseconds since 1970 by the database's clock. */
  readonly nowMs: number;
  /** Sequences of the deliveries that were delivered, and were replayed ones. */
  readonly replayed: ReadonlySet<number>;
}

type SettledRow = { readonly nowMs: number; readonly isReplayed: boolean | null } & (
  | ({ readonly settled: null; readonly unblocked: 'delivering' } & ClaimRow)
  | { readonly settled: null; readonly unblocked: 'pending' }
  | { readonly settled: number; readonly unblocked: null }
);

/**
 * Settles the batch, almost always in one commit. If it has two settlements of one claim, the first counts. Claims that
 * are made of unblocked deliveries are `next.max` at most in all.
 */
export async function settleClaims(
  db: Database,
  batch: readonly Settlement[],
  next: NextClaims = NO_CLAIMS,
): Promise<SettledBatch> {
  const firsts = [...new Map(batch.toReversed().map((one) => [keyOf(one), one])).values()];
  const settled = new Set<Settlement>();
  const claims: Claim[] = [];
  const replayed = new Set<number>();
  let due = 0;
  let nowMs = 0;
  for (const bySequence of eachDeliveryOnce(firsts)) {
    const rows = await settle(db, [...bySequence.values()], { ...next, max: next.max - claims.length });
    for (const row of rows) {
      nowMs = row.nowMs;
      if (row.unblocked === 'delivering') claims.push(claimOf(claimColumns(row), next.token));
      else if (row.unblocked === 'pending') due += 1;
      else if (row.settled !== null) {
        const one = bySequence.get(row.settled);
        if (one !== undefined) settled.add(one);
        if (row.isReplayed === true) replayed.add(row.settled);
      }
    }
  }
  const outcomes = batch.map((one) => (settled.has(one) ? 'settled' : 'lost'));
  return { outcomes, claims: claims.sort((a, b) => a.sequence - b.sequence), due, nowMs, replayed };
}

/**
 * Splits settlements, by sequence, so that none has two claims of one delivery: the statement returns which deliveries it
 * settled, and that would not say by which claim. There are two after a process was held up for longer than a lease, and
 * has claimed the delivery once more before it settles the first claim.
 */
function eachDeliveryOnce(settlements: readonly Settlement[]): Map<number, Settlement>[] {
  const parts: Map<number, Settlement>[] = [];
  for (const one of settlements) {
    const { sequence } = one.claim;
    const part = parts.find((other) => !other.has(sequence));
    if (part === undefined) parts.push(new Map([[sequence, one]]));
    else part.set(sequence, one);
  }
  return parts;
}

function settle(db: Database, batch: readonly Settlement[], next: NextClaims): Promise<SettledRow[]> {
  return db.run(
    sql<SettledRow>`
      select settled, unblocked, extract(epoch from now())::float8 * 1000 as "nowMs",
             settled = any (${replayedOf(batch)}) as "isReplayed", ${CLAIM_COLUMNS}
      from ${settling(batch, next)}`.compile(db.kysely),
  );
}

function claimColumns({ settled, unblocked, nowMs, isReplayed, ...claimed }: SettledRow & ClaimRow): ClaimRow {
  return claimed;
}

/**
 * Selects which deliveries of the batch are replayed ones, as they were before the settlement. Only those that are
 * delivered by a later attempt can be, so a delivery that is accepted at once costs nothing.
 */
function replayedOf(batch: readonly Settlement[]) {
  const later = batch.filter(({ claim, next }) => claim.attempt > 1 && next.state === 'delivered');
  return sql`array(
               select l.sequence from unnest(${plainArray(later.map(({ claim }) => claim.sequence))}::bigint[]) l (sequence)
               cross join lateral (select replayed from outbox where sequence = l.sequence offset 0) o where o.replayed
             )`;
}

function keyOf({ claim }: Settlement): string {
  return `${claim.sequence} ${claim.token}`;
}

/** Nothing that a merchant responds may make the settlement impossible: the event would be sent for ever. */
function storableOrNull(text: string | null): string | null {
  return text === null ? null : storable(text);
}

function settling(batch: readonly Settlement[], next: NextClaims) {
  const plain = (pick: (settlement: Settlement) => number | string | null) => plainArray(batch.map(pick));
  const texts = (pick: (settlement: Settlement) => string | null) => textArray(batch.map(pick));
  return sql`settle_deliveries_v2(
      ${plain((s) => s.claim.sequence)}::bigint[], ${texts((s) => s.claim.paymentKey)}::text[],
      ${plain((s) => s.claim.token)}::uuid[], ${plain((s) => s.claim.attempt)}::int[],
      ${plain((s) => Math.max(0, s.waitedMs))}::float8[], ${plain((s) => s.next.state)}::text[],
      ${plain((s) => (s.next.state === 'pending' ? s.next.waitMs : null))}::float8[],
      ${plain((s) => s.next.triesUsed)}::int[], ${plain((s) => s.next.abandonedInRow)}::int[],
      ${plain((s) => Math.max(0, Math.round(s.record.durationMs)))}::int[],
      ${plain((s) => s.record.outcome)}::text[], ${plain((s) => s.record.status)}::int[],
      ${texts((s) => storableOrNull(s.record.error))}::text[], ${texts((s) => storableOrNull(s.record.answer))}::text[],
      ${next.max}::int, ${next.token}::uuid, ${next.leaseMs}::float8
    )`;
}
