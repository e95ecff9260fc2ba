/**
 * What a statement touches: a connection of the program's kind on which Postgres explains each statement while it runs,
 * with what happens inside functions. The statements are prepared as the program prepares them and their plans are kept
 * as long as the connection lives, so one that was opened on empty tables keeps what was planned for these.
 */
import type { TestContext } from 'node:test';
import type { CompiledQuery } from 'kysely';
import pg from 'pg';
import { CONNECTION_OPTIONS, type Database, openDatabase } from '../../src/db/client.ts';
import { preparedQuery } from '../../src/db/prepared.ts';

/** Notices, which go to the client only; a million rows are not timed one by one. */
const EXPLAIN = `
  load 'auto_explain';
  set auto_explain.log_min_duration = 0;
  set auto_explain.log_analyze = on;
  set auto_explain.log_buffers = on;
  set auto_explain.log_timing = off;
  set auto_explain.log_format = json;
  set auto_explain.log_level = notice;
  set auto_explain.log_nested_statements = ${process.env.PLANS === undefined ? 'off' : 'on'}`;

/** Blocks. */
const WORTH_TELLING = 100;

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
  /** Does the work and tells how many blocks its statements have touched. */
  measure<T>(work: (db: Database) => Promise<T>): Promise<{ readonly answer: T; readonly blocks: number }>;
  /** Of the last work, in words: what was done, on what, with how many rows and blocks. With PLANS also inside functions. */
  plans(): readonly string[];
}

/** Ends after the test. */
export async function openSession(t: TestContext, connectionString: string): Promise<Session> {
  const client = new pg.Client({
    connectionString,
    options: CONNECTION_OPTIONS,
    types: { getTypeParser: typeParser as typeof pg.types.getTypeParser },
  });
  await client.connect();
  t.after(() => client.end());
  await client.query(EXPLAIN);
  // Writes the statements down; no connection is made for that.
  const { kysely, usage, close } = openDatabase({ connectionString, poolSize: 1, onConnectionError: () => undefined });
  let plans: Plan[] = [];
  let blocks = 0;
  client.on('notice', ({ message = '' }) => {
    const [head, json] = message.split('plan:\n');
    if (head?.startsWith('duration') && json !== undefined) plans.push(JSON.parse(json).Plan);
  });

  async function run<Row>({ sql, parameters }: CompiledQuery<Row>): Promise<Row[]> {
    const { rows } = await preparedQuery(client as unknown as pg.PoolClient, sql, [...parameters]);
    // Those of the functions' statements come before that of the statement itself, which counts them in.
    blocks += blocksOf(plans.at(-1));
    return rows;
  }
  return {
    plans: () => plans.filter((plan) => blocksOf(plan) > WORTH_TELLING).flatMap((plan) => inWords(plan)),
    async measure(work) {
      plans = [];
      blocks = 0;
      return { answer: await work({ kysely, run, usage, close }), blocks };
    },
  };
}

function typeParser(oid: number, format: 'text' | 'binary'): unknown {
  return oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format as 'text');
}

/**
 * All that a statement touched. What a `with` writes that nobody reads is done after the rest of the statement, which the
 * figure of the whole leaves out. So it does with what foreign keys do, and that is not counted here.
 */
function blocksOf(root: Plan | undefined): number {
  if (root === undefined) throw new TypeError('a statement came without its plan');
  const nodes = nodesOf(root);
  const read = new Set(nodes.map((node) => node['CTE Name']));
  const unread = nodes.filter(({ 'Subplan Name': name }) => name?.startsWith('CTE ') && !read.has(name.slice(4)));
  return [root, ...unread].reduce((sum, node) => sum + node['Shared Hit Blocks'] + node['Shared Read Blocks'], 0);
}

function nodesOf(plan: Plan): Plan[] {
  return [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];
}

function inWords(plan: Plan, depth = 0): string[] {
  const blocks = plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];
  const on = plan['Index Name'] ?? plan['Relation Name'] ?? plan['CTE Name'] ?? '';
  const line = `${'  '.repeat(depth)}${plan['Node Type']} ${on} ${plan['Index Cond'] ?? ''}`;
  return [
    `${line} (${plan['Actual Rows']} rows, ${blocks} blocks)`,
    ...(plan.Plans ?? []).flatMap((inner) => inWords(inner, depth + 1)),
  ];
}
