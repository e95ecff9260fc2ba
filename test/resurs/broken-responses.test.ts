/**
 * Responses that break off, never end or redirect, over both interfaces alike; and that an abort by the caller ends a
 * call at once. Real sockets.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Agent, buildConnector } from 'undici';
import { waitUntil } from '../harness/wait.ts';
import { BOOKED, clientsFor, failureOf, NEVER, startFakeAccount, startFakeServer } from '../helpers/fake-account.ts';

const XML = { 'content-type': 'text/xml' };

test('a response that breaks off is not understood', async (t) => {
  const { rest, soap } = await startFakeAccount(t, (response) => {
    response.writeHead(200, { ...XML, 'content-length': 100 }).write('<a>', () => response.destroy());
  });

  for (const result of [await rest.read('BOOKED', NEVER), await soap.read('BOOKED', NEVER)]) {
    const { kind, status, text } = failureOf(result);
    assert.deepEqual([kind, status], ['not_understood', 200]);
    assert.match(text, /^the response broke off \([A-Z_]+\)$/);
  }
});

test('an endless response is dropped after 1 MiB', async (t) => {
  let dropped = 0;
  const { rest, soap } = await startFakeAccount(t, (response) => {
    response.once('close', () => {
      dropped += 1;
    });
    response.writeHead(200, XML);
    const writeMore = () => {
      while (!response.destroyed && response.write('endless '.repeat(1000)));
    };
    response.on('drain', writeMore);
    writeMore();
  });

  for (const result of [await rest.list(NEVER), await soap.read('BOOKED', NEVER)]) {
    const { kind, text } = failureOf(result);
    assert.deepEqual([kind, text], ['not_understood', 'the response is longer than 1 MiB']);
  }
  assert.ok(await waitUntil(async () => dropped === 2));
});

for (const status of [301, 302, 307, 308]) {
  test(`a redirect (${status}) is a refusal and is not followed`, async (t) => {
    const elsewhere = await startFakeServer(t, (response) => void response.writeHead(204).end());
    const location = `${elsewhere.baseUrl}/login`;
    const { rest, soap, requests } = await startFakeAccount(
      t,
      (response) => void response.writeHead(status, { location }).end(),
    );

    const results = [await rest.register('BOOKED', BOOKED, NEVER), await soap.register('BOOKED', BOOKED, NEVER)];

    for (const result of results) {
      const { kind, text } = failureOf(result);
      assert.deepEqual([kind, text], ['refused', 'redirected, and redirects are not followed']);
    }
    assert.deepEqual([requests.length, elsewhere.requests.length], [2, 0]);
  });
}

test("an abort ends a call with the caller's reason", async (t) => {
  const { rest, soap, requests } = await startFakeAccount(t, () => undefined);
  const stop = new AbortController();
  const calls = [rest.list(stop.signal), soap.trigger('TEST', [], stop.signal)];
  const settled = Promise.allSettled(calls);
  assert.ok(await waitUntil(async () => requests.length === 2));

  stop.abort('enough');

  for (const outcome of await settled) assert.deepEqual(outcome, { status: 'rejected', reason: 'enough' });
});

test('an abort in the middle of a response ends the call too', async (t) => {
  const { promise: begun, resolve } = Promise.withResolvers<void>();
  const { rest } = await startFakeAccount(t, (response) => void response.writeHead(500).write('<', () => resolve()));
  const stop = new AbortController();
  const settled = Promise.allSettled([rest.list(stop.signal)]);
  await begun;

  stop.abort('enough');

  assert.deepEqual(await settled, [{ status: 'rejected', reason: 'enough' }]);
});

test('an abort before the call sends nothing', async (t) => {
  const { rest, soap, requests } = await startFakeAccount(t, (response) => void response.writeHead(204).end());

  await assert.rejects(rest.register('BOOKED', BOOKED, AbortSignal.abort(new Error('before'))), /before/);
  await assert.rejects(soap.register('BOOKED', BOOKED, AbortSignal.abort(new Error('before'))), /before/);
  await rest.list(NEVER);

  assert.deepEqual(
    requests.map(({ method }) => method),
    ['GET'],
  );
});

test('a call that timed out while waiting for a connection is not sent later', async (t) => {
  const server = await startFakeServer(t, (response) => void response.writeHead(204).end());
  const { promise: mayConnect, resolve: release } = Promise.withResolvers<void>();
  const connect = buildConnector({});
  const later: typeof connect = (options, callback) => void mayConnect.then(() => connect(options, callback));
  const dispatcher = new Agent({ connect: later });
  const { rest } = clientsFor(t, server.baseUrl, { dispatcher, timeoutMs: 50 });

  const failure = failureOf(await rest.register('BOOKED', BOOKED, NEVER));
  const connected = once(dispatcher, 'connect');
  release();
  await connected;
  await dispatcher.close();

  assert.equal(failure.kind, 'timed_out');
  assert.deepEqual(server.requests, []);
});
