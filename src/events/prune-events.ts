/** Prunes old events with all rows that depend on them. The statements of retention.ts. */
import { sql } from 'kysely';
import type { Database } from '../db/client.ts';
import { BATCH_LIMIT, BATCH_SIZE, type PruneStep, TRY_LOCK } from './prune.ts';

export interface UndeliveredPruneStep extends PruneStep<number> {
  /** The last old event that was scanned; null when there was none. */
  readonly last: number | null;
  /** How many of the scanned events are kept because their callbacks would still count as repeats. */
  readonly repeatable: number;
}

/** Prunes old finished events. Dependent rows go in the same statement; receipts by foreign key. */
export async function pruneFinished(db: Database, retentionDays: number, after: number): Promise<PruneStep<number>> {
  const rows = await db.run(
    sql<{ readonly count: number; readonly next: number | null }>`
      with candidates as materialized (
        select c.sequence, e.id, e.payment_key, e.received_at < now() - ${retentionDays}::int * interval '1 day' as is_old
        from (
          select sequence from deliveries where ${TRY_LOCK} and sequence > ${after} order by sequence limit ${BATCH_LIMIT}
        ) c left join lateral (
          select id, payment_key, received_at from events where sequence = c.sequence offset 0
        ) e on true
      ), repeatable as materialized (
        ${repeatable(sql`select distinct payment_key from candidates where is_old`)}
      ), finished as (
        delete from deliveries where sequence = any (array(
          select sequence from candidates where is_old and id not in (select event_id from repeatable) order by sequence
        ))
        returning sequence
      ), removed as (
        delete from events where sequence = any (array(select sequence from finished))
      ), tried as (
        delete from attempts where sequence = any (array(select sequence from finished))
      ), given_up as (
        delete from dead_letters where sequence = any (array(select sequence from finished))
      )
      select (select count(*)::int from finished) as count,
             (select sequence from candidates where is_old order by sequence offset ${sql.lit(BATCH_SIZE - 1)}) as next`.compile(
      db.kysely,
    ),
  );
  return rows[0] ?? { count: 0, next: null };
}

/** Prunes old events that are in neither table of deliveries. */
export async function pruneUndelivered(
  db: Database,
  retentionDays: number,
  after: number,
): Promise<UndeliveredPruneStep> {
  const rows = await db.run(
    sql<UndeliveredPruneStep>`
      with candidates as materialized (
        select c.sequence, c.id, c.payment_key
        from (
          select sequence, id, payment_key, received_at from events
          where ${TRY_LOCK} and sequence > ${after} order by sequence limit ${BATCH_LIMIT}
        ) c
        where c.received_at < now() - ${retentionDays}::int * interval '1 day'
      ), undelivered as materialized (
        select c.sequence, c.id, c.payment_key from candidates c
        where (select true from deliveries d where d.sequence = c.sequence) is null
          and (select true from outbox o where o.sequence = c.sequence) is null
      ), repeatable as materialized (
        ${repeatable(sql`select distinct payment_key from undelivered`)}
      ), removed as (
        delete from events where sequence = any (array(
          select sequence from undelivered where id not in (select event_id from repeatable)
        ))
        returning sequence
      )
      select (select count(*)::int from removed) as count,
             (select sequence from candidates order by sequence offset ${sql.lit(BATCH_SIZE - 1)}) as next,
             (select max(sequence) from candidates) as last, (select count(*)::int from repeatable) as repeatable`.compile(
      db.kysely,
    ),
  );
  return rows[0] ?? { count: 0, next: null, last: null, repeatable: 0 };
}

/**
 * Selects the events of these payments whose callbacks would still count as repeats. The expiry is compared outside the
 * lateral select; inside, all identities that have not expired would be read.
 */
function repeatable(payments: ReturnType<typeof sql>) {
  return sql`
        select i.event_id from (${payments}) k cross join lateral (
          select event_id, expires_at from identities where payment_key = k.payment_key offset 0
        ) i where i.expires_at > now()`;
}
