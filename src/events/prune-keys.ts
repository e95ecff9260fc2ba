/** Prunes expired identities, and orders of which no event is stored. The statements of retention.ts. */
import { sql } from 'kysely';
import type { Database } from '../db/client.ts';
import { BATCH_LIMIT, BATCH_SIZE, type PruneStep, TRY_LOCK } from './prune.ts';

/** The position of the scan over old orders, as Postgres formats it. */
export interface OrderCursor {
  readonly registeredAt: string;
  readonly paymentId: string;
}

/** Prunes the identities that expired at `after` or later; null: all. */
export async function pruneIdentities(db: Database, after: string | null): Promise<PruneStep<string>> {
  const rows = await db.run(
    sql<{ readonly count: number; readonly last: string | null }>`
      with removed as (
        delete from identities where ctid = any (array(
          select ctid from identities
          where ${TRY_LOCK} and expires_at < now() and expires_at >= ${after ?? '-infinity'}::timestamptz
          order by expires_at
          limit ${BATCH_LIMIT}
          for update skip locked
        ))
        returning expires_at
      )
      select count(*)::int as count, max(expires_at)::text as last from removed`.compile(db.kysely),
  );
  const { count = 0, last = null } = rows[0] ?? {};
  return { count, next: count === BATCH_SIZE ? last : null };
}

/**
 * Prunes orders that were registered so long ago and of which no event is stored. The cursor is text: a Date has no
 * microseconds, and the scan would return to the rows it has just passed.
 */
export async function pruneOrders(
  db: Database,
  retentionDays: number,
  after: OrderCursor | null,
): Promise<PruneStep<OrderCursor>> {
  const rows = await db.run(
    sql<{ readonly count: number; readonly registeredAt: string | null; readonly paymentId: string | null }>`
      with candidates as materialized (
        select payment_id, registered_at, payment_reference from orders
        where ${TRY_LOCK} and registered_at < now() - ${retentionDays}::int * interval '1 day'
          and registered_at >= ${after?.registeredAt ?? '-infinity'}::timestamptz
          and (registered_at, payment_id) > (${after?.registeredAt ?? '-infinity'}::timestamptz, ${after?.paymentId ?? ''})
        order by registered_at, payment_id
        limit ${BATCH_LIMIT}
      ), removed as (
        delete from orders where payment_id = any (array(
          select c.payment_id from candidates c
          where (select true from events e where e.payment_key = c.payment_id limit 1) is null
            and (select true from events e where e.payment_key = c.payment_reference limit 1) is null
            -- In the Merchant API the order's name is the reference of its events.
            and (
              select true from events e
              where (e.order_reference, e.sequence) > (c.payment_id, 0)
                and (e.order_reference, e.sequence) < (c.payment_id, 9223372036854775807) and e.order_reference is not null
              order by e.order_reference, e.sequence limit 1
            ) is null
        ))
        returning 1
      )
      select (select count(*)::int from removed) as count, last.registered_at::text as "registeredAt", last.payment_id as "paymentId"
      from (select 1) one left join (
        select registered_at, payment_id from candidates
        order by registered_at, payment_id offset ${sql.lit(BATCH_SIZE - 1)}
      ) last on true`.compile(db.kysely),
  );
  const { count = 0, registeredAt = null, paymentId = null } = rows[0] ?? {};
  return { count, next: registeredAt === null || paymentId === null ? null : { registeredAt, paymentId } };
}
