/**
 * One replica at a time: a lease in the table `jobs`, by the database's clock. A row and no lock of the session: it works
 * through a pooler in transaction mode, and the lease of a process that hangs or lost the database ends by itself. Beside
 * the lease the row keeps when the job last began and how it ended, so that replicas and restarts share one schedule.
 */
import { sql } from 'kysely';
import { storable } from '../lib/storable.ts';
import type { Database } from './client.ts';

/** What one replica does at a time; and `doctor`, whose last run is kept. */
const JOB_NAMES = [
  'reconciliation',
  'heartbeat',
  'alerts',
  'alert_ping',
  'registration_check',
  'certificate_check',
  'replays',
  'doctor',
] as const;
export type JobName = (typeof JOB_NAMES)[number];

/** How a run of a job ended. `result` is what others read of it; a failure keeps the result before when it is null. */
export type JobOutcome =
  | { readonly outcome: 'succeeded'; readonly result: object | null }
  /** `error` is one line. */
  | { readonly outcome: 'failed'; readonly error: string; readonly result: object | null };

export interface TakeOptions {
  readonly name: JobName;
  /** Unique to this run. */
  readonly holder: string;
  readonly leaseMs: number;
  /** How long after the beginning of the last run the job is due; 0: at once. */
  readonly intervalMs: number;
}

export type Taken =
  | { readonly outcome: 'taken' }
  /** Another replica does it, or it is not due; `waitMs` is when to try again. */
  | { readonly outcome: 'not_due'; readonly waitMs: number };

/**
 * Takes the job if it is due and no other replica does it. The run of a replica that died is due when its lease ends. One
 * that began in the future did so before the database's clock was set back, and must not hold the job until then.
 */
export async function takeJob(
  db: Database,
  { name, holder, leaseMs, intervalMs }: TakeOptions,
  signal?: AbortSignal,
): Promise<Taken> {
  const [row] = await db.run(
    sql<{ readonly isTaken: boolean; readonly waitMs: number | null }>`
      with taken as (
        insert into jobs as j (name, holder, expires_at, started_at)
        values (${name}, ${holder}::uuid, now() + ${leaseMs}::float8 * interval '1 ms', now())
        on conflict (name) do update
        set holder = excluded.holder, expires_at = excluded.expires_at, started_at = excluded.started_at
        where case when j.holder is not null then j.expires_at <= now()
                   else j.started_at > now() + interval '1 minute' or coalesce(j.started_at, '-infinity') + ${intervalMs}::float8 * interval '1 ms' <= now() end
        returning name
      )
      select exists (select from taken) as "isTaken", (
        select extract(epoch from coalesce(expires_at, started_at + ${intervalMs}::float8 * interval '1 ms') - now()) * 1000
        from jobs where name = ${name}
      )::float8 as "waitMs"`.compile(db.kysely),
    signal,
  );
  if (row?.isTaken === true) return { outcome: 'taken' };
  return { outcome: 'not_due', waitMs: Math.max(0, row?.waitMs ?? 0) };
}

/** Lengthens the lease; false: it ended before, and another replica may do the job now. */
export async function renewJob(
  db: Database,
  { name, holder, leaseMs }: Omit<TakeOptions, 'intervalMs'>,
): Promise<boolean> {
  const rows = await db.run(
    sql`
      update jobs set expires_at = now() + ${leaseMs}::float8 * interval '1 ms'
      where name = ${name} and holder = ${holder}::uuid and expires_at > now()
      returning name`.compile(db.kysely),
  );
  return rows.length === 1;
}

/** Ends the run and keeps how it ended; does nothing if another replica has taken the job since. */
export async function finishJob(
  db: Database,
  { name, holder }: Pick<TakeOptions, 'name' | 'holder'>,
  ended: JobOutcome,
): Promise<void> {
  const error = ended.outcome === 'failed' ? storable(ended.error) : null;
  const result = ended.result === null ? null : JSON.stringify(ended.result);
  await db.run(
    sql`
      update jobs
      set holder = null, expires_at = null, finished_at = now(), error = ${error}::text,
          succeeded_at = case when ${error}::text is null then now() else succeeded_at end,
          failed_in_row = case when ${error}::text is null then 0 else failed_in_row + 1 end,
          result = case when ${error}::text is null then ${result}::json else coalesce(${result}::json, result) end
      where name = ${name} and holder = ${holder}::uuid`.compile(db.kysely),
  );
}

/** Gives the job back as if it had not run, for a process that stops. */
export async function releaseJob(db: Database, { name, holder }: Pick<TakeOptions, 'name' | 'holder'>): Promise<void> {
  await db.run(
    sql`
      update jobs set holder = null, expires_at = null, started_at = finished_at
      where name = ${name} and holder = ${holder}::uuid`.compile(db.kysely),
  );
}

/** What is known of a job. */
export interface JobState {
  readonly name: JobName;
  readonly isRunning: boolean;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly succeededAt: Date | null;
  /** Runs that failed since the last one that succeeded. */
  readonly failedInRow: number;
  /** Of the last run that ended; null: it succeeded. */
  readonly error: string | null;
  readonly result: Record<string, unknown> | null;
}

/** Reads all jobs that ever ran. */
export async function readJobs(db: Database): Promise<ReadonlyMap<JobName, JobState>> {
  const rows = await db.run(
    sql<JobState>`
      select name, (holder is not null and expires_at > now()) as "isRunning", started_at as "startedAt",
             finished_at as "finishedAt", succeeded_at as "succeededAt", failed_in_row as "failedInRow", error, result
      from jobs`.compile(db.kysely),
  );
  return new Map(rows.map((row) => [row.name, row]));
}
