/**
 * An event is worked on once by the examples for shops, however often it comes and whatever dies in between. The crashes are
 * real; what one leaves in the inbox is put there as it would be left.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import * as path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { renderPayload } from '../../src/deliveries/payload.ts';
import { publicId } from '../../src/events/event.ts';
import { CURRENT, eventOf, statusOf } from './sender.ts';
import { makeDataFile, startShop, tell, testEach } from './shops.ts';

const ROOT = path.join(import.meta.dirname, '..', '..');

/** Puts an event into the inbox of a shop that is down, as one that died after its answer has left it. */
function leaveInInbox(dataFile: string, sequence: number): void {
  const event = eventOf('payment.unfrozen', { sequence, paymentId: `p-${sequence}` });
  const db = new DatabaseSync(dataFile);
  db.prepare('insert into inbox (webhook_id, event) values (?, ?)').run(
    publicId(event.id),
    renderPayload(event).toString(),
  );
  db.close();
}

testEach('an event that comes again is answered 2xx and worked on once, also after a crash', async (t, example) => {
  const dataFile = await makeDataFile(t);
  const event = eventOf('payment.unfrozen');
  const first = await startShop(t, example, { dataFile });

  const answers = await Promise.all([1, 2, 3, 4].map((attempt) => statusOf(first, event, { attempt })));
  await first.waitForNotes(1);
  await first.kill();
  const second = await startShop(t, example, { dataFile });
  const late = await statusOf(second, event, { attempt: 5 });
  await tell(second, [['payment.updated', 2]]);

  assert.deepEqual([...answers, late], [204, 204, 204, 204, 204]);
  assert.deepEqual(second.notes(), ['payment.unfrozen', 'payment.updated']);
});

testEach('what was answered before a crash is worked on after it', async (t, example) => {
  const dataFile = await makeDataFile(t);
  const first = await startShop(t, example, { dataFile });
  await tell(first, ['payment.booked']);
  await first.kill();
  for (const sequence of [2, 3]) leaveInInbox(dataFile, sequence);

  const second = await startShop(t, example, { dataFile });
  // PHP has no process that runs on: it works when somebody calls.
  if (example.language === 'PHP') await statusOf(second, eventOf('callback.test', { sequence: 4, paymentId: null }));
  await second.waitForNotes(3);

  assert.deepEqual(second.orders(), { 'p-1': 'booked', 'p-2': 'may ship', 'p-3': 'may ship' });
});

testEach('work that fails is undone as a whole, holds nothing up and stays in the inbox', async (t, example) => {
  const dataFile = await makeDataFile(t);
  const shop = await startShop(t, example, { dataFile });
  await tell(shop, ['payment.booked']);
  const db = new DatabaseSync(dataFile, { timeout: 5_000 });
  t.after(() => db.close());
  db.exec(
    `create trigger fail before insert on orders when new.payment_id = 'p-2' begin select raise(abort, 'no'); end`,
  );

  const failing = await statusOf(shop, eventOf('payment.frozen', { sequence: 2, paymentId: 'p-2' }));
  await tell(shop, [['payment.frozen', 3]]);
  const between = [shop.notes(), shop.orders()];
  db.exec('drop trigger fail');
  await statusOf(shop, eventOf('payment.updated', { sequence: 4 }));
  const after = await shop.waitForNotes(4);

  assert.equal(failing, 204);
  assert.deepEqual(between, [['payment.booked', 'payment.frozen'], { 'p-1': 'on hold' }]);
  assert.deepEqual(after.toSorted(), ['payment.booked', 'payment.frozen', 'payment.frozen', 'payment.updated']);
  assert.deepEqual(shop.orders(), { 'p-1': 'on hold', 'p-2': 'on hold' });
});

const HAS_PHP = spawnSync('php', ['--version']).status === 0;

test("PHP's cron job works on what was left", { skip: !HAS_PHP && 'php is not installed' }, async (t) => {
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
    { ...db.prepare('select * from orders').get() },
    { payment_id: 'p-1', status: 'may ship', sequence: 1 },
  );
});
