/**
 * Who was turned away: an operator sees which orders that are not ours Resurs keeps calling about, and can let Resurs be told
 * to stop, at once or after a while. Nothing of it becomes an event. Real HTTP and Postgres; time is moved by SQL.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { startDatabaseProxy } from '../harness/postgres-proxy.ts';
import { send, target } from '../helpers/callbacks.ts';
import { countStored, NOTHING } from '../helpers/database-state.ts';
import { reply, startShop } from '../helpers/lookup-server.ts';
import { createDatabase } from '../helpers/postgres.ts';
import { assertAnswer } from '../helpers/responses.ts';
import { startWorld, type World } from '../helpers/service.ts';
import { ask } from '../helpers/status.ts';

interface Rejection {
  readonly paymentId: string;
  readonly callback: string;
  readonly firstSeenAt: string;
  readonly lastSeenAt: string;
  readonly count: number;
}

const REFUSED = { status: 410, reason: 'Order is not ours.' };
const ACCEPTED = { status: 202, reason: 'Order is not ours, but it is still accepted.' };
const PATTERN = { ORDER_OWNERSHIP: 'pattern', ORDER_PATTERN: 'ours-\\d+' };

async function setup(t: TestContext, env: Record<string, string> = {}) {
  const world = await startWorld(t, { env: { ...PATTERN, ...env } });
  const callBack = (paymentId: string, type = 'UNFREEZE') => send(world.url, target(type, paymentId));
  return { world, callBack };
}

async function list(world: World): Promise<readonly Rejection[]> {
  const answer = await ask(world, 'GET', '/rejections');
  assert.equal(answer.status, 200);
  return JSON.parse(answer.body).rejections;
}

/** As if everything had been refused for the first time so long ago. */
async function age(world: World, minutes: number): Promise<void> {
  await world.query(`update rejections set first_seen_at = first_seen_at - $1::int * interval '1 min'`, [minutes]);
}

test('callbacks of orders that are not ours are counted by order and type, the most recent first', async (t) => {
  const { world, callBack } = await setup(t);
  assert.deepEqual(await list(world), [], 'nobody yet');
  await callBack('foreign-1');
  await callBack('foreign-1', 'BOOKED');
  await callBack('foreign-2');
  await callBack('ours-1');
  for (let n = 0; n < 3; n += 1) await callBack('foreign-1');

  const rejections = await list(world);

  assert.deepEqual(
    rejections.map(({ paymentId, callback, count }) => [paymentId, callback, count]),
    [
      ['foreign-1', 'UNFREEZE', 4],
      ['foreign-2', 'UNFREEZE', 1],
      ['foreign-1', 'BOOKED', 1],
    ],
  );
  const [often, once] = rejections;
  assert.deepEqual(Object.keys(often ?? {}), ['paymentId', 'callback', 'firstSeenAt', 'lastSeenAt', 'count']);
  for (const { firstSeenAt, lastSeenAt } of rejections) assert.match(`${firstSeenAt} ${lastSeenAt}`, /^\S+Z \S+Z$/);
  assert.ok(Date.parse(often?.firstSeenAt ?? '') < Date.parse(often?.lastSeenAt ?? ''));
  assert.equal(once?.firstSeenAt, once?.lastSeenAt);
  assert.deepEqual(await countStored(world), { ...NOTHING, events: 1, receipts: 1, deliveries: 1, identities: 1 });
});

test('callbacks at the same instant are all counted', async (t) => {
  const { world, callBack } = await setup(t);
  const ids = Array.from({ length: 60 }, (_, n) => `foreign-${n % 3}`);

  const answers = await Promise.all(ids.map((id) => callBack(id)));

  for (const answer of answers) assertAnswer(answer, { ...REFUSED, actual: 'UNFREEZE' });
  const counts = (await list(world)).map(({ paymentId, count }) => [paymentId, count]).sort();
  assert.deepEqual(
    counts,
    ['foreign-0', 'foreign-1', 'foreign-2'].map((id) => [id, 20]),
  );
});

