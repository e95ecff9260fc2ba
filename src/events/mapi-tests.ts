/**
 * Finds a test callback of the Merchant API. Resurs does not specify its body, so neither its payment key nor its identity is
 * known beforehand, but it carries what its URL carries.
 */
import { sql } from 'kysely';
import type { Database } from '../db/client.ts';

/** A stored test. */
export interface StoredMapiTest {
  readonly id: string;
  readonly receivedAt: Date;
}

/** The newest tests of both interfaces are looked through: a test that was just asked for is among them. */
const MAX_TESTS = 200;

const MAX_SEQUENCE = '9223372036854775807';

/**
 * Finds the test whose URL had this value of `test`; null when none of the newest tests has it. The type is compared as a
 * row with the sequence, because no other index has that order: a plan that walks the history is impossible.
 */
export async function findMapiTest(db: Database, value: string): Promise<StoredMapiTest | null> {
  const [found] = await db.run(
    sql<StoredMapiTest>`
      select t.id, t.received_at as "receivedAt"
      from (
        select id, sequence, provider, parameters, received_at
        from events
        where (callback, sequence) > ('TEST', 0) and (callback, sequence) < ('TEST', ${sql.lit(MAX_SEQUENCE)}::bigint)
        order by callback desc, sequence desc
        limit ${sql.lit(MAX_TESTS)}
      ) t
      where t.provider = 'resurs-mapi' and t.parameters ->> 'test' = ${value}
      order by t.sequence
      limit 1`.compile(db.kysely),
  );
  return found ?? null;
}
