/** Keeps the counts of all replicas: adds a batch of one process exactly once, sums them, prunes old ones. */
import { sql } from 'kysely';
import type { Database } from '../db/client.ts';
import type { Count, CountKind } from './counts.ts';

/** A batch of counts of one process. Sent again, it has the same number. */
export interface CountBatch {
  /** Unique to the process. */
  readonly writer: string;
  /** 1, 2, … */
  readonly number: number;
  readonly counts: readonly Count[];
}

/** Rows that are pruned by one statement: far more than a minute can add. */
const PRUNED_AT_ONCE = 500;

/**
 * Adds the batch to the stored counts, unless it was added before: after an error the outcome may be unknown, so the
 * batch can be sent again. An hour that has not begun by the database's clock is counted as its present one, so that a
 * wrong clock leaves no rows in the future. Rows are locked in the order of their key, so replicas never deadlock.
 */
export async function addCounts(db: Database, { writer, number, counts }: CountBatch, signal?: AbortSignal) {
  await db.run(
    sql`
      with fence as (
        insert into count_writers as w (writer, batch, written_at) values (${writer}::uuid, ${number}::bigint, now())
        on conflict (writer) do update set batch = excluded.batch, written_at = excluded.written_at
        where w.batch < excluded.batch
        returning batch
      )
      insert into hourly_counts as h (hour, kind, name, count)
      select least(to_timestamp(t.seconds), date_trunc('hour', now(), 'UTC')), t.kind, t.name, sum(t.count)
      from unnest(
        ${counts.map(({ hourMs }) => hourMs / 1000)}::float8[], ${counts.map(({ kind }) => kind)}::text[],
        ${counts.map(({ name }) => name)}::text[], ${counts.map(({ count }) => count)}::bigint[]
      ) as t (seconds, kind, name, count)
      where exists (select from fence)
      group by 1, 2, 3
      order by 1, 2, 3
      on conflict (hour, kind, name) do update set count = h.count + excluded.count`.compile(db.kysely),
    signal,
  );
}

/** Steps of a time span in UTC: the first begins at `fromMs`, the last ends at `toMs`. */
export interface CountSpan {
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
}

/** How often something happened in the step that begins at `atMs`. */
export interface StepCount {
  readonly atMs: number;
  readonly kind: CountKind;
  readonly name: string;
  readonly count: number;
}

/** Sums the counts of the span by its steps. Reads the rows of the span's hours and no others. */
export async function sumCounts(db: Database, { fromMs, toMs, stepMs }: CountSpan): Promise<StepCount[]> {
  return db.run(
    sql<StepCount>`
      select extract(epoch from s.step)::float8 * 1000 as "atMs", s.kind, s.name, s.count
      from (
        select date_bin(${stepMs}::float8 * interval '1 ms', hour, timestamptz '1970-01-01T00:00Z') as step, kind, name,
               sum(count)::int8 as count
        from hourly_counts
        where hour >= to_timestamp(${fromMs / 1000}::float8) and hour < to_timestamp(${toMs / 1000}::float8)
        group by 1, 2, 3
      ) s`.compile(db.kysely),
  );
}

/** Prunes a batch of the counts that are older, and the processes that wrote nothing for days. 0 keeps all counts. */
export async function pruneCounts(db: Database, retentionDays: number): Promise<void> {
  await db.run(sql`delete from count_writers where written_at < now() - interval '3 days'`.compile(db.kysely));
  if (retentionDays === 0) return;
  await db.run(
    sql`
      delete from hourly_counts where ctid = any (array(
        select ctid from hourly_counts where hour < now() - ${retentionDays}::int * interval '1 day'
        order by hour limit ${sql.lit(PRUNED_AT_ONCE)}
        for update skip locked
      ))`.compile(db.kysely),
  );
}
