/**
 * Finds the payment that an operator means: by its id, or by the shop's reference of its order. Of the eCom API the two
 * are the same. Of the Merchant API an order may have several payments, as after a rejected one.
 */
import { sql } from 'kysely';
import type { Database } from '../db/client.ts';
import type { Provider } from '../db/schema.ts';
import { isUuid } from '../protocol/mapi/body.ts';

/** A payment of which events are stored. */
export interface KnownPayment {
  readonly paymentId: string;
  readonly provider: Provider;
}

/** More are not looked at: an order has one payment, rarely two. */
const MAX_EVENTS = 500;

/**
 * Finds the payments with this id or this order reference, the one that is meant first: that of the id, then those of
 * the reference, the one with the newest event first. Ids of the Merchant API are found in any case.
 */
export async function findPayments(db: Database, name: string, signal?: AbortSignal): Promise<readonly KnownPayment[]> {
  return db.run(
    sql<KnownPayment>`
      with named as materialized (
        ${newestOf(name, 1)} union all ${newestOf(name.toLowerCase(), 2)}
      ), referenced as materialized (
        select e.payment_id, e.provider, 3 as rank, e.sequence from (
          select d.payment_id, d.provider, d.order_reference, d.sequence from events d
          where (d.order_reference, d.sequence) > (${name}::text, 0) and (d.order_reference, d.sequence) < (${name}::text, ${MAX_SEQUENCE})
            and d.order_reference is not null
          order by d.order_reference desc, d.sequence desc limit ${sql.lit(MAX_EVENTS)}
        ) e
        where e.payment_id is not null
      )
      select p.payment_id as "paymentId", coalesce(max(p.provider), 'resurs-ecom') as provider
      from (select * from named where rank = 1 or provider is not null union all select * from referenced) p
      group by p.payment_id
      order by min(p.rank), max(p.sequence) desc`.compile(db.kysely),
    signal,
  );
}

/**
 * Returns a filter by payment with the id as it is stored, by the rule of `findPayments`: as it was given or, of the
 * Merchant API, in lower case. Asks the database only for a UUID with capitals.
 */
export async function withStoredId<F extends { readonly paymentId?: string }>(db: Database, filter: F): Promise<F> {
  const { paymentId: given } = filter;
  if (given === undefined || !isUuid(given) || given === given.toLowerCase()) return filter;
  const [stored] = await db.run(
    sql<Pick<KnownPayment, 'paymentId'>>`
      select p.payment_id as "paymentId" from (
        ${newestOf(given, 1)} union all ${newestOf(given.toLowerCase(), 2)}
      ) p
      where p.rank = 1 or p.provider is not null
      order by p.rank limit 1`.compile(db.kysely),
  );
  return stored === undefined ? filter : { ...filter, paymentId: stored.paymentId };
}

const MAX_SEQUENCE = sql`9223372036854775807::bigint`;

function newestOf(paymentId: string, rank: number) {
  return sql`(select e.payment_id, e.provider, ${sql.lit(rank)} as rank, e.sequence from (
          select d.payment_id, d.provider, d.payment_key, d.sequence from events d where d.payment_key = ${paymentId}
          order by d.payment_key desc, d.sequence desc limit 1
        ) e where e.payment_id is not null)`;
}
