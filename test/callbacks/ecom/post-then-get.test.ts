/**
 * POST then GET: Resurs answers a failed POST with a GET of the same URL at once. If the GET were accepted, the POST would
 * never come again and its body would be lost. So the GET is put off until the POST came through. Real HTTP and Postgres;
 * the store is made to fail by a lock.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { waitUntil } from '../../harness/wait.ts';
import { send, target } from '../../helpers/callbacks.ts';
import { countStored, lockTables, storedEvents } from '../../helpers/database-state.ts';
import { begin } from '../../helpers/partial-request.ts';
import { assertAnswer, assertTaken } from '../../helpers/responses.ts';
import { startWorld } from '../../helpers/service.ts';

const LINED = '{"addedPaymentSpecificationLines":[{"id":"7"}]}';
const TRY_AGAIN = { status: 503, reason: 'Try again.' };

/** A world in which a POST of each type has just failed for payment 1; `release` ends the trouble. */
async function setup(t: TestContext, types: readonly string[]) {
  const world = await startWorld(t);
  const lock = await lockTables(t, world.databaseUrl, 'identities');
  const post = (type: string, body = LINED) => send(world.url, target(type, '1'), { method: 'POST', body });
  const get = (type: string, paymentId = '1') => send(world.url, target(type, paymentId));
  const failed = await Promise.all(types.map((type) => post(type)));
  for (const { status } of failed) assert.equal(status, 503);
  return { world, post, get, release: lock.release };
}

for (const type of ['BOOKED', 'UPDATE']) {
  test(`after a ${type} POST that failed, its GET waits for the POST and then passes`, async (t) => {
    const { world, post, get, release } = await setup(t, [type]);
    await release();

    const early = [await get(type), await get(type)];
    const body = await post(type);
    const late = await get(type);

    for (const answer of early) assertAnswer(answer, { ...TRY_AGAIN, actual: type });
    for (const answer of [body, late]) assertTaken(answer, type);
    const [event] = await storedEvents(world);
    assert.deepEqual([event?.method, event?.body?.toString()], ['POST', LINED]);
  });
}

test('a POST without a body waits as well, and other types and payments do not', async (t) => {
  const { world, get, release } = await setup(t, ['BOOKED', 'UNFREEZE']);
  await release();

  const bare = await send(world.url, target('BOOKED', '1'), { method: 'POST' });
  const others = await Promise.all([get('UPDATE'), get('BOOKED', '2'), get('UNFREEZE')]);

  assertAnswer(bare, { ...TRY_AGAIN, actual: 'BOOKED' });
  for (const { status } of others) assert.equal(status, 204);
});

test('a GET that fails by itself starts no waiting', async (t) => {
  const { world, get, release } = await setup(t, []);
  const failed = await get('BOOKED');
  await release();

  const answer = await get('BOOKED');

  assert.equal(failed.status, 503);
  assertTaken(answer, 'BOOKED');
  assert.equal((await countStored(world)).events, 1);
});

test('a POST that was refused before starts no waiting', async (t) => {
  const { world, get, release } = await setup(t, []);
  await release();
  const wrong = target('BOOKED', '1', { salt: 'not the salt of this shop' });
  const refused = await send(world.url, wrong, { method: 'POST', body: LINED });

  const answer = await get('BOOKED');

  assert.equal(refused.status, 406);
  assertTaken(answer, 'BOOKED');
});

test('a POST whose sender hung up in the middle makes the GET wait', async (t) => {
  const { world, post, get, release } = await setup(t, []);
  await release();
  const headers = { 'content-length': 1_000, expect: '100-continue' };
  const hasty = begin(t, { url: world.url, target: target('BOOKED', '1'), headers });
  await hasty.invited;
  hasty.write(LINED);
  hasty.hangUp();
  assert.ok(await waitUntil(async () => world.log.some(({ outcome }) => outcome === 'body_too_slow')));

  const early = await get('BOOKED');
  const body = await post('BOOKED');

  assertAnswer(early, { ...TRY_AGAIN, actual: 'BOOKED' });
  assertTaken(body, 'BOOKED');
});
