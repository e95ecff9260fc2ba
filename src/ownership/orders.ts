/** Stores and finds the orders that the shop has registered as its own. */
import { sql } from 'kysely';
import type { Database } from '../db/client.ts';

export interface RegisteredOrder {
  /** False if the order was already registered. */
  readonly isNew: boolean;
  readonly registeredAt: Date;
}

/** Registers the order. Repeating it keeps the time of the first registration. */
export async function registerOrder(db: Database, paymentId: string): Promise<RegisteredOrder> {
  const rows = await db.run(
    sql<RegisteredOrder>`
      insert into orders as o (payment_id) values (${paymentId})
      on conflict (payment_id) do update set registered_at = o.registered_at
      returning registered_at as "registeredAt", (xmax = 0) as "isNew"`.compile(db.kysely),
  );
  const row = rows[0];
  if (row === undefined) throw new Error('an upsert returns its row');
  return row;
}

/** Returns when the order was registered, or null. */
export async function findOrder(db: Database, paymentId: string): Promise<Date | null> {
  const rows = await db.run(
    sql<{ readonly registeredAt: Date }>`
      select registered_at as "registeredAt" from orders where payment_id = ${paymentId}`.compile(db.kysely),
  );
  return rows[0]?.registeredAt ?? null;
}

/** Returns for each id whether it is registered, in one statement for many callbacks. */
export async function findRegisteredIds(db: Database, paymentIds: readonly string[]): Promise<readonly boolean[]> {
  const rows = await db.run(
    sql<{ readonly paymentId: string }>`
      select payment_id as "paymentId" from orders where payment_id = any(${[...paymentIds]}::text[])`.compile(
      db.kysely,
    ),
  );
  const registered = new Set(rows.map((row) => row.paymentId));
  return paymentIds.map((paymentId) => registered.has(paymentId));
}

/** Removes the order's registration; does nothing if there is none. */
export async function unregisterOrder(db: Database, paymentId: string): Promise<void> {
  await db.run(sql`delete from orders where payment_id = ${paymentId}`.compile(db.kysely));
}
