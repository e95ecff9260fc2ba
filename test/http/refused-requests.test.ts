/**
 * Requests that reach no route, refused by Node's parser, by TLS or for their path: each is counted by its reason and
 * has a log line without its URL, and a flood of them writes few lines. Real sockets.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import * as net from 'node:net';
import { type TestContext, test } from 'node:test';
import * as tls from 'node:tls';
import { waitUntil } from '../harness/wait.ts';
import { send, target } from '../helpers/callbacks.ts';
import { writeSelfSigned } from '../helpers/certificates.ts';
import { parseScrape } from '../helpers/prometheus.ts';
import { sendRaw, statusesOf } from '../helpers/raw-connection.ts';
import { STATUS_TOKEN, startTestService, type TestService } from '../helpers/service.ts';

const SECRET = 'a-secret-in-the-url';
const get = (path: string) => `GET ${path} HTTP/1.1\r\nhost: receiver\r\n`;

/** Counts by reason, without those that are 0. */
async function refusals(t: TestContext, receiver: TestService): Promise<Record<string, number>> {
  const token = `authorization: Bearer ${STATUS_TOKEN}\r\nconnection: close\r\n`;
  const scraped = await sendRaw(t, receiver.service.urls.status, `${get('/metrics')}${token}\r\n`);
  const samples = [...parseScrape(scraped.split('\r\n\r\n')[1] ?? '').samples].flatMap(
    ([sample, count]): [string, number][] => {
      const reason = /^resurs_requests_refused_total\{reason="(\w+)"\}$/.exec(sample)?.[1];
      return reason === undefined || count === 0 ? [] : [[reason, count]];
    },
  );
  return Object.fromEntries(samples);
}

function linesOf(receiver: TestService) {
  return receiver.log
    .filter(({ event }) => event === 'request.refused')
    .map(({ reason, source, level }) => [reason, source, level]);
}

