/**
 * The store: a callback's event and its delivery are written together or not at all, each event once.
 *
 * One statement stores a whole batch (migrations/0004_create_store_function.ts). It locks the payments in sorted order, so
 * that two batches never deadlock; decides under that lock whether the identity is new; and only then takes the sequence
 * number, so that within one payment the order of numbers is the order of commits, on any number of replicas. Who calls
 * passes at most one event a payment. As many deliveries as there is room for are claimed at once, for this process.
 */
import { sql } from 'kysely';
import type { Database } from '../db/client.ts';
import type { Claim } from '../deliveries/claim.ts';
import type { NewEvent } from '../events/event.ts';

/** One event to store, with how many equal callbacks of this moment it stands for. */
export interface BatchRow {
  readonly id: string;
  readonly event: NewEvent;
  readonly receipts: number;
  /** Whether the merchant is to be told. */
  readonly deliver: boolean;
}

/**
 * `isDue`: its delivery is to be claimed by whoever has room.
 * `limited`: the payment has had its most events in the last 24 hours, and this one would be new.
 */
export type RowResult =
  | { readonly outcome: 'recorded'; readonly eventId: string; readonly isDue: boolean }
  | { readonly outcome: 'duplicate'; readonly eventId: string }
  | { readonly outcome: 'limited' };

export interface RecordBatchOptions {
  /** New events of one payment in 24 hours; 0 is no limit. */
  readonly maxEventsPerPayment: number;
  /** Fires when the last answer that waits for this statement has left. */
  readonly signal?: AbortSignal | undefined;
  /** The claims that may be made on the way. */
  readonly claims: {
    readonly max: number;
    /** Unique to this call. */
    readonly token: string;
    readonly leaseMs: number;
  };
}

export interface StoredBatch {
  /** In the order of the candidates. */
  readonly stored: readonly RowResult[];
  /** Deliveries that are ours to attempt, in the order of their events. */
  readonly claims: readonly Claim[];
}

interface StoredRow {
  readonly sent: string;
  readonly eventId: string | null;
  readonly sequence: number | null;
  readonly receivedAt: Date;
  readonly delivery: 'blocked' | 'pending' | 'delivering' | null;
}

/**
 * Stores the batch in one commit and tells of each candidate what became of it. Throws what Postgres threw; then nothing of
 * the batch was stored, or, when the connection broke, it is unknown.
 */
export async function storeEvents(
  db: Database,
  batch: readonly BatchRow[],
  options: RecordBatchOptions,
): Promise<StoredBatch> {
  const rows = await db.run(statement(batch, options).compile(db.kysely), options.signal);
  const byId = new Map(rows.map((row) => [row.sent, row]));
  const stored = batch.map(({ id }): RowResult => {
    const row = byId.get(id);
    if (row === undefined || row.eventId === null) return { outcome: 'limited' };
    if (row.eventId !== id) return { outcome: 'duplicate', eventId: row.eventId };
    return { outcome: 'recorded', eventId: id, isDue: row.delivery === 'pending' };
  });
  const claims = batch.flatMap(({ id, event }) => {
    const row = byId.get(id);
    return row?.delivery === 'delivering' ? [claimOf(event, row, options.claims.token)] : [];
  });
  return { stored, claims: claims.sort((a, b) => a.sequence - b.sequence) };
}

/** From memory, as `claimDeliveries` would read it: an attempt and its retry send the same bytes. */
function claimOf(event: NewEvent, { sent, sequence, receivedAt }: StoredRow, token: string): Claim {
  if (sequence === null) throw new TypeError('a claimed event has its sequence');
  const { identity, paymentKey, ...rest } = event;
  return {
    eventId: sent,
    sequence,
    paymentKey,
    token,
    attempt: 1,
    triesUsed: 0,
    abandonedInRow: 0,
    dueAt: receivedAt,
    event: { ...rest, id: sent, sequence, receivedAt },
  };
}

function statement(batch: readonly BatchRow[], { maxEventsPerPayment, claims }: RecordBatchOptions) {
  return sql<StoredRow>`
    select sent, event_id as "eventId", sequence, received_at as "receivedAt", delivery
    from store_events_v1(
      ${columnsOf(batch)}, ${maxEventsPerPayment}::int, ${claims.max}::int, ${claims.token}::uuid, ${claims.leaseMs}::float8
    )`;
}

/** Arrays keep the statement's text the same for every size, so that it is planned once. */
function columnsOf(batch: readonly BatchRow[]) {
  const column = <T>(pick: (event: NewEvent) => T): T[] => batch.map(({ event }) => pick(event));
  return sql`
      ${batch.map(({ id }) => id)}::uuid[], ${batch.map(({ receipts }) => receipts)}::int[], ${batch.map(({ deliver }) => deliver)}::bool[],
      ${column((e) => e.paymentKey)}::text[], ${column((e) => e.paymentId)}::text[],
      ${column((e) => e.identity.key)}::text[], ${column((e) => e.identity.aliasKey)}::text[],
      ${column((e) => e.identity.windowMs)}::float8[], ${column((e) => e.callback)}::text[],
      ${column((e) => e.type)}::text[], ${column((e) => e.result)}::text[], ${column((e) => e.method)}::text[],
      ${column((e) => JSON.stringify(e.parameters))}::json[], ${column((e) => e.body)}::bytea[],
      ${column((e) => e.registeredAt)}::timestamptz[], ${column((e) => JSON.stringify(e.verified))}::json[]`;
}
