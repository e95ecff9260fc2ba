/** Requests of the page: each answer becomes a tagged outcome. The answers come from a real server of the test. */
import assert from 'node:assert/strict';
import * as http from 'node:http';
import { type TestContext, test } from 'node:test';
import { createApi } from '../../src/page/client/api/requests.js';
import { createSession } from '../../src/page/client/api/session.js';
import { listenForTest } from '../helpers/listen.ts';

type Respond = (request: http.IncomingMessage, response: http.ServerResponse) => void;

async function setup(t: TestContext, respond: Respond, token = 'the-token') {
  const requests: http.IncomingMessage[] = [];
  const server = http.createServer((request, response) => {
    requests.push(request);
    respond(request, response);
  });
  const { url } = await listenForTest(t, server);
  const outcomes: string[] = [];
  const session = createSession(() => memory());
  session.keep({ token, operator: 'Åsa\u0000 Öst' });
  const time = { nowMs: Date.parse('2026-03-02T12:00:00Z') };
  const api = createApi({
    fetch,
    base: `${url}/prefix/`,
    credentials: session.read,
    clock: () => time.nowMs,
    onAnswer: ({ outcome }, path) => void outcomes.push(`${path} ${outcome}`),
  });
  return { api, session, requests, outcomes, time, server };
}

function memory(): Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> {
  const values = new Map<string, string>();
  return {
    getItem: (name) => values.get(name) ?? null,
    setItem: (name, value) => void values.set(name, value),
    removeItem: (name) => void values.delete(name),
  };
}

const json = (status: number, body: unknown, headers: http.OutgoingHttpHeaders = {}): Respond => {
  return (_request, response) => void response.writeHead(status, headers).end(JSON.stringify(body));
};

test('every answer becomes an outcome', async (t) => {
  const error = { error: { code: 'not_found', message: 'No such payment.' } };
  for (const [respond, expected] of [
    [json(200, { a: 1 }), { outcome: 'answered', body: { a: 1 } }],
    [(_q, response) => void response.writeHead(204).end(), { outcome: 'answered', body: null }],
    [json(404, error), { outcome: 'refused', status: 404, code: 'not_found', message: 'No such payment.' }],
    [json(502, 'Bad gateway'), { outcome: 'refused', status: 502, code: 'unknown', message: '' }],
    [json(500, { error: null }), { outcome: 'refused', status: 500, code: 'unknown', message: '' }],
    [json(401, error), { outcome: 'signed_out' }],
    [
      json(429, { error: { code: 'too_many_tokens', message: '' } }, { 'retry-after': '17' }),
      { outcome: 'slowed', afterSeconds: 17 },
    ],
    [json(429, error, { 'retry-after': '17' }), { outcome: 'refused', status: 429, ...error.error }],
    [json(429, error), { outcome: 'refused', status: 429, code: 'not_found', message: 'No such payment.' }],
    [(_q, response) => void response.writeHead(302, { location: '/elsewhere' }).end(), { outcome: 'unreachable' }],
    [(_q, response) => void response.writeHead(200).end('<html>A portal'), { outcome: 'unreachable' }],
    [(request) => void request.socket.destroy(), { outcome: 'unreachable' }],
  ] as (readonly [Respond, unknown])[]) {
    const { api, outcomes } = await setup(t, respond);
    const answer = await api.get('status');
    assert.deepEqual(answer, expected);
    assert.deepEqual(outcomes, [`status ${answer.outcome}`]);
  }
});

test('the token and the name go with each request, to an address below the prefix, and nothing else does', async (t) => {
  const { api, requests } = await setup(t, json(200, {}));

  await api.post('replays', { body: { ids: ['ö'] }, idempotencyKey: 'key-1' });
  await api.get('status', { shared: true });
  await api.remove('replays/1');

  const [post, get, remove] = requests;
  assert.deepEqual([post?.method, post?.url], ['POST', '/prefix/replays']);
  assert.deepEqual([get?.method, get?.url, get?.headers['cache-control']], ['GET', '/prefix/status', 'max-age=1']);
  assert.deepEqual([remove?.method, remove?.headers['cache-control']], ['DELETE', 'no-cache']);
  assert.equal(post?.headers.authorization, 'Bearer the-token');
  assert.equal(post?.headers['idempotency-key'], 'key-1');
  assert.equal(Buffer.from(String(post?.headers['x-operator']), 'latin1').toString(), 'Åsa Öst');
  assert.equal(get?.headers['content-type'], undefined);
});

test('a token that no header may have is a wrong one, not an error', async (t) => {
  const { api, requests } = await setup(t, json(401, {}), 'tök€n\u0007”');

  assert.deepEqual(await api.get('access'), { outcome: 'signed_out' });
  assert.equal(requests.length, 1);
});

test('a token that is longer than any header is refused, not an error', async (t) => {
  const { api } = await setup(t, json(200, {}), 'x'.repeat(300_000));

  assert.match((await api.get('access')).outcome, /^(refused|unreachable)$/);
});

test('a late refusal of an earlier token does not sign the reader out', async (t) => {
  for (const respond of [json(401, {}), json(429, { error: { code: 'too_many_tokens', message: '' } })]) {
    const late = Promise.withResolvers<void>();
    const { api, session, outcomes } = await setup(t, (request, response) => {
      void late.promise.then(() => respond(request, response));
    });

    const answer = api.get('status');
    session.keep({ token: 'a-newer-one', operator: '' });
    late.resolve();

    assert.deepEqual(await answer, { outcome: 'given_up' });
    assert.deepEqual(outcomes, ['status given_up']);
  }
});

test('a request that its view gives up is no failure', async (t) => {
  const { api } = await setup(t, () => undefined);
  const ended = new AbortController();

  const answer = api.get('status', { signal: ended.signal });
  ended.abort();

  assert.deepEqual(await answer, { outcome: 'given_up' });
});

test('times are counted by the clock of the service, when it differs by more than its header can tell', async (t) => {
  let date = '';
  const { api, time } = await setup(t, (_request, response) => void response.writeHead(200, { date }).end('{}'));

  for (const [seconds, expected] of [
    [90, 90],
    [2, 0],
    [-600, -600],
  ] as const) {
    date = new Date(time.nowMs + seconds * 1_000).toUTCString();
    await api.get('status');
    assert.equal(api.now() - time.nowMs, expected * 1_000);
  }
  date = 'no date';
  await api.get('status');
  assert.equal(api.now() - time.nowMs, -600_000);
});

test('the session keeps the token in the storage of the tab, forgets it, and keeps the name', () => {
  const storage = memory();
  const session = createSession(() => storage);
  assert.equal(session.read(), null);

  session.keep({ token: 'abc', operator: 'Eva' });
  assert.deepEqual(createSession(() => storage).read(), { token: 'abc', operator: 'Eva' });
  session.forget();

  assert.deepEqual([session.read(), session.operator(), storage.getItem('status-token')], [null, 'Eva', null]);
});

test('a browser that forbids its storage keeps the token in memory', () => {
  const session = createSession(() => {
    throw new DOMException('Denied', 'SecurityError');
  });

  session.keep({ token: 'abc', operator: '' });

  assert.deepEqual(session.read(), { token: 'abc', operator: '' });
  session.forget();
  assert.deepEqual([session.read(), session.operator()], [null, '']);
});
