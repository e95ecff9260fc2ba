/**
 * A merchant that cannot be reached, breaks off or talks nonsense: each is an attempt with its reason, tried again by
 * schedule, and nothing of it reaches the service itself. Real sockets, real errors.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import * as net from 'node:net';
import { type TestContext, test } from 'node:test';
import { type Answer, startMerchant } from '../harness/merchant.ts';
import { attempts, callBack, waitForStates, webhookEnv } from '../helpers/deliveries.ts';
import { startWorld } from '../helpers/service.ts';

/** The three attempts of an event whose delivery fails each time. */
async function failAt(t: TestContext, url: string, timeoutMs = '10000') {
  const world = await startWorld(t, { env: webhookEnv(url, { WEBHOOK_TIMEOUT_MS: timeoutMs }) });
  await callBack(world, 'UNFREEZE', 'p1');
  await waitForStates(world, ['dead_letter']);
  return attempts(world);
}

async function failWith(t: TestContext, answer: Answer, timeoutMs?: string) {
  const merchant = await startMerchant(t);
  merchant.answerWith(answer);
  return failAt(t, merchant.url, timeoutMs);
}

/** The address of a server that treats each connection like this. */
async function startServer(t: TestContext, onConnection: (socket: net.Socket) => void): Promise<string> {
  const server = net.createServer((socket) => {
    socket.on('error', () => undefined);
    onConnection(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return `127.0.0.1:${(server.address() as net.AddressInfo).port}`;
}

/** Asserts three attempts that all ended like this, without status and answer. */
function assertAll(rows: Awaited<ReturnType<typeof attempts>>, outcome: string, error: RegExp): void {
  assert.equal(rows.length, 3);
  for (const row of rows) {
    assert.deepEqual([row.outcome, row.status, row.answer], [outcome, null, null]);
    assert.match(row.error ?? '', error);
  }
}

test('no answer before the time-out is timed out', async (t) => {
  const rows = await failWith(t, () => undefined, '100');

  assertAll(rows, 'timed_out', /^timed out$/);
  for (const { durationMs } of rows) assert.ok(durationMs >= 99 && durationMs < 5000, `${durationMs} ms`);
});

test('a connection that is reset is unreachable', async (t) => {
  const rows = await failWith(t, (_request, response) => response.socket?.resetAndDestroy());

  assertAll(rows, 'unreachable', /^(ECONNRESET|UND_ERR_SOCKET)$/);
});

test('a connection that is closed without an answer is unreachable', async (t) => {
  const rows = await failWith(t, (_request, response) => response.socket?.end());

  assertAll(rows, 'unreachable', /^UND_ERR_SOCKET$/);
});

test('an answer that breaks off in its body is unreachable', async (t) => {
  const rows = await failWith(t, (_request, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('part', () => response.socket?.end());
  });

  assertAll(rows, 'unreachable', /^(UND_ERR_SOCKET|ECONNRESET|UND_ERR_RES_CONTENT_LENGTH_MISMATCH)$/);
});

test('an answer that is no HTTP is unreachable', async (t) => {
  const address = await startServer(t, (socket) => socket.once('data', () => socket.end('220 mail.example ESMTP\r\n')));

  const rows = await failAt(t, `http://${address}/`);

  assertAll(rows, 'unreachable', /./);
});

test('headers without end are unreachable', async (t) => {
  const address = await startServer(t, (socket) => {
    socket.once('data', () => socket.write(`HTTP/1.1 200 OK\r\nx-long: ${'x'.repeat(100_000)}\r\n\r\n`));
  });

  const rows = await failAt(t, `http://${address}/`);

  assertAll(rows, 'unreachable', /^UND_ERR_HEADERS_OVERFLOW$/);
});

test('a port where nobody listens is unreachable', async (t) => {
  const merchant = await startMerchant(t);
  await merchant.close();

  const rows = await failAt(t, merchant.url);

  assertAll(rows, 'unreachable', /^ECONNREFUSED$/);
});

test('a name that does not exist is unreachable', async (t) => {
  const rows = await failAt(t, 'http://nowhere.invalid/');

  assertAll(rows, 'unreachable', /^(ENOTFOUND|EAI_AGAIN)$/);
});

test('TLS to a server that speaks none is unreachable', async (t) => {
  const merchant = await startMerchant(t);

  const rows = await failAt(t, merchant.url.replace('http:', 'https:'));

  assertAll(rows, 'unreachable', /^(ERR_SSL_|EPROTO|ECONNRESET|UND_ERR_SOCKET)/);
});

test('a TLS handshake that never ends is over by the time-out', async (t) => {
  const address = await startServer(t, () => undefined);

  const rows = await failAt(t, `https://${address}/`, '150');

  assertAll(rows, 'timed_out', /^timed out$/);
  for (const { durationMs } of rows) assert.ok(durationMs < 900, `${durationMs} ms`);
});
