/**
 * Which token allows what, and what happens after many wrong ones: a support agent may read and change nothing, and a
 * stranger cannot lock out the operator. Real service; the clock is replaced where a minute has to pass.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createAccessCheck } from '../../src/status/access.ts';
import { type RawResponse, send } from '../helpers/callbacks.ts';
import { sendCallback } from '../helpers/deliveries.ts';
import { parseScrape } from '../helpers/prometheus.ts';
import { STATUS_TOKEN, startTestService, type TestService } from '../helpers/service.ts';
import { requestStatusApi } from '../helpers/status.ts';

const READ_TOKEN = 'a-reading-token-of-the-tests-7Kd2';
const WRONG = 'not-one-of-the-tokens-3Hs8Pq1';

function ask(
  receiver: TestService,
  token: string,
  { method = 'GET', path = '/status', ...headers }: Record<string, string> = {},
): Promise<RawResponse> {
  return send(receiver.service.urls.status, path, {
    method,
    headers: { authorization: `Bearer ${token}`, ...headers },
  });
}

function start(t: TestContext, env: Record<string, string> = {}) {
  return startTestService(t, { env: { STATUS_READ_TOKEN: READ_TOKEN, ...env } });
}

async function guess(
  receiver: TestService,
  times: number,
  headers: Record<string, string> = {},
): Promise<RawResponse[]> {
  const responses: RawResponse[] = [];
  for (let tries = 0; tries < times; tries += 1) responses.push(await ask(receiver, WRONG, headers));
  return responses;
}

test('the reading token reads everything and changes nothing, on every route of the document', async (t) => {
  const receiver = await start(t, { MOCK_ERRORS: 'true' });
  await sendCallback(receiver, 'UNFREEZE', 'p1');
  const [event] = await receiver.query<{ id: string }>(`select 'evt_' || id as id from events`);
  const { paths } = JSON.parse((await ask(receiver, READ_TOKEN, { path: '/openapi.json' })).body) as {
    paths: Record<string, Record<string, { security?: Record<string, unknown>[] }>>;
  };
  const stored = `select (select json_agg(e) from events e)::text || (select count(*) from orders)
                    || (select count(*) from actions) || (select count(*) from erasures)
                    || (select json_agg(o) from outbox o)::text as texts`;
  const before = await receiver.query(stored);

  const routes = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, { security }]) => ({ path, method: method.toUpperCase(), security })),
  );
  for (const { path, method, security } of routes) {
    const target = path.replace('{id}', event?.id ?? '').replace(/{\w+}/, 'p1');
    const { status, body } = await ask(receiver, READ_TOKEN, { method, path: target });

    if (security?.length === 0) continue;
    const isReading = method === 'GET';
    assert.deepEqual(security, isReading ? [{ token: [] }, { readToken: [] }] : [{ token: [] }], `${method} ${path}`);
    if (isReading) assert.ok(![401, 403].includes(status), `${method} ${path}: ${status}`);
    else assert.deepEqual([status, JSON.parse(body).error.code], [403, 'forbidden'], `${method} ${path}`);
  }
  assert.ok(routes.length > 20);
  assert.deepEqual(await receiver.query(stored), before);
  assert.equal((await ask(receiver, READ_TOKEN)).status, 200);
});

test('each token is told what it may do', async (t) => {
  const receiver = await start(t);

  const [all, reading] = [
    await ask(receiver, STATUS_TOKEN, { path: '/access' }),
    await ask(receiver, READ_TOKEN, { path: '/access' }),
  ];

  assert.deepEqual([JSON.parse(all.body), JSON.parse(reading.body)], [{ access: 'write' }, { access: 'read' }]);
});

test('a method in disguise changes nothing', async (t) => {
  const receiver = await start(t);
  const disguised = { 'x-http-method-override': 'PUT', 'x-operator': 'Eva' };

  const response = await ask(receiver, READ_TOKEN, { path: '/orders/p1?_method=PUT', ...disguised });
  const upper = await ask(receiver, READ_TOKEN.toUpperCase());
  const both = await ask(receiver, `${READ_TOKEN} ${STATUS_TOKEN}`);

  assert.deepEqual([response.status, upper.status, both.status], [404, 401, 401]);
  assert.deepEqual(await receiver.query('select from orders'), []);
});

test('after ten wrong tokens an address gets 429, and the right tokens still pass', async (t) => {
  const receiver = await start(t);

  const guesses = await guess(receiver, 12);
  const missing = await send(receiver.url, '/status');

  assert.deepEqual(
    guesses.map(({ status }) => status),
    [...Array.from({ length: 10 }, () => 401), 429, 429],
  );
  const last = guesses.at(-1);
  assert.equal(JSON.parse(last?.body ?? '').error.code, 'too_many_tokens');
  const seconds = Number(last?.headers['retry-after']);
  assert.ok(seconds >= 1 && seconds <= 60, String(seconds));
  assert.equal(missing.status, 401);
  assert.equal((await ask(receiver, STATUS_TOKEN)).status, 200);
  assert.equal((await ask(receiver, READ_TOKEN)).status, 200);
  assert.equal((await ask(receiver, READ_TOKEN, { method: 'POST', path: '/webhook/probe' })).status, 403);
  const { samples } = parseScrape((await requestStatusApi(receiver, 'GET', '/metrics')).body);
  assert.deepEqual(
    ['missing', 'wrong', 'slowed', 'forbidden'].map((reason) =>
      samples.get(`resurs_status_requests_refused_total{reason="${reason}"}`),
    ),
    [1, 10, 2, 1],
  );
  for (const secret of [WRONG, READ_TOKEN, STATUS_TOKEN]) assert.ok(!receiver.logText().includes(secret));
});

for (const [name, env] of Object.entries({ 'one port': {}, STATUS_PORT: { STATUS_PORT: '0' } })) {
  test(`with ${name} TRUST_PROXY decides whose tokens were wrong`, async (t) => {
    const receiver = await start(t, { TRUST_PROXY: '127.0.0.1', ...env });

    await guess(receiver, 10, { 'x-forwarded-for': '192.0.2.1' });
    const same = await ask(receiver, WRONG, { 'x-forwarded-for': '192.0.2.1:4711' });
    const other = await ask(receiver, WRONG, { 'x-forwarded-for': '192.0.2.2' });
    const noAddress = await ask(receiver, WRONG, { 'x-forwarded-for': 'nobody' });

    assert.deepEqual([same.status, other.status, noAddress.status], [429, 401, 401]);
  });
}

test('without TRUST_PROXY a header changes no address', async (t) => {
  const receiver = await start(t);

  await guess(receiver, 10);

  assert.equal((await ask(receiver, WRONG, { 'x-forwarded-for': '192.0.2.9' })).status, 429);
});

test('a wrong token gets 401 again after a minute', () => {
  let nowMs = 0;
  const check = createAccessCheck({
    verifyToken: () => false,
    verifyReadToken: null,
    clock: { elapsed: () => nowMs },
    onRefused: () => undefined,
  });
  const request = { method: 'GET', ip: '192.0.2.1', headers: { authorization: 'Bearer wrong' } };
  for (let tries = 0; tries < 10; tries += 1) check(request);
  nowMs = 59_000;

  assert.deepEqual(check(request), { outcome: 'slowed', waitMs: 1_000 });

  nowMs = 60_000;
  assert.deepEqual(check(request), { outcome: 'wrong' });
});

test('a reading token alone, or one that is the other one, stops the start', async (t) => {
  for (const env of [{ STATUS_TOKEN: '' }, { STATUS_READ_TOKEN: STATUS_TOKEN }]) {
    await assert.rejects(start(t, env), /STATUS_READ_TOKEN/);
  }
});
