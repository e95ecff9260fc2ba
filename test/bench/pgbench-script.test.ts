/** The statements that pgbench runs beside the receiver store what the receiver would store, in the real Postgres. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { pgbenchScript } from '../../bench/peers/statement.ts';
import { createTestOutbox } from '../helpers/outbox.ts';

test('each statement of the script stores an event of its own payment', async (t) => {
  const { db } = await createTestOutbox(t);
  const statements = (await pgbenchScript('run')).split('\n').filter((line) => line.endsWith(';'));
  for (const [number, statement] of statements.entries()) {
    // As pgbench fills them in.
    const text = statement.slice(0, -1).replaceAll(':client_id', '3').replaceAll(':payment', String(number));
    await db.run(sql.raw(text).compile(db.kysely));
  }

  const stored = await db.run(
    sql`select payment_id, callback, registered_at, body is not null as has_body from events order by sequence`.compile(
      db.kysely,
    ),
  );
  const registered_at = new Date(1_700_000_000_000);
  assert.deepEqual(stored, [
    { payment_id: 'run-3-0', callback: 'UNFREEZE', registered_at, has_body: false },
    { payment_id: 'run-3-1', callback: 'UPDATE', registered_at, has_body: true },
  ]);
});
