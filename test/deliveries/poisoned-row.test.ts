/**
 * A delivery whose row the database refuses to write never stops another: it is set aside with an error line, and all
 * others are claimed, delivered and, where their claims have expired, settled. The refusal is a trigger on a real
 * Postgres.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { seedEvents } from '../harness/seed-events.ts';
import { waitUntil } from '../harness/wait.ts';
import { deliveries, sendCallback, waitForLine, webhookEnv } from '../helpers/deliveries.ts';
import { startMerchant } from '../helpers/merchant.ts';
import { startTestService, type TestService } from '../helpers/service.ts';

const GOOD = Array.from({ length: 12 }, (_, n) => `good-${n + 1}`);

const PREPARE = {
  pending: `update outbox set wake_at = now() - interval '1 min'`,
  delivering: `
    update outbox set state = 'delivering', attempt_count = 1, wake_at = now() - interval '1 min',
      claim_token = gen_random_uuid(), claimed_at = now() - interval '2 min'`,
};

/**
 * Events that are due or whose claims have expired, `bad-1` first, stored without a webhook; and a service with a
 * webhook on the same database.
 */
async function setup(t: TestContext, state: 'pending' | 'delivering', badOnes = 1) {
  const merchant = await startMerchant(t);
  const before = await startTestService(t);
  await seedEvents(before, { count: badOnes, payment: 'bad', state: 'pending' });
  await seedEvents(before, { count: GOOD.length, payment: 'good', state: 'pending' });
  await before.query(PREPARE[state]);
  return {
    merchant,
    before,
    start: () => startTestService(t, { databaseUrl: before.databaseUrl, env: webhookEnv(merchant.url) }),
  };
}

/** Makes the database refuse such a change of the rows of `bad-…`. */
async function refuse(receiver: Pick<TestService, 'query'>, what: string): Promise<void> {
  await receiver.query(
    `create function refuse() returns trigger language plpgsql as $$ begin raise exception 'refused'; end $$`,
  );
  await receiver.query(`
    create trigger refuse before ${what} on outbox for each row when (old.payment_key like 'bad-%') execute function refuse()`);
}

/** Resolves when every good one is delivered. */
async function waitForGood(receiver: TestService, good: readonly string[] = GOOD): Promise<void> {
  const isSo = await waitUntil(async () => {
    const delivered = (await deliveries(receiver)).filter(({ state }) => state === 'delivered');
    return good.every((payment) => delivered.some(({ paymentId }) => paymentId === payment));
  });
  assert.ok(isSo, JSON.stringify(await deliveries(receiver)));
}

async function badOne(receiver: TestService) {
  const [bad] = await deliveries(receiver);
  const line = await waitForLine(receiver, 'delivery.set_aside');
  assert.deepEqual([line.level, line.eventId, line.reason], ['error', bad?.id, 'P0001']);
  assert.equal(receiver.log.filter(({ event }) => event === 'delivery.set_aside').length, 1);
  assert.deepEqual([bad?.paymentId, bad?.attemptCount], ['bad-1', bad?.state === 'pending' ? 0 : 1]);
  return bad;
}

test('a delivery that cannot be claimed is set aside, and all others are claimed and delivered', async (t) => {
  const { before, merchant, start } = await setup(t, 'pending');
  await refuse(before, 'update');
  const receiver = await start();

  await waitForGood(receiver);
  await sendCallback(receiver, 'UNFREEZE', 'new');
  await waitForGood(receiver, ['new']);

  assert.equal((await badOne(receiver))?.state, 'pending');
  assert.equal(merchant.received.length, GOOD.length + 1);
});

test('several deliveries that are due longest and cannot be claimed are set aside, and all others are delivered', async (t) => {
  const { before, start } = await setup(t, 'pending', 5);
  await refuse(before, 'update');
  const receiver = await start();

  await waitForGood(receiver);

  const setAside = () => receiver.log.filter(({ event }) => event === 'delivery.set_aside');
  assert.ok(await waitUntil(async () => setAside().length === 5));
  assert.deepEqual(
    setAside().map(({ sequence }) => sequence),
    [1, 2, 3, 4, 5],
  );
});

test('an error that no row causes sets nothing aside, and all is delivered when it has ended', async (t) => {
  const { before, start } = await setup(t, 'pending');
  await before.query('alter function claim_deliveries_v2 rename to away');
  const receiver = await start();

  const line = await waitForLine(receiver, 'outbox.unreachable');
  await before.query('alter function away rename to claim_deliveries_v2');
  await waitForGood(receiver, [...GOOD, 'bad-1']);

  assert.match(String(line.error), /^42883 function claim_deliveries_v2/);
  assert.deepEqual(
    receiver.log.filter(({ event }) => event === 'delivery.set_aside'),
    [],
  );
});

test('a delivery whose settlement is refused is set aside when its claim has expired, and all others are settled', async (t) => {
  const { before, merchant, start } = await setup(t, 'pending');
  await refuse(before, 'delete');
  await before.query(`
    create trigger refuse_again before update on outbox for each row
    when (old.payment_key = 'bad-1' and old.state = 'delivering' and new.state <> 'delivering') execute function refuse()`);
  const receiver = await start();

  await waitForGood(receiver);
  assert.equal((await waitForAttempted(receiver)).settled, 'unsettled');
  await receiver.query(`update outbox set wake_at = now() where state = 'delivering'`);

  assert.equal((await badOne(receiver))?.state, 'delivering');
  assert.equal(merchant.received.length, GOOD.length + 1);
});

test('an expired claim that cannot be settled is set aside, and all others are settled and delivered', async (t) => {
  const { before, start } = await setup(t, 'delivering');
  await refuse(before, 'update');
  const receiver = await start();

  await waitForGood(receiver);

  assert.equal((await badOne(receiver))?.state, 'delivering');
  assert.equal(receiver.log.filter(({ event }) => event === 'delivery.abandoned').length, GOOD.length);
  assert.deepEqual(
    receiver.log.filter(({ event }) => event === 'rescue.failed'),
    [],
  );
});

/** The log line of the attempt whose result could not be stored. */
async function waitForAttempted(receiver: TestService): Promise<Readonly<Record<string, unknown>>> {
  const isBad = (line: Readonly<Record<string, unknown>>) =>
    line.event === 'delivery.attempted' && line.paymentId === 'bad-1';
  await waitUntil(async () => receiver.log.some(isBad));
  return receiver.log.find(isBad) ?? assert.fail('no line of the attempt');
}
