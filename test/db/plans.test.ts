/**
 * What statements cost: each touches blocks for the rows of its answer, whatever history, backlog and deleted rows lie
 * beside them, and whenever its plan was made. So each is asked in every state of the tables, by a connection that has
 * planned it on empty tables or in the state before, and by one that plans it now.
 *
 * Real Postgres, with statements prepared and sent as the service does it; blocks are Postgres' own figures.
 * ROWS=500000 in the environment leaves a million dead entries in the index by time; FIGURES=1 prints what everything
 * costs, and PLANS=1 also the plans of what costs too much.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import pg from 'pg';
import { type Course, type Hot, WAYS } from '../helpers/hot-path-statements.ts';
import { ABANDON_ALL, BLOCK_ALL, backlog, DRAIN, HOLD_ALL, history, longPayment } from '../helpers/plan-states.ts';
import { openSession, type Session } from '../helpers/plans.ts';
import { createDatabase } from '../helpers/postgres.ts';
import { LOOKS } from '../helpers/status-statements.ts';

const ROWS = Number(process.env.ROWS ?? 50_000);
const LONG_ROWS = 10_000;
/** Half a million rows take their time. */
const LIMIT_MS = 600_000;

type Statements = readonly (readonly [string, Hot])[];
const ALL: Statements = [...Object.entries(WAYS), ...Object.entries(LOOKS)];

interface Connection {
  readonly session: Session;
  readonly course: Course;
}

let rounds = 0;

async function connect(t: TestContext, url: string): Promise<Connection> {
  return { session: await openSession(t, url), course: { round: 0, claims: [], eventId: '', since: null } };
}

/** Asks everything once; gives a line for each answer that was too dear. */
async function askAll(t: TestContext, { session, course }: Connection, hasDead = false): Promise<string[]> {
  const tooDear: string[] = [];
  rounds += 1;
  course.round = rounds;
  for (const [name, hot] of ALL) {
    const { answer, blocks } = await session.measure((db) => hot.ask(db, course));
    const most = Math.ceil(hot.base + hot.perRow * answer);
    const line = `${name}: ${blocks} blocks for ${answer} rows (at most ${most})`;
    if (process.env.FIGURES !== undefined) t.diagnostic(line);
    if (blocks <= most || (hasDead && hot.passesDead === true)) continue;
    tooDear.push(line);
    if (process.env.PLANS !== undefined) t.diagnostic([line, ...session.plans()].join('\n'));
  }
  return tooDear;
}

/** A database of its own, a connection that was there before its rows, and who makes the states. */
async function setup(t: TestContext) {
  const { url } = await createDatabase(t);
  const maker = new pg.Client({ connectionString: url });
  await maker.connect();
  t.after(() => maker.end());
  // Foreign keys of rows that are made together hold; to prove it takes longer than to make them.
  await maker.query('set session_replication_role = replica');
  const early = await connect(t, url);

  /** Twice each: the first time also pays for the plan, and for marking dead what it finds so. */
  async function check(state: string, { hasDead = false } = {}) {
    await t.test(state, async (t) => {
      const fresh = await connect(t, url);
      await askAll(t, early, hasDead);
      await askAll(t, fresh, hasDead);

      assert.deepEqual(await askAll(t, early, hasDead), [], 'planned before');
      assert.deepEqual(await askAll(t, fresh, hasDead), [], 'planned now');
    });
  }

  return {
    maker,
    url,
    check,
    /** What the early connection plans anew it plans here. */
    use: () => askAll(t, early),
    async make(...statements: readonly string[]) {
      for (const statement of statements) await maker.query(statement);
    },
  };
}

test('tables that were never analyzed', { timeout: LIMIT_MS }, async (t) => {
  const { make, use, check } = await setup(t);

  await check('without a row');
  await make(...history(ROWS), ...backlog(ROWS));
  await check('with a history and a backlog');
  await make('analyze');
  await use();
  await make(...DRAIN);
  await check('the backlog analyzed, and then drained', { hasDead: true });
});

test('a history that was analyzed', { timeout: LIMIT_MS }, async (t) => {
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
  await check('drained while an old transaction of another application holds vacuum back', { hasDead: true });
  await other.end();
});

test('tables that were analyzed when they were empty', { timeout: LIMIT_MS }, async (t) => {
  const { make, use, check } = await setup(t);

  await make('vacuum analyze');
  await use();
  await make(...history(ROWS), ...backlog(ROWS), ...BLOCK_ALL);
  await check('all is blocked', { hasDead: true });
  await make(...HOLD_ALL);
  await check('all is held', { hasDead: true });
  await make(...longPayment(LONG_ROWS));
  await check('one payment has 10 000 events', { hasDead: true });
  await make(...ABANDON_ALL);
  await check('all was claimed by processes that died', { hasDead: true });
});
