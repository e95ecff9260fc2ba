/**
 * Responses that all tabs share: a request that takes an answer of at most a second waits for an equal one, or gets its
 * response; any other request never gets an old one. A real Fastify with a route that the test opens when it wants, and a
 * clock that the test sets; then the real service.
 */
import assert from 'node:assert/strict';
import * as net from 'node:net';
import { type TestContext, test } from 'node:test';
import Fastify from 'fastify';
import { shareResponses } from '../../src/status/shared-responses.ts';
import { waitUntil } from '../harness/wait.ts';
import { type RawResponse, send } from '../helpers/callbacks.ts';
import { sendCallback } from '../helpers/deliveries.ts';
import { STATUS_TOKEN, startTestService, type TestService } from '../helpers/service.ts';
import { requestStatusApi } from '../helpers/status.ts';

const SHARED = { 'cache-control': 'max-age=1' };
const KEPT_MS = 1_000;

/** Each response has the number of its request among those that the route has handled. */
interface Site {
  readonly url: string;
  readonly handled: () => number;
  /** Resolves when `count` requests have arrived. */
  arrived(count: number): Promise<void>;
  /** Requests that the route handles now, or from now on, wait until `open`. */
  close(): void;
  open(): void;
  /** Later requests of the route get this status and text. */
  respond(status: number, text?: string): void;
  forward(ms: number): void;
}

/** Stands for a token that is wrong. */
const REFUSED = { 'x-refused': 'yes' };

async function startSite(t: TestContext): Promise<Site> {
  const seen = { arrived: 0, handled: 0 };
  const state = { elapsedMs: 5, status: 200, text: '', gate: Promise.resolve(), open: () => {} };
  const app = Fastify();
  app.addHook('onRequest', async () => {
    seen.arrived += 1;
  });
  app.addHook('onRequest', async ({ headers }, reply) => {
    return headers['x-refused'] === undefined ? undefined : reply.code(401).send({});
  });
  shareResponses(app, { clock: { elapsed: () => state.elapsedMs }, except: ['/own'] });
  for (const path of ['/counted', '/own']) {
    app.get(path, async (_, reply) => {
      seen.handled += 1;
      const count = seen.handled;
      await state.gate;
      return reply.code(state.status).send({ count, text: state.text });
    });
  }
  app.post('/counted', () => ({ count: 0 }));
  t.after(() => app.close());
  return {
    url: await app.listen({ host: '127.0.0.1', port: 0 }),
    handled: () => seen.handled,
    arrived: async (count) => assert.ok(await waitUntil(async () => seen.arrived === count)),
    close() {
      const { promise, resolve } = Promise.withResolvers<void>();
      Object.assign(state, { gate: promise, open: resolve });
    },
    open: () => state.open(),
    respond: (status, text = '') => void Object.assign(state, { status, text }),
    forward(ms) {
      state.elapsedMs += ms;
    },
  };
}

const share = (site: { readonly url: string }, path = '/counted') => send(site.url, path, { headers: SHARED });
const bodyOf = ({ body }: RawResponse) => JSON.parse(body);
const countOf = (response: RawResponse): number => bodyOf(response).count;
const ageOf = ({ headers }: RawResponse) => headers.age;

test('fifty equal requests at the same time are handled once', async (t) => {
  const site = await startSite(t);
  site.close();

  const asked = Array.from({ length: 50 }, () => share(site, '/counted?limit=5'));
  await site.arrived(50);
  site.open();
  const responses = await Promise.all(asked);

  assert.equal(site.handled(), 1);
  assert.deepEqual([...new Set(responses.map(({ status }) => status))], [200]);
  assert.equal(new Set(responses.map(({ body }) => body)).size, 1);
  assert.equal(new Set(responses.map(({ headers }) => headers['content-type'])).size, 1);
  assert.equal(responses.filter((response) => ageOf(response) === '0').length, 49);
});

test('requests with other parameters are handled for themselves', async (t) => {
  const site = await startSite(t);

  const responses = [await share(site, '/counted?limit=5'), await share(site, '/counted?limit=6')];

  assert.deepEqual(responses.map(countOf), [1, 2]);
});

test('a response is kept for a second', async (t) => {
  const site = await startSite(t);

  const first = await share(site);
  site.forward(KEPT_MS - 1);
  const kept = await share(site);
  site.forward(1);
  const next = await share(site);
  const ofNext = await share(site);

  assert.deepEqual([first, kept, next, ofNext].map(countOf), [1, 1, 2, 2]);
  assert.deepEqual([first, kept, next, ofNext].map(ageOf), [undefined, '0', undefined, '0']);
});

test('404 is shared; errors are not', async (t) => {
  const site = await startSite(t);
  const responses: RawResponse[] = [];

  for (const status of [404, 503, 400]) {
    site.respond(status);
    responses.push(await share(site), await share(site));
    site.forward(KEPT_MS);
  }

  assert.deepEqual(responses.map(countOf), [1, 1, 2, 3, 4, 5]);
  assert.deepEqual(
    responses.map(({ status }) => status),
    [404, 404, 503, 503, 400, 400],
  );
});

test('requests that wait for one that fails are handled for themselves', async (t) => {
  const site = await startSite(t);
  site.respond(503);
  site.close();

  const asked = [share(site), share(site), share(site)];
  await site.arrived(3);
  site.open();
  const responses = await Promise.all(asked);

  assert.equal(site.handled(), 3);
  assert.deepEqual(responses.map(ageOf), [undefined, undefined, undefined]);
});

