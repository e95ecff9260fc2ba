/** The figures of `GET /status` and `GET /metrics`, and the response of `GET /status` that is made of them. */
import { sql } from 'kysely';
import type { Database } from '../db/client.ts';
import { RECONCILED_CALLBACK } from '../events/missed.ts';
import type { StatusContext } from './context.ts';
import { webhookOutage } from './outage.ts';
import { renderSecretFigures, type SecretFigures } from './secrets.ts';

/** The figures; counts stop at MAX_COUNTED + 1. */
export interface StatusFigures {
  readonly pending: number;
  readonly delivering: number;
  readonly deadLetters: number;
  readonly deliveredInLastDay: number;
  /** The age of the oldest event that is neither delivered nor dead-lettered; null when there is none. */
  readonly oldestPendingAgeSeconds: number | null;
  /** When the first of the deliveries that were attempted before is due again, perhaps in the past. */
  readonly nextRetryAt: Date | null;
  /** Of what reconciliation found no callback came. */
  readonly lastCallbackAt: Date | null;
  readonly lastDeliveryAt: Date | null;
  readonly lastTestAt: Date | null;
}

/** Counts are exact up to this number, and stop there. */
export const MAX_COUNTED = 100_000;
/** One more shows that there are more. */
const COUNT_LIMIT = sql.lit(MAX_COUNTED + 1);
/** The next retry is searched among so many deliveries that are due, and so many that will be. */
const NEXT = sql.lit(1_000);

/**
 * Queries the figures with one statement of bounded cost: counts stop at the limit, the rest reads the ends of indexes.
 */
export async function queryFigures(db: Database): Promise<StatusFigures> {
  const rows = await db.run(
    sql<StatusFigures>`
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
         from events where sequence = (select sequence from outbox order by sequence limit 1)) as "oldestPendingAgeSeconds",
        coalesce(
          (select min(wake_at) from (
            select wake_at, attempt_count from outbox where state = 'pending' order by wake_at limit ${NEXT}
          ) first where attempt_count > 0),
          (select min(wake_at) from (
            select wake_at, attempt_count from outbox where state = 'pending' and wake_at > now() order by wake_at limit ${NEXT}
          ) later where attempt_count > 0)
        ) as "nextRetryAt",
        (select received_at from events where callback <> ${sql.lit(RECONCILED_CALLBACK)} order by sequence desc limit 1)
          as "lastCallbackAt",
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

/** What the response of `GET /status` says of the process itself. */
export type ProcessState = Pick<
  StatusContext,
  'clock' | 'version' | 'revision' | 'startedAtMs' | 'webhookHealth' | 'callbacksByResponse'
>;

/** Renders the response of `GET /status`. Pure. */
export function renderStatus(figures: StatusFigures, secrets: SecretFigures, context: ProcessState) {
  const breaker = context.webhookHealth?.() ?? null;
  return {
    version: context.version,
    revision: context.revision,
    uptimeSeconds: Math.floor((context.clock.elapsed() - context.startedAtMs) / 1000),
    lastCallbackAt: figures.lastCallbackAt,
    lastDeliveryAt: figures.lastDeliveryAt,
    lastTestAt: figures.lastTestAt,
    callbacks: context.callbacksByResponse(),
    deliveries: deliveryCounts(figures, breaker !== null),
    oldestPendingAgeSeconds: figures.oldestPendingAgeSeconds,
    nextRetryAt: nextRetryAt(figures, context),
    webhook: renderWebhook(context),
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
    deliveredHours: 24,
    ...(counts.some((count) => count > MAX_COUNTED) ? { atLeast: true } : {}),
  };
}

/** Nothing is sent before the next probe while the webhook is down, and nothing in the past. */
function nextRetryAt({ nextRetryAt: dueAt }: StatusFigures, context: ProcessState): Date | null {
  if (dueAt === null) return null;
  const notBefore = webhookOutage(context)?.nextProbeAt ?? new Date(context.clock.now());
  return dueAt < notBefore ? notBefore : dueAt;
}

/** Renders the webhook as this process sees it. */
export function renderWebhook(context: Pick<StatusContext, 'clock' | 'webhookHealth'>) {
  const breaker = context.webhookHealth?.() ?? null;
  if (breaker === null) return { state: 'unset' as const, lastError: null };
  const outage = webhookOutage(context);
  const { lastError } = breaker;
  return outage === null ? { state: 'up' as const, lastError } : { state: 'down' as const, lastError, ...outage };
}
