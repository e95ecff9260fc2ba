/**
 * An interface that is unreachable, untrusted or too slow: each is a failure with a reason, within the time-out, over
 * both interfaces alike. Real sockets and TLS.
 */

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import * as https from 'node:https';
import * as net from 'node:net';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { type TestContext, test } from 'node:test';
import { Agent } from 'undici';
import { freePort } from '../harness/listen.ts';
import { clientsFor, failureOf, NEVER, type Responder, startFakeAccount } from '../helpers/fake-account.ts';
import { listenForTest } from '../helpers/listen.ts';

/** Undefined, or why a test cannot run here. */
const skip = spawnSync('openssl', ['version']).status === 0 ? undefined : 'the openssl command is not installed';

/** Starts a TCP server; returns its port. */
function selfSigned(t: TestContext): { key: Buffer; cert: Buffer } {
  const folder = mkdtempSync(path.join(tmpdir(), 'resurs-tls-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'key.pem'];
  const request = ['req', '-x509', '-days', '2', '-subj', '/CN=localhost', ...key, '-out', 'cert.pem'];
  execFileSync('openssl', request, { cwd: folder, stdio: 'ignore' });
  return { key: readFileSync(path.join(folder, 'key.pem')), cert: readFileSync(path.join(folder, 'cert.pem')) };
}

/** The same call over both interfaces must fail in the same way. */
async function readBoth({ rest, soap }: ReturnType<typeof clientsFor>, signal = NEVER) {
  const failures = [failureOf(await rest.read('BOOKED', signal)), failureOf(await soap.read('BOOKED', signal))];
  assert.deepEqual(
    failures.map(({ channel, operation }) => `${channel} ${operation}`),
    ['REST GET /callbacks/BOOKED', 'SOAP getRegisteredEventCallback BOOKED'],
  );
  return failures.map(({ kind, status, text }) => [kind, status, text]);
}

const twice = <T>(value: T) => [value, value];

test('a closed port is unreachable', async (t) => {
  const port = await freePort();

  const failures = await readBoth(clientsFor(t, `http://127.0.0.1:${port}`));

  assert.deepEqual(failures, twice(['unreachable', null, 'ECONNREFUSED']));
});

/** The time-out is long, because a resolver without a network takes its time. */
test('a name without an address is unreachable', async (t) => {
  const failures = await readBoth(clientsFor(t, `https://${'a'.repeat(64)}.invalid`, { timeoutMs: 60_000 }));

  for (const [kind, status, text] of failures) {
    assert.deepEqual([kind, status], ['unreachable', null]);
    assert.match(String(text), /^(ENOTFOUND|EAI_AGAIN)$/);
  }
});

test('a server that does not speak TLS is unreachable', async (t) => {
  const { port } = await listenForTest(
    t,
    net.createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
  );

  const failures = await readBoth(clientsFor(t, `https://127.0.0.1:${port}`));

  for (const [kind, , text] of failures) {
    assert.equal(kind, 'unreachable');
    assert.match(String(text), /^[A-Z_]+$/);
  }
});

test('a self-signed certificate is not trusted, and no credentials are sent', { skip }, async (t) => {
  const received: unknown[] = [];
  const { port } = await listenForTest(
    t,
    https.createServer(selfSigned(t), (request) => received.push(request.headers)),
  );

  const dispatcher = new Agent({ connect: { family: 4 } });
  t.after(() => dispatcher.destroy());

  const failures = await readBoth(clientsFor(t, `https://localhost:${port}`, { dispatcher }));

  assert.deepEqual(failures, twice(['unreachable', null, 'DEPTH_ZERO_SELF_SIGNED_CERT']));
  assert.deepEqual(received, []);
});

test('a connection that is reset is unreachable', async (t) => {
  const { port } = await listenForTest(
    t,
    net.createServer((socket) => socket.once('data', () => socket.resetAndDestroy())),
  );

  const failures = await readBoth(clientsFor(t, `http://127.0.0.1:${port}`));

  for (const [kind, status, text] of failures) {
    assert.deepEqual([kind, status], ['unreachable', null]);
    assert.match(String(text), /^(ECONNRESET|UND_ERR_SOCKET)$/);
  }
});

test('a server that hangs times out', async (t) => {
  const failures = await readBoth(await startFakeAccount(t, () => undefined, { timeoutMs: 150 }));

  assert.deepEqual(failures, twice(['timed_out', null, 'no response within 150 ms']));
});

test('a handshake that hangs times out', async (t) => {
  const { port } = await listenForTest(t, net.createServer());

  const failures = await readBoth(clientsFor(t, `https://127.0.0.1:${port}`, { timeoutMs: 150 }));

  assert.deepEqual(failures, twice(['timed_out', null, 'no response within 150 ms']));
});

for (const [what, respond, expected] of [
  [
    'hangs within its response times out',
    (response) => void response.writeHead(200, { 'content-type': 'text/xml' }).write('<'),
    ['timed_out', 200, 'the response began in time but did not end'],
  ],
  [
    'hangs within a refusal is a refusal',
    (response) => void response.writeHead(500, { 'content-type': 'text/xml' }).write('<'),
    ['refused', 500, 'refused, and the response began in time but did not end'],
  ],
] satisfies [string, Responder, unknown[]][]) {
  test(`a server that ${what}`, async (t) => {
    assert.deepEqual(await readBoth(await startFakeAccount(t, respond, { timeoutMs: 150 })), twice(expected));
  });
}
