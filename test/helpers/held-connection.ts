/**
 * Two at the same moment, without luck: a connection of its own holds what both need, both come to wait for it, and then it
 * is let go.
 */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import pg from 'pg';
import { waitUntil } from '../harness/wait.ts';

export interface Held {
  /** Lets go, and keeps nothing of what the statement did. Safe to call twice. */
  release(): Promise<void>;
}

/** What this statement locks stays locked until released. */
export async function hold(t: TestContext, databaseUrl: string, statement: string, values?: unknown[]): Promise<Held> {
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

interface Looking {
  query<Row extends pg.QueryResultRow>(text: string): Promise<Row[]>;
}

/** Resolves when so many connections of this database wait for what another one holds. */
export async function waitForWaiting(world: Looking, count: number): Promise<void> {
  const isSo = await waitUntil(async () => (await world.query(WAITING)).length === count);
  assert.ok(isSo, `${count} connections expected to wait for a lock`);
}

const WAITING = `
  select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
