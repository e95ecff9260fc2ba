/**
 * Mocked errors: callbacks that passed all checks get an error that an operator chose, and nothing of them is stored.
 * Strangers neither get one nor use one up. Real service.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { send, target } from '../helpers/callbacks.ts';
import { countRows, NO_ROWS } from '../helpers/database-state.ts';
import { parseScrape } from '../helpers/prometheus.ts';
import { startTestService, type TestService } from '../helpers/service.ts';
import { requestStatusApi } from '../helpers/status.ts';

const MOCKED = { code: 451, message: 'Out of order.', times: 1 };

function start(t: TestContext, env: Record<string, string> = {}) {
  return startTestService(t, { env: { MOCK_ERRORS: 'true', ...env } });
}

async function put(receiver: TestService, mock: object): Promise<{ status: number; json: unknown }> {
  const headers = { 'content-type': 'application/json' };
  const { status, body } = await requestStatusApi(receiver, 'PUT', '/mock-error', {
    headers,
    body: JSON.stringify(mock),
  });
  return { status, json: JSON.parse(body) };
}

async function get(receiver: TestService): Promise<unknown> {
  const { status, json } = await receiver.status('/mock-error');
  return status === 200 ? json : status;
}

async function statusesOf(receiver: TestService, ...targets: string[]): Promise<number[]> {
  const statuses: number[] = [];
  for (const each of targets) statuses.push((await send(receiver.url, each)).status);
  return statuses;
}

test('the next callbacks get the chosen error and are not stored, and the one after them is', async (t) => {
  const receiver = await start(t);
  const set = await put(receiver, { ...MOCKED, times: 2 });

  const first = await send(receiver.url, target('UNFREEZE', '1'));
  const left = await get(receiver);
  const second = await send(receiver.url, target('BOOKED', '2'));
  const rows = await countRows(receiver);
  const third = await send(receiver.url, target('UNFREEZE', '1'));

  assert.deepEqual(set, { status: 200, json: { callback: null, ...MOCKED, times: 2 } });
  assert.deepEqual(left, { callback: null, ...MOCKED, times: 1 });
  assert.deepEqual([first.status, first.reason, second.status], [451, 'Out of order.', 451]);
  assert.deepEqual(JSON.parse(first.body), {
    aliveConfirm: false,
    actual: 'UNFREEZE',
    digestCode: 451,
    errors: { code: 451, message: 'Out of order.' },
  });
  assert.deepEqual(
    ['actual', 'digest-code', 'reason', 'alive-confirm'].map((name) => first.headers[`x-callback-${name}`]),
    ['UNFREEZE', '451', 'Out of order.', 'false'],
  );
  assert.deepEqual(rows, NO_ROWS);
  assert.equal(third.status, 204);
  assert.equal(await get(receiver), 404);
});

test('codes from 400 to 999 are possible, and none of them confirms that the receiver is alive', async (t) => {
  const receiver = await start(t);

  for (const code of [400, 401, 405, 406, 410, 500, 503, 599, 600, 999]) {
    await put(receiver, { ...MOCKED, code });
    const { status, body, headers } = await send(receiver.url, target('UNFREEZE', '1'));
    assert.deepEqual([status, JSON.parse(body).aliveConfirm, JSON.parse(body).errors.code], [code, false, code]);
    assert.equal(headers['x-callback-alive-confirm'], 'false');
  }
});

test('an error for one type leaves the others alone', async (t) => {
  const receiver = await start(t);
  await put(receiver, { ...MOCKED, callback: 'booked' });

  const statuses = await statusesOf(receiver, target('UNFREEZE', '1'), target('BOOKED', '1'), target('BOOKED', '1'));

  assert.deepEqual(statuses, [204, 451, 204]);
});

test('callbacks that fail a check get the response of that check and use up nothing', async (t) => {
  const receiver = await start(t);
  await put(receiver, MOCKED);

  const statuses = await statusesOf(
    receiver,
    target('UNFREEZE', '1', { salt: 'wrong' }),
    '/callbacks/resurs?c=UNFREEZE',
    '/callbacks/resurs?c=TEST',
  );
  const huge = await send(receiver.url, target('BOOKED', '1'), { method: 'POST', body: Buffer.alloc(256 * 1024 + 1) });

  assert.deepEqual([...statuses, huge.status], [406, 400, 204, 413]);
  assert.deepEqual(await get(receiver), { callback: null, ...MOCKED });
});

test('a POST that got a mocked error keeps its body: the GET behind it is deferred', async (t) => {
  const receiver = await start(t);
  await put(receiver, { ...MOCKED, code: 500 });
  const body = '{"addedPaymentSpecificationLines": [1]}';

  const post = await send(receiver.url, target('BOOKED', '1'), { method: 'POST', body });
  const fallback = await send(receiver.url, target('BOOKED', '1'));
  const retry = await send(receiver.url, target('BOOKED', '1'), { method: 'POST', body });

  assert.deepEqual([post.status, fallback.status, retry.status], [500, 503, 204]);
  const [event] = await receiver.query<{ body: Buffer }>('select body from events');
  assert.equal(event?.body.toString(), body);
});

test('a message outside ASCII is whole in the body, and in ASCII in the headers', async (t) => {
  const receiver = await start(t);
  await put(receiver, { ...MOCKED, message: 'Försök – igen 🙂' });

  const response = await send(receiver.url, target('UNFREEZE', '1'));

  assert.equal(JSON.parse(response.body).errors.message, 'Försök – igen 🙂');
  assert.equal(response.reason, 'F?rs?k ? igen ?');
  assert.equal(response.headers['x-callback-reason'], 'F?rs?k ? igen ?');
});

test('DELETE ends the error, and a second PUT replaces the first', async (t) => {
  const receiver = await start(t);
  await put(receiver, MOCKED);
  await put(receiver, { ...MOCKED, code: 500 });
  const replaced = await statusesOf(receiver, target('UNFREEZE', '1'), target('UNFREEZE', '1'));
  await put(receiver, MOCKED);

  const ended = await requestStatusApi(receiver, 'DELETE', '/mock-error');
  const again = await requestStatusApi(receiver, 'DELETE', '/mock-error');

  assert.deepEqual(replaced, [500, 204]);
  assert.deepEqual([ended.status, again.status, await get(receiver)], [204, 204, 404]);
  assert.deepEqual(await statusesOf(receiver, target('UNFREEZE', '2')), [204]);
});

for (const [name, mock] of Object.entries({
  'a code below 400': { ...MOCKED, code: 399 },
  'a code of four digits': { ...MOCKED, code: 1_000 },
  'no code': { message: 'x', times: 1 },
  'no message': { code: 500, times: 1 },
  'an empty message': { ...MOCKED, message: '' },
  'a message with a line break': { ...MOCKED, message: 'x\r\nset-cookie: y' },
  'no number of times': { code: 500, message: 'x' },
  '0 times': { ...MOCKED, times: 0 },
  '101 times': { ...MOCKED, times: 101 },
  'an invalid type': { ...MOCKED, callback: 'not valid' },
  'an unknown field': { ...MOCKED, type: 'BOOKED' },
})) {
  test(`${name} is refused with 400`, async (t) => {
    const receiver = await start(t);

    assert.equal((await put(receiver, mock)).status, 400);

    assert.deepEqual(await statusesOf(receiver, target('UNFREEZE', '1')), [204]);
  });
}

test('mocked callbacks are counted and logged as mocked', async (t) => {
  const receiver = await start(t);
  await put(receiver, MOCKED);
  await send(receiver.url, target('UNFREEZE', '1'));

  const metrics = await requestStatusApi(receiver, 'GET', '/metrics');
  const status = (await receiver.status('/status')).json as { callbacks: Record<string, number> };

  const line = receiver.log.find(({ event }) => event === 'callback.received');
  assert.deepEqual(
    [line?.outcome, line?.status, line?.level, line?.type, line?.paymentId],
    ['mocked', 451, 'warn', 'UNFREEZE', '1'],
  );
  assert.equal(
    parseScrape(metrics.body).samples.get(
      'resurs_callbacks_total{type="UNFREEZE",outcome="mocked",provider="resurs-ecom"}',
    ),
    1,
  );
  assert.deepEqual(status.callbacks, { mocked: 1 });
});

test('without MOCK_ERRORS the routes do not exist, and with it they need the token', async (t) => {
  const without = await startTestService(t);
  const receiver = await start(t);
  const headers = { authorization: 'Bearer x', 'content-type': 'application/json' };

  const missing = await Promise.all(
    ['PUT', 'GET', 'DELETE'].map((method) => requestStatusApi(without, method, '/mock-error')),
  );
  const refused = await requestStatusApi(receiver, 'PUT', '/mock-error', { headers, body: JSON.stringify(MOCKED) });

  assert.deepEqual(
    missing.map(({ status }) => status),
    [404, 404, 404],
  );
  assert.equal(refused.status, 401);
  assert.equal(await get(receiver), 404);
});
