/**
 * How the examples for shops update an order: an older event never sets it back, and only a release allows shipping.
 * The last test runs the whole service in front of the shop, from the callback to the order.
 */
import assert from 'node:assert/strict';
import { sendCallback, waitForStates, webhookEnv } from '../helpers/deliveries.ts';
import { startTestService } from '../helpers/service.ts';
import { CURRENT, eventOf, statusOf } from './sender.ts';
import { deliverTypes, startShop, testEach } from './shops.ts';

testEach('an older event never sets an order back', async (t, example) => {
  const shop = await startShop(t, example);

  await deliverTypes(shop, [['payment.frozen', 10]]);
  await deliverTypes(shop, [['payment.unfrozen', 12]]);
  const released = shop.orders();
  await deliverTypes(shop, [['payment.frozen', 11]]);
  const replayed = shop.orders();
  await deliverTypes(shop, [['payment.annulled', 13]]);
  await deliverTypes(shop, [['payment.thawed', 9]]);

  assert.deepEqual([released, replayed], [{ 'p-1': 'may ship' }, { 'p-1': 'may ship' }]);
  assert.deepEqual(shop.orders(), { 'p-1': 'cancelled' });
});

const HISTORIES: readonly (readonly [types: readonly string[], status: string | undefined])[] = [
  [['payment.booked'], 'booked'],
  [['payment.booked', 'payment.frozen'], 'on hold'],
  [['payment.frozen', 'payment.booked'], 'on hold'],
  [['payment.unfrozen', 'payment.booked'], 'may ship'],
  [['payment.booked', 'payment.frozen', 'payment.updated'], 'on hold'],
  [['payment.frozen', 'payment.other'], 'on hold'],
  [['payment.frozen', 'payment.thawed'], 'may ship'],
  [['payment.unfrozen', 'payment.frozen'], 'on hold'],
  [['payment.unfrozen', 'payment.finalized'], 'paid'],
  [['payment.unfrozen', 'payment.annulled', 'payment.booked'], 'cancelled'],
  [['payment.updated', 'payment.of_a_later_version'], undefined],
];

testEach(
  'an order follows its last event, booked overwrites nothing, and a frozen order stays on hold',
  async (t, example) => {
    const shop = await startShop(t, example);
    const histories = HISTORIES.map(([types, status], index) => ({ paymentId: `p-${index}`, types, status }));

    let sequence = 0;
    for (const { paymentId, types } of histories) {
      for (const type of types) {
        sequence += 1;
        assert.equal(await statusOf(shop, eventOf(type, { sequence, paymentId })), 204);
      }
    }
    await shop.waitForNotes(sequence);

    const orders = shop.orders();
    assert.deepEqual(
      histories.map(({ paymentId, types }) => [types, orders[paymentId]]),
      histories.map(({ types, status }) => [types, status]),
    );
  },
);

testEach('a release with an unverified result releases nothing, and a TEST changes no order', async (t, example) => {
  const shop = await startShop(t, example);
  const verified = { digest: true, result: false, basicAuth: false, source: false };

  await deliverTypes(shop, ['payment.frozen']);
  const answers = [
    await statusOf(shop, eventOf('payment.thawed', { sequence: 2, verified })),
    await statusOf(shop, eventOf('callback.test', { sequence: 3, paymentId: null })),
  ];
  await shop.waitForNotes(2);

  assert.deepEqual(answers, [204, 204]);
  assert.deepEqual(shop.orders(), { 'p-1': 'on hold' });
});

testEach('callbacks accepted by the service reach the order', async (t, example) => {
  const shop = await startShop(t, example);
  const env = webhookEnv(shop.url, { WEBHOOK_SECRET: CURRENT });
  const receiver = await startTestService(t, { env });

  await sendCallback(receiver, 'BOOKED', 'p-1', { method: 'POST', body: '{"addedPaymentSpecificationLines":[]}' });
  await sendCallback(receiver, 'UNFREEZE', 'p-1');
  await sendCallback(receiver, 'UNFREEZE', 'p-1');
  await sendCallback(receiver, 'ANNULMENT', 'p-2');
  await waitForStates(receiver, ['delivered'], 3);

  assert.deepEqual((await shop.waitForNotes(3)).toSorted(), ['payment.annulled', 'payment.booked', 'payment.unfrozen']);
  assert.deepEqual(shop.orders(), { 'p-1': 'may ship', 'p-2': 'cancelled' });
});
