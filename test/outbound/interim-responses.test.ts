/**
 * Interim responses (1xx) before the real one: however many, whatever their number, in whatever pieces they arrive. A
 * proxy that has added `Expect` by itself sends such a 100. Raw sockets.
 */
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { request } from 'undici';
import { describe, outboundForTest, post } from '../helpers/outbound.ts';
import { NO_CONTENT, startRawServer } from '../helpers/raw-server.ts';

const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';
const HINTS = 'HTTP/1.1 103 Early Hints\r\nlink: </style.css>; rel=preload\r\nretry-after: 99\r\n\r\n';
const SWITCHING = 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n';

/** As far as the kernel leaves them apart. */
async function writeInPieces(socket: Socket, pieces: readonly string[]): Promise<void> {
  socket.setNoDelay(true);
  for (const piece of pieces) {
    socket.write(piece);
    await setImmediate();
  }
}

const CASES: readonly (readonly [string, readonly string[], string])[] = [
  ['one 100', [CONTINUE, NO_CONTENT], '204'],
  ['a 100 in one piece with the response', [CONTINUE + NO_CONTENT], '204'],
  ['several 100', [CONTINUE, CONTINUE + CONTINUE, NO_CONTENT], '204'],
  ['a 102', ['HTTP/1.1 102 Processing\r\n\r\n', NO_CONTENT], '204'],
  ['a 103 with headers', [HINTS, NO_CONTENT], '204'],
  ['a 199, which is not defined', ['HTTP/1.1 199 Whatever\r\n\r\n', NO_CONTENT], '204'],
  ['a 101 that was not asked for', [SWITCHING, NO_CONTENT], '204'],
  ['a 100 of HTTP/1.0', ['HTTP/1.0 100 Continue\r\n\r\n', NO_CONTENT], '204'],
  ['a 100 with bare line feeds', ['HTTP/1.1 100 Continue\n\n', NO_CONTENT], '204'],
  ['100, 102 and 103 byte by byte', [...(CONTINUE + HINTS + NO_CONTENT)], '204'],
  ['a 100 and then a 503', [CONTINUE, 'HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n'], '503'],
  [
    'a 100 and then no HTTP',
    [CONTINUE, 'SSH-2.0-OpenSSH_9.6\r\n'],
    'failed Response does not match the HTTP/1.1 protocol (Expected HTTP/, RTSP/ or ICE/)',
  ],
];

for (const [name, pieces, expected] of CASES) {
  test(`${name}: the result is ${expected}`, async (t) => {
    const server = await startRawServer(t, ({ socket }) => void writeInPieces(socket, pieces));
    const outbound = outboundForTest(t);

    const results = [await post(outbound, server.url), await post(outbound, server.url)].map(describe);

    assert.deepEqual(results, [expected, expected]);
    assert.equal(server.requests.length, 2);
  });
}

test('the connection is used again after an interim response', async (t) => {
  const server = await startRawServer(t, ({ socket }) => void socket.write(CONTINUE + NO_CONTENT));
  const outbound = outboundForTest(t);

  for (let sent = 0; sent < 3; sent += 1) await post(outbound, server.url);

  assert.equal(server.connections(), 1);
});

test('headers of an interim response do not count', async (t) => {
  const server = await startRawServer(t, ({ socket }) => {
    socket.write(`${HINTS}HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n`);
  });

  const result = await post(outboundForTest(t), server.url);

  assert.deepEqual(result, { outcome: 'responded', status: 503, excerpt: '', retryAfter: undefined });
});

test('an interim response that nothing follows is timed out', async (t) => {
  const server = await startRawServer(t, ({ socket }) => void socket.write(CONTINUE));

  const result = await post(outboundForTest(t), server.url, 100);

  assert.equal(result.outcome, 'timed_out');
});

test('a GET, as of the order lookup, gets the response behind a 100 with its body', async (t) => {
  const server = await startRawServer(t, ({ socket }) => {
    socket.write(`${CONTINUE}HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhel`);
    socket.write('lo');
  });
  const { dispatcher } = outboundForTest(t);

  const { statusCode, body } = await request(server.url, { dispatcher });

  assert.deepEqual([statusCode, await body.text()], [200, 'hello']);
});
