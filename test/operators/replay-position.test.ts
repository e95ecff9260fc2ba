/**
 * The position of a replay: whoever does a step, twice or at once, puts each delivery back once, also when it was
 * delivered again meanwhile. And how long replays are kept. Statements on a real Postgres.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { requestOf } from '../../src/deliveries/replay-request.ts';
import { createRetention } from '../../src/events/retention.ts';
import { findRunning, moveOn } from '../../src/operators/replay-position.ts';
import { replayStep } from '../../src/operators/replay-step.ts';
import { createReplay, findReplay, stopReplay } from '../../src/operators/replay-store.ts';
import { runReplays } from '../../src/operators/run-replays.ts';
import { beginBlocking, waitForBlocked } from '../helpers/blocking-transaction.ts';
import { createTestOutbox } from '../helpers/outbox.ts';

const FILTER = { state: 'delivered' } as const;

/** `count` delivered events, and a replay of them all. */
async function setup(t: TestContext, count: number) {
  const outbox = await createTestOutbox(t);
  const payments = Array.from({ length: count }, (_, n) => `p${n}`);
  const { claims } = await outbox.store(payments, { slots: count });
  await outbox.deliver(...claims);
  const add = async () => {
    const id = randomUUID();
    const asked = { count, atLeast: false, key: null, hash: 'a digest', operator: 'a test' };
    await createReplay(outbox.db, { ...asked, id, filter: FILTER, upTo: 1_000_000 });
    return id;
  };
  const deliverAll = async () => outbox.deliver(...(await outbox.claim(count)));
  const rows = await outbox.query<{ sequence: string }>('select sequence from events order by sequence');
  const sequences = rows.map(({ sequence }) => Number(sequence));
  const id = await add();
  const move = { id, from: 0, to: sequences.at(-1) ?? 0, isLast: false, sequences, failed: 0 };
  return { ...outbox, deliverAll, add, id, move };
}

test('a move that is repeated after its deliveries were delivered again puts none back', async (t) => {
  const { db, id, move, deliverAll, query } = await setup(t, 3);

  const first = await moveOn(db, move);
  await deliverAll();
  const again = await moveOn(db, move);
  const [running] = await findRunning(db);
  assert.ok(running !== undefined);
  await replayStep(db, running, () => assert.fail('something was replayed again'));

  assert.deepEqual([first, again], [{ replayed: 3, state: 'running' }, null]);
  assert.deepEqual(await query('select sequence from outbox'), []);
  const { state, replayed } = (await findReplay(db, id)) ?? {};
  assert.deepEqual([state, replayed], ['done', 3]);
});

test('what is delivered after the replay was asked for is no part of it, also beyond its position', async (t) => {
  const { db, id, move, deliverAll, query } = await setup(t, 3);
  await query(`select replay_deliveries_v1(array[${move.to}]::bigint[])`);
  await deliverAll();
  const [running] = await findRunning(db);
  assert.ok(running !== undefined);

  await replayStep(db, running, () => undefined);

  const { state, replayed } = (await findReplay(db, id)) ?? {};
  assert.deepEqual([state, replayed], ['done', 2]);
  assert.deepEqual(await query(`select from outbox where sequence = ${move.to}`), []);
});

test('a move that two make at the same moment is made once', async (t) => {
  const { db, id, url, move, query } = await setup(t, 4);
  const row = await beginBlocking(t, url, 'select from replays for update');

  const both = [1, 2].map(() => moveOn(db, move));
  await waitForBlocked({ query }, 2);
  await row.release();
  const moved = await Promise.all(both);

  assert.deepEqual(moved.filter((one) => one !== null).length, 1);
  assert.equal((await findReplay(db, id))?.replayed, 4);
});

test('a step of a replay that was stopped meanwhile does nothing', async (t) => {
  const { db, id, query } = await setup(t, 2);
  const [running] = await findRunning(db);
  assert.ok(running !== undefined);

  await stopReplay(db, id, 'a test');
  await replayStep(db, running, () => assert.fail('something was replayed'));

  assert.deepEqual(await query('select sequence from outbox'), []);
});

test('a filter of a later version is left alone, and the other replays are done', async (t) => {
  const { db, id, add, query } = await setup(t, 2);
  const later = JSON.stringify({ ...requestOf(FILTER), onlyOnSundays: true });
  await query('update replays set filter = $1', [later]);
  const second = await add();

  const signal = new AbortController().signal;
  const ended = await runReplays(db, { signal, onReplayed: () => undefined });

  assert.equal(ended.outcome, 'failed');
  assert.match(ended.outcome === 'failed' ? ended.error : '', /does not understand the filter/);
  assert.deepEqual([(await findReplay(db, id))?.state, (await findReplay(db, second))?.state], ['running', 'done']);
});

test('a replay is removed when it has ended RETENTION_DAYS ago, and one that runs is kept', async (t) => {
  const { db, id, add, query } = await setup(t, 1);
  const [old, young] = [await add(), await add()];
  for (const one of [old, young]) await stopReplay(db, one, 'a test');
  await query(`update replays set created_at = created_at - interval '31 days'`);
  await query(`update replays set finished_at = finished_at - interval '31 days' where id = $1`, [old]);

  await createRetention(db, 0).pruneBatch();
  const kept = await query('select id from replays');
  await createRetention(db, 30).pruneBatch();

  assert.equal(kept.length, 3);
  const left = await query<{ id: string }>('select id from replays order by finished_at nulls first');
  assert.deepEqual(
    left.map((row) => row.id),
    [id, young],
  );
});
