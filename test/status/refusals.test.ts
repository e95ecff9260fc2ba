/**
 * `GET /refusals`: the last callbacks that were refused before anything was stored, so that an operator sees why a
 * payment has no event. Real service; the memory's limit is tested directly.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createRefusals } from '../../src/callbacks/refusals.ts';
import { type SendOptions, send, target } from '../helpers/callbacks.ts';
import { countRows, NO_ROWS } from '../helpers/database-state.ts';
import { startTestService, type TestService } from '../helpers/service.ts';
import { requestStatusApi } from '../helpers/status.ts';

const PASSWORD = 'a-password-of-the-tests';
const BASIC = { BASIC_AUTH_USERNAME: 'resurs', BASIC_AUTH_PASSWORD: PASSWORD };
const AUTHORIZED = { authorization: `Basic ${Buffer.from(`resurs:${PASSWORD}`).toString('base64')}` };
const OTHER = '203.0.113.9';

interface ListedRefusal {
  readonly at: string;
  readonly reason: string;
  readonly callback: string | null;
  readonly source: string | null;
}

async function refusalsOf(receiver: TestService): Promise<readonly ListedRefusal[]> {
  const { status, json } = await receiver.status('/refusals');
  assert.equal(status, 200);
  return (json as { refusals: readonly ListedRefusal[] }).refusals;
}

function start(t: TestContext, env: Record<string, string> = {}) {
  return startTestService(t, { env: { ...BASIC, TRUST_PROXY: '127.0.0.1', ...env } });
}

test('each callback that failed a check is listed, most recent first, with its reason, type and source', async (t) => {
  const receiver = await start(t, { ALLOWED_SOURCES: '127.0.0.1' });
  const huge = { method: 'POST', body: Buffer.alloc(256 * 1024 + 1) };
  const sendings: [string, SendOptions, [string, string | null, string | null]][] = [
    [target('UNFREEZE', '1'), { headers: { 'x-forwarded-for': OTHER } }, ['source_not_allowed', null, OTHER]],
    [target('UNFREEZE', '1'), { headers: { 'x-forwarded-for': 'unknown' } }, ['source_not_allowed', null, null]],
    [target('UNFREEZE', '1'), { headers: {} }, ['unauthorized', null, '127.0.0.1']],
    [target('UNFREEZE', '1'), { method: 'PUT' }, ['wrong_method', null, '127.0.0.1']],
    ['/callbacks/resurs/no/such/shape', {}, ['unknown_path', null, '127.0.0.1']],
    ['/callbacks/resurs?c=unfreeze', {}, ['malformed', 'UNFREEZE', '127.0.0.1']],
    ['/callbacks/resurs?c=not+valid&p=1', {}, ['malformed', null, '127.0.0.1']],
    [target('MADE_UP', '1', { salt: 'wrong' }), {}, ['digest_rejected', 'MADE_UP', '127.0.0.1']],
    [target('BOOKED', '1'), huge, ['body_too_large', 'BOOKED', '127.0.0.1']],
  ];
  const before = Date.now();

  for (const [url, sending] of sendings) await send(receiver.url, url, { headers: AUTHORIZED, ...sending });

  const refusals = await refusalsOf(receiver);
  assert.deepEqual(
    refusals.map(({ reason, callback, source }) => [reason, callback, source]),
    sendings.map(([, , expected]) => expected).reverse(),
  );
  for (const { at } of refusals) assert.ok(Date.parse(at) >= before - 1 && Date.parse(at) <= Date.now() + 1, at);
  assert.deepEqual(await countRows(receiver), NO_ROWS);
});

test('accepted callbacks, orders that are not ours and unauthenticated TESTs are not listed', async (t) => {
  const receiver = await startTestService(t, { env: { ORDER_OWNERSHIP: 'pattern', ORDER_PATTERN: 'SHOP-.*' } });

  await send(receiver.url, target('UNFREEZE', 'SHOP-1'));
  await send(receiver.url, target('UNFREEZE', 'OTHER-1'));
  await send(receiver.url, '/callbacks/resurs?c=TEST');
  await send(receiver.url, '/no/callback/path');

  assert.deepEqual(await refusalsOf(receiver), []);
});

test('a payment without events names the list', async (t) => {
  const receiver = await startTestService(t);

  const { status, json } = await receiver.status('/payments/100000016');

  assert.equal(status, 404);
  assert.match((json as { error: { message: string } }).error.message, /GET \/refusals/);
});

test('the list needs the token', async (t) => {
  const receiver = await startTestService(t);

  const response = await requestStatusApi(receiver, 'GET', '/refusals', { headers: { authorization: 'Bearer x' } });

  assert.equal(response.status, 401);
});

test('the last 200 refusals are kept', () => {
  const refusals = createRefusals();

  for (let n = 1; n <= 1_000; n += 1) {
    refusals.add('digest_rejected', { at: new Date(n), callback: 'BOOKED', source: null });
    refusals.add('recorded', { at: new Date(n), callback: 'BOOKED', source: null });
  }

  const times = refusals.list().map(({ at }) => at.getTime());
  assert.deepEqual([times.length, times[0], times.at(-1)], [200, 1_000, 801]);
});
