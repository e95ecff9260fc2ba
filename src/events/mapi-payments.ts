/** Finds a payment of the Merchant API that this shop has really got callbacks of. */
import { sql } from 'kysely';
import type { Database } from '../db/client.ts';

/** Tests and applications have no payment; more of them in a row than this hide the payments before them. */
const MAX_EVENTS = 200;

const MAX_SEQUENCE = '9223372036854775807';

/**
 * Returns the payment of the newest event of the Merchant API that is about one; null when there is none. The provider
 * is compared as a row with the sequence, so that only the index of both can be used.
 */
export async function findNewestMapiPayment(db: Database): Promise<string | null> {
  const [newest] = await db.run(
    sql<{ readonly paymentId: string }>`
      select e.payment_id as "paymentId"
      from (
        select payment_id, sequence
        from events
        where provider is not null
          and (provider, sequence) > ('resurs-mapi', 0)
          and (provider, sequence) < ('resurs-mapi', ${sql.lit(MAX_SEQUENCE)}::bigint)
        order by provider desc, sequence desc
        limit ${sql.lit(MAX_EVENTS)}
      ) e
      where e.payment_id is not null
      order by e.sequence desc
      limit 1`.compile(db.kysely),
  );
  return newest?.paymentId ?? null;
}
