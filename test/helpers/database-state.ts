/**
 * Reads what a test's database stores of callbacks, from outside the service; and locks tables so that it cannot store.
 */

import type { TestContext } from 'node:test';
import pg from 'pg';
import { errorCode } from '../../src/lib/errors.ts';
import type { TestService } from './service.ts';

/** Rows of each table; `receipts` is how many callbacks arrived for all events together. */
export interface RowCounts {
  readonly events: number;
  readonly receipts: number;
  readonly deliveries: number;
  readonly identities: number;
}

type Queryable = Pick<TestService, 'query'>;

/** The counts of empty tables. */
export const NO_ROWS: RowCounts = { events: 0, receipts: 0, deliveries: 0, identities: 0 };

/** Counts the rows. `receipts` counts arrivals: the first one of an event has no row of its own. */
export async function countRows(database: Queryable): Promise<RowCounts> {
  const [counts = NO_ROWS] = await database.query<{ [Name in keyof RowCounts]: number }>(`
    select (select count(*)::int from events) as events,
           (select count(*)::int from events) + (select coalesce(sum(count - 1), 0)::int from receipts) as receipts,
           (select count(*)::int from outbox) + (select count(*)::int from deliveries) as deliveries,
           (select count(*)::int from identities) as identities`);
  return counts;
}

export interface StoredEvent {
  readonly id: string;
  readonly payment_id: string | null;
  readonly callback: string;
  readonly type: string;
  readonly result: string | null;
  readonly method: string;
  readonly parameters: Record<string, string>;
  readonly body: Buffer | null;
  readonly registered_at: Date | null;
  readonly verified: Record<'digest' | 'result' | 'basicAuth' | 'source', boolean>;
  /** How many callbacks have arrived for it. */
  readonly times: number;
}

/** Returns all events in the order of their sequence. */
export function storedEvents(database: Queryable): Promise<StoredEvent[]> {
  return database.query<StoredEvent>(`
    select e.id, e.payment_id, e.callback, e.type, e.result, e.method, e.parameters, e.body, e.registered_at,
           e.verified, coalesce(r.count, 1) as times
    from events e left join receipts r on r.event_id = e.id
    order by e.sequence`);
}

/** Expires all identities whose key starts with `keyStart`, as if their events had been received long ago. */
export async function expireWindows(database: Queryable, keyStart = ''): Promise<void> {
  await database.query(`update identities set expires_at = now() where starts_with(key, $1)`, [keyStart]);
}

export interface TableLock {
  /** Releases the tables. Safe to call twice. */
  release(): Promise<void>;
}

/** Locks tables for all other connections, reads included, until released. */
export async function lockTables(t: TestContext, databaseUrl: string, tables: string): Promise<TableLock> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  let ended: Promise<void> | null = null;
  const release = () => {
    ended ??= client.end();
    return ended;
  };
  t.after(release);
  while (!(await tryLock(client, tables))) await client.query('rollback');
  return { release };
}

/** Returns false when Postgres ends the attempt: tables are locked one by one, so it can deadlock with the service. */
async function tryLock(client: pg.Client, tables: string): Promise<boolean> {
  await client.query('begin');
  try {
    await client.query(`lock table ${tables} in access exclusive mode`);
    return true;
  } catch (error) {
    if (errorCode(error) === '40P01') return false;
    throw error;
  }
}

/** Marks every unfinished delivery as delivered, as if the merchant had accepted it at once. */
export async function finishDeliveries(database: Queryable): Promise<void> {
  await database.query(`
    with gone as (delete from outbox returning sequence)
    insert into deliveries (sequence, state, attempt_count, tries_used, finished_at)
    select sequence, 'delivered', 1, 1, now() from gone`);
}
