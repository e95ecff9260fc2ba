/**
 * Reads what the rules of the alerts look at, with one statement of bounded cost: ends of indexes, and counts that stop.
 * What a daily check or another job has found is in the table `jobs`.
 */
import { sql } from 'kysely';
import type { Database } from '../db/client.ts';
import { type JobName, type JobState, readJobs } from '../db/leader-lock.ts';
import { RECONCILED_TYPE } from '../events/missed.ts';
import { ACCOUNT_TYPE } from '../protocol/ecom/callback.ts';
import { CALLBACK_TYPES } from '../protocol/ecom/callback-types.ts';
import { MAPI_KINDS } from '../protocol/mapi/body.ts';
import { MAX_MISSED, type Observations } from './observations.ts';

/** A replica that has not reported its outage for longer has ended, or its webhook is up. */
const OUTAGE_SEEN_MS = 180_000;
/** Callbacks that show that Resurs reaches us; a TEST is asked for. */
const REAL_CALLBACKS = [...CALLBACK_TYPES.filter((type) => type !== 'TEST'), ACCOUNT_TYPE, ...MAPI_KINDS];
/** So many of the newest events of each type may have been repeated since. */
const REPEATED = sql.lit(3);
const MISSED = sql.lit(MAX_MISSED);
const LAST = sql.lit('9223372036854775807');

interface Row {
  readonly outageSince: Date | null;
  readonly outageError: string | null;
  readonly deadLetterAt: Date | null;
  readonly lastCallbackAt: Date | null;
  readonly passwordExpiringAt: Date | null;
  readonly oldestDueAt: Date | null;
  readonly missedCount: number;
  readonly missedAt: Date | null;
}

/** Reads all of it. `now` is by the database's clock, except in tests. */
export async function observe(db: Database, now: Date, signal?: AbortSignal): Promise<Observations> {
  const [row] = await db.run(observations(now).compile(db.kysely), signal);
  if (row === undefined) throw new Error('a select without a table gives one row');
  const jobs = await readJobs(db);
  const { outageSince, outageError, missedCount, missedAt, ...seen } = row;
  return {
    ...seen,
    outage: outageSince === null ? null : { since: outageSince, error: outageError },
    missed: { count: missedCount, lastAt: missedAt },
    watchedSince: watchedSince(jobs) ?? now,
    jobs,
  };
}

function observations(now: Date) {
  const seenAfter = new Date(now.getTime() - OUTAGE_SEEN_MS);
  const dayAgo = new Date(now.getTime() - 86_400_000);
  const names = sql.join(REAL_CALLBACKS.map((name) => sql.lit(name)));
  return sql<Row>`
    select
      o.since as "outageSince", o.error as "outageError",
      (select given_up_at from dead_letters where given_up_at is not null order by given_up_at desc limit 1) as "deadLetterAt",
      (select max(greatest(n.received_at, r.last_at))
       from unnest(array[${names}]) c (name)
       cross join lateral (
         select id, received_at from events e
         where (e.callback, e.sequence) >= (c.name, 0) and (e.callback, e.sequence) <= (c.name, ${LAST})
         order by e.callback desc, e.sequence desc limit ${REPEATED}
       ) n
       left join lateral (select last_at from receipts where event_id = n.id offset 0) r on true) as "lastCallbackAt",
      (select received_at from events
       where (callback, sequence) >= (${sql.lit(ACCOUNT_TYPE)}, 0) and (callback, sequence) <= (${sql.lit(ACCOUNT_TYPE)}, ${LAST})
       order by callback desc, sequence desc limit 1) as "passwordExpiringAt",
      (select wake_at from outbox where state = 'pending' order by wake_at limit 1) as "oldestDueAt",
      m.count as "missedCount", m.last_at as "missedAt"
    from (select 1) one
    left join lateral (
      select since, error from webhook_outages where seen_at > ${seenAfter} order by since limit 1
    ) o on true
    cross join lateral (
      select count(*)::int, max(received_at) as last_at
      from (
        select received_at from events
        where (type, sequence) >= (${sql.lit(RECONCILED_TYPE)}, 0) and (type, sequence) <= (${sql.lit(RECONCILED_TYPE)}, ${LAST})
        order by type desc, sequence desc limit ${MISSED}
      ) newest
      where received_at > ${dayAgo}
    ) m`;
}

/** Kept by the job of the looks (look.ts). */
function watchedSince(jobs: ReadonlyMap<JobName, JobState>): Date | null {
  const kept = jobs.get('alerts')?.result?.watchedSince;
  return typeof kept === 'string' ? new Date(kept) : null;
}
