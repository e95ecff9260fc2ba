/** Everything that a running service does, once: callbacks, deliveries, the status API, replays, retention. */
import assert from 'node:assert/strict';
import type { Database } from '../../src/db/client.ts';
import { createRetention } from '../../src/events/retention.ts';
import { seedEvents } from '../harness/seed-events.ts';
import { send, target } from './callbacks.ts';
import { deliveries, sendCallback, waitForStates } from './deliveries.ts';
import { postReplays } from './replays.ts';
import type { TestService } from './service.ts';
import { requestStatusApi } from './status.ts';

/** The body of a BOOKED. */
export const LINES = '{"addedPaymentSpecificationLines":[{"artNo":"1","totalAmount":1.50}]}';

/** With payments of its own, named after `name`; the service takes only registered orders and its webhook answers 2xx. */
export async function doEverything(receiver: TestService, db: Database, name: string): Promise<void> {
  const [order, stranger] = [`${name}-order`, `${name}-stranger`];
  const done = (await deliveries(receiver)).length;

  assert.equal((await requestStatusApi(receiver, 'PUT', `/orders/${order}`)).status, 201);
  await sendCallback(receiver, 'BOOKED', order, { method: 'POST', body: LINES });
  await sendCallback(receiver, 'BOOKED', order, { method: 'POST', body: LINES });
  await sendCallback(receiver, 'UNFREEZE', order);
  assert.equal((await send(receiver.url, target('UNFREEZE', stranger))).status, 410);
  await waitForStates(receiver, ['delivered'], done + 2);

  await lookAtEverything(receiver, order);

  const [booked] = (await deliveries(receiver)).filter(({ paymentId }) => paymentId === order);
  assert.equal((await requestStatusApi(receiver, 'POST', `/events/${booked?.id}/replay`)).status, 202);
  await waitForStates(receiver, ['delivered'], done + 2);
  assert.deepEqual(await postReplays(receiver, { paymentId: order }), {
    status: 202,
    json: { count: 2, summary: '2 deliveries will be sent again.' },
  });
  await waitForStates(receiver, ['delivered'], done + 2);
  const attempted = (await deliveries(receiver)).filter(({ paymentId }) => paymentId === order);
  assert.deepEqual(
    attempted.map(({ attemptCount }) => attemptCount),
    [3, 2],
  );

  await seedEvents(receiver, { count: 3, ageDays: 401, payment: name });
  const removed = await createRetention(db, 400).pruneBatch();
  assert.deepEqual(removed, { identities: 3, events: 3, orders: 0, hasMore: false });
  assert.equal((await requestStatusApi(receiver, 'DELETE', `/orders/${order}`)).status, 204);
}

async function lookAtEverything(receiver: TestService, order: string): Promise<void> {
  const paths = ['/status', '/rejections', '/metrics', '/readyz', `/orders/${order}`, `/payments/${order}`];
  const lists = [
    '',
    '?state=delivered',
    `?paymentId=${order}`,
    '?callback=UNFREEZE&limit=1',
    '?type=payment.booked&from=2020-01-01',
  ];
  for (const path of [...paths, ...lists.map((query) => `/events${query}`)]) {
    const { status, body } = await requestStatusApi(receiver, 'GET', path);
    assert.equal(status, 200, `${path}: ${body}`);
  }
  const { body } = await requestStatusApi(receiver, 'GET', `/payments/${order}`);
  const { events } = JSON.parse(body);
  assert.deepEqual(
    events.map(({ receipts }: { receipts: { count: number } }) => receipts.count),
    [2, 1],
  );
  assert.equal((await requestStatusApi(receiver, 'GET', `/events/${events[0].id}`)).status, 200);
}
