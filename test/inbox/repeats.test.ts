/**
 * One event per fact: which callbacks are the same event, and for how long (contract 4.4). A merchant that gets an
 * event twice ships twice; one that does not get it never ships. Over HTTP, counted in Postgres by its own clock.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { computeDigest } from '../../src/protocol/ecom/digest.ts';
import { SALT, send, sendPipelined, target } from '../helpers/callbacks.ts';
import { countRows, expireWindows, storedEvents } from '../helpers/database-state.ts';
import { startTestService } from '../helpers/service.ts';

async function setup(t: TestContext) {
  const receiver = await startTestService(t);
  /** Sends callbacks one after the other; each has to get 204. */
  const sendAll = async (type: string, ...each: { extra?: string; body?: string; method?: string }[]) => {
    for (const { extra = '', body, method = 'POST' } of each) {
      const sending = body === undefined ? { method } : { method, body };
      assert.equal((await send(receiver.url, target(type, '100000016', { extra }), sending)).status, 204);
    }
  };
  return { receiver, sendAll };
}

for (const type of ['UNFREEZE', 'ANNULMENT', 'FINALIZATION']) {
  test(`${type} is one event per window, whatever else it carries`, async (t) => {
    const { receiver, sendAll } = await setup(t);

    await sendAll(type, {}, { extra: '&t=1700000000' }, { extra: '&r=THAWED' }, { body: '{"a":1}' }, { method: 'GET' });
    const within = await countRows(receiver);
    await expireWindows(receiver);
    await sendAll(type, {}, {});

    assert.deepEqual(within, { events: 1, receipts: 5, deliveries: 1, identities: 1 });
    assert.deepEqual(await countRows(receiver), { events: 2, receipts: 7, deliveries: 2, identities: 1 });
  });
}

test('FROZEN, THAWED and UNFREEZE are reported again after their opposite, and not before', async (t) => {
  const { receiver, sendAll } = await setup(t);
  const [frozen, thawed] = [{ extra: '&r=FROZEN' }, { extra: '&r=THAWED' }];

  await sendAll('AUTOMATIC_FRAUD_CONTROL', frozen, frozen, thawed, thawed);
  await sendAll('UNFREEZE', {}, {});
  await sendAll('AUTOMATIC_FRAUD_CONTROL', thawed, frozen, frozen);
  await sendAll('UNFREEZE', {}, {});
  await sendAll('AUTOMATIC_FRAUD_CONTROL', frozen, thawed);

  const events = await storedEvents(receiver);
  assert.deepEqual(
    events.map(({ type, times }) => [type, times]),
    [
      ['payment.frozen', 2],
      ['payment.thawed', 3],
      ['payment.unfrozen', 2],
      ['payment.frozen', 2],
      ['payment.unfrozen', 2],
      ['payment.frozen', 1],
      ['payment.thawed', 1],
    ],
  );
});

test('a fact that arrives again together with its opposite is stored in the order of arrival', async (t) => {
  const { receiver } = await setup(t);
  const results = ['FROZEN', 'THAWED', 'FROZEN', 'FROZEN'];

  // One connection sends them without waiting for responses, so that they are queued together.
  const targets = results.map((result) => target('AUTOMATIC_FRAUD_CONTROL', '100000016', { extra: `&r=${result}` }));
  const statuses = await sendPipelined(receiver.url, targets);

  assert.deepEqual(statuses, [204, 204, 204, 204]);
  const events = await storedEvents(receiver);
  assert.deepEqual(
    events.map(({ result, times }) => [result, times]),
    [
      ['FROZEN', 1],
      ['THAWED', 1],
      ['FROZEN', 2],
    ],
  );
});

test('an unproven AUTOMATIC_FRAUD_CONTROL result is an event again after a minute', async (t) => {
  const { receiver, sendAll } = await setup(t);
  const secondsOf = async () =>
    await receiver.query<{ result: string; seconds: number }>(`
      select e.result, extract(epoch from k.expires_at - e.received_at)::float8 as seconds
      from identities k join events e on e.id = k.event_id order by e.sequence`);

  await sendAll('AUTOMATIC_FRAUD_CONTROL', { extra: '&r=FRAUD' }, { extra: '&r=FRAUD' }, { extra: '&r=FROZEN' });
  const windows = await secondsOf();
  await expireWindows(receiver);
  await sendAll('AUTOMATIC_FRAUD_CONTROL', { extra: '&r=FRAUD' });

  assert.deepEqual(
    windows.map(({ result, seconds }) => [result, seconds]),
    [
      ['FRAUD', 60],
      ['FROZEN', 31 * 86_400],
    ],
  );
  const events = (await storedEvents(receiver)).map(({ type, times }) => [type, times]);
  assert.deepEqual(events, [
    ['payment.other', 2],
    ['payment.frozen', 1],
    ['payment.other', 1],
  ]);
});

