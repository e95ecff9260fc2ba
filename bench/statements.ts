/**
 * Counts the statements of everything that works on a database: by pg_stat_statements where it is loaded, else by
 * commits, because each statement of the receiver is a transaction of its own.
 */
import { setTimeout } from 'node:timers/promises';
import { query } from './testbed.ts';

/** The library that Postgres must preload. */
export const STATEMENTS_LIBRARY = 'pg_stat_statements';
/** Postgres publishes the counters of a connection up to a second later. */
const PUBLISHED_AFTER_MS = 1_500;
const TEXT_CHARACTERS = 72;

export interface StatementCount {
  readonly by: typeof STATEMENTS_LIBRARY | 'commits';
  readonly total: number;
  /** The calls of each statement by the start of its text, most called first; empty when counted by commits. */
  readonly calls: Readonly<Record<string, number>>;
}

/** Counts during `work`. Afterwards pg_stat_statements is off, so that it costs no time. */
export async function countStatements(connectionString: string, work: () => Promise<void>): Promise<StatementCount> {
  if (!(await isLoaded(connectionString))) {
    const before = await readCommits(connectionString);
    await work();
    return { by: 'commits', total: (await readCommits(connectionString)) - before, calls: {} };
  }
  await query(connectionString, 'select pg_stat_statements_reset()');
  await work();
  const calls = await readCalls(connectionString);
  await query(connectionString, "alter system set pg_stat_statements.track = 'none'");
  await query(connectionString, 'select pg_reload_conf()');
  const total = Object.values(calls).reduce((sum, count) => sum + count, 0);
  return { by: STATEMENTS_LIBRARY, total, calls };
}

async function isLoaded(connectionString: string): Promise<boolean> {
  try {
    await query(connectionString, 'create extension if not exists pg_stat_statements');
    // Without the library in shared_preload_libraries the extension can be created, and its view fails.
    await query(connectionString, 'select from pg_stat_statements limit 1');
    return true;
  } catch {
    return false;
  }
}

async function readCalls(connectionString: string): Promise<Record<string, number>> {
  const rows = await query<{ text: string; calls: number }>(
    connectionString,
    `select left(regexp_replace(query, '\\s+', ' ', 'g'), ${TEXT_CHARACTERS}) as text, sum(calls)::int as calls
     from pg_stat_statements
     where toplevel and query not like '%pg_stat_statements%'
       and dbid = (select oid from pg_database where datname = current_database())
     group by 1 order by 2 desc`,
  );
  return Object.fromEntries(rows.map(({ text, calls }) => [text, calls]));
}

async function readCommits(connectionString: string): Promise<number> {
  await setTimeout(PUBLISHED_AFTER_MS);
  const text = 'select xact_commit::int as commits from pg_stat_database where datname = current_database()';
  return (await query<{ commits: number }>(connectionString, text))[0]?.commits ?? Number.NaN;
}
