/**
 * A replay of many deliveries runs in steps that each commit: replayed deliveries stay replayed, whatever follows, and
 * it goes on by itself. A row that the database refuses affects only itself. Real HTTP and Postgres; no webhook, so
 * nothing is sent.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { seedEvents } from '../harness/seed-events.ts';
import { beginBlocking, waitForBlocked } from '../helpers/blocking-transaction.ts';
import { createDatabase } from '../helpers/postgres.ts';
import { startDatabaseProxy } from '../helpers/postgres-proxy.ts';
import { askReplay, replayById, replayEnded } from '../helpers/replays.ts';
import { queryOnce, startTestService, type TestService } from '../helpers/service.ts';

const EVERYTHING = { from: '2020-01-01' };

/** Stores the given number of finished deliveries; the result can lock one of them. */
async function setup(t: TestContext, count: number) {
  const { url } = await createDatabase(t);
  const proxy = await startDatabaseProxy(t, url);
  const receiver = await startTestService(t, { databaseUrl: proxy.url });
  const query: TestService['query'] = (text, values) => queryOnce(url, text, values);
  await seedEvents({ query }, { count });
  const nth = `(select sequence from events order by sequence offset`;
  return {
    proxy,
    receiver: { ...receiver, query },
    holdAt: (place: number) =>
      beginBlocking(t, url, `select from deliveries where sequence = ${nth} ${place - 1} limit 1) for update`),
    replayed: async () => (await query('select from outbox where replayed')).length,
  };
}

/** Makes the database refuse the replay of the event at this position. */
async function refuseAt(receiver: Pick<TestService, 'query'>, place: number): Promise<void> {
  await receiver.query(`
    create function refuse() returns trigger language plpgsql as $$ begin raise exception 'refused'; end $$`);
  const [row] = await receiver.query<{ sequence: string }>(
    'select sequence from events order by sequence offset $1 limit 1',
    [place - 1],
  );
  await receiver.query(`
    create trigger refuse before delete on deliveries for each row when (old.sequence = ${row?.sequence}) execute function refuse()`);
}

async function start(receiver: Pick<TestService, 'service'>): Promise<string> {
  return (await askReplay(receiver, EVERYTHING)).json.id ?? '';
}

test('a replay commits each step before the next one begins, and shows how far it is', async (t) => {
  const { receiver, holdAt, replayed } = await setup(t, 2_500);
  const third = await holdAt(2_400);

  const id = await start(receiver);
  await waitForBlocked(receiver, 1);
  const [meanwhile, shown] = [await replayed(), (await replayById(receiver, id)).json];
  await third.release();
  const ended = await replayEnded(receiver, id);

  assert.equal(meanwhile, 2_000);
  assert.deepEqual([shown.state, shown.count, shown.replayed, shown.finishedAt], ['running', 2_500, 2_000, null]);
  assert.deepEqual([ended.state, ended.count, ended.replayed, ended.failed], ['done', 2_500, 2_500, 0]);
  assert.ok(String(ended.finishedAt) >= ended.createdAt);
});

test('a replay does not include what is stored while it runs', async (t) => {
  const { receiver, holdAt } = await setup(t, 1_001);
  const first = await holdAt(500);

  const id = await start(receiver);
  await waitForBlocked(receiver, 1);
  await seedEvents(receiver, { count: 1, payment: 'new' });
  await first.release();

  assert.equal((await replayEnded(receiver, id)).replayed, 1_001);
  assert.deepEqual(await receiver.query(`select e.payment_key from deliveries join events e using (sequence)`), [
    { payment_key: 'new-1' },
  ]);
});

test('a row that the database refuses is counted, and all others are replayed', async (t) => {
  const { receiver, replayed } = await setup(t, 2_100);
  await refuseAt(receiver, 1_234);

  const first = await replayEnded(receiver, await start(receiver));
  const second = await replayEnded(receiver, await start(receiver));

  assert.deepEqual([first.state, first.count, first.replayed, first.failed], ['done', 2_100, 2_099, 1]);
  assert.deepEqual([second.state, second.count, second.replayed, second.failed], ['done', 1, 0, 1]);
  assert.equal(await replayed(), 2_099);
});

test('a replay during which the database fails goes on when it is back', async (t) => {
  const { proxy, receiver, holdAt, replayed } = await setup(t, 1_300);
  const second = await holdAt(1_200);

  const id = await start(receiver);
  await waitForBlocked(receiver, 1);
  await proxy.leave();
  await second.release();
  const done = await replayed();
  await proxy.comeBack();
  const ended = await replayEnded(receiver, id);

  // The step that ran when the database went is either undone or done.
  assert.ok(done === 1_000 || done === 1_300, String(done));
  assert.deepEqual([ended.state, ended.replayed, ended.failed], ['done', 1_300, 0]);
  assert.equal(await replayed(), 1_300);
});
