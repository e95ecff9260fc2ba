/**
 * The examples for shops handle an event once, however often it is delivered and whenever they crash. The crashes are
 * real; the events that a crash leaves in the inbox are inserted by the test.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import * as path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { renderPayload } from '../../src/deliveries/payload.ts';
import { publicId } from '../../src/events/public-id.ts';
import { PHP, skipWithout } from '../helpers/tools.ts';
import { CURRENT, deliver, eventOf, statusOf } from './sender.ts';
import { makeDataFile, startShop, testEach } from './shops.ts';

const ROOT = path.join(import.meta.dirname, '..', '..');

/** Inserts an event into the inbox of a stopped shop, as a crash after its response leaves it. */
function leaveInInbox(dataFile: string, sequence: number): void {
  const event = eventOf('payment.unfrozen', { sequence, paymentId: `p-${sequence}` });
  const db = new DatabaseSync(dataFile);
  db.prepare('insert into inbox (webhook_id, event) values (?, ?)').run(
    publicId(event.id),
    renderPayload(event, 'test').toString(),
  );
  db.close();
}

testEach('a repeated event is answered 2xx and handled once, also after a crash', async (t, example) => {
  const dataFile = await makeDataFile(t);
  const event = eventOf('payment.unfrozen');
  const first = await startShop(t, example, { dataFile });

  const answers = await Promise.all([1, 2, 3, 4].map((attempt) => statusOf(first, event, { attempt })));
  await first.waitForHandled(1);
  await first.kill();
  const second = await startShop(t, example, { dataFile });
  const late = await statusOf(second, event, { attempt: 5 });
  await deliver(second, [eventOf('payment.updated', { sequence: 2 })]);
  await second.waitForHandled(2);

  assert.deepEqual([...answers, late], [204, 204, 204, 204, 204]);
  assert.deepEqual(second.handled(), ['payment.unfrozen', 'payment.updated']);
});

testEach('an event answered before a crash is handled after it', async (t, example) => {
  const dataFile = await makeDataFile(t);
  const first = await startShop(t, example, { dataFile });
  await deliver(first, [eventOf('payment.frozen')]);
  await first.waitForHandled(1);
  await first.kill();
  for (const sequence of [2, 3]) leaveInInbox(dataFile, sequence);

  const second = await startShop(t, example, { dataFile });
  await second.settle();

  assert.deepEqual(second.orders(), { 'p-1': 'on-hold', 'p-2': 'processing', 'p-3': 'processing' });
});

testEach('failed work is rolled back as a whole, delays no other event and stays in the inbox', async (t, example) => {
  const shop = await startShop(t, example);
  await deliver(shop, [eventOf('payment.booked')]);
  await shop.waitForHandled(1);
  shop.run(
    `create trigger fail before insert on orders when new.payment_id = 'p-2' begin select raise(abort, 'no'); end`,
  );

  await deliver(shop, [
    eventOf('payment.frozen', { sequence: 2, paymentId: 'p-2' }),
    eventOf('payment.frozen', { sequence: 3 }),
  ]);
  await shop.waitForHandled(2);
  const between = [shop.handled(), shop.orders()];
  shop.run('drop trigger fail');
  await shop.settle();

  assert.deepEqual(between, [['payment.booked', 'payment.frozen'], { 'p-1': 'on-hold' }]);
  assert.deepEqual(shop.handled(), ['payment.booked', 'payment.frozen', 'payment.frozen']);
  assert.deepEqual(shop.orders(), { 'p-1': 'on-hold', 'p-2': 'on-hold' });
});

test("PHP's cron job handles the events left in the inbox", { skip: skipWithout(PHP) }, async (t) => {
  const dataFile = await makeDataFile(t);
  const env = { ...process.env, DATA_FILE: dataFile, WEBHOOK_SECRET: CURRENT };
  const run = () => spawnSync('php', ['examples/php/webhook.php'], { cwd: ROOT, env, encoding: 'utf8' });
  run();
  leaveInInbox(dataFile, 1);

  const { status, stdout, stderr } = run();

  assert.deepEqual([status, stdout, stderr], [0, '', '']);
  const db = new DatabaseSync(dataFile);
  t.after(() => db.close());
  assert.deepEqual(
    { ...db.prepare('select payment_id, status, sequence from orders').get() },
    { payment_id: 'p-1', status: 'processing', sequence: 1 },
  );
});
