/**
 * A replay of many deliveries runs in steps that each commit: replayed deliveries stay replayed, whatever follows, and
 * a second request continues. A row that the database refuses affects only itself. Real HTTP and Postgres; no webhook,
 * so nothing is sent.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { seedEvents } from '../harness/seed-events.ts';
import { beginBlocking, waitForBlocked } from '../helpers/blocking-transaction.ts';
import { createDatabase } from '../helpers/postgres.ts';
import { startDatabaseProxy } from '../helpers/postgres-proxy.ts';
import { postReplays } from '../helpers/replays.ts';
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

test('a replay commits each step before the next one begins', async (t) => {
  const { receiver, holdAt, replayed } = await setup(t, 2_500);
  const third = await holdAt(2_400);

  const asking = postReplays(receiver, EVERYTHING);
  await waitForBlocked(receiver, 1);
  const meanwhile = await replayed();
  await third.release();

  assert.equal(meanwhile, 2_000);
  assert.deepEqual(await asking, {
    status: 202,
    json: { count: 2_500, summary: '2500 deliveries will be sent again.' },
  });
});

test('a replay does not include what is stored while it runs', async (t) => {
  const { receiver, holdAt } = await setup(t, 1_001);
  const first = await holdAt(500);

  const asking = postReplays(receiver, EVERYTHING);
  await waitForBlocked(receiver, 1);
  await seedEvents(receiver, { count: 1, payment: 'new' });
  await first.release();

  assert.deepEqual(await asking, {
    status: 202,
    json: { count: 1_001, summary: '1001 deliveries will be sent again.' },
  });
  assert.deepEqual(await receiver.query(`select e.payment_key from deliveries join events e using (sequence)`), [
    { payment_key: 'new-1' },
  ]);
});

test('a row that the database refuses is counted, and all others are replayed', async (t) => {
  const { receiver, replayed } = await setup(t, 2_100);
  await refuseAt(receiver, 1_234);
  const refused = 'The database refused 1 delivery, which stays as it was.';

  const first = await postReplays(receiver, EVERYTHING);
  const second = await postReplays(receiver, EVERYTHING);

  assert.deepEqual(first, {
    status: 202,
    json: { count: 2_099, failed: 1, summary: `2099 deliveries will be sent again. ${refused}` },
  });
  assert.deepEqual(second, {
    status: 202,
    json: { count: 0, failed: 1, summary: `Nothing is sent again. ${refused}` },
  });
  assert.equal(await replayed(), 2_099);
});

test('when the database fails during a replay, the response is 503 with the counts, and a second request does the rest', async (t) => {
  const { proxy, receiver, holdAt, replayed } = await setup(t, 1_300);
  const second = await holdAt(1_200);

  const asking = postReplays(receiver, EVERYTHING);
  await waitForBlocked(receiver, 1);
  await proxy.leave();
  const response = await asking;
  await second.release();
  const done = await replayed();
  await proxy.comeBack();
  const again = await postReplays(receiver, EVERYTHING);

  const { error, summary, ...numbers } = response.json;
  assert.equal(summary, '1000 deliveries will be sent again.');
  assert.deepEqual([response.status, error?.code, numbers], [503, 'unfinished', { count: 1_000, failed: 0 }]);
  assert.equal(done, 1_000);
  assert.deepEqual(again, { status: 202, json: { count: 300, summary: '300 deliveries will be sent again.' } });
});
