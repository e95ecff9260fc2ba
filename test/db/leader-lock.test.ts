/** The lock and the schedule of what one replica does at a time, as each statement leaves them. Real Postgres. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { finishJob, type JobName, readJobs, releaseJob, renewJob, takeJob } from '../../src/db/leader-lock.ts';
import { createTestOutbox } from '../helpers/outbox.ts';

const leaseMs = 30_000;
const HOUR_MS = 3_600_000;
const SUCCEEDED = { outcome: 'succeeded', result: { checked: 1 } } as const;
const name: JobName = 'reconciliation';

async function setup(t: TestContext) {
  const { db, query } = await createTestOutbox(t);
  return {
    db,
    query,
    /** Takes the job for a new holder, which is returned with the outcome. */
    async take(intervalMs = 0, job = name) {
      const holder = randomUUID();
      return { ...(await takeJob(db, { name: job, holder, leaseMs, intervalMs })), holder };
    },
    endLease: () => query('update jobs set expires_at = now()'),
    async state() {
      return (await readJobs(db)).get(name);
    },
  };
}

test('of several replicas that try at once, one takes the job', async (t) => {
  const { take } = await setup(t);

  const taken = await Promise.all(Array.from({ length: 8 }, () => take()));

  assert.equal(taken.filter(({ outcome }) => outcome === 'taken').length, 1);
  // A statement that waited for the row began before the lease did.
  for (const one of taken) if (one.outcome === 'not_due') assert.ok(one.waitMs <= leaseMs + 10_000);
  assert.equal((await take(0, 'heartbeat')).outcome, 'taken', 'jobs do not hold each other up');
});

test('a job is due its interval after the beginning of the last run, whichever replica it was', async (t) => {
  const { db, take, query } = await setup(t);
  const { holder } = await take(HOUR_MS);
  await finishJob(db, { name, holder }, SUCCEEDED);

  const early = await take(HOUR_MS);

  assert.ok(early.outcome === 'not_due' && early.waitMs > HOUR_MS - 60_000 && early.waitMs <= HOUR_MS);
  assert.equal((await take(0)).outcome, 'taken', 'a shorter interval counts at once');
  await query(`update jobs set holder = null, expires_at = null, started_at = now() - interval '1 hour'`);
  assert.equal((await take(HOUR_MS)).outcome, 'taken');
});

test('the job of a replica that died is taken over when its lease has ended, and what it says then counts for nothing', async (t) => {
  const { db, take, endLease, state } = await setup(t);
  const dead = await take();
  assert.equal((await take()).outcome, 'not_due');

  await endLease();
  const next = await take(HOUR_MS);

  assert.equal(next.outcome, 'taken', 'at once, since the run has not ended');
  assert.equal(await renewJob(db, { name, holder: dead.holder, leaseMs }), false);
  await finishJob(db, { name, holder: dead.holder }, SUCCEEDED);
  await releaseJob(db, { name, holder: dead.holder });
  const { isRunning, finishedAt } = (await state()) ?? {};
  assert.deepEqual([isRunning, finishedAt], [true, null]);
  assert.equal(await renewJob(db, { name, holder: next.holder, leaseMs }), true);
});

test('a lease that has ended is not renewed', async (t) => {
  const { db, take, endLease } = await setup(t);
  const { holder } = await take();
  await endLease();

  assert.equal(await renewJob(db, { name, holder, leaseMs }), false);
});

test('failures in a row are counted until a run succeeds, and keep the last result', async (t) => {
  const { db, take, state } = await setup(t);
  const seen: unknown[] = [];
  for (const ended of [
    SUCCEEDED,
    { outcome: 'failed', error: 'HTTP 500', result: null },
    { outcome: 'failed', error: 'HTTP 401', result: { checked: 2 } },
    { outcome: 'succeeded', result: { checked: 3 } },
  ] as const) {
    const { holder } = await take();
    await finishJob(db, { name, holder }, ended);
    const { failedInRow, error, result, isRunning } = (await state()) ?? {};
    seen.push([failedInRow, error, result, isRunning]);
  }

  assert.deepEqual(seen, [
    [0, null, { checked: 1 }, false],
    [1, 'HTTP 500', { checked: 1 }, false],
    [2, 'HTTP 401', { checked: 2 }, false],
    [0, null, { checked: 3 }, false],
  ]);
});

test('a job that was given back is due as if it had not run', async (t) => {
  const { db, take, state } = await setup(t);
  const first = await take(HOUR_MS);
  await releaseJob(db, { name, holder: first.holder });
  assert.equal((await state())?.startedAt, null);

  const second = await take(HOUR_MS);

  assert.equal(second.outcome, 'taken');
  await finishJob(db, { name, holder: second.holder }, SUCCEEDED);
  assert.equal((await take(HOUR_MS)).outcome, 'not_due');
});

test("a job that began in the future, before the database's clock was set back, is due, and one that runs is not", async (t) => {
  const { db, take, query } = await setup(t);
  const { holder } = await take();
  await query(`update jobs set started_at = now() + interval '1 year'`);
  assert.equal((await take(HOUR_MS)).outcome, 'not_due');

  await finishJob(db, { name, holder }, SUCCEEDED);

  assert.equal((await take(HOUR_MS)).outcome, 'taken');
});
