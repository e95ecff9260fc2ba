/** Finished events beyond their time, with all that hangs on them. The statements of retention.ts. */
import { sql } from 'kysely';
import type { Database } from '../db/client.ts';
import { BATCH, HAS_LOCK, LIMIT, type Step } from './prune.ts';

export interface UndeliveredStep extends Step<number> {
  /** The last event that was looked at and is old; null when there was none. */
  readonly last: number | null;
  /** Events among them whose callbacks would still count as repeats. */
  readonly repeatable: number;
}

/** What hangs on an event goes in the same statement; its receipts by foreign key. */
export async function removeFinished(db: Database, retentionDays: number, after: number): Promise<Step<number>> {
  const rows = await db.run(
    sql<{ readonly count: number; readonly next: number | null }>`
      with candidates as materialized (
        select c.sequence, e.id, e.payment_key, e.received_at < now() - ${retentionDays}::int * interval '1 day' as is_old
        from (
          select sequence from deliveries where ${HAS_LOCK} and sequence > ${after} order by sequence limit ${LIMIT}
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
             (select sequence from candidates where is_old order by sequence offset ${sql.lit(BATCH - 1)}) as next`.compile(
      db.kysely,
    ),
  );
  return rows[0] ?? { count: 0, next: null };
}

/** Old events that are in neither table of deliveries. */
export async function removeUndelivered(db: Database, retentionDays: number, after: number): Promise<UndeliveredStep> {
  const rows = await db.run(
    sql<UndeliveredStep>`
      with candidates as materialized (
        select c.sequence, c.id, c.payment_key
        from (
          select sequence, id, payment_key, received_at from events
          where ${HAS_LOCK} and sequence > ${after} order by sequence limit ${LIMIT}
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
             (select sequence from candidates order by sequence offset ${sql.lit(BATCH - 1)}) as next,
             (select max(sequence) from candidates) as last, (select count(*)::int from repeatable) as repeatable`.compile(
      db.kysely,
    ),
  );
  return rows[0] ?? { count: 0, next: null, last: null, repeatable: 0 };
}

/** The events of these payments whose callbacks would still count as repeats. Judged outside, or all that have not expired are read. */
function repeatable(payments: ReturnType<typeof sql>) {
  return sql`
        select i.event_id from (${payments}) k cross join lateral (
          select event_id, expires_at from identities where payment_key = k.payment_key offset 0
        ) i where i.expires_at > now()`;
}
