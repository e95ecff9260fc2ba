/**
 * An example whose data file has the tables of an earlier version takes no event: accepted and never handled, it would
 * be lost.
 */
import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { eventOf, statusOf } from './sender.ts';
import { makeDataFile, startShop, testEach } from './shops.ts';

testEach('a data file with the tables of an earlier version is refused by name', async (t, example) => {
  const dataFile = await makeDataFile(t);
  const db = new DatabaseSync(dataFile);
  db.exec('create table orders (payment_id text primary key, status text not null, sequence integer not null)');
  db.close();
  const start = startShop(t, example, { dataFile });

  if (example.language !== 'PHP') {
    await assert.rejects(start, /did not start: [\s\S]*DATA_FILE has the tables of an earlier version/);
    return;
  }
  // PHP has no start of its own: each request looks.
  const shop = await start;
  assert.equal(await statusOf(shop, eventOf('payment.booked')), 500);
  assert.deepEqual(shop.run('select * from inbox'), []);
});
