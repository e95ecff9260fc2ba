/** What is run again and again by one replica at a time: runs, leases that are lost, and stops. Real Postgres. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { createJob, type JobOptions, runAsLeader } from '../../src/db/job.ts';
import { readJobs, takeJob } from '../../src/db/leader-lock.ts';
import { createLogger } from '../../src/lib/logger.ts';
import { waitUntil } from '../harness/wait.ts';
import { createTestOutbox } from '../helpers/outbox.ts';

const name = 'reconciliation';
const HOUR_MS = 3_600_000;
const TIMES = { leaseMs: 10_000, renewEveryMs: 20, lookEveryMs: 20 };
const DONE = { outcome: 'succeeded', result: null } as const;
const logger = createLogger('silent');
const never = new AbortController().signal;

async function setup(t: TestContext) {
  const { db, query } = await createTestOutbox(t);
  /** Starts a replica that is stopped after the test. */
  function start(run: JobOptions['run'], intervalMs = HOUR_MS) {
    const job = createJob({ name, intervalMs, db, logger, times: TIMES, run });
    t.after(() => job.stop());
    job.start();
    return job;
  }
  return {
    db,
    query,
    start,
    async state() {
      return (await readJobs(db)).get(name);
    },
  };
}

/** A run that ends only when it is aborted. */
function hanging() {
  const started = Promise.withResolvers<void>();
  const aborted = Promise.withResolvers<unknown>();
  const run: JobOptions['run'] = async (signal) => {
    started.resolve();
    await new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        aborted.resolve(signal.reason);
        reject(signal.reason);
      });
    });
    return DONE;
  };
  return { run, started: started.promise, aborted: aborted.promise };
}

test('two replicas do the job in turn and never at once, as often as the interval says', async (t) => {
  const { start } = await setup(t);
  let running = 0;
  let most = 0;
  let runs = 0;
  const run = async () => {
    running += 1;
    most = Math.max(most, running);
    runs += 1;
    await new Promise(setImmediate);
    running -= 1;
    return DONE;
  };

  start(run, 1);
  start(run, 1);

  assert.ok(await waitUntil(async () => runs >= 6));
  assert.equal(most, 1);
});

test('the lease of a run is renewed as long as it goes on', async (t) => {
  const { start, query } = await setup(t);
  const first = hanging();
  start(first.run);
  await first.started;
  const expiresAt = async () => (await query<{ at: Date }>('select expires_at as at from jobs'))[0]?.at.getTime() ?? 0;
  const atFirst = await expiresAt();

  assert.ok(await waitUntil(async () => (await expiresAt()) > atFirst + 100));
});

test('a run whose job another replica has taken over is aborted, and does not end the run of that one', async (t) => {
  const { start, query, state } = await setup(t);
  const lost = hanging();
  const job = start(lost.run);
  await lost.started;

  await query('update jobs set holder = gen_random_uuid()');

  assert.match(String(await lost.aborted), /another replica may have taken over/);
  await job.stop();
  const { isRunning, finishedAt } = (await state()) ?? {};
  assert.deepEqual([isRunning, finishedAt], [true, null]);
});

test('the job of a replica that died is done by another one when the lease has ended', async (t) => {
  const { db, start, state } = await setup(t);
  await takeJob(db, { name, holder: randomUUID(), leaseMs: 200, intervalMs: 0 });

  start(async () => DONE);

  assert.ok(await waitUntil(async () => (await state())?.succeededAt instanceof Date));
});

test('a replica that stops aborts its run and gives the job back, so that another one takes it at once', async (t) => {
  const { start, state } = await setup(t);
  const first = hanging();
  const job = start(first.run);
  await first.started;

  await job.stop();

  assert.match(String(await first.aborted), /the process stops/);
  const { isRunning, failedInRow, startedAt } = (await state()) ?? {};
  assert.deepEqual([isRunning, failedInRow, startedAt], [false, 0, null]);
  const second = hanging();
  start(second.run);
  await second.started;
});

test('an error of a run is a failed run, and the next one comes', async (t) => {
  const { start, state } = await setup(t);
  let runs = 0;
  start(async () => {
    runs += 1;
    if (runs === 1) throw new Error('out of luck');
    return { outcome: 'failed', error: 'again', result: null };
  }, 1);

  assert.ok(await waitUntil(async () => ((await state())?.failedInRow ?? 0) >= 2));
  assert.equal((await state())?.error, 'again');
});

test('a single run takes the job whenever it is free', async (t) => {
  const { db, start } = await setup(t);
  const run = async () => DONE;
  assert.equal((await runAsLeader({ name, db, run }, 0, never)).outcome, 'succeeded');
  assert.equal((await runAsLeader({ name, db, run }, 0, never)).outcome, 'succeeded');
  const other = hanging();
  start(other.run, 1);
  await other.started;

  assert.equal((await runAsLeader({ name, db, run }, 0, never)).outcome, 'not_due');
});