const REFUSED: readonly [string, string, number, string, string][] = [
  ['no HTTP at all', '\x16\x03\x01\x02\r\n\r\n', 400, 'malformed', 'warn'],
  ['a method that does not exist', `NONSENSE /${SECRET} HTTP/1.1\r\n\r\n`, 400, 'malformed', 'warn'],
  ['HTTP/2 without TLS', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400, 'malformed', 'warn'],
  ['bytes outside ASCII in the URL', `${get(`/${SECRET}\xe5`)}\r\n`, 400, 'malformed', 'warn'],
  ['a blank in the URL', `${get(`/${SECRET} x`)}\r\n`, 400, 'malformed', 'warn'],
  ['a broken header', `${get(`/${SECRET}`)}no colon here\r\n\r\n`, 400, 'malformed', 'warn'],
  [
    'a broken escape outside the callback paths',
    `${get(`/${SECRET}/%zz`)}connection: close\r\n\r\n`,
    400,
    'malformed',
    'warn',
  ],
  ['large headers', `${get(`/${SECRET}`)}x: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'headers_too_large', 'warn'],
  ['a large URL', `${get(`/${SECRET}${'x'.repeat(20_000)}`)}\r\n`, 431, 'headers_too_large', 'warn'],
  ['an unknown path', `${get(`/${SECRET}`)}connection: close\r\n\r\n`, 404, 'unknown_path', 'info'],
  ['CONNECT', `CONNECT ${SECRET}:443 HTTP/1.1\r\n\r\n`, 405, 'wrong_method', 'warn'],
];

for (const [name, request, status, reason, level] of REFUSED) {
  test(`${name} is refused with ${status}, counted as ${reason} and logged without its URL`, async (t) => {
    const receiver = await startTestService(t);

    const received = await sendRaw(t, receiver.url, request);

    assert.deepEqual(statusesOf(received), [status]);
    assert.match(received, /^connection: close\r$/im);
    assert.equal(typeof JSON.parse(received.split('\r\n\r\n')[1] ?? '').error.code, 'string');
    assert.deepEqual(await refusals(t, receiver), { [reason]: 1 });
    assert.deepEqual(linesOf(receiver), [[reason, '127.0.0.1', level]]);
    assert.equal(receiver.logText().includes(SECRET), false);
  });
}

test('headers that do not end are refused as too slow', async (t) => {
  const receiver = await startTestService(t);

  const received = await sendRaw(t, receiver.url, get(`/${SECRET}`));

  assert.deepEqual(statusesOf(received), [408]);
  assert.deepEqual(await refusals(t, receiver), { too_slow: 1 });
});

test('the status listener counts its unknown paths as well', async (t) => {
  const receiver = await startTestService(t, { env: { STATUS_PORT: '0' } });

  await send(receiver.service.urls.status, `/${SECRET}`);
  await send(receiver.url, `/${SECRET}`);

  assert.deepEqual(await refusals(t, receiver), { unknown_path: 2 });
});

test('a flood of refused requests leaves 20 lines of each reason and a count', async (t) => {
  const receiver = await startTestService(t);

  for (let n = 0; n < 5; n += 1) {
    await Promise.all(Array.from({ length: 20 }, () => sendRaw(t, receiver.url, 'nonsense\r\n\r\n')));
  }
  await send(receiver.url, '/no-such-path');
  const counted = await refusals(t, receiver);
  await receiver.service.stop();

  assert.deepEqual(counted, { malformed: 100, unknown_path: 1 });
  const lines = linesOf(receiver).filter(([reason]) => reason === 'malformed').length;
  const summary = receiver.log.filter(({ event }) => event === 'requests.refused');
  const suppressed = summary.reduce((sum, { counts }) => sum + (counts as { malformed: number }).malformed, 0);
  assert.equal(lines + suppressed, 100);
  assert.ok(lines < 100, `${lines} lines`);
  assert.equal(
    linesOf(receiver).some(([reason]) => reason === 'unknown_path'),
    true,
  );
});

test('a callback gets its response before what follows it on the connection is refused', async (t) => {
  const receiver = await startTestService(t);

  const received = await sendRaw(t, receiver.url, `${get(target('UNFREEZE', '1'))}\r\nnonsense\r\n\r\n`);

  assert.deepEqual(statusesOf(received), [204, 400]);
  assert.deepEqual(await refusals(t, receiver), { malformed: 1 });
});

test('a broken body is an outcome of its callback and no refused request', async (t) => {
  const receiver = await startTestService(t);
  const head = `POST ${target('BOOKED', '1')} HTTP/1.1\r\nhost: receiver\r\ntransfer-encoding: chunked\r\n\r\n`;

  const received = await sendRaw(t, receiver.url, `${head}no length\r\n`);

  assert.deepEqual(statusesOf(received), [400]);
  assert.ok(await waitUntil(async () => receiver.log.some(({ outcome }) => outcome === 'body_too_slow')));
  assert.deepEqual(await refusals(t, receiver), {});
});

test('a client that leaves before it has sent a request is not refused', async (t) => {
  const receiver = await startTestService(t);
  const { hostname, port } = new URL(receiver.url);
  const socket = net.connect(Number(port), hostname);
  await once(socket, 'connect');

  socket.resetAndDestroy();
  await once(socket, 'close');
  await send(receiver.url, '/no-such-path');

  assert.deepEqual(await refusals(t, receiver), { unknown_path: 1 });
});

test('TLS that fails is counted and logged, and a client that leaves during it is not', async (t) => {
  const files = await writeSelfSigned(t, 'receiver.example');
  const receiver = await startTestService(t, { env: { TLS_CERT_FILE: files.cert, TLS_KEY_FILE: files.key } });
  const { hostname: host, port } = new URL(receiver.url);
  const leaving = net.connect(Number(port), host);
  await once(leaving, 'connect');
  leaving.resetAndDestroy();

  const plain = await sendRaw(t, receiver.url.replace('https:', 'http:'), `${get(`/${SECRET}`)}\r\n`);
  const old = tls.connect({
    host,
    port: Number(port),
    maxVersion: 'TLSv1.1',
    minVersion: 'TLSv1',
    ciphers: 'DEFAULT:@SECLEVEL=0',
  });
  await once(old, 'error');

  assert.equal(plain, '');
  assert.deepEqual(await refusals(t, receiver), { tls_failed: 2 });
  assert.deepEqual(
    receiver.log.filter(({ event }) => event === 'request.refused').map(({ reason, error }) => [reason, error]),
    [
      ['tls_failed', 'ERR_SSL_HTTP_REQUEST'],
      ['tls_failed', 'ERR_SSL_UNSUPPORTED_PROTOCOL'],
    ],
  );
});
