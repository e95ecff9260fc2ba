/**
 * Responses that all tabs share: a request that takes an answer of at most a second waits for an equal one, or gets its
 * response, and nobody else ever gets an old one. Real services and Postgres, whose locks hold what is under way.
 */
import assert from 'node:assert/strict';
import * as net from 'node:net';
import { type TestContext, test } from 'node:test';
import { waitUntil } from '../harness/wait.ts';
import { beginBlocking, waitForBlocked } from '../helpers/blocking-transaction.ts';
import { type RawResponse, send } from '../helpers/callbacks.ts';
import { sendCallback } from '../helpers/deliveries.ts';
import { STATUS_TOKEN, startTestService, type TestService } from '../helpers/service.ts';
import { requestStatusApi } from '../helpers/status.ts';

const READ_TOKEN = 'a-reading-token-of-the-tests-7Kd2';
const SHARED = { 'cache-control': 'max-age=1' };
/** No statement of the status API waits longer for a lock. */
const LOCK_EVENTS = 'lock table events in access exclusive mode';

interface Asked {
  readonly token?: string;
  readonly cacheControl?: string;
}

function ask(receiver: TestService, path: string, { token = STATUS_TOKEN, cacheControl }: Asked = {}) {
  const caching = cacheControl === undefined ? {} : { 'cache-control': cacheControl };
  return send(receiver.service.urls.status, path, { headers: { authorization: `Bearer ${token}`, ...caching } });
}

const share = (receiver: TestService, path: string) => ask(receiver, path, { cacheControl: 'max-age=1' });

function statuses(responses: readonly RawResponse[]): number[] {
  return [...new Set(responses.map(({ status }) => status))];
}

/** Statements that wait for the lock now. */
async function blocked(receiver: TestService): Promise<number> {
  const rows = await receiver.query(
    `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return rows.length;
}

async function start(t: TestContext) {
  const receiver = await startTestService(t, { env: { STATUS_READ_TOKEN: READ_TOKEN } });
  await sendCallback(receiver, 'UNFREEZE', 'p1');
  return receiver;
}

test('fifty equal requests at the same time need one statement, whichever token they carry', async (t) => {
  const receiver = await start(t);
  const lock = await beginBlocking(t, receiver.databaseUrl, LOCK_EVENTS);

  const asked = Array.from({ length: 50 }, (_, n) =>
    ask(receiver, '/events?limit=5', { token: n % 2 === 0 ? STATUS_TOKEN : READ_TOKEN, cacheControl: 'max-age=1' }),
  );
  await waitForBlocked(receiver, 1);
  await receiver.status('/healthz');
  const blockedNow = await blocked(receiver);
  await lock.release();
  const responses = await Promise.all(asked);

  assert.equal(blockedNow, 1);
  assert.deepEqual(statuses(responses), [200]);
  assert.equal(new Set(responses.map(({ body }) => body)).size, 1);
  assert.equal(new Set(responses.map(({ headers }) => headers['content-type'])).size, 1);
  assert.equal(responses.filter(({ headers }) => headers.age === '0').length, 49);
  assert.equal(JSON.parse(responses[0]?.body ?? '').events[0].paymentId, 'p1');
});

test('a request without the header sees what was written before, and so does everyone after a change', async (t) => {
  const receiver = await start(t);
  const unknown = await share(receiver, '/orders/o1');
  const again = await share(receiver, '/orders/o1');
  await sendCallback(receiver, 'UNFREEZE', 'p2');
  const before = await share(receiver, '/events');
  await sendCallback(receiver, 'UNFREEZE', 'p3');

  const own = await ask(receiver, '/events');
  const refreshed = await ask(receiver, '/events', { cacheControl: 'max-age=1, no-cache' });
  const zero = await ask(receiver, '/events', { cacheControl: 'max-age=0' });
  await requestStatusApi(receiver, 'PUT', '/orders/o1');
  const known = await share(receiver, '/orders/o1');

  assert.deepEqual([unknown.status, again.status, unknown.headers.age], [404, 404, undefined]);
  assert.equal(again.headers.age, '0');
  const counted = (response: RawResponse) => JSON.parse(response.body).events.length;
  assert.deepEqual([before, own, refreshed, zero].map(counted), [2, 3, 3, 3]);
  assert.deepEqual([known.status, known.headers.age], [200, undefined]);
});

test('a response is kept for a second', async (t) => {
  const receiver = await start(t);
  const first = await share(receiver, '/events');
  await sendCallback(receiver, 'UNFREEZE', 'p2');

  const isFresh = await waitUntil(async () => (await share(receiver, '/events')).body !== first.body);

  assert.ok(isFresh);
});

test('errors and refusals are shared with nobody', async (t) => {
  const receiver = await start(t);
  const lock = await beginBlocking(t, receiver.databaseUrl, LOCK_EVENTS);

  const failing = await Promise.all([1, 2, 3].map(() => share(receiver, '/events')));
  await lock.release();
  const fine = await share(receiver, '/events');
  const refused = await ask(receiver, '/events', { token: 'a-wrong-token', cacheControl: 'max-age=1' });
  const bad = await Promise.all([share(receiver, '/events?limit=0'), share(receiver, '/events?limit=0')]);

  assert.deepEqual(statuses(failing), [503]);
  assert.ok(failing.every(({ headers }) => headers.age === undefined));
  assert.deepEqual([fine.status, fine.headers.age, refused.status], [200, undefined, 401]);
  assert.deepEqual(statuses(bad), [400]);
});

test('a client that goes away does not leave those without a response that wait for the same one', async (t) => {
  const receiver = await start(t);
  const lock = await beginBlocking(t, receiver.databaseUrl, LOCK_EVENTS);
  const { hostname, port } = new URL(receiver.service.urls.status);
  const socket = net.connect(Number(port), hostname);
  const headers = Object.entries({ host: hostname, authorization: `Bearer ${STATUS_TOKEN}`, ...SHARED });
  socket.write(`GET /events HTTP/1.1\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`);
  await waitForBlocked(receiver, 1);

  const waiting = [share(receiver, '/events'), share(receiver, '/events')];
  socket.destroy();
  await lock.release();
  const responses = await Promise.all(waiting);

  assert.deepEqual(statuses(responses), [200]);
});

test('what depends on the token is not shared', async (t) => {
  const receiver = await start(t);

  const all = await share(receiver, '/access');
  const reading = await ask(receiver, '/access', { token: READ_TOKEN, cacheControl: 'max-age=1' });

  assert.deepEqual([JSON.parse(all.body).access, JSON.parse(reading.body).access], ['write', 'read']);
});
