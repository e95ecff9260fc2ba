/**
 * A database for many requests: two of its queries run at once, the others wait in line, and none waits forever. Real
 * Postgres, before which the test holds the queries as long as it wants.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { sql } from 'kysely';
import type { Database } from '../../src/db/client.ts';
import { isDatabaseUnavailable } from '../../src/db/errors.ts';
import { limitDatabase } from '../../src/db/limited.ts';
import { waitUntil } from '../harness/wait.ts';
import { createTestOutbox } from '../helpers/outbox.ts';

const LONG_MS = 60_000;

interface HeldDatabase {
  readonly db: Database;
  /** Numbers of queries that have begun, and of the most that ever ran at the same time. */
  readonly figures: { begun: number; running: number; most: number };
  release(): void;
}

/** A database whose queries begin when they are asked, and go on when they are released. */
async function openHeld(t: TestContext): Promise<HeldDatabase> {
  const { db } = await createTestOutbox(t);
  const gate = Promise.withResolvers<void>();
  const figures = { begun: 0, running: 0, most: 0 };
  const run: Database['run'] = async (query, signal) => {
    figures.begun += 1;
    figures.running += 1;
    figures.most = Math.max(figures.most, figures.running);
    await gate.promise;
    return db.run(query, signal).finally(() => (figures.running -= 1));
  };
  return { db: { ...db, run }, figures, release: () => gate.resolve() };
}

function ask(db: Database, count: number): Promise<{ n: number }[]>[] {
  return Array.from({ length: count }, (_, n) => db.run(sql<{ n: number }>`select ${n}::int as n`.compile(db.kysely)));
}

for (const kind of ['reading', 'writing'] as const) {
  test(`${kind}: two queries run at once, and those that wait get their turn when others end`, async (t) => {
    const { db, figures, release } = await openHeld(t);
    const limited = limitDatabase(db, { atOnce: 2, timeoutMs: LONG_MS });

    const asked = ask(limited[kind], 20);
    const isFull = await waitUntil(async () => figures.begun === 2);
    release();
    const results = await Promise.all(asked);

    assert.ok(isFull);
    assert.deepEqual(
      results.map(([row]) => row?.n),
      Array.from({ length: 20 }, (_, n) => n),
    );
    assert.deepEqual(figures, { begun: 20, running: 0, most: 2 });
  });
}

test('reading and writing queries share their turns', async (t) => {
  const { db, figures, release } = await openHeld(t);
  const { reading, writing } = limitDatabase(db, { atOnce: 2, timeoutMs: LONG_MS });

  const asked = [...ask(writing, 5), ...ask(reading, 5)];
  release();
  await Promise.all(asked);

  assert.deepEqual(figures, { begun: 10, running: 0, most: 2 });
});

test('queries that get no answer or no turn in time fail like those of a database that is away', async (t) => {
  const { db, figures, release } = await openHeld(t);
  const limited = limitDatabase(db, { atOnce: 2, timeoutMs: 100 });

  const results = await Promise.allSettled(ask(limited.reading, 20));
  const begun = figures.begun;
  release();
  const haveEnded = await waitUntil(async () => figures.running === 0);
  const [rows] = await Promise.allSettled(ask(limitDatabase(db, { atOnce: 2, timeoutMs: LONG_MS }).reading, 1));

  const reasons = results.map((result) => (result.status === 'rejected' ? result.reason : null));
  assert.ok(reasons.every(isDatabaseUnavailable));
  const [answer, turn] = [/no answer within 100 ms/, /too many queries wait for others \(late\)/].map(
    (pattern) => reasons.filter((reason) => pattern.test(String(reason))).length,
  );
  // A query that was given up keeps its turn as long as it still runs.
  assert.deepEqual([answer, turn, begun, haveEnded], [2, 18, 2, true]);
  assert.deepEqual(rows, { status: 'fulfilled', value: [{ n: 0 }] });
});