test('a request without the header, or with no-cache, is handled for itself', async (t) => {
  const site = await startSite(t);
  await share(site);

  const own = await send(site.url, '/counted');
  const others: RawResponse[] = [];
  for (const value of ['max-age=0', 'max-age=1, no-cache', 'no-store,max-age=1', 'max-age=x']) {
    others.push(await send(site.url, '/counted', { headers: { 'cache-control': value } }));
  }
  const again = await share(site);

  assert.deepEqual([own, ...others, again].map(countOf), [2, 3, 4, 5, 6, 1]);
});

test('a route that is excepted handles each request', async (t) => {
  const site = await startSite(t);

  const responses = [await share(site, '/own'), await share(site, '/own')];

  assert.deepEqual(responses.map(countOf), [1, 2]);
});

test('after a change no earlier response is given', async (t) => {
  const site = await startSite(t);
  await share(site);

  await send(site.url, '/counted', { method: 'POST' });
  const after = await share(site);

  assert.deepEqual([countOf(after), ageOf(after)], [2, undefined]);
});

test('a change that is refused for its token ends nothing', async (t) => {
  const site = await startSite(t);
  await share(site);

  const refused = await send(site.url, '/counted', { method: 'POST', headers: REFUSED });
  const after = await share(site);

  assert.deepEqual([refused.status, countOf(after)], [401, 1]);
});

test('a long response is shared with those who wait for it, and not kept', async (t) => {
  const site = await startSite(t);
  site.respond(200, 'x'.repeat(300_000));
  site.close();

  const asked = [share(site), share(site)];
  await site.arrived(2);
  site.open();
  const waited = await Promise.all(asked);
  const later = await share(site);

  assert.deepEqual([...waited, later].map(countOf), [1, 1, 2]);
});

test('a client that goes away does not leave those without a response that wait for the same one', async (t) => {
  const site = await startSite(t);
  site.close();
  const { hostname, port } = new URL(site.url);
  const socket = net.connect(Number(port), hostname);
  socket.write(`GET /counted HTTP/1.1\r\nhost: ${hostname}\r\ncache-control: max-age=1\r\n\r\n`);
  await site.arrived(1);

  const waiting = [share(site), share(site)];
  await site.arrived(3);
  socket.destroy();
  site.open();
  const responses = await Promise.all(waiting);

  assert.deepEqual(
    responses.map(({ status }) => status),
    [200, 200],
  );
});

test('a request that has been under way for five seconds holds no later one', async (t) => {
  const site = await startSite(t);
  site.close();
  const stuck = share(site);
  await site.arrived(1);

  site.forward(5_000);
  const later = share(site);
  await site.arrived(2);
  const areHandled = await waitUntil(async () => site.handled() === 2);
  site.open();
  await Promise.all([stuck, later]);

  assert.ok(areHandled);
});

const READ_TOKEN = 'a-reading-token-of-the-tests-7Kd2';

interface Asked {
  readonly token?: string;
  readonly cacheControl?: string;
}

function ask(receiver: TestService, path: string, { token = STATUS_TOKEN, cacheControl = 'max-age=1' }: Asked = {}) {
  const headers = { authorization: `Bearer ${token}`, 'cache-control': cacheControl };
  return send(receiver.service.urls.status, path, { headers });
}

async function startReceiver(t: TestContext): Promise<TestService> {
  const receiver = await startTestService(t, { env: { STATUS_READ_TOKEN: READ_TOKEN } });
  await sendCallback(receiver, 'UNFREEZE', 'p1');
  return receiver;
}

test('both tokens share the responses of the status API', async (t) => {
  const receiver = await startReceiver(t);

  // A pair of requests may be more than a second apart.
  let reading = await ask(receiver, '/events', { token: READ_TOKEN });
  const isShared = await waitUntil(async () => {
    await ask(receiver, '/events');
    reading = await ask(receiver, '/events', { token: READ_TOKEN });
    return ageOf(reading) === '0';
  });

  assert.ok(isShared);
  assert.equal(bodyOf(reading).events[0].paymentId, 'p1');
});

test('what depends on the token is not shared, nor anything with a wrong one', async (t) => {
  const receiver = await startReceiver(t);

  const all = await ask(receiver, '/access');
  const reading = await ask(receiver, '/access', { token: READ_TOKEN });
  await ask(receiver, '/events');
  const refused = await ask(receiver, '/events', { token: 'a-wrong-token' });

  assert.deepEqual([bodyOf(all).access, bodyOf(reading).access, refused.status], ['write', 'read', 401]);
});

test('a program sees what it has changed, and without the header all that is stored', async (t) => {
  const receiver = await startReceiver(t);
  const unknown = await ask(receiver, '/orders/o1');
  await ask(receiver, '/events');
  await sendCallback(receiver, 'UNFREEZE', 'p2');

  const own = await ask(receiver, '/events', { cacheControl: 'no-cache' });
  const plain = await requestStatusApi(receiver, 'GET', '/events');
  await requestStatusApi(receiver, 'PUT', '/orders/o1');
  const known = await ask(receiver, '/orders/o1');

  assert.deepEqual([unknown.status, known.status, ageOf(known)], [404, 200, undefined]);
  assert.deepEqual([bodyOf(own).events.length, bodyOf(plain).events.length], [2, 2]);
});
