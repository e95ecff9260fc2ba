/**
 * Measures the blocks that a statement touches: a connection like the program's, on which Postgres explains each
 * statement while it runs, those inside functions included. The statements are prepared as the program prepares them,
 * and their plans are kept as long as the connection is open. So a connection opened on empty tables keeps the plans
 * made for these.
 */
import type { TestContext } from 'node:test';
import type { CompiledQuery } from 'kysely';
import pg from 'pg';
import { type Database, openDatabase } from '../../src/db/client.ts';
import { sendStatement } from '../../src/db/prepared.ts';
import { trackSession } from '../../src/db/session.ts';
import { PLANNER_OPTIONS } from './planner-options.ts';

/** As notices, which are sent to the client only; without timing, because timing a million rows one by one is slow. */
const EXPLAIN = `
  load 'auto_explain';
  set auto_explain.log_min_duration = 0;
  set auto_explain.log_analyze = on;
  set auto_explain.log_buffers = on;
  set auto_explain.log_timing = off;
  set auto_explain.log_format = json;
  set auto_explain.log_level = notice;
  set auto_explain.log_nested_statements = ${process.env.PLANS === undefined ? 'off' : 'on'}`;

/** Plans that touch more blocks than this are shown. */
const MIN_SHOWN_BLOCKS = 100;

interface Plan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Index Cond'?: string;
  readonly 'CTE Name'?: string;
  readonly 'Subplan Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Shared Hit Blocks': number;
  readonly 'Shared Read Blocks': number;
  readonly Plans?: readonly Plan[];
}

export interface Session {
  /** Runs the work and returns how many blocks its statements have touched. */
  measure<T>(work: (db: Database) => Promise<T>): Promise<{ readonly result: T; readonly blocks: number }>;
  /** The plans of the last work as text: node, relation, rows and blocks. With PLANS also those inside functions. */
  plans(): readonly string[];
}

/** Opens a session that is closed after the test. */
export async function openSession(t: TestContext, connectionString: string): Promise<Session> {
  const client = new pg.Client({
    connectionString,
    options: PLANNER_OPTIONS,
    types: { getTypeParser: typeParser as typeof pg.types.getTypeParser },
  });
  await client.connect();
  t.after(() => client.end());
  trackSession(client, 0);
  await client.query(EXPLAIN);
  // Compiles the statements; it opens no connection.
  const { kysely, usage, close } = openDatabase({ connectionString, poolSize: 1, onConnectionError: () => undefined });
  let plans: Plan[] = [];
  let blocks = 0;
  client.on('notice', ({ message = '' }) => {
    const [head, json] = message.split('plan:\n');
    if (head?.startsWith('duration') && json !== undefined) plans.push(JSON.parse(json).Plan);
  });

  async function run<Row>({ sql, parameters }: CompiledQuery<Row>): Promise<Row[]> {
    const { rows } = await sendStatement(client, sql, [...parameters]);
    // The plans of statements inside functions arrive before the plan of the statement itself, which includes them.
    blocks += blocksOf(plans.at(-1));
    return rows;
  }
  return {
    plans: () => plans.filter((plan) => blocksOf(plan) > MIN_SHOWN_BLOCKS).flatMap((plan) => formatPlan(plan)),
    async measure(work) {
      plans = [];
      blocks = 0;
      return { result: await work({ kysely, run, usage, close }), blocks };
    },
  };
}

function typeParser(oid: number, format: 'text' | 'binary'): unknown {
  return oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format as 'text');
}

/**
 * All blocks that a statement touched. A writing `with` that no other part reads runs after the rest of the statement,
 * so the root's figure excludes it and it is added here. The root also excludes the work of foreign keys; that is not
 * counted here.
 */
function blocksOf(root: Plan | undefined): number {
  if (root === undefined) throw new TypeError('a statement has no plan');
  const nodes = nodesOf(root);
  const read = new Set(nodes.map((node) => node['CTE Name']));
  const unread = nodes.filter(({ 'Subplan Name': name }) => name?.startsWith('CTE ') && !read.has(name.slice(4)));
  return [root, ...unread].reduce((sum, node) => sum + node['Shared Hit Blocks'] + node['Shared Read Blocks'], 0);
}

function nodesOf(plan: Plan): Plan[] {
  return [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];
}

function formatPlan(plan: Plan, depth = 0): string[] {
  const blocks = plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];
  const on = plan['Index Name'] ?? plan['Relation Name'] ?? plan['CTE Name'] ?? '';
  const line = `${'  '.repeat(depth)}${plan['Node Type']} ${on} ${plan['Index Cond'] ?? ''}`;
  return [
    `${line} (${plan['Actual Rows']} rows, ${blocks} blocks)`,
    ...(plan.Plans ?? []).flatMap((inner) => formatPlan(inner, depth + 1)),
  ];
}
