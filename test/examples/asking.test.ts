/**
 * How the examples for shops ask for an order that is not certain: until Resurs has answered it is not shipped, it is
 * asked again, and no other order waits for it.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { waitUntil } from '../harness/wait.ts';
import { type NowAnswer, startReceiverNow } from './receiver-now.ts';
import { CURRENT, deliverAll, eventsOf } from './sender.ts';
import { EXAMPLES, ROOT, startShop, testEach } from './shops.ts';

/** The receiver's answers for each order, one after the other; the last one is repeated. */
const ANSWERS: Readonly<Record<string, readonly [NowAnswer, ...NowAnswer[]]>> = {
  'never answered': [503],
  'not known yet': [404, 'may_ship'],
  'asked for too often': [429, 429, 'may_ship'],
  'Resurs is away': [503, 'may_ship'],
  'not certain yet': ['unknown', 'cancelled'],
  'answered at once': ['may_ship'],
  'Ö 1/2+3&p=4?#%': ['paid'],
  'overtaken by an event': ['cancelled', 'may_ship'],
};

const ENDS = {
  'never answered': 'on-hold',
  'not known yet': 'processing',
  'asked for too often': 'processing',
  'Resurs is away': 'processing',
  'not certain yet': 'cancelled',
  'answered at once': 'processing',
  'Ö 1/2+3&p=4?#%': 'completed',
  'overtaken by an event': 'processing',
};

testEach(
  'an order that is not certain is asked for until there is an answer, and no other waits',
  async (t, example) => {
    let overtake = () => undefined as unknown;
    const receiver = await startReceiverNow(t, (paymentId, times) => {
      if (paymentId === 'overtaken by an event' && times === 1) overtake();
      const answers = ANSWERS[paymentId] ?? [404];
      return answers[times - 1] ?? answers.at(-1) ?? 404;
    });
    // Written with a slash at its end, as people do.
    const shop = await startShop(t, example, { receiver: { ...receiver, url: `${receiver.url}/` } });
    // What another process leaves that handles an event meanwhile.
    overtake = () => shop.run(`update orders set sequence = 9 where payment_id = 'overtaken by an event'`);

    const events = Object.keys(ANSWERS).map((paymentId) => eventsOf(['booked'], { paymentId }));
    await deliverAll(shop, events);
    const isEnd = async () => {
      await shop.wake();
      return isDeepStrictEqual(shop.orders(), ENDS);
    };

    assert.ok(await waitUntil(isEnd, 60_000), JSON.stringify(shop.orders()));
    assert.ok(receiver.asked.includes('never answered'));
  },
);

testEach('an order on hold is not moved by a receiver that refuses the token', async (t, example) => {
  const receiver = await startReceiverNow(t, () => 'may_ship');
  const shop = await startShop(t, example, { receiver: { ...receiver, token: 'another token' } });

  await deliverAll(shop, [eventsOf(['booked'])]);
  await waitUntil(async () => {
    await shop.wake();
    return shop.run('select 1 from orders where asked > 0').length > 0;
  });

  assert.deepEqual([shop.orders(), receiver.asked], [{ 'p-1': 'on-hold' }, []]);
});

for (const { language, command, skip } of EXAMPLES) {
  test(`${language}: an address to ask without its token ends the start with the reason`, { skip }, () => {
    const [program = '', ...args] = command.filter((word) => !/^-S$|:9000$/.test(word));
    const settings = {
      WEBHOOK_SECRET: CURRENT,
      DATA_FILE: '/nowhere/events.sqlite',
      RECEIVER_URL: 'http://127.0.0.1:1',
    };
    const env = { ...process.env, ...settings, RECEIVER_TOKEN: '' };
    const { status, stdout, stderr } = spawnSync(program, args, { cwd: ROOT, env, encoding: 'utf8' });

    assert.equal(status, 1);
    assert.match(stdout + stderr, /Set both RECEIVER_URL and RECEIVER_TOKEN, or neither\./);
  });
}
