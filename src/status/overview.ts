/** The figures of `GET /status` and `GET /metrics`. */
import { sql } from 'kysely';
import type { Database } from '../db/client.ts';

/** Counts stop at MAX_COUNTED + 1. */
export interface StatusFigures {
  readonly pending: number;
  readonly delivering: number;
  readonly deadLetters: number;
  readonly deliveredInLastDay: number;
  /** Of the oldest event that is not delivered and not given up; null when there is none. */
  readonly oldestPendingAgeSeconds: number | null;
  /** When the oldest delivery that has failed before is tried again. */
  readonly nextRetryAt: Date | null;
  readonly lastCallbackAt: Date | null;
  readonly lastDeliveryAt: Date | null;
  readonly lastTestAt: Date | null;
}

/** Figures are exact up to this, and stop there. */
export const MAX_COUNTED = 100_000;
/** One more tells that there are more. */
const COUNT_LIMIT = sql.lit(MAX_COUNTED + 1);
/** Among so many of the oldest unfinished ones a failing one is looked for. */
const OLDEST = sql.lit(1_000);

/** One statement, whose cost is bounded: it counts no further than it says, and reads the ends of indexes. */
export async function queryFigures(db: Database): Promise<StatusFigures> {
  const rows = await db.run(
    sql<StatusFigures>`
      with oldest as materialized (
        select sequence, state, tries_used, wake_at from outbox order by sequence limit ${OLDEST}
      )
      select
        (select count(*) from (
          (select from outbox where state = 'pending' order by wake_at limit ${COUNT_LIMIT})
          union all
          (select from outbox where state = 'blocked' limit ${COUNT_LIMIT})
          limit ${COUNT_LIMIT}
        ) counted)::int as pending,
        (select count(*) from (
          select from outbox where state = 'delivering' order by wake_at limit ${COUNT_LIMIT}
        ) counted)::int as delivering,
        (select count(*) from (select from dead_letters limit ${COUNT_LIMIT}) counted)::int as "deadLetters",
        (select count(*) from (
          select from deliveries
          where state = 'delivered' and finished_at > now() - interval '24 hours'
          order by finished_at desc limit ${COUNT_LIMIT}
        ) counted)::int as "deliveredInLastDay",
        (select extract(epoch from now() - received_at)::float8
         from events where sequence = (select min(sequence) from oldest)) as "oldestPendingAgeSeconds",
        (select wake_at from oldest where state = 'pending' and tries_used > 0 order by sequence limit 1) as "nextRetryAt",
        (select received_at from events order by sequence desc limit 1) as "lastCallbackAt",
        (select finished_at from deliveries where state = 'delivered' order by finished_at desc limit 1)
          as "lastDeliveryAt",
        (select received_at from events
         where (callback, sequence) >= ('TEST', 0) and (callback, sequence) <= ('TEST', ${sql.lit('9223372036854775807')})
         order by callback desc, sequence desc limit 1) as "lastTestAt"
    `.compile(db.kysely),
  );
  const row = rows[0];
  if (row === undefined) throw new Error('a select without a table gives one row');
  return row;
}