test('what failed another check, or got no answer from the shop, is not listed', async (t) => {
  const shop = await startShop(t);
  shop.replyWith(reply(500));
  const lookup = { ORDER_OWNERSHIP: 'lookup', ORDER_LOOKUP_URL: shop.lookupUrl, ORDER_PATTERN: '' };
  const { world, callBack } = await setup(t, lookup);

  const unknown = await callBack('p1');
  const wrong = await send(world.url, target('UNFREEZE', 'p2', { salt: 'not the salt of this shop' }));

  assert.deepEqual([unknown.status, wrong.status], [503, 406]);
  assert.deepEqual(await list(world), []);
});

test('ten thousand are kept, and one more drops the oldest', async (t) => {
  const { world, callBack } = await setup(t);
  await world.query(`
    insert into rejections
    select 'foreign-' || n, 'UNFREEZE', now() - interval '30 d', now() - n * interval '1 s', 1
    from generate_series(1, 10000) n`);

  assertAnswer(await callBack('the-newest'), { ...REFUSED, actual: 'UNFREEZE' });

  const kept = await world.query<{ payment_id: string }>('select payment_id from rejections order by last_seen_at');
  assert.deepEqual([kept.length, kept[0]?.payment_id, kept.at(-1)?.payment_id], [10_000, 'foreign-9999', 'the-newest']);
  const shown = await list(world);
  assert.deepEqual([shown.length, shown[0]?.paymentId], [10_000, 'the-newest']);
});

test('with ACCEPT_REJECTED_CALLBACKS a foreign order is accepted at once, listed, and leaves no event', async (t) => {
  const { world, callBack } = await setup(t, { ACCEPT_REJECTED_CALLBACKS: 'true' });

  const answers = [await callBack('foreign-1'), await callBack('foreign-1')];

  for (const answer of answers) assertAnswer(answer, { ...ACCEPTED, actual: 'UNFREEZE' });
  assert.deepEqual(
    (await list(world)).map(({ count }) => count),
    [2],
  );
  assert.deepEqual(await countStored(world), NOTHING);
});

test('with a grace a foreign order is refused first and accepted after it, for all its types', async (t) => {
  const { world, callBack } = await setup(t, { ACCEPT_REJECTED_CALLBACKS: 'true', REJECTION_GRACE_MINUTES: '60' });

  const first = await callBack('foreign-1');
  await age(world, 59);
  const within = await callBack('foreign-1');
  await age(world, 2);
  const after = [await callBack('foreign-1'), await callBack('foreign-1', 'BOOKED')];
  const other = await callBack('foreign-2');

  for (const answer of [first, within, other]) assertAnswer(answer, { ...REFUSED, actual: 'UNFREEZE' });
  assertAnswer(after[0] ?? assert.fail(), { ...ACCEPTED, actual: 'UNFREEZE' });
  assertAnswer(after[1] ?? assert.fail(), { ...ACCEPTED, actual: 'BOOKED' });
  assert.deepEqual(await countStored(world), NOTHING);
});

test('an order that the shop registers within the grace gets through on the retry', async (t) => {
  const grace = { ACCEPT_REJECTED_CALLBACKS: 'true', REJECTION_GRACE_MINUTES: '60' };
  const registered = { ORDER_OWNERSHIP: 'registered', ORDER_PATTERN: '' };
  const { world, callBack } = await setup(t, { ...grace, ...registered });

  const early = await callBack('p1');
  await ask(world, 'PUT', '/orders/p1');
  const retry = await callBack('p1');

  assert.deepEqual([early.status, retry.status], [410, 204]);
  assert.equal((await countStored(world)).events, 1);
});

test('while the database is away a foreign order is refused, but not accepted within an unknown grace', async (t) => {
  const proxy = await startDatabaseProxy(t, (await createDatabase(t)).url);
  const grace = { ACCEPT_REJECTED_CALLBACKS: 'true', REJECTION_GRACE_MINUTES: '60' };
  const plain = await startWorld(t, { databaseUrl: proxy.url, env: PATTERN });
  const lenient = await startWorld(t, { databaseUrl: proxy.url, env: { ...PATTERN, ...grace } });
  await proxy.leave();

  const refused = await send(plain.url, target('UNFREEZE', 'foreign-1'));
  const putOff = await send(lenient.url, target('UNFREEZE', 'foreign-1'));

  assertAnswer(refused, { ...REFUSED, actual: 'UNFREEZE' });
  assertAnswer(putOff, { status: 503, reason: 'Try again.', actual: 'UNFREEZE' });
});
