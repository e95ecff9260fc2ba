/** Stores and finds the orders that the shop has registered as its own. */
import { sql } from 'kysely';
import type { Database } from '../db/client.ts';

export interface StoredOrder {
  readonly registeredAt: Date;
  /** Null unless the shop has said that it is paid with the Merchant API. */
  readonly provider: 'resurs-mapi' | null;
  /** Resurs' id of its payment, where the shop has told it. */
  readonly paymentReference: string | null;
}

export interface RegisteredOrder extends StoredOrder {
  /** False if the order was already registered. */
  readonly isNew: boolean;
}

const REGISTERED = sql`registered_at as "registeredAt", provider, payment_reference as "paymentReference", (xmax = 0) as "isNew"`;

/** How Resurs is asked for an order that is paid with the Merchant API. */
export interface OrderPayment {
  /** Resurs' id of its payment; null: it is found by the reference of the order. */
  readonly paymentId: string | null;
  /** When Resurs is asked, unless something of it has come. */
  readonly dueAt: Date;
}

/** Registers the order. Repeating it keeps the time of the first registration. */
export async function registerOrder(db: Database, paymentId: string): Promise<RegisteredOrder> {
  return onlyRow(
    await db.run(
      sql<RegisteredOrder>`
        insert into orders as o (payment_id) values (${paymentId})
        on conflict (payment_id) do update set registered_at = o.registered_at
        returning ${REGISTERED}`.compile(db.kysely),
    ),
  );
}

/** Registers an order of the Merchant API. Repeating it replaces the id of its payment, if one is given, and the time. */
export async function registerMapiOrder(
  db: Database,
  orderReference: string,
  { paymentId, dueAt }: OrderPayment,
): Promise<RegisteredOrder> {
  return onlyRow(
    await db.run(
      sql<RegisteredOrder>`
        insert into orders as o (payment_id, provider, payment_reference, due_at)
        values (${orderReference}, 'resurs-mapi', ${paymentId}::text, ${dueAt}::timestamptz)
        on conflict (payment_id) do update
        set provider = excluded.provider, due_at = excluded.due_at,
            payment_reference = coalesce(excluded.payment_reference, o.payment_reference)
        returning ${REGISTERED}`.compile(db.kysely),
    ),
  );
}

/** Returns the order, or null. */
export async function findOrder(db: Database, paymentId: string): Promise<StoredOrder | null> {
  const [row] = await db.run(
    sql<StoredOrder>`
      select registered_at as "registeredAt", provider, payment_reference as "paymentReference"
      from orders where payment_id = ${paymentId}`.compile(db.kysely),
  );
  return row ?? null;
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

function onlyRow(rows: readonly RegisteredOrder[]): RegisteredOrder {
  const [row] = rows;
  if (row === undefined) throw new Error('an upsert returns its row');
  return row;
}
