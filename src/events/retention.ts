/**
 * Prunes finished events older than RETENTION_DAYS, orders of which no event is stored, replays of many, actions of
 * operators, and expired identities, in small batches, so that no statement holds a lock for long and callbacks continue
 * beside it.
 *
 * An event is finished when it is delivered, dead-lettered, or never to be delivered. An unfinished one is kept however
 * old it is, and so is one whose callback would still count as a repeat. Finished deliveries are scanned oldest first,
 * so a batch costs the same however many events are unfinished. Events without a delivery are found by a scan of old
 * events that continues from its last position. An advisory lock for the length of one statement lets one replica
 * at a time prune. Postgres' clock decides what is old.
 */
import type { Database } from '../db/client.ts';
import { pruneActions } from './prune-actions.ts';
import { pruneFinished, pruneUndelivered, type UndeliveredPruneStep } from './prune-events.ts';
import { type OrderCursor, pruneIdentities, pruneOrders } from './prune-keys.ts';
import { pruneReplays } from './prune-replays.ts';

/** How many rows one batch pruned. */
export interface PruneResult {
  readonly events: number;
  readonly orders: number;
  readonly identities: number;
  /** Whether another batch may find something now. */
  readonly hasMore: boolean;
}

export interface Retention {
  /** Prunes one batch. The scans start from the beginning after a batch that found nothing more. */
  pruneBatch(): Promise<PruneResult>;
}

/** The positions of this process's scans. */
interface ScanPositions {
  /** When the last identity of this round expired, as Postgres formats it; saves the scan of deleted ones. */
  identity: string | null;
  /** Of the finished deliveries in this round. */
  delivery: number;
  /** Of the orders in this round. */
  order: OrderCursor | null;
  /** Of the actions of operators in this round. */
  action: number;
  /** Of the old events in this round. */
  event: number;
  /** Old events up to here were scanned in an earlier round: those without a delivery are gone. */
  eventsDone: number;
  /** Whether an old event of this round must be scanned again in the next. */
  hasRepeatable: boolean;
}

/**
 * Creates the retention of one process. `retentionDays` 0 keeps all events, orders and actions; expired identities are always
 * pruned.
 */
export function createRetention(db: Database, retentionDays: number): Retention {
  const positions: ScanPositions = {
    identity: null,
    delivery: 0,
    order: null,
    action: 0,
    event: 0,
    eventsDone: 0,
    hasRepeatable: false,
  };
  return {
    async pruneBatch() {
      const { count: identities, next: identity } = await pruneIdentities(db, positions.identity);
      positions.identity = identity;
      if (retentionDays === 0) return { events: 0, orders: 0, identities, hasMore: identity !== null };

      const delivered = await pruneFinished(db, retentionDays, positions.delivery);
      const undelivered = await pruneUndelivered(db, retentionDays, positions.event);
      const orders = await pruneOrders(db, retentionDays, positions.order);
      const hasMoreReplays = await pruneReplays(db, retentionDays);
      const actions = await pruneActions(db, retentionDays, positions.action);
      positions.action = actions.next ?? 0;
      positions.delivery = delivered.next ?? 0;
      advance(positions, undelivered);
      positions.order = orders.next;
      const nexts = [identity, delivered.next, undelivered.next, orders.next, actions.next];
      const hasMore = hasMoreReplays || nexts.some((next) => next !== null);
      return { events: delivered.count + undelivered.count, orders: orders.count, identities, hasMore };
    },
  };
}

/**
 * Advances the scan of old events. An unfinished one gets a row of `deliveries` when it is finished, so one scan of it
 * is enough.
 */
function advance(positions: ScanPositions, { next, last, repeatable }: UndeliveredPruneStep): void {
  positions.hasRepeatable ||= repeatable > 0;
  if (next !== null) {
    positions.event = next;
    return;
  }
  if (!positions.hasRepeatable) positions.eventsDone = last ?? positions.event;
  positions.event = positions.eventsDone;
  positions.hasRepeatable = false;
}
