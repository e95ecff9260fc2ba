/**
 * The cost of a query: every filter of the status API reads a bounded number of pages, however long the history is.
 * Otherwise an operator's query would slow down the callbacks. Real Postgres, with the statements prepared as the
 * service prepares them. With EVENTS=1000000 in the environment a longer history is used. The figures of each filter
 * are in the test's output.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import pg from 'pg';
import { type Database, openDatabase } from '../../src/db/client.ts';
import { queryFigures } from '../../src/status/overview.ts';
import { findEvents, type PageFilter } from '../../src/status/queries.ts';
import { PLANNER_OPTIONS } from '../helpers/planner-options.ts';
import { createDatabase } from '../helpers/postgres.ts';

const EVENTS = Number(process.env.EVENTS ?? 60_000);
/** A page, and the one more row that shows whether another page follows. */
const ROWS = 51;
/** A row of the result comes from four tables and three of their indexes. */
const PAGES_PER_ROW = 11;
/**
 * To find the first row: around a time range 20 000 events are read, twice at most. The whole history has three times
 * as many.
 */
const PAGES_TO_FIND = 1_000;
const LONG_TABLES = ['events', 'outbox', 'deliveries', 'attempts'];
/** From the sixth run on, Postgres may plan a prepared statement without its values. */
const RUNS = 7;
/** A million events take long. */
const LIMIT_MS = 600_000;

/** Rare things are the oldest, where a walk back from the newest event comes last. One event every 5 minutes. */
const HISTORY = `
  with stored as (
    insert into events (
      id, payment_key, payment_id, callback, type, method, parameters, received_at, verified, provider, order_reference
    )
    select gen_random_uuid(), 'p' || n / 4, 'p' || n / 4,
           case when n <= 20 then 'ANNULMENT' else 'UNFREEZE' end,
           case when n <= 20 then 'payment.annulled' else 'payment.unfrozen' end,
           'GET', '{}', now() - ($1::int - n) * interval '5 min', '{"digest": true}',
           case when n <= 20 then 'resurs-mapi' end, case when n <= 20 then 'o' || n / 4 end
    from generate_series(1, $1::int) n
    returning id, sequence, payment_key, received_at
  ), stated as (
    select *, case when sequence <= 10 then 'dead_letter' when sequence <= 30 then 'pending' else 'delivered' end as state from stored
  ), outgoing as (
    insert into outbox (sequence, payment_key, state, wake_at)
    select sequence, payment_key, case when isFirst then 'pending' else 'blocked' end, case when isFirst then now() end
    from (select *, sequence % 4 = 0 or sequence = 11 as isFirst from stated where state = 'pending') s
  ), finished as (
    insert into deliveries (
      sequence, state, attempt_count, tries_used, finished_at, first_started_at, first_duration_ms, first_outcome, first_status
    )
    select sequence, state, 1, 1, received_at, received_at, 5, 'accepted', 200 from stated where state <> 'pending'
  ), given_up as (
    insert into dead_letters select sequence from stated where state = 'dead_letter'
  ), again as (
    insert into receipts (event_id, count, last_at) select id, 2, now() from stored where sequence % 10 = 0
  )
  insert into attempts (sequence, number, started_at, duration_ms, outcome, status)
  select sequence, 2, now(), 5, 'accepted', 200 from stated where state = 'dead_letter'`;

interface Plan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Shared Hit Blocks': number;
  readonly 'Shared Read Blocks': number;
  readonly Plans?: readonly Plan[];
}

interface Cost {
  readonly rows: number;
  readonly pages: number;
  /** Tables with a row for each event that were read from the first page to the last. */
  readonly wholeTables: readonly string[];
}

type Query = (db: Database) => Promise<unknown>;

/** A database with a history; `costOf` returns the cost of a query. */
async function setup(t: TestContext) {
  const { url } = await createDatabase(t);
  const client = new pg.Client({ connectionString: url, options: PLANNER_OPTIONS });
  await client.connect();
  const db = openDatabase({ connectionString: url, poolSize: 1, onConnectionError: () => undefined });
  t.after(() => Promise.all([client.end(), db.close()]));
  // Foreign keys of rows that are inserted together are valid; checking them takes longer than inserting them.
  await client.query('set session_replication_role = replica');
  await client.query(HISTORY, [EVENTS]);
  await client.query('analyze');

  async function costOf(query: Query): Promise<Cost> {
    let cost: Cost | null = null;
    const explaining: Database = {
      ...db,
      async run({ sql, parameters }) {
        cost = await explain(client, sql, parameters);
        return [];
      },
    };
    // Some queries need rows, and an explanation has none.
    await query(explaining).catch(() => undefined);
    return cost ?? assert.fail('no statement was run');
  }
  return { costOf };
}

async function explain(client: pg.Client, sql: string, parameters: readonly unknown[]): Promise<Cost> {
  const values = parameters.map((value) => pg.escapeLiteral(value instanceof Date ? value.toISOString() : `${value}`));
  await client.query(`prepare measured as ${sql}`);
  const execute = values.length === 0 ? 'execute measured' : `execute measured(${values.join(', ')})`;
  for (let run = 1; run < RUNS; run += 1) await client.query(execute);
  const { rows } = await client.query(`explain (analyze, buffers, format json) ${execute}`);
  await client.query('deallocate measured');
  const root: Plan = rows[0]['QUERY PLAN'][0].Plan;
  return {
    rows: root['Actual Rows'],
    pages: root['Shared Hit Blocks'] + root['Shared Read Blocks'],
    wholeTables: nodesOf(root)
      .filter((node) => node['Node Type'] === 'Seq Scan')
      .map((node) => String(node['Relation Name']))
      .filter((table) => LONG_TABLES.includes(table)),
  };
}

