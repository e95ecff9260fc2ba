/** The figures of `GET /status`. Their cost follows the backlog and the last day, not the history. */
import { sql } from 'kysely';
import type { Clock } from '../clock.ts';
import type { Database } from '../db/client.ts';

export interface Overview {
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

export async function readOverview(db: Database): Promise<Overview> {
  const rows = await db.run(
    sql<Overview>`
      select
        (select count(*) from deliveries where state = 'pending')::int as pending,
        (select count(*) from deliveries where state = 'delivering')::int as delivering,
        (select count(*) from deliveries where state = 'dead_letter')::int as "deadLetters",
        (select count(*) from deliveries where state = 'delivered' and delivered_at > now() - interval '24 hours')::int
          as "deliveredInLastDay",
        (select extract(epoch from now() - e.received_at)::float8
         from deliveries d join events e on e.id = d.event_id
         where d.state in ('pending', 'delivering') order by d.sequence limit 1) as "oldestPendingAgeSeconds",
        (select next_attempt_at from deliveries
         where state = 'pending' and next_attempt_at is not null and tries_used > 0 order by sequence limit 1) as "nextRetryAt",
        (select received_at from events order by sequence desc limit 1) as "lastCallbackAt",
        (select max(delivered_at) from deliveries where state = 'delivered') as "lastDeliveryAt",
        (select received_at from events where callback = 'TEST' order by sequence desc limit 1) as "lastTestAt"
    `.compile(db.kysely),
  );
  const row = rows[0];
  if (row === undefined) throw new Error('a select without a table gives one row');
  return row;
}

const KEPT_MS = 3_000;

/** The overview as it was a few seconds ago at most, or null when the database is away. For what is asked often. */
export function createOverviewCache(db: Database, clock: Clock): () => Promise<Overview | null> {
  let readAtMs = Number.NEGATIVE_INFINITY;
  let last: Promise<Overview | null> = Promise.resolve(null);
  let reading = false;
  return () => {
    if (!reading && clock.elapsed() - readAtMs >= KEPT_MS) {
      readAtMs = clock.elapsed();
      reading = true;
      last = readOverview(db)
        .catch(() => null)
        .finally(() => {
          reading = false;
        });
    }
    return last;
  };
}
