/**
 * A connection that the server, or a firewall on the way, has given up while it was idle: the request is sent once more
 * at once, over a fresh connection. Only if the connection had worked before, and nothing of the response was received.
 * Raw sockets.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { request } from 'undici';
import { describe, outboundForTest, post } from '../helpers/outbound.ts';
import { NO_CONTENT, type RawRequest, startRawServer } from '../helpers/raw-server.ts';

/** Responds to the first request of each connection; `onReused` gets the others. */
function respondOnce(t: TestContext, onReused: (request: RawRequest) => void) {
  return startRawServer(t, (received) => {
    if (received.numberOnConnection === 1) received.socket.write(NO_CONTENT);
    else onReused(received);
  });
}

const ENDS: readonly (readonly [string, (request: RawRequest) => void])[] = [
  ['reset', ({ socket }) => void socket.resetAndDestroy()],
  ['closed', ({ socket }) => void socket.end()],
];

for (const [name, onReused] of ENDS) {
  test(`a reused connection that is ${name}: the request is sent once more and responded`, async (t) => {
    const server = await respondOnce(t, onReused);
    const outbound = outboundForTest(t);

    const results = [await post(outbound, server.url), await post(outbound, server.url)].map(describe);

    assert.deepEqual(results, ['204', '204']);
    assert.deepEqual([server.requests.length, server.connections()], [3, 2]);
    assert.equal(server.requests[1]?.text.split('\r\n\r\n')[1], server.requests[2]?.text.split('\r\n\r\n')[1]);
  });

  test(`a new connection that is ${name}: the request is not repeated`, async (t) => {
    const server = await startRawServer(t, onReused);

    const result = await post(outboundForTest(t), server.url);

    assert.match(describe(result), /^failed (ECONNRESET|UND_ERR_SOCKET)$/);
    assert.equal(server.requests.length, 1);
  });
}

for (const begun of [
  'H',
  'HTTP/1.1 2',
  'HTTP/1.1 100 Continue\r\n\r\n',
  'HTTP/1.1 200 OK\r\n',
  'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc',
]) {
  test(`a reused connection that ends after ${JSON.stringify(begun)}: the request is not repeated`, async (t) => {
    const server = await respondOnce(t, ({ socket }) => void socket.end(begun));
    const outbound = outboundForTest(t);

    const results = [await post(outbound, server.url), await post(outbound, server.url)].map(describe);

    assert.match(results.join(), /^204,failed /);
    assert.equal(server.requests.length, 2);
  });
}

test('when the fresh connection fails as well, its error is the result, and there is no third request', async (t) => {
  const server = await startRawServer(t, ({ socket, number }) => {
    if (number === 1) socket.write(NO_CONTENT);
    else socket.resetAndDestroy();
  });
  const outbound = outboundForTest(t);

  const results = [await post(outbound, server.url), await post(outbound, server.url)].map(describe);

  assert.deepEqual(results, ['204', 'failed ECONNRESET']);
  assert.equal(server.requests.length, 3);
});

test('all of several connections that were reset at once are replaced', async (t) => {
  const server = await respondOnce(t, ({ socket }) => void socket.resetAndDestroy());
  const outbound = outboundForTest(t, { connections: 8 });
  const send8 = () => Promise.all(Array.from({ length: 8 }, () => post(outbound, server.url)));

  const results = [...(await send8()), ...(await send8())].map(describe);

  assert.deepEqual(new Set(results), new Set(['204']));
});

test('a GET is repeated, a POST that must not be repeated is not', async (t) => {
  const server = await respondOnce(t, ({ socket }) => void socket.resetAndDestroy());
  const { dispatcher } = outboundForTest(t);
  const send = async (method: 'GET' | 'POST') => (await request(server.url, { dispatcher, method })).body.dump();

  await send('GET');
  await send('GET');
  const repeated = server.requests.length;
  await send('GET');
  await assert.rejects(send('POST'), { code: 'ECONNRESET' });

  assert.equal(repeated, 3);
  assert.equal(server.requests.filter(({ text }) => text.startsWith('POST')).length, 1);
});
