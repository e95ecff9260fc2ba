/**
 * Counts dead letters by why they were given up: by how their last attempt ended. The newest are read first, in steps, up
 * to a bound of rows and of time, so a backlog of any size is answered within seconds.
 */
import { sql } from 'kysely';
import type { Database } from '../db/client.ts';
import { lastScanned, matchingSequences } from '../events/scan.ts';
import type { EventScan } from '../events/scan-driver.ts';

/** Why, as in a filter of events and replays: the status of the response, else the outcome. */
export interface DeadLetterReason {
  readonly reason: string;
  readonly count: number;
  /** When the first and the last of them were given up. */
  readonly oldestAt: Date;
  readonly newestAt: Date;
  /** The id of the newest event. */
  readonly example: string;
  readonly types: Readonly<Record<string, number>>;
}

export interface DeadLetterReasons {
  /** The most frequent first. */
  readonly reasons: readonly DeadLetterReason[];
  /** Of all, also those of no listed reason. */
  readonly count: number;
  /** There are more than that. */
  readonly atLeast: boolean;
}

/** Rarer ones are counted, and not listed. */
const MAX_REASONS = 50;
const MAX_COUNTED = 100_000;
/** Dead letters of one statement: some tens of milliseconds. */
const WINDOW = 5_000;
const MAX_MS = 2_000;

/** Counts them. */
export async function countDeadLetterReasons(db: Database, clock: { elapsed(): number }): Promise<DeadLetterReasons> {
  const endsAtMs = clock.elapsed() + MAX_MS;
  const groups = new Map<string, Group>();
  let count = 0;
  let before: number | null | undefined;
  do {
    const rows = await countStep(db, before ?? undefined);
    before = rows[0]?.last ?? null;
    for (const row of rows) {
      if (row.count === null) continue;
      count += row.count;
      if (row.reason !== null) addTo(groups, row.reason, row);
    }
  } while (before !== null && count < MAX_COUNTED && clock.elapsed() < endsAtMs);
  const atLeast = before !== null && (await hasOlder(db, before));
  const listed = [...groups].sort(([, a], [, b]) => b.count - a.count).slice(0, MAX_REASONS);
  const ids = await findIds(
    db,
    listed.map(([, { newest }]) => newest),
  );
  const reasons = listed.flatMap(([reason, { newest, ...group }]) => {
    const example = ids.get(newest);
    // Its event has been removed meanwhile.
    return example === undefined ? [] : [{ reason, ...group, example }];
  });
  return { reasons, count, atLeast };
}

/** What is known of a reason so far. */
interface Group extends Omit<DeadLetterReason, 'reason' | 'example'> {
  /** The sequence of the newest event. */
  readonly newest: number;
}

interface StepRow {
  readonly reason: string | null;
  readonly type: string;
  readonly count: number;
  readonly oldestAt: Date;
  readonly newestAt: Date;
  readonly newest: number;
}

type CountedRow = (StepRow | { readonly count: null }) & {
  /** Below which sequence the next step begins; null at the end. */
  readonly last: number | null;
};

/** Counts the next dead letters by reason and type. */
function countStep(db: Database, before: number | undefined): Promise<CountedRow[]> {
  const scan: EventScan = { filter: { state: 'dead_letter' }, direction: 'desc', after: before, window: WINDOW };
  return db.run(
    sql<CountedRow>`
      with dead as materialized (${matchingSequences(scan)}), counted as (
        select coalesce(a.status::text, a.outcome, d.first_status::text, d.first_outcome) as reason, e.type,
               count(*)::int as count, min(d.finished_at) as "oldestAt", max(d.finished_at) as "newestAt",
               max(w.sequence)::float8 as newest
        from dead w
        cross join lateral (select type from events where sequence = w.sequence offset 0) e
        cross join lateral (
          select finished_at, first_outcome, first_status from deliveries where sequence = w.sequence offset 0
        ) d
        left join lateral (
          select outcome, status from attempts where sequence = w.sequence order by number desc limit 1
        ) a on true
        group by 1, 2
      )
      select l.last, c.* from (select (${lastScanned(scan)}) as last) l left join counted c on true`.compile(db.kysely),
  );
}

/** Whether there is a dead letter of a lower sequence. */
async function hasOlder(db: Database, before: number): Promise<boolean> {
  const rows = await db.run(sql`select from dead_letters where sequence < ${before} limit 1`.compile(db.kysely));
  return rows.length > 0;
}

function addTo(groups: Map<string, Group>, reason: string, row: StepRow): void {
  const known = groups.get(reason);
  const types = new Map(Object.entries(known?.types ?? {}));
  types.set(row.type, (types.get(row.type) ?? 0) + row.count);
  groups.set(reason, {
    count: (known?.count ?? 0) + row.count,
    oldestAt: known === undefined || row.oldestAt < known.oldestAt ? row.oldestAt : known.oldestAt,
    newestAt: known === undefined || row.newestAt > known.newestAt ? row.newestAt : known.newestAt,
    newest: Math.max(known?.newest ?? 0, row.newest),
    types: Object.fromEntries(types),
  });
}

/** The ids of events, by their sequences. */
async function findIds(db: Database, sequences: readonly number[]): Promise<ReadonlyMap<number, string>> {
  const rows = await db.run(
    sql<{ readonly sequence: number; readonly id: string }>`
      select s.sequence::float8 as sequence, e.id
      from unnest(${[...sequences]}::bigint[]) s (sequence)
      cross join lateral (select id from events where sequence = s.sequence offset 0) e`.compile(db.kysely),
  );
  return new Map(rows.map(({ sequence, id }) => [sequence, id]));
}
