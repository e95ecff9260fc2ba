/**
 * HTTPS without a proxy: Resurs requires TLS 1.2 or newer, and a renewed certificate must be used without a restart.
 * Real handshakes; the interval of one minute between checks of the files is shortened.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { unwatchFile, watchFile } from 'node:fs';
import { copyFile, writeFile } from 'node:fs/promises';
import * as https from 'node:https';
import { type TestContext, test } from 'node:test';
import * as tls from 'node:tls';
import { waitUntil } from '../harness/wait.ts';
import { target } from '../helpers/callbacks.ts';
import { writeSelfSigned } from '../helpers/certificates.ts';
import { startTestService, type TestService } from '../helpers/service.ts';

const OLD = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' } as const;

async function setup(t: TestContext) {
  const files = await writeSelfSigned(t, 'first.example');
  shortenCheckInterval(t, [files.cert, files.key]);
  const receiver = await startTestService(t, { env: { TLS_CERT_FILE: files.cert, TLS_KEY_FILE: files.key } });
  return { receiver, files, port: Number(new URL(receiver.url).port) };
}

/** All watchers of a file in one process share one, and the first of them sets the interval. */
function shortenCheckInterval(t: TestContext, files: readonly string[]): void {
  const nothing = () => undefined;
  for (const file of files) {
    watchFile(file, { interval: 20, persistent: false }, nothing);
    t.after(() => unwatchFile(file, nothing));
  }
}

/** Waits for a line of the log. */
async function waitForLine(receiver: TestService, event: string): Promise<void> {
  assert.ok(await waitUntil(async () => receiver.log.some((line) => line.event === event)), `no ${event} was logged`);
}

/** Does a TLS handshake and returns the protocol and the name in the certificate. Rejects if the handshake fails. */
async function handshake(port: number, options: tls.ConnectionOptions = {}) {
  const socket = tls.connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options });
  try {
    await once(socket, 'secureConnect');
    return { protocol: socket.getProtocol(), name: socket.getPeerCertificate().subject.CN };
  } finally {
    socket.destroy();
  }
}

test('a callback over HTTPS is accepted', async (t) => {
  const { receiver } = await setup(t);
  const request = https.get(`${receiver.url}${target('UNFREEZE', '1')}`, { rejectUnauthorized: false, agent: false });

  const [response] = await once(request, 'response');
  response.resume();
  await once(response, 'end');

  assert.match(receiver.url, /^https:/);
  assert.deepEqual([response.statusCode, response.statusMessage], [204, 'OK']);
  assert.equal((await receiver.query('select 1 from events')).length, 1);
});

test('TLS 1.2 and newer are accepted, TLS 1.1 is rejected', async (t) => {
  const { port } = await setup(t);

  const two = await handshake(port, { maxVersion: 'TLSv1.2' });
  const three = await handshake(port);

  assert.deepEqual([two.protocol, three.protocol], ['TLSv1.2', 'TLSv1.3']);
  // The alert is from the server, so the server rejects the connection and not this client.
  await assert.rejects(handshake(port, OLD), { code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' });
});

test('plain HTTP on the same port gets no response', async (t) => {
  const { receiver } = await setup(t);

  await assert.rejects(fetch(receiver.url.replace('https:', 'http:') + target('UNFREEZE', '1')));

  assert.equal((await receiver.query('select 1 from events')).length, 0);
});

test('a renewed certificate is used for new connections without a restart', async (t) => {
  const { receiver, files, port } = await setup(t);
  const before = await handshake(port);
  const renewed = await writeSelfSigned(t, 'second.example');

  await copyFile(renewed.cert, files.cert);
  await copyFile(renewed.key, files.key);

  assert.equal(before.name, 'first.example');
  await waitForLine(receiver, 'tls.renewed');
  assert.equal((await handshake(port)).name, 'second.example');
  await assert.rejects(handshake(port, OLD), { code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' });
});

test('after invalid files the old certificate stays in use, and the error is logged', async (t) => {
  const { receiver, files, port } = await setup(t);

  await writeFile(files.cert, 'no certificate at all');

  await waitForLine(receiver, 'tls.not_renewed');
  assert.equal((await handshake(port)).name, 'first.example');
});
