/**
 * Counts callbacks that were refused for their digest, over all processes, so that a changed salt is seen although each
 * refusal is a line in some log. Only counts by minute and type are stored: nothing of a refused callback itself.
 */
import { sql } from 'kysely';
import type { Database } from '../db/client.ts';
import { CALLBACK_TYPES } from '../protocol/ecom/callback-types.ts';

/** The refusals of the last hour. */
export interface RefusedDigests {
  readonly lastHour: number;
  /** By callback type; types that Resurs does not document are `other`. */
  readonly byType: Readonly<Record<string, number>>;
}

export interface DigestRefusals {
  /** Notes a refusal. */
  refused(type: string): void;
  /** Returns the refusals of all processes, and those that only this one knows yet. Throws the errors of the database. */
  lastHour(reading: Database): Promise<RefusedDigests>;
  /** Writes the refusals since the last call, and prunes old rows. */
  flush(signal?: AbortSignal): Promise<void>;
}

/** More rows than an hour can have. */
const MAX_ROWS = 1_000;

/** Creates the counter of one process. */
export function createDigestRefusals(db: Database): DigestRefusals {
  let pending = new Map<string, number>();
  return {
    refused(type) {
      const label = CALLBACK_TYPES.some((known) => known === type) ? type : 'other';
      pending.set(label, (pending.get(label) ?? 0) + 1);
    },
    async lastHour(reading) {
      const counts = new Map(pending);
      for (const { callback, count } of await queryLastHour(reading))
        counts.set(callback, (counts.get(callback) ?? 0) + count);
      return summarize(counts);
    },
    async flush(signal) {
      if (pending.size === 0) return;
      const written = pending;
      pending = new Map();
      try {
        await writeRefusals(db, written, signal);
      } catch (error) {
        for (const [type, count] of written) pending.set(type, (pending.get(type) ?? 0) + count);
        throw error;
      }
    },
  };
}

/** Returns the refusals of the last hour as all processes have recorded them. Throws the errors of the database. */
export async function findRefusedDigests(db: Database): Promise<RefusedDigests> {
  return summarize(new Map((await queryLastHour(db)).map(({ callback, count }) => [callback, count])));
}

function summarize(counts: ReadonlyMap<string, number>): RefusedDigests {
  const sorted = [...counts].sort(([one], [other]) => (one < other ? -1 : 1));
  return { lastHour: sorted.reduce((sum, [, count]) => sum + count, 0), byType: Object.fromEntries(sorted) };
}

function queryLastHour(db: Database) {
  return db.run(
    sql<{ readonly callback: string; readonly count: number }>`
      select callback, sum(count)::float8 as count
      from (
        select callback, count from digest_refusals
        where minute > now() - interval '1 hour'
        order by minute desc, callback desc limit ${sql.lit(MAX_ROWS)}
      ) recent
      group by callback`.compile(db.kysely),
  );
}

async function writeRefusals(db: Database, counts: ReadonlyMap<string, number>, signal?: AbortSignal): Promise<void> {
  await db.run(sql`delete from digest_refusals where minute < now() - interval '1 day'`.compile(db.kysely), signal);
  const types = [...counts.keys()].sort();
  await db.run(
    sql`
      insert into digest_refusals as r (minute, callback, count)
      select date_trunc('minute', now()), callback, count
      from unnest(${types}::text[], ${types.map((type) => counts.get(type) ?? 0)}::bigint[]) as t (callback, count)
      on conflict (minute, callback) do update set count = r.count + excluded.count`.compile(db.kysely),
    signal,
  );
}
