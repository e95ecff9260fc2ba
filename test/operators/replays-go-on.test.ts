/**
 * Replays of thousands of dead letters: they go on after a restart and on another replica, can be stopped in the middle,
 * and each delivery reaches the merchant once. Real services, merchant and Postgres.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { seedEvents } from '../harness/seed-events.ts';
import { waitUntil } from '../harness/wait.ts';
import { beginBlocking, waitForBlocked } from '../helpers/blocking-transaction.ts';
import { webhookEnv } from '../helpers/deliveries.ts';
import { startMerchant } from '../helpers/merchant.ts';
import { askReplay, replayById, replayEnded, replayedBy } from '../helpers/replays.ts';
import { startTestService, type TestService } from '../helpers/service.ts';

const DEAD = { state: 'dead_letter' };

async function setup(t: TestContext, count: number) {
  const merchant = await startMerchant(t);
  const env = webhookEnv(merchant.url);
  const receiver = await startTestService(t, { env });
  await seedEvents(receiver, { count, state: 'dead_letter' });
  return {
    merchant,
    receiver,
    next: () => startTestService(t, { env, databaseUrl: receiver.databaseUrl }),
    /** Keeps the step with this delivery from ending. */
    holdAt: (place: number) =>
      beginBlocking(
        t,
        receiver.databaseUrl,
        `select from deliveries where sequence = (select sequence from events order by sequence offset ${place} limit 1) for update`,
      ),
    /** All arrived, each once, as its second attempt. */
    async assertAllOnce() {
      await merchant.waitFor(count);
      assert.ok(await waitUntil(async () => (await receiver.query('select from outbox')).length === 0));
      assert.deepEqual([merchant.received.length, new Set(merchant.received.map(({ id }) => id)).size], [count, count]);
      assert.ok(merchant.received.every(({ attempt }) => attempt === 2));
    },
  };
}

const idOf = async (receiver: TestService) => (await askReplay(receiver, DEAD)).json.id ?? '';

test('5 000 dead letters are replayed by one request', async (t) => {
  const { receiver, assertAllOnce } = await setup(t, 5_000);

  const ended = await replayEnded(receiver, await idOf(receiver));

  assert.deepEqual([ended.state, ended.count, ended.replayed, ended.failed], ['done', 5_000, 5_000, 0]);
  await assertAllOnce();
  assert.equal(await replayedBy(receiver, DEAD), 0);
});

test('a replay goes on after a restart in the middle', async (t) => {
  const { receiver, next, holdAt, assertAllOnce } = await setup(t, 2_500);
  const row = await holdAt(1_500);
  const id = await idOf(receiver);
  await waitForBlocked(receiver, 1);

  await receiver.service.stop();
  await row.release();
  const [{ state, replayed } = {}] = await receiver.query('select state, replayed from replays');
  const ended = await replayEnded(await next(), id);

  assert.deepEqual([state, replayed], ['running', 1_000]);
  assert.deepEqual([ended.state, ended.replayed], ['done', 2_500]);
  await assertAllOnce();
});

test('what a replica that died was doing goes on when its lease has ended', async (t) => {
  const { receiver, next, assertAllOnce } = await setup(t, 10);
  await receiver.service.stop();
  await receiver.query(`
    insert into jobs (name, holder, expires_at, started_at)
    values ('replays', gen_random_uuid(), now() + interval '1 hour', now())`);
  const other = await next();

  const id = await idOf(other);
  const meanwhile = (await replayById(other, id)).json;
  await receiver.query(`update jobs set expires_at = now() where name = 'replays'`);
  const ended = await replayEnded(other, id);

  assert.deepEqual([meanwhile.state, meanwhile.replayed], ['running', 0]);
  assert.deepEqual([ended.state, ended.replayed], ['done', 10]);
  await assertAllOnce();
});

test('a replay that is stopped in the middle leaves the rest, and what it has put back is sent', async (t) => {
  const { merchant, receiver, holdAt } = await setup(t, 2_500);
  const row = await holdAt(1_500);
  const id = await idOf(receiver);
  await waitForBlocked(receiver, 1);

  // The replay's row is held by the step that waits, so the request waits for that.
  const stopping = replayById(receiver, id, 'DELETE');
  await waitForBlocked(receiver, 2);
  await row.release();
  const stopped = await stopping;
  await merchant.waitFor(stopped.json.replayed);
  assert.ok(await waitUntil(async () => (await receiver.query('select from outbox')).length === 0));

  assert.deepEqual([stopped.status, stopped.json.state, stopped.json.count], [202, 'stopped', 2_500]);
  // The step that held it has ended, or failed for the time it waited.
  assert.ok([1_000, 2_000].includes(stopped.json.replayed), String(stopped.json.replayed));
  assert.equal(merchant.received.length, stopped.json.replayed);
  assert.deepEqual((await replayById(receiver, id)).json, stopped.json);
  const [action] = await receiver.query(`select detail from actions where action = 'replay.stopped'`);
  assert.deepEqual(action?.detail, { id });
});

test('replays that two replicas are asked for are done once, a small one beside a large one', async (t) => {
  const { receiver, next, assertAllOnce } = await setup(t, 2_500);
  const other = await next();

  const ids = await Promise.all([idOf(receiver), idOf(other), idOf(other)]);
  const ended = await Promise.all(ids.map((id, n) => replayEnded(n === 0 ? other : receiver, id)));

  assert.equal(
    ended.reduce((sum, { replayed }) => sum + replayed, 0),
    2_500,
  );
  await assertAllOnce();
});

test('a replay that waits for a lock keeps no other one waiting', async (t) => {
  const { receiver, holdAt } = await setup(t, 2);
  const [first, second] = await receiver.query<{ id: string }>(
    `select 'evt_' || id as id from events order by sequence`,
  );
  const row = await holdAt(0);
  const held = (await askReplay(receiver, { ids: [first?.id] })).json.id ?? '';
  await waitForBlocked(receiver, 1);

  const other = (await askReplay(receiver, { ids: [second?.id] })).json.id ?? '';
  const ended = await replayEnded(receiver, other);
  const meanwhile = (await replayById(receiver, held)).json;
  await row.release();

  assert.deepEqual([ended.state, ended.replayed], ['done', 1]);
  assert.deepEqual([meanwhile.state, meanwhile.replayed], ['running', 0]);
  assert.equal((await replayEnded(receiver, held)).replayed, 1);
});
