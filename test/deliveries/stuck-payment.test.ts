/**
 * A stuck payment never slows others: however many events are blocked behind its first one, a claim does not read them.
 * Measured by Postgres' own count of rows read, on a real database.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { sql } from 'kysely';
import { openDatabase } from '../../src/db/client.ts';
import { claimDeliveries } from '../../src/deliveries/claim.ts';
import { waitUntil } from '../harness/wait.ts';
import { createDatabase } from '../helpers/postgres.ts';
import { queryOnce } from '../helpers/service.ts';

const BEHIND = 5_000;

async function setup(t: TestContext) {
  const { url } = await createDatabase(t);
  const db = openDatabase({ connectionString: url, poolSize: 1, onConnectionError: () => undefined });
  t.after(() => db.close());
  await queryOnce(
    url,
    `insert into events (id, payment_key, payment_id, callback, type, method, parameters, received_at, verified)
     select gen_random_uuid(), key, key, 'UPDATE', 'payment.updated', 'POST', '{}', now(), '{}'
     from (select 'stuck' as key from generate_series(1, ${BEHIND}) union all select 'other') p`,
  );
  // The first of the stuck payment failed and is due in an hour; the ones behind it are blocked.
  await queryOnce(
    url,
    `insert into outbox (sequence, payment_key, state, wake_at)
     select sequence, payment_key, state,
            case state when 'pending' then case payment_key when 'other' then now() else now() + interval '1 h' end end
     from events cross join lateral (
       select case when payment_key = 'other' or sequence = 1 then 'pending' else 'blocked' end as state
     ) s`,
  );
  await queryOnce(url, 'vacuum analyze');
  const run = <Row>(text: string) => db.run(sql<Row>`${sql.raw(text)}`.compile(db.kysely));
  // Postgres reports the reads of the setup when its connections have ended.
  const others =
    'select count(*)::int as count from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()';
  assert.ok(await waitUntil(async () => (await run<{ count: number }>(others))[0]?.count === 0));
  return { db, run };
}

type Run = Awaited<ReturnType<typeof setup>>['run'];

/** Rows of `outbox` that were read so far, by index or by scan. */
async function rowsRead(run: Run): Promise<number> {
  await run('select pg_stat_force_next_flush()');
  const [row] = await run<{ read: number }>(
    "select (seq_tup_read + idx_tup_fetch)::int as read from pg_stat_user_tables where relname = 'outbox'",
  );
  return row?.read ?? Number.NaN;
}

test('a claim reads fewer than 50 rows, however many are blocked behind a stuck one', async (t) => {
  const { db, run } = await setup(t);
  const before = await rowsRead(run);

  const claims = await claimDeliveries(db, {
    limit: 16,
    token: randomUUID(),
    leaseMs: 20_000,
    since: null,
    skipped: [],
  });

  assert.deepEqual(
    claims.map(({ event }) => event.paymentId),
    ['other'],
  );
  const read = (await rowsRead(run)) - before;
  assert.ok(read > 0 && read < 50, `${read} rows`);
});
