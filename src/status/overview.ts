/** The figures of `GET /status` and `GET /metrics`, and the response of `GET /status` that is made of them. */
import { sql } from 'kysely';
import type { Database } from '../db/client.ts';
import { type BreakerState, isOpen } from '../deliveries/circuit-breaker.ts';
import type { StatusContext } from './context.ts';
import { renderSecretFigures, type SecretFigures } from './secrets.ts';

/** The figures; counts stop at MAX_COUNTED + 1. */
export interface StatusFigures {
  readonly pending: number;
  readonly delivering: number;
  readonly deadLetters: number;
  readonly deliveredInLastDay: number;
  /** The age of the oldest event that is neither delivered nor dead-lettered; null when there is none. */
  readonly oldestPendingAgeSeconds: number | null;
  /** When the oldest delivery that has failed before is retried. */
  readonly nextRetryAt: Date | null;
  readonly lastCallbackAt: Date | null;
  readonly lastDeliveryAt: Date | null;
  readonly lastTestAt: Date | null;
}

/** Counts are exact up to this number, and stop there. */
export const MAX_COUNTED = 100_000;
/** One more shows that there are more. */
const COUNT_LIMIT = sql.lit(MAX_COUNTED + 1);
/** The next retry is searched among this many of the oldest unfinished deliveries. */
const OLDEST = sql.lit(1_000);

/**
 * Queries the figures with one statement of bounded cost: counts stop at the limit, the rest reads the ends of indexes.
 */
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

/** Renders the response of `GET /status`. Pure. */
export function renderStatus(figures: StatusFigures, secrets: SecretFigures, context: StatusContext) {
  const breaker = context.webhookHealth?.() ?? null;
  return {
    version: context.version,
    uptimeSeconds: Math.floor((context.clock.elapsed() - context.startedAtMs) / 1000),
    lastCallbackAt: figures.lastCallbackAt,
    lastDeliveryAt: figures.lastDeliveryAt,
    lastTestAt: figures.lastTestAt,
    callbacks: context.callbacksByResponse(),
    deliveries: deliveryCounts(figures, breaker !== null),
    oldestPendingAgeSeconds: figures.oldestPendingAgeSeconds,
    nextRetryAt: figures.nextRetryAt,
    webhook: { state: webhookState(breaker), lastError: breaker?.lastError ?? null },
    ...renderSecretFigures(secrets),
  };
}

function deliveryCounts({ pending, delivering, deadLetters, deliveredInLastDay }: StatusFigures, hasWebhook: boolean) {
  const counts = [pending, delivering, deadLetters, deliveredInLastDay];
  const capped = (count: number) => Math.min(count, MAX_COUNTED);
  return {
    held: hasWebhook ? 0 : capped(pending),
    pending: hasWebhook ? capped(pending) : 0,
    delivering: capped(delivering),
    dead_letter: capped(deadLetters),
    delivered: capped(deliveredInLastDay),
    ...(counts.some((count) => count > MAX_COUNTED) ? { atLeast: true } : {}),
  };
}

function webhookState(breaker: BreakerState | null): 'up' | 'down' | 'unset' {
  if (breaker === null) return 'unset';
  return isOpen(breaker) ? 'down' : 'up';
}
