/**
 * Adding counts to those of the other replicas: each batch exactly once, whatever happens to the connection, and none
 * waits for another. Real Postgres, behind a network that the test breaks.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { type Database, openDatabase } from '../../src/db/client.ts';
import { createLogger } from '../../src/lib/logger.ts';
import { addCounts, pruneCounts } from '../../src/operators/count-store.ts';
import { createCountWriter } from '../../src/operators/count-writer.ts';
import type { Count } from '../../src/operators/counts.ts';
import { createCounts } from '../../src/operators/counts.ts';
import { waitUntil } from '../harness/wait.ts';
import { createDatabase } from '../helpers/postgres.ts';
import { startDatabaseProxy } from '../helpers/postgres-proxy.ts';
import { queryOnce } from '../helpers/service.ts';

const HOUR_MS = 3_600_000;
const NOW_MS = Date.UTC(2026, 2, 14, 9, 30);

const logger = createLogger('silent', { write: () => undefined });

async function setup(t: TestContext) {
  const { url } = await createDatabase(t);
  const proxy = await startDatabaseProxy(t, url);
  const open = (connectionString: string): Database => {
    const db = openDatabase({ connectionString, poolSize: 2, onConnectionError: () => undefined });
    t.after(() => db.close());
    return db;
  };
  let nowMs = NOW_MS;
  const replica = (connectionString = url) => {
    const counts = createCounts({ now: () => nowMs });
    const writer = createCountWriter({ counts, db: open(connectionString), retentionDays: 30, logger });
    return { ...counts, ...writer };
  };
  return {
    url,
    proxy,
    db: open(url),
    replica,
    laterBy: (ms: number) => {
      nowMs += ms;
    },
    rows: async () => {
      const rows = await queryOnce<{ hour: Date; name: string; count: string }>(
        url,
        'select hour, name, count from hourly_counts order by hour, kind, name',
      );
      return rows.map(({ hour, name, count }) => `${hour.toISOString().slice(0, 13)} ${name} ${count}`);
    },
  };
}

test('two replicas add to the same counts, in the hours in which it happened', async (t) => {
  const { replica, laterBy, rows } = await setup(t);
  const [one, other] = [replica(), replica()];
  one.onCallback(204);
  other.onCallback(204);
  other.onCallback(503);
  await other.flush();
  laterBy(HOUR_MS);
  one.onCallback(204);

  await one.flush();
  await one.flush();

  assert.deepEqual(await rows(), ['2026-03-14T09 204 2', '2026-03-14T09 503 1', '2026-03-14T10 204 1']);
});

test('while the database is away counts are kept, and added once when it is back', async (t) => {
  const { replica, proxy, rows } = await setup(t);
  const one = replica(proxy.url);
  one.onCallback(204);
  await proxy.leave();
  await assert.rejects(one.flush());
  one.onCallback(503);
  await assert.rejects(one.flush());
  await proxy.comeBack();

  await one.flush();

  assert.deepEqual(await rows(), ['2026-03-14T09 204 1', '2026-03-14T09 503 1']);
});

test('a batch that was added, and whose response was lost, is not added again', async (t) => {
  const { replica, proxy, rows } = await setup(t);
  const one = replica(proxy.url);
  one.onCallback(204);
  await one.flush();
  one.onCallback(204);
  proxy.holdReplies();
  const lost = assert.rejects(one.flush());
  assert.ok(await waitUntil(async () => (await rows())[0] === '2026-03-14T09 204 2'));
  proxy.cut();
  await lost;
  proxy.speak();
  one.onCallback(204);

  await one.flush();

  assert.deepEqual(await rows(), ['2026-03-14T09 204 3']);
});

test('a process that stops adds what it has counted, and one that never started adds nothing', async (t) => {
  const { replica, rows } = await setup(t);
  const [started, unready] = [replica(), replica()];
  started.onEvent('payment.booked');
  unready.onEvent('payment.booked');
  started.start();

  await Promise.all([started.stop(), unready.stop()]);

  assert.deepEqual(await rows(), ['2026-03-14T09 payment.booked 1']);
});

test('replicas that add the same names at the same moment do not deadlock', async (t) => {
  const { db, url } = await setup(t);
  const names = Array.from({ length: 200 }, (_, index) => String(index));
  const counts = names.map((name): Count => ({ hourMs: NOW_MS - (NOW_MS % HOUR_MS), kind: 'delay', name, count: 1 }));
  const batches = Array.from({ length: 12 }, (_, index) => (index % 2 === 0 ? counts : counts.toReversed()));

  await Promise.all(batches.map((batch) => addCounts(db, { writer: randomUUID(), number: 1, counts: batch })));

  const [sums] = await queryOnce(url, 'select count(*)::int, min(count)::int, max(count)::int from hourly_counts');
  assert.deepEqual(sums, { count: 200, min: 12, max: 12 });
});

test('a clock that runs ahead adds to the hour that the database has', async (t) => {
  const { db, url } = await setup(t);
  const hourMs = Date.now() - (Date.now() % HOUR_MS) + 24 * HOUR_MS;
  const counts = [hourMs, hourMs + HOUR_MS].map((ms): Count => ({ hourMs: ms, kind: 'event', name: 'test', count: 2 }));

  await addCounts(db, { writer: randomUUID(), number: 1, counts });

  const rows = await queryOnce(url, 'select hour <= now() as is_past, count::int from hourly_counts');
  assert.deepEqual(rows, [{ is_past: true, count: 4 }]);
});

test('old counts are pruned in batches, and with a retention of 0 none', async (t) => {
  const { db, url } = await setup(t);
  await queryOnce(
    url,
    `insert into hourly_counts select date_trunc('hour', now()) - n * interval '1 h', 'event', 'test', 1 from generate_series(0, 1439) n`,
  );
  await queryOnce(url, `insert into count_writers values (gen_random_uuid(), 1, now() - interval '4 days')`);
  const left = async () => (await queryOnce<{ n: number }>(url, 'select count(*)::int as n from hourly_counts'))[0]?.n;

  await pruneCounts(db, 0);
  assert.equal(await left(), 1_440);
  await pruneCounts(db, 30);
  assert.equal(await left(), 940);
  await pruneCounts(db, 30);

  assert.ok([720, 721].includes((await left()) ?? 0));
  assert.deepEqual(await queryOnce(url, 'select from count_writers'), []);
});
