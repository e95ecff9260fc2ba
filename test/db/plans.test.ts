/**
 * The cost of statements: each touches blocks for the rows of its result only, whatever history, backlog and deleted
 * rows there are, and whenever its plan was made. So each runs in every state of the tables, on a connection that has
 * planned it on empty tables or in the state before, and on one that plans it now.
 *
 * Real Postgres, with statements prepared and sent as the service does it; blocks are Postgres' own figures.
 * ROWS=500000 in the environment leaves a million dead entries in the index by time; FIGURES=1 prints what everything
 * costs, and PLANS=1 also the plans of what costs too much.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import pg from 'pg';
import { ALERT_STATEMENTS } from '../helpers/alert-statements.ts';
import { HOT_PATH_STATEMENTS, type MeasuredStatement, type RunState } from '../helpers/hot-path-statements.ts';
import { MAPI_STATEMENTS } from '../helpers/mapi-statements.ts';
import { ABANDON_ALL, BLOCK_ALL, backlog, DRAIN, HOLD_ALL, history, longPayment } from '../helpers/plan-states.ts';
import { openSession, type Session } from '../helpers/plans.ts';
import { createDatabase } from '../helpers/postgres.ts';
import { STATISTICS_STATEMENTS } from '../helpers/statistics-statements.ts';
import { STATUS_STATEMENTS } from '../helpers/status-statements.ts';

const ROWS = Number(process.env.ROWS ?? 50_000);
const LONG_ROWS = 10_000;
/** Half a million rows take some minutes. */
const LIMIT_MS = 600_000;

type Statements = readonly (readonly [string, MeasuredStatement])[];
const ALL: Statements = [
  HOT_PATH_STATEMENTS,
  STATUS_STATEMENTS,
  MAPI_STATEMENTS,
  ALERT_STATEMENTS,
  STATISTICS_STATEMENTS,
].flatMap((some) => Object.entries(some));

interface Connection {
  readonly session: Session;
  readonly state: RunState;
}

let rounds = 0;

async function connect(t: TestContext, url: string): Promise<Connection> {
  return { session: await openSession(t, url), state: { round: 0, claims: [], eventId: '', since: null } };
}

/** Runs every statement once; returns a line for each that cost too much. */
async function runAll(t: TestContext, { session, state }: Connection, hasDead = false): Promise<string[]> {
  const tooCostly: string[] = [];
  rounds += 1;
  state.round = rounds;
  for (const [name, statement] of ALL) {
    const { result: rows, blocks } = await session.measure((db) => statement.run(db, state));
    const max = Math.ceil(statement.base + statement.perRow * rows);
    const line = `${name}: ${blocks} blocks for ${rows} rows (at most ${max})`;
    if (process.env.FIGURES !== undefined) t.diagnostic(line);
    if (blocks <= max || (hasDead && statement.passesDead === true)) continue;
    tooCostly.push(line);
    if (process.env.PLANS !== undefined) t.diagnostic([line, ...session.plans()].join('\n'));
  }
  return tooCostly;
}

/** A database of its own, a connection that was opened before its rows were inserted, and the maker of its states. */
async function setup(t: TestContext) {
  const { url } = await createDatabase(t);
  const maker = new pg.Client({ connectionString: url });
  await maker.connect();
  t.after(() => maker.end());
  // The rows satisfy their foreign keys; checking that takes longer than inserting them.
  await maker.query('set session_replication_role = replica');
  const early = await connect(t, url);

  /** Runs each twice: the first run also pays for planning, and for marking dead index entries. */
  async function check(name: string, { hasDead = false } = {}) {
    await t.test(name, async (t) => {
      const fresh = await connect(t, url);
      await runAll(t, early, hasDead);
      await runAll(t, fresh, hasDead);

      assert.deepEqual(await runAll(t, early, hasDead), [], 'planned before');
      assert.deepEqual(await runAll(t, fresh, hasDead), [], 'planned now');
    });
  }

  return {
    maker,
    url,
    check,
    /** Runs all on the early connection, so that it plans again now where it does. */
    use: () => runAll(t, early),
    async make(...statements: readonly string[]) {
      for (const statement of statements) await maker.query(statement);
    },
  };
}

test('statements stay cheap on tables that were never analyzed', { timeout: LIMIT_MS }, async (t) => {
  const { make, use, check } = await setup(t);

  await check('without a row');
  await make(...history(ROWS), ...backlog(ROWS));
  await check('with a history and a backlog');
  await make('analyze');
  await use();
  await make(...DRAIN);
  await check('the backlog analyzed, and then drained', { hasDead: true });
});

test('statements stay cheap on an analyzed history', { timeout: LIMIT_MS }, async (t) => {
  const { make, use, check, url } = await setup(t);

  await make(...history(ROWS), 'analyze');
  await use();
  await make(...backlog(ROWS));
  await check('and then a backlog that was not');
  const other = new pg.Client({ connectionString: url });
  await other.connect();
  await other.query('begin isolation level repeatable read');
  await other.query('select count(*) from events where sequence = 1');
  await make(...DRAIN, 'vacuum outbox');
  await check('drained while an old transaction of another application delays vacuum', { hasDead: true });
  await other.end();
});

test('statements stay cheap on tables that were analyzed when they were empty', { timeout: LIMIT_MS }, async (t) => {
  const { make, use, check } = await setup(t);

  await make('vacuum analyze');
  await use();
  await make(...history(ROWS), ...backlog(ROWS), ...BLOCK_ALL);
  await check('all deliveries are blocked', { hasDead: true });
  await make(...HOLD_ALL);
  await check('all deliveries are held', { hasDead: true });
  await make(...longPayment(LONG_ROWS));
  await check('one payment has 10 000 events', { hasDead: true });
  await make(...ABANDON_ALL);
  await check('all deliveries were claimed by processes that died', { hasDead: true });
});
