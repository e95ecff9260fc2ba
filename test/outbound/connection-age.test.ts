/**
 * How long connections live: a name that moved to another address is followed although the old server still answers,
 * and no request is broken by it. Two servers on one port, of two addresses of the loopback network.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import * as http from 'node:http';
import type { AddressInfo, LookupFunction } from 'node:net';
import { type TestContext, test } from 'node:test';
import { waitUntil } from '../harness/wait.ts';
import { describe, outboundForTest, post } from '../helpers/outbound.ts';

type Handler = (request: http.IncomingMessage, response: http.ServerResponse) => void;

async function startAt(t: TestContext, address: string, port: number, handle: Handler) {
  const sockets = new Set<unknown>();
  const server = http.createServer((request, response) => {
    sockets.add(request.socket);
    request.resume().on('end', () => handle(request, response));
  });
  server.keepAliveTimeout = 60_000;
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  server.listen(port, address);
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, open: sockets, server };
}

/** A name that can be moved. */
function movableName(address: string) {
  let current = address;
  const lookup: LookupFunction = (_name, { all }, done) =>
    all ? done(null, [{ address: current, family: 4 }]) : done(null, current, 4);
  return {
    lookup,
    moveTo(next: string) {
      current = next;
    },
  };
}

const name =
  (server: string): Handler =>
  (_request, response) =>
    void response.end(server);

async function setup(t: TestContext, handleOld: Handler = name('old')) {
  const old = await startAt(t, '127.0.0.1', 0, handleOld);
  await startAt(t, '127.0.0.2', old.port, name('new'));
  const moving = movableName('127.0.0.1');
  const url = `http://shop.example:${old.port}/hook`;
  return { ...moving, url, old };
}

async function answerOf(sending: ReturnType<typeof post>): Promise<string> {
  const result = await sending;
  return result.outcome === 'responded' ? result.excerpt : describe(result);
}

test('a busy connection is replaced when it is too old, and every request gets its response', async (t) => {
  const { lookup, moveTo, url } = await setup(t);
  const outbound = outboundForTest(t, { lookup, connections: 4, maxConnectionAgeMs: 100 });
  const answers: string[] = [await answerOf(post(outbound, url))];
  moveTo('127.0.0.2');

  await Promise.all(
    Array.from({ length: 8 }, async () => {
      do answers.push(await answerOf(post(outbound, url)));
      while (answers.at(-1) !== 'new' && answers.length < 100_000);
    }),
  );

  assert.deepEqual([...new Set(answers)], ['old', 'new']);
});

test('before that age the connection is kept', async (t) => {
  const { lookup, moveTo, url, old } = await setup(t);
  const outbound = outboundForTest(t, { lookup });
  const first = await answerOf(post(outbound, url));
  moveTo('127.0.0.2');

  const second = await answerOf(post(outbound, url));

  assert.deepEqual([first, second, old.open.size], ['old', 'old', 1]);
});

test('a request that is under way when its connection gets too old ends normally', async (t) => {
  const waiting: http.ServerResponse[] = [];
  const { lookup, moveTo, url } = await setup(t, (_request, response) => void waiting.push(response));
  const outbound = outboundForTest(t, { lookup, connections: 2, maxConnectionAgeMs: 50 });
  const slow = answerOf(post(outbound, url));
  assert.ok(await waitUntil(async () => waiting.length === 1));
  moveTo('127.0.0.2');

  const reachedNew = await waitUntil(async () => (await answerOf(post(outbound, url, 500))) === 'new');
  for (const response of waiting) response.end('old');

  assert.ok(reachedNew);
  assert.equal(await slow, 'old');
});

test('an idle connection is closed at that age, even if the server offers to keep it', async (t) => {
  const { lookup, url, old } = await setup(t);
  let closed = 0;
  old.server.on('connection', (socket) => socket.on('close', () => (closed += 1)));
  const outbound = outboundForTest(t, { lookup, maxConnectionAgeMs: 100 });

  await post(outbound, url);

  assert.ok(await waitUntil(async () => closed === 1));
});