function nodesOf(plan: Plan): Plan[] {
  return [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];
}

const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000);
/** The start of the history, in days before now. */
const AGE = (EVENTS * 5) / (24 * 60);

/** By name: the filter and how many rows it finds. */
const FILTERS: Readonly<Record<string, readonly [PageFilter, number]>> = {
  nothing: [{}, ROWS],
  'a payment': [{ paymentId: 'p7' }, 4],
  'an unknown payment': [{ paymentId: 'unknown' }, 0],
  'an order of the Merchant API': [{ orderReference: 'o2' }, 4],
  'an order of eCom': [{ orderReference: 'p7' }, 4],
  'an unknown order': [{ orderReference: 'unknown' }, 0],
  'an order whose reference is the id of another payment': [{ orderReference: 'p1' }, 0],
  'an order in a state': [{ orderReference: 'o2', state: 'dead_letter' }, 3],
  'an order in the last day': [{ orderReference: 'o2', from: daysAgo(1) }, 0],
  'an order of a provider': [{ orderReference: 'o2', provider: 'resurs-ecom' }, 0],
  'a rare provider': [{ provider: 'resurs-mapi' }, 20],
  'a rare provider, far back': [{ provider: 'resurs-mapi', before: 15 }, 14],
  'a rare provider in a rare state': [{ provider: 'resurs-mapi', state: 'dead_letter' }, 10],
  'a rare provider that is delivered': [{ provider: 'resurs-mapi', state: 'delivered' }, 0],
  'a rare provider in the last day': [{ provider: 'resurs-mapi', from: daysAgo(1) }, 0],
  'a usual type of a rare provider': [{ provider: 'resurs-mapi', type: 'payment.unfrozen' }, 0],
  'a rare type of a rare provider': [{ provider: 'resurs-mapi', type: 'payment.annulled' }, 20],
  'the usual provider': [{ provider: 'resurs-ecom' }, ROWS],
  'the usual provider, far back': [{ provider: 'resurs-ecom', before: 100 }, ROWS],
  'a rare type of the usual provider': [{ provider: 'resurs-ecom', type: 'payment.annulled' }, 0],
  'a rare type': [{ type: 'payment.annulled' }, 20],
  'a usual type': [{ type: 'payment.unfrozen' }, ROWS],
  'a type that never came': [{ type: 'payment.other' }, 0],
  'a rare callback': [{ callback: 'ANNULMENT' }, 20],
  'a callback that never came': [{ callback: 'BOOKED' }, 0],
  'dead letters': [{ state: 'dead_letter' }, 10],
  'what is pending': [{ state: 'pending' }, 20],
  'deliveries in flight': [{ state: 'delivering' }, 0],
  'what is delivered': [{ state: 'delivered' }, ROWS],
  'the first days': [{ to: daysAgo(AGE - 2) }, ROWS],
  'before the first day': [{ to: daysAgo(AGE + 2) }, 0],
  'the last day': [{ from: daysAgo(0.1) }, 29],
  'after now': [{ from: daysAgo(-1) }, 0],
  'an hour long ago': [{ from: daysAgo(AGE / 2), to: daysAgo(AGE / 2 - 1 / 24) }, 12],
  'a page far back': [{ before: 100 }, ROWS],
  'a rare type, far back': [{ type: 'payment.annulled', before: 15 }, 14],
  'a payment in a state': [{ paymentId: 'p1', state: 'dead_letter' }, 4],
  'a rare type in a rare state': [{ type: 'payment.annulled', state: 'dead_letter' }, 10],
  'a usual type in a rare state': [{ type: 'payment.unfrozen', state: 'dead_letter' }, 0],
  'a rare type that is delivered': [{ type: 'payment.annulled', state: 'delivered' }, 0],
  'a usual type that is delivered': [{ type: 'payment.unfrozen', state: 'delivered' }, ROWS],
  'a rare type in the last day': [{ type: 'payment.annulled', from: daysAgo(1) }, 0],
  'dead letters of the last day': [{ state: 'dead_letter', from: daysAgo(1) }, 0],
};

test('the cost of every filter depends on its page, not on the history', { timeout: LIMIT_MS }, async (t) => {
  const { costOf } = await setup(t);

  for (const [name, [filter, rows]] of Object.entries(FILTERS)) {
    const cost = await costOf((db) => findEvents(db, filter, ROWS - 1));

    t.diagnostic(`${name}: ${cost.rows} rows, ${cost.pages} pages`);
    await t.test(name, () => {
      // One row shows that there is none.
      assert.equal(cost.rows, Math.max(1, rows));
      assert.deepEqual(cost.wholeTables, []);
      assert.ok(cost.pages <= rows * PAGES_PER_ROW + PAGES_TO_FIND, `${cost.pages} pages`);
    });
  }
  const cost = await costOf(queryFigures);
  t.diagnostic(`the overview: ${cost.pages} pages`);
  await t.test('the overview of /status and /metrics', () => {
    assert.deepEqual(cost.wholeTables, []);
    assert.ok(cost.pages <= PAGES_TO_FIND, `${cost.pages} pages`);
  });
});
