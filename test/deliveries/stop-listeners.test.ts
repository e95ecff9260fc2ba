/**
 * Stopping the listeners: callbacks in flight get their response, and no connection that a client keeps open delays the
 * stop; otherwise a deploy would end in a kill. Real sockets.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import * as http from 'node:http';
import * as net from 'node:net';
import { type TestContext, test } from 'node:test';
import pg from 'pg';
import { waitForStoring } from '../helpers/blocking-transaction.ts';
import { send, target } from '../helpers/callbacks.ts';
import { startTestService, type TestService } from '../helpers/service.ts';
import { startStopwatch } from '../helpers/stopwatch.ts';

/** Below the ten seconds after which a body that never arrives ends by itself. */
const LIMIT_MS = 8_000;

/** A connection to the service that has sent `text`. */
async function connect(t: TestContext, receiver: TestService, text: string): Promise<net.Socket> {
  const { hostname, port } = new URL(receiver.url);
  const socket = net.connect(Number(port), hostname).on('error', () => undefined);
  t.after(() => socket.destroy());
  await once(socket, 'connect');
  if (text !== '') socket.write(text);
  // A response on another connection: by now the server has accepted this one.
  await send(receiver.url, '/healthz');
  return socket;
}

/** How long the stop took; after the limit the connection is destroyed so that the test can end. */
async function stopTime(receiver: TestService, socket: net.Socket): Promise<number> {
  const watch = startStopwatch();
  const limit = AbortSignal.timeout(LIMIT_MS);
  limit.onabort = () => socket.destroy();
  await receiver.service.stop();
  limit.onabort = null;
  return watch.elapsedMs();
}

for (const [name, text] of [
  ['that has sent nothing', ''],
  ['with half a request head', 'POST /callbacks/resurs HTTP/1.1\r\nhost: x\r\n'],
  ['with a completed request, kept alive', 'GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n'],
  [
    'whose body never arrives',
    `POST ${target('UPDATE', 'p1')} HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"paymentDiff":`,
  ],
] as const) {
  test(`a connection ${name} does not delay the stop`, async (t) => {
    const receiver = await startTestService(t, { env: { SHUTDOWN_TIMEOUT_MS: '300' } });
    const socket = await connect(t, receiver, text);

    const tookMs = await stopTime(receiver, socket);

    assert.ok(tookMs < LIMIT_MS, `${Math.round(tookMs)} ms`);
  });
}

test('a callback in flight gets its response, and its kept-alive connection ends with it', async (t) => {
  const receiver = await startTestService(t);
  const holder = new pg.Client({ connectionString: receiver.databaseUrl });
  await holder.connect();
  t.after(() => holder.end());
  await holder.query('begin');
  await holder.query(`select pg_advisory_xact_lock(hashtextextended('p1', 0))`);
  const agent = new http.Agent({ keepAlive: true });
  t.after(() => agent.destroy());
  const request = http.get(`${receiver.url}${target('UNFREEZE', 'p1')}`, { agent });
  const responded = once(request, 'response');
  await waitForStoring(receiver);

  const stopped = receiver.service.stop();
  await holder.query('rollback');
  const [response] = (await responded) as [http.IncomingMessage];
  await stopped;

  assert.deepEqual([response.statusCode, response.headers.connection], [204, 'close']);
  assert.equal((await receiver.query('select 1 from events')).length, 1);
});

test('after the stop no port is open', async (t) => {
  const receiver = await startTestService(t, { env: { STATUS_PORT: '0' } });

  await receiver.service.stop();

  for (const url of [receiver.service.urls.callbacks, receiver.service.urls.status]) {
    await assert.rejects(send(url, '/healthz'), { code: 'ECONNREFUSED' });
  }
});
