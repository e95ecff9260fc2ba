/**
 * Reads what the events of payments have reported. The last event of a payment has the facts until then, so one row of
 * each is read, however long its history is; only where that leaves something open are the newest events looked at.
 */
import { sql } from 'kysely';
import type { Database } from '../db/client.ts';
import { parsePaymentDiff } from '../deliveries/payment-diff.ts';
import { readBodyContent } from '../events/body.ts';
import type { StoredEvent } from '../events/event.ts';
import { orderColumns, type SelectedOrder, selectedOrder } from '../events/order-columns.ts';
import { FACT_TYPES, factsUntil } from '../events/order-state.ts';
import { REPORTING_CHANGES } from './ecom-facts.ts';

/** More events of a payment are not looked at; MAX_EVENTS_PER_PAYMENT allows as many in a day. */
const MAX_EVENTS = 500;
/** A body may be long. */
const MAX_UPDATES = 100;

type LastEvent = SelectedOrder & Pick<StoredEvent, 'type' | 'missed'> & { readonly paymentId: string };

/** Finds the facts that were reported of each payment; a payment without events is not in the map. */
export async function findReported(
  db: Database,
  paymentIds: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = await db.run(
    sql<LastEvent>`
      select i.id as "paymentId", e.type, e.missed, ${orderColumns(sql`e`)}
      from unnest(${[...paymentIds]}::text[]) i (id)
      cross join lateral (
        select * from events d where d.payment_key = i.id order by d.payment_key desc, d.sequence desc limit 1
      ) e`.compile(db.kysely),
  );
  return new Map(
    rows.map((row) => {
      const order = selectedOrder(row);
      return [row.paymentId, order === null ? [] : factsUntil({ type: row.type, missed: row.missed, order })];
    }),
  );
}

/** Finds the event of the payment's last freeze; null when there is none among its newest events. */
export async function findLastFreeze(db: Database, paymentId: string): Promise<string | null> {
  const [freeze] = await db.run(
    sql<Pick<StoredEvent, 'id'>>`
      select e.id
      from (${newestEvents(paymentId)}) e
      where e.type = ${FACT_TYPES.frozen}
      order by e.sequence desc
      limit 1`.compile(db.kysely),
  );
  return freeze?.id ?? null;
}

/**
 * Finds the kinds of changes that UPDATEs of the payment have reported. One whose content was erased may have reported
 * any of them.
 */
export async function findChanges(db: Database, paymentId: string): Promise<ReadonlySet<string>> {
  const updates = await db.run(
    sql<Pick<StoredEvent, 'body' | 'erasedAt'>>`
      select e.body, e.erased_at as "erasedAt"
      from (${newestEvents(paymentId)}) e
      where e.type = ${FACT_TYPES.updated}
      order by e.sequence desc
      limit ${sql.lit(MAX_UPDATES)}`.compile(db.kysely),
  );
  return new Set(updates.flatMap((update) => (update.erasedAt === null ? kindOf(update.body) : REPORTING_CHANGES)));
}

function newestEvents(paymentId: string) {
  return sql`
        select * from events d where d.payment_key = ${paymentId}
        order by d.payment_key desc, d.sequence desc limit ${sql.lit(MAX_EVENTS)}`;
}

function kindOf(body: Buffer | null): readonly string[] {
  const content = readBodyContent(body);
  const kind = content.outcome === 'json' ? parsePaymentDiff(content.text)?.kind : null;
  return kind === null || kind === undefined ? [] : [kind];
}
