/**
 * The hostile senders notice a receiver that does wrong: one that takes everything, one that reads a hidden request,
 * one that does not answer. They are sent against small servers of the test, over real sockets.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { KINDS } from '../../faults/hostile/attacks.ts';
import { createTally } from '../../faults/hostile/counters.ts';
import type { Door } from '../../faults/hostile/endpoint.ts';
import { createSweep } from '../../faults/hostile/leak-scan.ts';
import { sendHostile } from '../../faults/hostile/sender.ts';
import { randomFor } from '../../faults/random.ts';

const KEYS = { salt: 'a-salt', previousSalt: null, key: null, username: null, password: null, token: 'a-token' };
const DIGEST = 'da39a3ee5e6b4b0d3255bfef95601890afd80709';

function answerOf(status: number, body = ''): string {
  return `HTTP/1.1 ${status} x\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

/** A server that does with each connection what it is told, and the senders' view of it. */
async function setup(t: TestContext, onConnection: (socket: Socket) => void) {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    onConnection(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => void server.close());
  const door: Door = { name: 'a door', port: (server.address() as AddressInfo).port, keys: KEYS, hasSources: false };
  const tally = createTally([door.name]);
  const sweep = createSweep(new Map());
  const send = (requests: number) =>
    sendHostile({ tally, sweep, signal: t.signal }, door, { random: randomFor(1, 'senders'), requests });
  return { tally, sweep, send };
}

test('a receiver that answers everything 200 is found out', async (t) => {
  const { tally, send } = await setup(t, (socket) => void socket.once('data', () => socket.end(answerOf(200))));

  await send(60);

  assert.equal(tally.requests(), 60);
  assert.match([...tally.wrongs.keys()].join('\n'), /wrong digest: plain 200/);
});

test('a receiver that answers more often than it was asked is found out', async (t) => {
  const { tally, send } = await setup(t, (socket) => {
    socket.once('data', () => socket.end(answerOf(400) + answerOf(204)));
  });

  await send(200);

  assert.match([...tally.wrongs.keys()].join('\n'), /a second answer, plain 204/);
});

test('a receiver that hangs up on everybody is found out', async (t) => {
  const { tally, send } = await setup(t, (socket) => void socket.once('data', () => socket.destroy()));

  await send(60);

  assert.match([...tally.wrongs.keys()].join('\n'), /wrong digest: closed/);
});

test('a receiver that repeats a digest in its answers is found out', async (t) => {
  const { sweep, send } = await setup(t, (socket) => void socket.once('data', () => socket.end(answerOf(406, DIGEST))));

  await send(60);

  assert.match([...sweep.faults].join('\n'), /something like a digest/);
});

test('the same seed draws the same requests, of every kind', () => {
  const door: Door = { name: 'a door', port: 0, keys: KEYS, hasSources: true };
  const drawn = (seed: number) => KINDS.map((kind) => kind.draw(randomFor(seed, kind.name), door).pieces.join(''));

  assert.deepEqual(drawn(1), drawn(1));
  assert.notDeepEqual(drawn(1), drawn(2));
});
