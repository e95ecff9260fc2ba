/**
 * Rejected callbacks: an operator sees which orders that are not ours Resurs keeps calling about, and can make Resurs
 * stop, at once or after a grace period. None of them becomes an event. Real HTTP and Postgres; time is moved by SQL.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { send, target } from '../helpers/callbacks.ts';
import { countRows, NO_ROWS } from '../helpers/database-state.ts';
import { respondWith, startLookupServer } from '../helpers/lookup-server.ts';
import { createDatabase } from '../helpers/postgres.ts';
import { startDatabaseProxy } from '../helpers/postgres-proxy.ts';
import { assertResponse } from '../helpers/responses.ts';
import { startTestService, type TestService } from '../helpers/service.ts';
import { requestStatusApi } from '../helpers/status.ts';

interface Rejection {
  readonly paymentId: string;
  readonly callback: string;
  readonly firstSeenAt: string;
  readonly lastSeenAt: string;
  readonly count: number;
  readonly nextTryAt: string | null;
  readonly givesUpAt: string | null;
}

const REJECTED = { status: 410, reason: 'Order is not ours.' };
const ACCEPTED = { status: 202, reason: 'Order is not ours, but it is still accepted.' };
const PATTERN = { ORDER_OWNERSHIP: 'pattern', ORDER_PATTERN: 'ours-\\d+' };

async function setup(t: TestContext, env: Record<string, string> = {}) {
  const receiver = await startTestService(t, { env: { ...PATTERN, ...env } });
  const sendCallback = (paymentId: string, type = 'UNFREEZE') => send(receiver.url, target(type, paymentId));
  return { receiver, sendCallback };
}

async function list(receiver: TestService): Promise<readonly Rejection[]> {
  const response = await requestStatusApi(receiver, 'GET', '/rejections');
  assert.equal(response.status, 200);
  return JSON.parse(response.body).rejections;
}

/** Moves the first rejection of every order so many minutes into the past. */
async function age(receiver: TestService, minutes: number): Promise<void> {
  await receiver.query(`update rejections set first_seen_at = first_seen_at - $1::int * interval '1 min'`, [minutes]);
}

test('callbacks of orders that are not ours are counted by order and type, the most recent first', async (t) => {
  const { receiver, sendCallback } = await setup(t);
  assert.deepEqual(await list(receiver), [], 'none yet');
  await sendCallback('other-1');
  await sendCallback('other-1', 'BOOKED');
  await sendCallback('other-2');
  await sendCallback('ours-1');
  for (let n = 0; n < 3; n += 1) await sendCallback('other-1');

  const rejections = await list(receiver);

  assert.deepEqual(
    rejections.map(({ paymentId, callback, count }) => [paymentId, callback, count]),
    [
      ['other-1', 'UNFREEZE', 4],
      ['other-2', 'UNFREEZE', 1],
      ['other-1', 'BOOKED', 1],
    ],
  );
  const [repeated, once] = rejections;
  assert.deepEqual(Object.keys(repeated ?? {}), [
    'paymentId',
    'callback',
    'firstSeenAt',
    'lastSeenAt',
    'count',
    'nextTryAt',
    'givesUpAt',
  ]);
  for (const { firstSeenAt, lastSeenAt } of rejections) assert.match(`${firstSeenAt} ${lastSeenAt}`, /^\S+Z \S+Z$/);
  assert.ok(Date.parse(repeated?.firstSeenAt ?? '') < Date.parse(repeated?.lastSeenAt ?? ''));
  assert.equal(once?.firstSeenAt, once?.lastSeenAt);
  assert.deepEqual(await countRows(receiver), { ...NO_ROWS, events: 1, receipts: 1, deliveries: 1, identities: 1 });
});

test('concurrent callbacks are all counted', async (t) => {
  const { receiver, sendCallback } = await setup(t);
  const ids = Array.from({ length: 60 }, (_, n) => `other-${n % 3}`);

  const responses = await Promise.all(ids.map((id) => sendCallback(id)));

  for (const response of responses) assertResponse(response, { ...REJECTED, actual: 'UNFREEZE' });
  const counts = (await list(receiver)).map(({ paymentId, count }) => [paymentId, count]).sort();
  assert.deepEqual(
    counts,
    ['other-0', 'other-1', 'other-2'].map((id) => [id, 20]),
  );
});

test('callbacks that failed another check or their look-up are not listed', async (t) => {
  const shop = await startLookupServer(t);
  shop.setHandler(respondWith(500));
  const lookup = { ORDER_OWNERSHIP: 'lookup', ORDER_LOOKUP_URL: shop.lookupUrl, ORDER_PATTERN: '' };
  const { receiver, sendCallback } = await setup(t, lookup);

  const unknown = await sendCallback('p1');
  const wrong = await send(receiver.url, target('UNFREEZE', 'p2', { salt: 'not the salt of this shop' }));

  assert.deepEqual([unknown.status, wrong.status], [503, 406]);
  assert.deepEqual(await list(receiver), []);
});