test('PASSWORD_EXPIRATION is one event per account and day', async (t) => {
  const { receiver } = await setup(t);
  const sending = (identifier: string, extra = '') => {
    const digest = computeDigest('sha1', identifier, SALT);
    return send(receiver.url, `/callbacks/resurs?c=PASSWORD_EXPIRATION&identifier=${identifier}&d=${digest}${extra}`);
  };

  const responses = [await sending('shop-1'), await sending('shop-1', '&lastReg=2'), await sending('shop-2')];
  const [window] = await receiver.query<{ seconds: number }>(`
    select extract(epoch from k.expires_at - e.received_at)::float8 as seconds
    from identities k join events e on e.id = k.event_id order by e.sequence`);

  assert.deepEqual(
    responses.map(({ status }) => status),
    [204, 204, 204],
  );
  assert.equal(window?.seconds, 86_400);
  assert.deepEqual(
    (await storedEvents(receiver)).map(({ type, payment_id, times }) => [type, payment_id, times]),
    [
      ['account.password_expiring', null, 2],
      ['account.password_expiring', null, 1],
    ],
  );
});

test('AUTOMATIC_FRAUD_CONTROL is one event per result', async (t) => {
  const { receiver, sendAll } = await setup(t);

  await sendAll(
    'AUTOMATIC_FRAUD_CONTROL',
    { extra: '&r=FROZEN' },
    { extra: '&r=FRAUD' },
    { extra: '&result=FROZEN' },
    {},
  );
  const within = await countRows(receiver);
  await expireWindows(receiver);
  await sendAll('AUTOMATIC_FRAUD_CONTROL', { extra: '&r=FROZEN' });

  assert.deepEqual(within, { events: 3, receipts: 4, deliveries: 3, identities: 3 });
  assert.equal((await countRows(receiver)).events, 4);
  const results = (await storedEvents(receiver)).map(({ result, type }) => [result, type]);
  assert.deepEqual(results[0], ['FROZEN', 'payment.frozen']);
  assert.deepEqual(results[1], ['FRAUD', 'payment.other']);
  assert.deepEqual(results[2], [null, 'payment.other']);
});

test('UPDATE with a body is one event per body, equal as JSON or else byte for byte', async (t) => {
  const { receiver, sendAll } = await setup(t);

  await sendAll('UPDATE', { body: '{"a":1,"b":[1,2]}' }, { body: ' {"b": [1, 2],\n"a": 1}' });
  await sendAll('UPDATE', { body: '{"a":1.0,"b":[1,2]}' }, { body: '{"a":1,"b":[2,1]}' });
  await sendAll('UPDATE', { body: 'a=1' }, { body: 'a=1' }, { body: 'a=1 ' });
  const within = await countRows(receiver);
  await expireWindows(receiver);
  await sendAll('UPDATE', { body: 'a=1' });

  assert.deepEqual(within, { events: 5, receipts: 7, deliveries: 5, identities: 5 });
  assert.equal((await countRows(receiver)).events, 6);
});

test('UPDATE without a body is one event per minute, and never equal to one with a body', async (t) => {
  const { receiver, sendAll } = await setup(t);

  await sendAll('UPDATE', {}, { method: 'GET' }, { body: '{}' });
  const events = await storedEvents(receiver);
  const [bare, full] = await receiver.query<{ seconds: number }>(`
    select extract(epoch from k.expires_at - e.received_at)::float8 as seconds
    from identities k join events e on e.id = k.event_id order by e.sequence`);

  assert.deepEqual(
    events.map(({ body, times }) => [body?.toString() ?? null, times]),
    [
      [null, 2],
      ['{}', 1],
    ],
  );
  assert.deepEqual([bare?.seconds, full?.seconds], [60, 31 * 86_400]);
});

test('an unknown type is one event per set of parameters and body', async (t) => {
  const { receiver, sendAll } = await setup(t);

  await sendAll('REFUND', {}, { extra: '&t=1700000000' }, { extra: '&t=1700000001&ts=2611200800' });
  await sendAll('REFUND', { extra: '&x=1&y=2' }, { extra: '&Y=2&X=1' }, { extra: '&x=2&y=1' });
  await sendAll('refund', { body: '{"a":1}' }, { body: '{ "a": 1 }' }, { body: '{"a":2}' });

  assert.deepEqual(await countRows(receiver), { events: 5, receipts: 9, deliveries: 5, identities: 5 });
  for (const { callback, type } of await storedEvents(receiver))
    assert.deepEqual([callback, type], ['REFUND', 'payment.other']);
});

test('TEST is one event per five values within its window', async (t) => {
  const receiver = await startTestService(t, { env: { DIGEST_SALT: '', ALLOW_UNAUTHENTICATED: 'true' } });
  const sending = (query: string) => send(receiver.url, `/callbacks/resurs?c=TEST&${query}`);

  await sending('param1=a&param2=b');
  await sending('ignore2=b&ignore1=a&x=y');
  await sending('param1=ab');
  const within = await countRows(receiver);
  await expireWindows(receiver);
  await sending('param1=a&param2=b');

  assert.deepEqual(within, { events: 2, receipts: 3, deliveries: 0, identities: 2 });
  assert.equal((await countRows(receiver)).events, 3);
});

test('a repeat does not extend the window, and other payments and types have their own', async (t) => {
  const { receiver, sendAll } = await setup(t);
  await sendAll('UNFREEZE', {});
  const before = await receiver.query('select * from identities');

  await sendAll('UNFREEZE', {}, {});
  const after = await receiver.query('select * from identities');
  await sendAll('ANNULMENT', {});
  await send(receiver.url, target('UNFREEZE', '100000017'));

  assert.deepEqual(after, before);
  assert.deepEqual(await countRows(receiver), { events: 3, receipts: 5, deliveries: 3, identities: 3 });
});
