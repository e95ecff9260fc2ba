/**
 * Makes two statements run at the same moment, deterministically: a separate transaction locks what both need, both
 * wait for it, and then it releases its locks.
 */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import pg from 'pg';
import { waitUntil } from '../harness/wait.ts';

export interface BlockingTransaction {
  /** Rolls back, which releases the locks and undoes the statement. Safe to call twice. */
  release(): Promise<void>;
}

/** Runs a statement in a transaction that keeps its locks until `release`. */
export async function beginBlocking(
  t: TestContext,
  databaseUrl: string,
  statement: string,
  values?: unknown[],
): Promise<BlockingTransaction> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  let ended: Promise<void> | null = null;
  const release = () => {
    ended ??= client.query('rollback').then(() => client.end());
    return ended;
  };
  t.after(release);
  await client.query('begin');
  await client.query(statement, values);
  return { release };
}

interface Queryable {
  query<Row extends pg.QueryResultRow>(text: string): Promise<Row[]>;
}

/** Resolves when exactly `count` connections of this database wait for a lock. */
export async function waitForBlocked(database: Queryable, count: number): Promise<void> {
  const areWaiting = await waitUntil(async () => (await database.query(WAITING)).length === count);
  assert.ok(areWaiting, `expected ${count} connections that wait for a lock`);
}

const WAITING = `
  select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;

/** Resolves when `count` statements that store callbacks wait for a lock, whatever else of the service waits as well. */
export async function waitForStoring(database: Queryable, count = 1): Promise<void> {
  const areWaiting = await waitUntil(async () => (await database.query(STORING)).length >= count);
  assert.ok(areWaiting, `expected ${count} statements that store callbacks and wait for a lock`);
}

const STORING = `${WAITING} and query like '%store_events_v%'`;