test('a rejection tells when Resurs tries again and when it gives up, where its schedule is known', async (t) => {
  const { receiver, sendCallback } = await setup(t);
  await sendCallback('other-1');
  await receiver.query(`
    insert into rejections select name, name, now() - first * interval '1 h', now() - last * interval '1 h', 2
    from (values ('AUTHORIZATION', 1, 1), ('UNFREEZE', 50, 40), ('UPDATE', 500, 1)) t (name, first, last)`);

  const [first, ...others] = await list(receiver);

  const after = (at: string | null | undefined) => Date.parse(at ?? '') - Date.parse(first?.firstSeenAt ?? '');
  assert.deepEqual([after(first?.nextTryAt), after(first?.givesUpAt)], [30_000, 130_335_000]);
  const known = others.map((one) => [one.callback, one.nextTryAt === null, one.givesUpAt === null]);
  assert.deepEqual(known.sort(), [
    ['AUTHORIZATION', true, true],
    ['UNFREEZE', true, false],
    ['UPDATE', true, true],
  ]);
  const accepting = await startTestService(t, {
    databaseUrl: receiver.databaseUrl,
    env: { ...PATTERN, ACCEPT_REJECTED_CALLBACKS: 'true', REJECTION_GRACE_MINUTES: '60' },
  });
  await age(accepting, 59);
  assert.notEqual((await list(accepting))[0]?.nextTryAt, null);
  await age(accepting, 2);
  assert.deepEqual((await list(accepting))[0]?.nextTryAt, null);
});

test('a limit lists the most recent rejections', async (t) => {
  const { receiver, sendCallback } = await setup(t);
  for (const id of ['other-1', 'other-2', 'other-3']) await sendCallback(id);

  const { json } = await receiver.status('/rejections?limit=2');

  const { rejections } = json as { rejections: Rejection[] };
  assert.deepEqual(
    rejections.map(({ paymentId }) => paymentId),
    ['other-3', 'other-2'],
  );
  for (const query of ['limit=0', 'limit=1001', 'limit=x', 'limit=', 'cursor=x', 'limit=1&limit=2']) {
    assert.equal((await requestStatusApi(receiver, 'GET', `/rejections?${query}`)).status, 400, query);
  }
});

test('ten thousand rejections are kept, and one more prunes the oldest', async (t) => {
  const { receiver, sendCallback } = await setup(t);
  await receiver.query(`
    insert into rejections
    select 'other-' || n, 'UNFREEZE', now() - interval '30 d', now() - n * interval '1 s', 1
    from generate_series(1, 10000) n`);

  assertResponse(await sendCallback('the-newest'), { ...REJECTED, actual: 'UNFREEZE' });

  const kept = await receiver.query<{ payment_id: string }>('select payment_id from rejections order by last_seen_at');
  assert.deepEqual([kept.length, kept[0]?.payment_id, kept.at(-1)?.payment_id], [10_000, 'other-9999', 'the-newest']);
  const shown = await list(receiver);
  assert.deepEqual([shown.length, shown[0]?.paymentId], [10_000, 'the-newest']);
});

test('with ACCEPT_REJECTED_CALLBACKS an order that is not ours is accepted at once, listed, and makes no event', async (t) => {
  const { receiver, sendCallback } = await setup(t, { ACCEPT_REJECTED_CALLBACKS: 'true' });

  const responses = [await sendCallback('other-1'), await sendCallback('other-1')];

  for (const response of responses) assertResponse(response, { ...ACCEPTED, actual: 'UNFREEZE' });
  assert.deepEqual(
    (await list(receiver)).map(({ count }) => count),
    [2],
  );
  assert.deepEqual(await countRows(receiver), NO_ROWS);
});

test('with a grace period an order that is not ours gets 410 first and 202 after it, for all its types', async (t) => {
  const { receiver, sendCallback } = await setup(t, {
    ACCEPT_REJECTED_CALLBACKS: 'true',
    REJECTION_GRACE_MINUTES: '60',
  });

  const first = await sendCallback('other-1');
  await age(receiver, 59);
  const within = await sendCallback('other-1');
  await age(receiver, 2);
  const after = [await sendCallback('other-1'), await sendCallback('other-1', 'BOOKED')];
  const other = await sendCallback('other-2');

  for (const response of [first, within, other]) assertResponse(response, { ...REJECTED, actual: 'UNFREEZE' });
  assertResponse(after[0] ?? assert.fail(), { ...ACCEPTED, actual: 'UNFREEZE' });
  assertResponse(after[1] ?? assert.fail(), { ...ACCEPTED, actual: 'BOOKED' });
  assert.deepEqual(await countRows(receiver), NO_ROWS);
});

test('an order that the shop registers within the grace period is accepted on the retry', async (t) => {
  const grace = { ACCEPT_REJECTED_CALLBACKS: 'true', REJECTION_GRACE_MINUTES: '60' };
  const registered = { ORDER_OWNERSHIP: 'registered', ORDER_PATTERN: '' };
  const { receiver, sendCallback } = await setup(t, { ...grace, ...registered });

  const early = await sendCallback('p1');
  await requestStatusApi(receiver, 'PUT', '/orders/p1');
  const retry = await sendCallback('p1');

  assert.deepEqual([early.status, retry.status], [410, 204]);
  assert.equal((await countRows(receiver)).events, 1);
});

test('while the database is unreachable an order that is not ours gets 410, or 503 if its grace period is unknown', async (t) => {
  const proxy = await startDatabaseProxy(t, (await createDatabase(t)).url);
  const grace = { ACCEPT_REJECTED_CALLBACKS: 'true', REJECTION_GRACE_MINUTES: '60' };
  const plain = await startTestService(t, { databaseUrl: proxy.url, env: PATTERN });
  const lenient = await startTestService(t, { databaseUrl: proxy.url, env: { ...PATTERN, ...grace } });
  await proxy.leave();

  const rejected = await send(plain.url, target('UNFREEZE', 'other-1'));
  const deferred = await send(lenient.url, target('UNFREEZE', 'other-1'));

  assertResponse(rejected, { ...REJECTED, actual: 'UNFREEZE' });
  assertResponse(deferred, { status: 503, reason: 'Try again.', actual: 'UNFREEZE' });
});
