/**
 * The count of a dry run: exact up to 100 000; beyond that the response says that there are more. The rows are inserted
 * by SQL, since nothing else makes so many in a second.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countReplay } from '../../src/operators/start-replay.ts';
import { createTestOutbox } from '../helpers/outbox.ts';
import { postReplays } from '../helpers/replays.ts';
import { startTestService } from '../helpers/service.ts';

const LIMIT = 100_000;
/** A clock that stands still: the duration of a count does not matter here. */
const CLOCK = { elapsed: () => 0 };

const STORE = `
  with stored as (
    insert into events (id, payment_key, payment_id, callback, type, method, parameters, received_at, verified)
    select gen_random_uuid(), 'p' || n, 'p' || n, 'UPDATE', 'payment.updated', 'GET', '{}', now(), '{}'
    from generate_series(1, $1::int) n
    returning sequence
  )
  insert into deliveries (sequence, state, attempt_count, tries_used, finished_at)
  select sequence, 'delivered', 1, 1, now() from stored`;

test('a dry run is exact up to 100 000 and says "at least" beyond', { timeout: 120_000 }, async (t) => {
  const outbox = await createTestOutbox(t);
  const count = () => countReplay(outbox.db, { state: 'delivered' }, CLOCK);

  await outbox.query(STORE, [LIMIT - 1]);
  const below = await count();
  await outbox.query(STORE, [1]);
  const exactly = await count();
  await outbox.query(STORE, [1]);
  const beyond = await count();
  const receiver = await startTestService(t, { databaseUrl: outbox.url });
  const { status, json } = await postReplays(receiver, { state: 'delivered', dryRun: true });

  assert.deepEqual(below, { count: LIMIT - 1, atLeast: false });
  assert.deepEqual(exactly, { count: LIMIT, atLeast: false });
  assert.deepEqual(beyond, { count: LIMIT, atLeast: true });
  assert.deepEqual([status, 'atLeast' in json && json.atLeast], [202, true]);
});

test('deliveries that do not match are skipped in steps and not counted', async (t) => {
  const outbox = await createTestOutbox(t);
  await outbox.query(STORE, [45_000]);
  await outbox.query(`update events set type = 'payment.booked' where sequence % 1000 = 0`);

  const counted = await countReplay(outbox.db, { state: 'delivered', type: 'payment.booked' }, CLOCK);
  const dead = await countReplay(outbox.db, { state: 'dead_letter', from: new Date(0) }, CLOCK);

  assert.deepEqual(
    [counted, dead],
    [
      { count: 45, atLeast: false },
      { count: 0, atLeast: false },
    ],
  );
});
