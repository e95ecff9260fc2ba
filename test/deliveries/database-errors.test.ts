/**
 * A merchant that is unreachable, aborts or violates HTTP: each is an attempt with its reason and is retried by
 * schedule, and the service itself is unaffected. Real sockets, real errors.
 */

import assert from 'node:assert/strict';
import * as net from 'node:net';
import { type TestContext, test } from 'node:test';
import { attempts, sendCallback, waitForStates, webhookEnv } from '../helpers/deliveries.ts';
import { listenForTest } from '../helpers/listen.ts';
import { type Answer, startMerchant } from '../helpers/merchant.ts';
import { startTestService } from '../helpers/service.ts';

/** The three attempts of an event whose delivery fails each time. */
async function failAt(t: TestContext, url: string, timeoutMs = '10000') {
  const receiver = await startTestService(t, { env: webhookEnv(url, { WEBHOOK_TIMEOUT_MS: timeoutMs }) });
  await sendCallback(receiver, 'UNFREEZE', 'p1');
  await waitForStates(receiver, ['dead_letter']);
  return attempts(receiver);
}

async function failWith(t: TestContext, behaviour: Answer, timeoutMs?: string) {
  const merchant = await startMerchant(t);
  merchant.answerWith(behaviour);
  return failAt(t, merchant.url, timeoutMs);
}

/** The address of a server that handles each connection by `onConnection`. */
async function startServer(t: TestContext, onConnection: (socket: net.Socket) => void): Promise<string> {
  const server = net.createServer((socket) => {
    socket.on('error', () => undefined);
    onConnection(socket);
  });
  return `127.0.0.1:${(await listenForTest(t, server)).port}`;
}

/** Asserts three attempts that all ended like this, without a response. */
function assertAll(rows: Awaited<ReturnType<typeof attempts>>, outcome: string, error: RegExp): void {
  assert.equal(rows.length, 3);
  for (const row of rows) {
    assert.deepEqual([row.outcome, row.status, row.answer], [outcome, null, null]);
    assert.match(row.error ?? '', error);
  }
}

test('no response within the timeout is timed out', async (t) => {
  const rows = await failWith(t, () => undefined, '100');

  assertAll(rows, 'timed_out', /^timed out$/);
  for (const { durationMs } of rows) assert.ok(durationMs >= 99, `${durationMs} ms`);
});

test('a connection that is reset is unreachable', async (t) => {
  const rows = await failWith(t, (_request, response) => response.socket?.resetAndDestroy());

  assertAll(rows, 'unreachable', /^(ECONNRESET|UND_ERR_SOCKET)$/);
});

test('a connection that is closed without a response is unreachable', async (t) => {
  const rows = await failWith(t, (_request, response) => response.socket?.end());

  assertAll(rows, 'unreachable', /^UND_ERR_SOCKET$/);
});

test('a response that ends inside its body is unreachable', async (t) => {
  const rows = await failWith(t, (_request, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('part', () => response.socket?.end());
  });

  assertAll(rows, 'unreachable', /^(UND_ERR_SOCKET|ECONNRESET|UND_ERR_RES_CONTENT_LENGTH_MISMATCH)$/);
});

test('a response that is not HTTP is unreachable', async (t) => {
  const address = await startServer(t, (socket) => socket.once('data', () => socket.end('220 mail.example ESMTP\r\n')));

  const rows = await failAt(t, `http://${address}/`);

  assertAll(rows, 'unreachable', /./);
});

test('response headers that are too long are unreachable', async (t) => {
  const address = await startServer(t, (socket) => {
    socket.once('data', () => socket.write(`HTTP/1.1 200 OK\r\nx-long: ${'x'.repeat(100_000)}\r\n\r\n`));
  });

  const rows = await failAt(t, `http://${address}/`);

  assertAll(rows, 'unreachable', /^UND_ERR_HEADERS_OVERFLOW$/);
});

test('a closed port is unreachable', async (t) => {
  const merchant = await startMerchant(t);
  await merchant.close();

  const rows = await failAt(t, merchant.url);

  assertAll(rows, 'unreachable', /^ECONNREFUSED$/);
});

test('a host name that does not exist is unreachable', async (t) => {
  const rows = await failAt(t, 'http://nowhere.invalid/');

  assertAll(rows, 'unreachable', /^(ENOTFOUND|EAI_AGAIN)$/);
});

test('TLS to a server without TLS is unreachable', async (t) => {
  const merchant = await startMerchant(t);

  const rows = await failAt(t, merchant.url.replace('http:', 'https:'));

  assertAll(rows, 'unreachable', /^(ERR_SSL_|EPROTO|ECONNRESET|UND_ERR_SOCKET)/);
});

test('a TLS handshake that never ends is timed out', async (t) => {
  const address = await startServer(t, () => undefined);

  const rows = await failAt(t, `https://${address}/`, '150');

  assertAll(rows, 'timed_out', /^timed out$/);
  // The connection would be given up after ten seconds by itself.
  for (const { durationMs } of rows) assert.ok(durationMs < 9_000, `${durationMs} ms`);
});
