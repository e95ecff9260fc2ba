/**
 * The hostile senders detect a receiver that misbehaves: it accepts everything, parses a hidden request, or does not
 * respond. They attack small servers of the test, over real sockets.
 */

import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { ATTACKS } from '../../faults/hostile/attacks.ts';
import { createCounters } from '../../faults/hostile/counters.ts';
import type { Endpoint } from '../../faults/hostile/endpoint.ts';
import { createLeakScanner } from '../../faults/hostile/leak-scan.ts';
import { runSender } from '../../faults/hostile/sender.ts';
import { randomFor } from '../harness/random.ts';
import { listenForTest } from '../helpers/listen.ts';

const SECRETS = {
  salt: 'a-salt',
  previousSalt: null,
  key: null,
  username: null,
  password: null,
  token: 'a-token',
  callbackToken: 'a-callback-token-1Hs6',
  previousCallbackToken: null,
};
const DIGEST = 'da39a3ee5e6b4b0d3255bfef95601890afd80709';

function responseText(status: number, body = ''): string {
  return `HTTP/1.1 ${status} x\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

/** Starts a server with this behaviour for each connection, and senders for it. */
async function setup(t: TestContext, onConnection: (socket: Socket) => void) {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    onConnection(socket);
  });
  const { port } = await listenForTest(t, server);
  const endpoint: Endpoint = {
    name: 'an endpoint',
    port,
    secrets: SECRETS,
    hasSources: false,
  };
  const counters = createCounters([endpoint.name]);
  const leakScanner = createLeakScanner(new Map(), null);
  const send = (requests: number) =>
    runSender({ counters, leakScanner, signal: t.signal }, endpoint, { random: randomFor(1, 'senders'), requests });
  return { counters, leakScanner, send };
}

test('senders detect a receiver that answers everything 200', async (t) => {
  const { counters, send } = await setup(t, (socket) => void socket.once('data', () => socket.end(responseText(200))));

  await send(60);

  assert.equal(counters.requests(), 60);
  assert.match([...counters.violations.keys()].join('\n'), /wrong digest: plain 200/);
});

test('senders detect a receiver that takes callbacks of the Merchant API whatever their token is', async (t) => {
  const { counters, send } = await setup(
    t,
    (socket) => void socket.once('data', () => socket.end('HTTP/1.1 204 OK\r\nx-callback-digest-code: 204\r\n\r\n')),
  );

  await send(200);

  assert.match([...counters.violations.keys()].join('\n'), /Merchant API, wrong token: callback 204/);
});

test('senders detect a receiver that sends more responses than it got requests', async (t) => {
  const { counters, send } = await setup(t, (socket) => {
    socket.once('data', () => socket.end(responseText(400) + responseText(204)));
  });

  await send(200);

  assert.match([...counters.violations.keys()].join('\n'), /a second response, plain 204/);
});

test('senders detect a receiver that closes every connection', async (t) => {
  const { counters, send } = await setup(t, (socket) => void socket.once('data', () => socket.destroy()));

  await send(60);

  assert.match([...counters.violations.keys()].join('\n'), /wrong digest: closed/);
});

test('senders detect a receiver that repeats a digest in its responses', async (t) => {
  const { leakScanner, send } = await setup(
    t,
    (socket) => void socket.once('data', () => socket.end(responseText(406, DIGEST))),
  );

  await send(60);

  assert.match([...leakScanner.leaks].join('\n'), /something like a digest/);
});

test('the same seed draws the same requests for every attack', () => {
  const endpoint: Endpoint = { name: 'an endpoint', port: 0, secrets: SECRETS, hasSources: true };
  const drawn = (seed: number) =>
    ATTACKS.map((attack) => attack.draw(randomFor(seed, attack.name), endpoint).pieces.join(''));

  assert.deepEqual(drawn(1), drawn(1));
  assert.notDeepEqual(drawn(1), drawn(2));
});
