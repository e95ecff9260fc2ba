/**
 * The dead man's switch: the URL is fetched while the rules are looked at and nothing critical fires, and only then.
 * Real Postgres and a real HTTP server; the time of a look is the database's, the time of a ping the test's.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { createPing } from '../../src/alerts/ping.ts';
import { configOf, createAlertsWorld, NEVER } from '../helpers/alerts.ts';
import { startMerchant, status } from '../helpers/merchant.ts';

async function setup(t: TestContext) {
  const [world, receiver] = [await createAlertsWorld(t), await startMerchant(t)];
  const replica = world.replica();
  let minute = 1;
  const { db } = replica;
  const ping = createPing({ db, url: receiver.url, proxies: configOf({}), now: () => world.timeAt(minute) });
  t.after(ping.close);
  return {
    world,
    receiver,
    replica,
    /** Pings at this minute. */
    pingAt(at: number) {
      minute = at;
      return ping.run(NEVER);
    },
  };
}

test('the URL is fetched after a look, and not before one or long after one', async (t) => {
  const { replica, receiver, pingAt } = await setup(t);
  const skipped = { outcome: 'succeeded', result: { pinged: false, reason: 'the rules were not looked at' } };

  assert.deepEqual(await pingAt(0), skipped);
  await replica.lookAt(0);
  assert.deepEqual(await pingAt(1), { outcome: 'succeeded', result: { pinged: true } });
  assert.deepEqual(await pingAt(6), skipped);

  assert.equal(receiver.received.length, 1);
});

test('nothing is fetched while a critical alert fires; a warning does not count', async (t) => {
  const { world, replica, receiver, pingAt } = await setup(t);
  await world.query(`
    insert into events (id, payment_key, payment_id, callback, type, method, parameters, received_at, verified)
    values (gen_random_uuid(), 'p', 'p', 'RECONCILIATION', 'payment.reconciled', 'GET', '{}', now(), '{}')`);
  await replica.lookAt(0);
  await pingAt(1);
  await world.query('insert into dead_letters (sequence) select sequence from events');
  await replica.lookAt(1);

  const ended = await pingAt(2);

  assert.equal(receiver.received.length, 1);
  assert.deepEqual(ended, { outcome: 'succeeded', result: { pinged: false, reason: 'dead_letters fires' } });
});

test('a refusal or an address without a listener is a failed run', async (t) => {
  const { replica, receiver, pingAt } = await setup(t);
  await replica.lookAt(0);
  receiver.answerWith(status(404, {}, randomUUID()));

  assert.deepEqual(await pingAt(1), { outcome: 'failed', error: 'ALERT_PING_URL answered 404', result: null });
  await receiver.close();
  assert.deepEqual(await pingAt(1), { outcome: 'failed', error: 'ALERT_PING_URL: ECONNREFUSED', result: null });
});
