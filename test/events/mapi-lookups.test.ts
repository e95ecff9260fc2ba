/**
 * What `trigger-test --mapi` and `doctor` look up of the Merchant API: right, and at a cost that does not grow with the
 * history. Real Postgres, with the statements prepared as the program prepares them.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { findNewestMapiPayment } from '../../src/events/mapi-payments.ts';
import { findMapiTest } from '../../src/events/mapi-tests.ts';
import { openSession } from '../helpers/plans.ts';
import { createDatabase } from '../helpers/postgres.ts';
import { queryOnce } from '../helpers/service.ts';

/** More tests than are looked through lie before the newest events; one event in ten is of the Merchant API. */
const HISTORY = `
  insert into events (id, payment_key, payment_id, callback, type, method, parameters, received_at, verified, provider)
  select gen_random_uuid(), 'p' || n, case when callback <> 'TEST' then 'p' || n end, callback, 'payment.unfrozen',
         'POST', json_build_object('test', 'value-' || n), now(), '{"digest": true}',
         case when n % 10 = 0 then 'resurs-mapi' end
  from (
    select n, case when n <= 4000 or n % 1000 = 0 then 'TEST' when n % 10 = 0 then 'AUTHORIZATION' else 'UNFREEZE' end as callback
    from generate_series(1, 40000) n
  ) numbered`;
/** 200 rows of as many pages, and the levels of an index. */
const MAX_BLOCKS = 250;
const RUNS = 7;

async function setup(t: TestContext) {
  const { url } = await createDatabase(t);
  await queryOnce(url, HISTORY);
  await queryOnce(url, 'analyze events');
  return { session: await openSession(t, url), add: (text: string) => queryOnce(url, text) };
}

test("a test is found by its value among the newest, and not another interface's", async (t) => {
  const { session } = await setup(t);

  for (const [value, isFound] of [
    ['value-40000', true],
    ['value-4000', true],
    ['value-10', false],
    ['value-39991', false],
    ['value-nobody-sent', false],
  ] as const) {
    for (let run = 0; run < RUNS; run += 1) {
      const { result, blocks } = await session.measure((db) => findMapiTest(db, value));
      assert.equal(result !== null, isFound, value);
      assert.ok(blocks <= MAX_BLOCKS, `${value}: ${blocks} blocks, ${session.plans()}`);
    }
  }
});

test('the newest payment of the Merchant API is found, tests and eCom events after it notwithstanding', async (t) => {
  const { session, add } = await setup(t);
  await add(`insert into events (id, payment_key, payment_id, callback, type, method, parameters, received_at, verified, provider)
    select gen_random_uuid(), 'q' || n, case when n % 2 = 0 then 'q' || n end,
           case when n % 2 = 0 then 'UNFREEZE' else 'TEST' end, 'callback.test', 'POST', '{}', now(), '{}',
           case when n % 2 = 1 then 'resurs-mapi' end
    from generate_series(1, 300) n`);

  for (let run = 0; run < RUNS; run += 1) {
    const { result, blocks } = await session.measure(findNewestMapiPayment);
    assert.equal(result, 'p39990');
    assert.ok(blocks <= MAX_BLOCKS, `${blocks} blocks, ${session.plans()}`);
  }
});
