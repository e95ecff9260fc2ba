/**
 * Clients that end their own side of the connection after the request, as some tools and libraries do: they still get
 * the response, and the connection ends with it. Real sockets.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { target } from '../helpers/callbacks.ts';
import { writeSelfSigned } from '../helpers/certificates.ts';
import { countRows } from '../helpers/database-state.ts';
import { sendRaw, statusesOf } from '../helpers/raw-connection.ts';
import { STATUS_TOKEN, startTestService } from '../helpers/service.ts';

const HOST = 'host: receiver\r\n';
const get = (path: string, version = '1.1') => `GET ${path} HTTP/${version}\r\n${HOST}\r\n`;
const post = (path: string, body: string, length = body.length) =>
  `POST ${path} HTTP/1.1\r\n${HOST}content-length: ${length}\r\n\r\n${body}`;

async function statusesAfter(t: TestContext, url: string, request: string): Promise<number[]> {
  return statusesOf(await sendRaw(t, url, request, { isHalfClosed: true }));
}

test('a half-closed client gets its response', async (t) => {
  const receiver = await startTestService(t);
  const token = `authorization: Bearer ${STATUS_TOKEN}\r\n`;
  const requests: [string, number[]][] = [
    [get(target('UNFREEZE', '1')), [204]],
    [get(target('UNFREEZE', '2'), '1.0'), [204]],
    [post(target('BOOKED', '3'), '{"a": 1}'), [204]],
    [get(target('UNFREEZE', '4', { salt: 'wrong' })), [406]],
    [get(target('UNFREEZE', '5')) + get(target('UNFREEZE', '6')), [204, 204]],
    [`GET /status HTTP/1.1\r\n${HOST}${token}\r\n`, [200]],
    [get('/readyz'), [200]],
  ];

  for (const [request, statuses] of requests) {
    assert.deepEqual(await statusesAfter(t, receiver.url, request), statuses, request);
  }

  assert.equal((await countRows(receiver)).events, 5);
});

test('a half-closed client gets its response over TLS', async (t) => {
  const files = await writeSelfSigned(t, 'receiver.example');
  const receiver = await startTestService(t, { env: { TLS_CERT_FILE: files.cert, TLS_KEY_FILE: files.key } });

  assert.deepEqual(await statusesAfter(t, receiver.url, post(target('BOOKED', '1'), '{"a": 1}')), [204]);
});

test('a client that ends in the middle of its body is not waited for', async (t) => {
  const receiver = await startTestService(t);

  const statuses = await statusesAfter(t, receiver.url, post(target('BOOKED', '1'), '{"a"', 100));

  assert.deepEqual(statuses, [400]);
  assert.equal((await countRows(receiver)).events, 0);
});
