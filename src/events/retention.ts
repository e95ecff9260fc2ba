/**
 * Retention: finished events beyond RETENTION_DAYS, orders of which nothing is kept, and identities past their window go, in
 * small batches, so that no statement holds a lock for long and callbacks go on beside it.
 *
 * An event is finished when it is delivered, given up, or never to be delivered; an unfinished one is kept however old it is,
 * and so is one whose callback would still count as a repeat. Finished deliveries are walked oldest first, so a
 * batch costs the same however many events are unfinished. Events without a delivery are found by a walk over old events
 * that goes on where it was. An advisory lock, held for one statement, lets one replica at a time do it. Postgres' clock
 * decides what is old.
 */
import type { Database } from '../db/client.ts';
import { removeFinished, removeUndelivered, type UndeliveredStep } from './prune-events.ts';
import { type OrderCursor, removeIdentities, removeOrders } from './prune-keys.ts';

/** What one batch removed, in rows. */
export interface Removed {
  readonly events: number;
  readonly orders: number;
  readonly identities: number;
  /** Whether another batch may find something now. */
  readonly isThereMore: boolean;
}

export interface Retention {
  /** Removes one batch. The walks begin anew after a batch that found nothing more. */
  removeBatch(): Promise<Removed>;
}

/** Where the walks of this process stand. */
interface Position {
  /** When the last identity of this round expired, as Postgres writes it; saves the walk over those that are gone. */
  identity: string | null;
  /** Of the finished deliveries and the orders in this round. */
  delivery: number;
  order: OrderCursor | null;
  /** Of the old events in this round. */
  event: number;
  /** Old events up to here have been looked at in an earlier round: those without a delivery are gone. */
  eventsDone: number;
  /** Whether an old event of this round has to be looked at again in the next. */
  hasRepeatable: boolean;
}

/** `retentionDays` 0 keeps all events and orders; identities past their window always go. */
export function createRetention(db: Database, retentionDays: number): Retention {
  const position: Position = {
    identity: null,
    delivery: 0,
    order: null,
    event: 0,
    eventsDone: 0,
    hasRepeatable: false,
  };
  return {
    async removeBatch() {
      const { count: identities, next: identity } = await removeIdentities(db, position.identity);
      position.identity = identity;
      if (retentionDays === 0) return { events: 0, orders: 0, identities, isThereMore: identity !== null };

      const delivered = await removeFinished(db, retentionDays, position.delivery);
      const undelivered = await removeUndelivered(db, retentionDays, position.event);
      const orders = await removeOrders(db, retentionDays, position.order);
      position.delivery = delivered.next ?? 0;
      moveOn(position, undelivered);
      position.order = orders.next;
      const isThereMore =
        identity !== null || delivered.next !== null || undelivered.next !== null || orders.next !== null;
      return { events: delivered.count + undelivered.count, orders: orders.count, identities, isThereMore };
    },
  };
}

/** An old event that is unfinished gets a delivery when it is finished, so one look at it is enough. */
function moveOn(position: Position, { next, last, repeatable }: UndeliveredStep): void {
  position.hasRepeatable ||= repeatable > 0;
  if (next !== null) {
    position.event = next;
    return;
  }
  if (!position.hasRepeatable) position.eventsDone = last ?? position.event;
  position.event = position.eventsDone;
  position.hasRepeatable = false;
}
