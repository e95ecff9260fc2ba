/**
 * The orders of the Merchant API that the shop has registered, and of which nothing may have come. They are looked up by
 * the payment's id where the shop has told it: an order that was paid once more has events of an earlier payment.
 */
import { sql } from 'kysely';
import { textArray } from '../db/array-literals.ts';
import type { Database } from '../db/client.ts';
import { DUE_BATCH, type DueCursor } from './open-payments.ts';

export interface DueOrder {
  readonly orderReference: string;
  /** Null: its payment is found by the reference. */
  readonly paymentId: string | null;
  readonly registeredAt: Date;
  /** Null: it was not due any more. */
  readonly dueAt: Date | null;
  /** An event of it came. */
  readonly isKnown: boolean;
}

/** When an order is due next; null: never again. `wasDueAt` is as it was read: an order that was put since keeps its time. */
export interface NextAsk {
  readonly orderReference: string;
  readonly wasDueAt: Date | null;
  readonly dueAt: Date | null;
}

type OrderRow = DueOrder & { readonly position: string };

const MAX_SEQUENCE = sql`9223372036854775807::bigint`;
/** An application has the reference of its order, and no payment; there are few of one order. */
const MAX_EVENTS = 20;

const ORDER = sql`
  o.payment_id as "orderReference", o.payment_reference as "paymentId", o.registered_at as "registeredAt", o.due_at as "dueAt",
  case when o.payment_reference is not null
       then (select true from events e where e.payment_key = o.payment_reference limit 1)
       else (
         select true from (
           select e.payment_id from events e
           where (e.order_reference, e.sequence) > (o.payment_id, 0) and (e.order_reference, e.sequence) < (o.payment_id, ${MAX_SEQUENCE})
             and e.order_reference is not null
           order by e.order_reference, e.sequence
           limit ${sql.lit(MAX_EVENTS)}
         ) f
         where f.payment_id is not null
         limit 1
       ) end is not null as "isKnown"`;

/** Finds orders that are due behind the cursor, the oldest first. */
export async function findDueOrders(
  db: Database,
  { now, after, signal }: { readonly now: Date; readonly after: DueCursor; readonly signal?: AbortSignal },
): Promise<readonly (DueOrder & { readonly cursor: DueCursor })[]> {
  const rows = await db.run(
    sql<OrderRow>`
      select ${ORDER}, o.due_at::text as position
      from (
        select * from orders
        where due_at is not null and due_at <= ${now}::timestamptz
          and (due_at, payment_id) > (${after.dueAt}::timestamptz, ${after.name}::text)
        order by due_at, payment_id
        limit ${sql.lit(DUE_BATCH)}
      ) o
      order by o.due_at, o.payment_id`.compile(db.kysely),
    signal,
  );
  return rows.map(withCursor);
}

/** The orders of a window, and the cursor behind it; null: there is no more. */
export interface OrderWindow {
  readonly orders: readonly DueOrder[];
  readonly next: DueCursor | null;
}

const WINDOW = 500;

/** Finds the orders of the Merchant API among the next ones that were registered behind the cursor. */
export async function findRegisteredOrders(
  db: Database,
  { after, signal }: { readonly after: DueCursor; readonly signal?: AbortSignal },
): Promise<OrderWindow> {
  const rows = await db.run(
    sql<OrderRow & { readonly provider: string | null }>`
      select ${ORDER}, o.provider, o.registered_at::text as position
      from (
        select * from orders
        where registered_at >= ${after.dueAt}::timestamptz
          and (registered_at, payment_id) > (${after.dueAt}::timestamptz, ${after.name}::text)
        order by registered_at, payment_id
        limit ${sql.lit(WINDOW)}
      ) o
      order by o.registered_at, o.payment_id`.compile(db.kysely),
    signal,
  );
  const last = rows.length === WINDOW ? rows.at(-1) : undefined;
  return {
    orders: rows.filter(({ provider }) => provider !== null),
    next: last === undefined ? null : { dueAt: last.position, name: last.orderReference },
  };
}

/** Writes when orders are due next. */
export async function writeNextAsks(db: Database, asks: readonly NextAsk[]): Promise<void> {
  if (asks.length === 0) return;
  const times = (pick: (ask: NextAsk) => Date | null) =>
    sql`${textArray(asks.map((ask) => pick(ask)?.toISOString() ?? null))}::timestamptz[]`;
  await db.run(
    sql`
      with input as materialized (
        select * from unnest(
          ${textArray(asks.map(({ orderReference }) => orderReference))}::text[],
          ${times(({ wasDueAt }) => wasDueAt)}, ${times(({ dueAt }) => dueAt)}
        ) as t (payment_id, was_due_at, due_at)
      )
      update orders set due_at = f.due_at
      from (
        select o.place, i.due_at from input i
        cross join lateral (
          select o.ctid as place, o.due_at from orders o where o.payment_id = i.payment_id offset 0
        ) o
        where date_trunc('milliseconds', o.due_at) is not distinct from i.was_due_at
      ) f
      where orders.ctid = f.place`.compile(db.kysely),
  );
}

function withCursor({ position, ...order }: OrderRow): DueOrder & { readonly cursor: DueCursor } {
  return { ...order, cursor: { dueAt: position, name: order.orderReference } };
}
