/**
 * Retention beside other work: another replica that prunes, and an operator who replays the event. The tests lock rows
 * of a real Postgres, so that the order of the two is fixed.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import pg from 'pg';
import { replayDelivery } from '../../src/deliveries/replay.ts';
import { createRetention, type PruneResult } from '../../src/events/retention.ts';
import { seedEvents } from '../harness/seed-events.ts';
import { waitUntil } from '../harness/wait.ts';
import { createTestOutbox } from '../helpers/outbox.ts';
import { urlOf } from '../helpers/postgres.ts';

async function setup(t: TestContext) {
  const outbox = await createTestOutbox(t);
  const [database] = await outbox.query<{ name: string }>('select current_database() as name');
  const url = urlOf(process.env.TEST_DATABASE_URL ?? '', database?.name ?? '');
  return {
    ...outbox,
    prune: () => createRetention(outbox.db, 400).pruneBatch(),
    /** A second connection, in a transaction that keeps the statement's locks. */
    async lock(statement: string): Promise<pg.Client> {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      t.after(() => client.end());
      await client.query('begin');
      await client.query(statement);
      return client;
    },
    async countBlocked(): Promise<number> {
      const rows = await outbox.query(
        `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      );
      return rows.length;
    },
    async countEvents(): Promise<number> {
      return (await outbox.query('select 1 from events')).length;
    },
  };
}

test('while another replica prunes, nothing is pruned here', async (t) => {
  const receiver = await setup(t);
  await seedEvents(receiver, { count: 1, ageDays: 401 });
  const other = await receiver.lock('select pg_advisory_xact_lock(7263541001)');

  const meanwhile = await receiver.prune();
  await other.query('commit');
  const afterwards = await receiver.prune();

  assert.deepEqual(
    [meanwhile, afterwards].map((one) => [one.identities, one.events]),
    [
      [0, 0],
      [1, 1],
    ],
  );
});

test('four replicas that prune at the same instant count each row once', async (t) => {
  const receiver = await setup(t);
  await seedEvents(receiver, { count: 900, ageDays: 401 });
  const rounds: PruneResult[] = [];

  while ((await receiver.countEvents()) > 0) {
    rounds.push(...(await Promise.all([receiver.prune(), receiver.prune(), receiver.prune(), receiver.prune()])));
  }

  assert.equal(
    rounds.reduce((sum, one) => sum + one.events, 0),
    900,
  );
});

test('an old event that is replayed while it is being pruned is not lost', async (t) => {
  const receiver = await setup(t);
  await seedEvents(receiver, { count: 1, ageDays: 401 });
  const [event] = await receiver.query<{ id: string }>('select id from events');
  const other = await receiver.lock('select * from events for update');

  const pruning = receiver.prune();
  assert.ok(await waitUntil(async () => (await receiver.countBlocked()) === 1));
  let result = '';
  const replaying = replayDelivery(receiver.db, event?.id ?? '').then((replayed) => {
    result = replayed;
  });
  assert.ok(await waitUntil(async () => result !== '' || (await receiver.countBlocked()) === 2));
  await other.query('commit');
  await Promise.all([pruning, replaying]);

  // Either may come first; an accepted replay must not be pruned.
  assert.equal(await receiver.countEvents(), result === 'replayed' ? 1 : 0);
});
