/** Everything that a running service does, once: the way in, the way out, the status API, replays, forgetting. */
import assert from 'node:assert/strict';
import type { Database } from '../../src/db/client.ts';
import { createRetention } from '../../src/events/retention.ts';
import { storePast } from '../harness/seed-events.ts';
import { send, target } from './callbacks.ts';
import { callBack, deliveries, waitForStates } from './deliveries.ts';
import { askReplays } from './replays.ts';
import type { World } from './service.ts';
import { ask } from './status.ts';

/** The body of a BOOKED. */
export const LINES = '{"addedPaymentSpecificationLines":[{"artNo":"1","totalAmount":1.50}]}';

/** With payments of its own, named after `name`; the service takes only registered orders and its webhook answers 2xx. */
export async function doEverything(world: World, db: Database, name: string): Promise<void> {
  const [order, stranger] = [`${name}-order`, `${name}-stranger`];
  const done = (await deliveries(world)).length;

  assert.equal((await ask(world, 'PUT', `/orders/${order}`)).status, 201);
  await callBack(world, 'BOOKED', order, { method: 'POST', body: LINES });
  await callBack(world, 'BOOKED', order, { method: 'POST', body: LINES });
  await callBack(world, 'UNFREEZE', order);
  assert.equal((await send(world.url, target('UNFREEZE', stranger))).status, 410);
  await waitForStates(world, ['delivered'], done + 2);

  await lookAtEverything(world, order);

  const [booked] = (await deliveries(world)).filter(({ paymentId }) => paymentId === order);
  assert.equal((await ask(world, 'POST', `/events/${booked?.id}/replay`)).status, 202);
  await waitForStates(world, ['delivered'], done + 2);
  assert.deepEqual(await askReplays(world, { paymentId: order }), { status: 202, json: { count: 2 } });
  await waitForStates(world, ['delivered'], done + 2);
  const attempted = (await deliveries(world)).filter(({ paymentId }) => paymentId === order);
  assert.deepEqual(
    attempted.map(({ attemptCount }) => attemptCount),
    [3, 2],
  );

  await storePast(world, { count: 3, ageDays: 401, payment: name });
  const removed = await createRetention(db, 400).pruneBatch();
  assert.deepEqual(removed, { identities: 3, events: 3, orders: 0, hasMore: false });
  assert.equal((await ask(world, 'DELETE', `/orders/${order}`)).status, 204);
}

async function lookAtEverything(world: World, order: string): Promise<void> {
  const paths = ['/status', '/rejections', '/metrics', '/readyz', `/orders/${order}`, `/payments/${order}`];
  const lists = [
    '',
    '?state=delivered',
    `?paymentId=${order}`,
    '?callback=UNFREEZE&limit=1',
    '?type=payment.booked&from=2020-01-01',
  ];
  for (const path of [...paths, ...lists.map((query) => `/events${query}`)]) {
    const { status, body } = await ask(world, 'GET', path);
    assert.equal(status, 200, `${path}: ${body}`);
  }
  const { body } = await ask(world, 'GET', `/payments/${order}`);
  const { events } = JSON.parse(body);
  assert.deepEqual(
    events.map(({ receipts }: { receipts: { count: number } }) => receipts.count),
    [2, 1],
  );
  assert.equal((await ask(world, 'GET', `/events/${events[0].id}`)).status, 200);
}
