/** Reads one event as it is sent: with everything, and what it means for its order. */
import { sql } from 'kysely';
import type { Database } from '../db/client.ts';
import type { StoredEvent } from './event.ts';
import { orderColumns, type SelectedOrder, selectedOrder } from './order-columns.ts';
import { originOf, type ProviderColumns } from './provider-columns.ts';

/** An event as its columns are selected. */
export type EventColumns = Omit<StoredEvent, 'order' | 'provider' | 'orderReference'> & ProviderColumns & SelectedOrder;

/** Makes the event of its columns. */
export function storedEventOf(columns: EventColumns): StoredEvent {
  const { orderState, orderCertain, earlierFacts, orderHistory, ...rest } = columns;
  return { ...rest, ...originOf(columns), order: selectedOrder(columns) };
}

/** Finds an event by its id; null when it is not stored. */
export async function findStoredEvent(db: Database, id: string): Promise<StoredEvent | null> {
  const [row] = await db.run(
    sql<EventColumns>`
      select e.id, e.sequence, e.payment_id as "paymentId", e.callback, e.type, e.result, e.method, e.parameters, e.body,
             e.registered_at as "registeredAt", e.received_at as "receivedAt", e.verified, e.provider,
             e.order_reference as "orderReference", e.snapshot, e.missed, e.erased_at as "erasedAt",
             ${orderColumns(sql`e`)}
      from events e where e.id = ${id}`.compile(db.kysely),
  );
  return row === undefined ? null : storedEventOf(row);
}
