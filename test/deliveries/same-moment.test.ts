/**
 * Two replicas at the same row at the same moment: a claim does not wait for a row that another one has locked, and of
 * two settlements of one claim one counts. A third connection locks the row until both have reached it, so nothing is
 * random.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Settlement, settleClaims } from '../../src/deliveries/settle.ts';
import { beginBlocking, waitForBlocked } from '../helpers/blocking-transaction.ts';
import { ATTEMPTS } from '../helpers/delivery-states.ts';
import { createTestOutbox, deliveredSettlement, failedSettlement } from '../helpers/outbox.ts';

const FIRST = 'select from outbox where sequence = (select min(sequence) from outbox)';

test('a claim skips a row that another one is claiming, and does not wait for it', async (t) => {
  const outbox = await createTestOutbox(t);
  await outbox.add('a', 'b');
  const other = await beginBlocking(t, outbox.url, `${FIRST} for no key update`);

  const meanwhile = await outbox.claim();
  await other.release();
  const afterwards = await outbox.claim();

  assert.deepEqual(
    [meanwhile, afterwards].map((claims) => claims.map((claim) => claim.paymentKey)),
    [['b'], ['a']],
  );
});

test('a delivery is claimed although a later event of its payment is being stored', async (t) => {
  const outbox = await createTestOutbox(t);
  await outbox.add('a');
  await beginBlocking(t, outbox.url, `${FIRST} for key share`);

  const claims = await outbox.claim();

  assert.deepEqual(
    claims.map((claim) => claim.paymentKey),
    ['a'],
  );
});

/** A claim, of the first of two events of a payment, and its two settlements at the same moment. */
async function settleTwice(t: TestContext, ways: readonly ((claim: Settlement['claim'] & never) => Settlement)[]) {
  const outbox = await createTestOutbox(t);
  await outbox.add('a', 'a');
  const [claim] = await outbox.claim();
  const row = await beginBlocking(t, outbox.url, `${FIRST} for update`);

  const both = ways.map((way) => settleClaims(outbox.db, [way(claim as never)]));
  await waitForBlocked(outbox, 2);
  await row.release();

  const results = await Promise.all(both);
  const states = await outbox.query<{ state: string }>('select state from outbox order by sequence');
  return {
    outcomes: results.flatMap(({ outcomes }) => outcomes).toSorted(),
    unblocked: results.reduce((sum, { due }) => sum + due, 0),
    attempts: (await outbox.query(`select number from ${ATTEMPTS} a`)).length,
    finished: (await outbox.query('select from deliveries')).length,
    states: states.map(({ state }) => state),
  };
}

test('of two final settlements of one claim at the same moment one counts, and unblocks once', async (t) => {
  const seen = await settleTwice(t, [deliveredSettlement, deliveredSettlement]);

  assert.deepEqual(seen, {
    outcomes: ['lost', 'settled'],
    unblocked: 1,
    attempts: 1,
    finished: 1,
    states: ['pending'],
  });
});

test('of two settlements for a retry at the same moment one counts', async (t) => {
  const seen = await settleTwice(t, [failedSettlement, failedSettlement]);

  const states = ['pending', 'blocked'];
  assert.deepEqual(seen, { outcomes: ['lost', 'settled'], unblocked: 0, attempts: 1, finished: 0, states });
});

test('of a final settlement and one for a retry at the same moment one counts', async (t) => {
  const { outcomes, unblocked, attempts, finished } = await settleTwice(t, [deliveredSettlement, failedSettlement]);

  assert.deepEqual([outcomes, attempts], [['lost', 'settled'], 1]);
  assert.equal(finished, unblocked);
});

for (const [name, ways, finished] of [
  ['final', [deliveredSettlement, deliveredSettlement], 1],
  ['for a retry', [failedSettlement, failedSettlement], 0],
  ['of either kind', [deliveredSettlement, failedSettlement], 1],
] as const) {
  test(`of two settlements of one claim in one batch, ${name}, the first counts`, async (t) => {
    const outbox = await createTestOutbox(t);
    await outbox.add('a');
    const [claim] = await outbox.claim();
    if (claim === undefined) assert.fail();

    const { outcomes } = await settleClaims(
      outbox.db,
      ways.map((way) => way(claim)),
    );

    assert.deepEqual(outcomes, ['settled', 'lost']);
    assert.equal((await outbox.query(`select number from ${ATTEMPTS} a`)).length, 1);
    assert.equal((await outbox.query('select from deliveries')).length, finished);
  });
}
