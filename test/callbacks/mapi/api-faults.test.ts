/**
 * A Merchant API that fails in every way while a payment has to be confirmed: the callback gets 503 with Retry-After
 * within 4 s, nothing is stored, and the next one is stored as soon as the API works. Real HTTP and Postgres.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { type TestContext, test } from 'node:test';
import { type Respond, respondJson } from '../../harness/merchant-api.ts';
import { waitUntil } from '../../harness/wait.ts';
import { countRows, NO_ROWS } from '../../helpers/database-state.ts';
import {
  assertMapiResponse,
  authorization,
  type ConfirmingReceiver,
  mapiTarget,
  post,
  startConfirmingReceiver,
} from '../../helpers/mapi.ts';
import { startTestService } from '../../helpers/service.ts';
import { startStopwatch } from '../../helpers/stopwatch.ts';

const PATH = mapiTarget('/authorization', null);
const TRY_AGAIN = { status: 503, reason: 'Try again.', actual: 'AUTHORIZATION' };
const OK = { status: 204, reason: 'OK', actual: 'AUTHORIZATION' };
const MAX_RESPONSE_MS = 4_000;

/** Connections that `hang` keeps; the test ends them. */
const hanging = new Set<ServerResponse>();
const hang: Respond = (_request, response) => void hanging.add(response);
const halfBody: Respond = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1_000 });
  response.write('{"id":', () => response.destroy());
};
const endless: Respond = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' }).write('{"id":"');
};
const html: Respond = (_request, response) =>
  void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Welcome</html>');
const webPage404: Respond = (_request, response) =>
  void response.writeHead(404, { 'content-type': 'text/html' }).end('<html>Not here</html>');
const reset: Respond = (_request, response) => void response.socket?.resetAndDestroy();
const answer =
  (status: number, body: object = {}): Respond =>
  (_request, response) =>
    respondJson(response, status, body);

const PAYMENTS = '/v2/payments/';
const TOKEN = '/oauth2/token';
const FAULTS: readonly [string, string, Respond][] = [
  ['hangs', PAYMENTS, hang],
  ['resets the connection', PAYMENTS, reset],
  ['sends half a body', PAYMENTS, halfBody],
  ['sends a body that never ends', PAYMENTS, endless],
  ['sends a web page', PAYMENTS, html],
  ['sends a web page as 404', PAYMENTS, webPage404],
  ['answers 500', PAYMENTS, answer(500)],
  ['answers 503', PAYMENTS, answer(503)],
  ['answers 400', PAYMENTS, answer(400, { code: 'BAD_REQUEST' })],
  ['redirects', PAYMENTS, (_request, response) => void response.writeHead(302, { location: '/' }).end()],
  ['answers about another payment', PAYMENTS, answer(200, { id: randomUUID(), status: 'ACCEPTED' })],
  ['answers no object', PAYMENTS, answer(200, [])],
  ['refuses every token', PAYMENTS, answer(401)],
  ['hangs with its token', TOKEN, hang],
  ['refuses the credentials', TOKEN, answer(401, { error: 'invalid_client' })],
  ['forbids the account a token', TOKEN, answer(403, { error: 'access_denied' })],
  ['does not know where tokens are', TOKEN, answer(404, { code: 'NOT_FOUND', traceId: '1' })],
  ['answers 500 for a token', TOKEN, answer(500)],
  ['sends a web page for a token', TOKEN, html],
  ['sends half a token', TOKEN, halfBody],
];

/** Each fault has a receiver of its own on one database, since failures in a row pause the reads of a process. */
async function sendUnder(t: TestContext, base: ConfirmingReceiver, [path, respond]: readonly [string, Respond]) {
  const { receiver: shared, api, account } = base;
  const receiver = await startTestService(t, { env: account, databaseUrl: shared.databaseUrl });
  const id = randomUUID();
  api.hold(id);
  api.override(path, respond);
  const watch = startStopwatch();
  const faulty = await post(receiver, PATH, authorization(id));
  const durationMs = watch.elapsedMs();
  const stored = await receiver.query('select 1 from events where payment_id = $1', [id]);
  api.override(path, null);
  for (const response of hanging) response.destroy();
  const retry = await post(receiver, PATH, authorization(id));
  await receiver.service.stop();
  return { faulty, durationMs, stored, retry };
}

test('whatever the Merchant API does, the callback gets 503 in time and its retry is stored', async (t) => {
  const base = await startConfirmingReceiver(t);

  for (const [name, path, respond] of FAULTS) {
    await t.test(`when it ${name}`, async () => {
      const { faulty, durationMs, stored, retry } = await sendUnder(t, base, [path, respond]);

      assertMapiResponse(faulty, TRY_AGAIN);
      assert.ok(durationMs < MAX_RESPONSE_MS, `${durationMs} ms`);
      assert.deepEqual(stored, []);
      assertMapiResponse(retry, OK);
    });
  }
});

test('a Merchant API that cannot be reached gives 503', async (t) => {
  const { receiver, api } = await startConfirmingReceiver(t);
  await api.close();

  const response = await post(receiver, PATH, authorization(randomUUID()));

  assertMapiResponse(response, TRY_AGAIN);
  assert.deepEqual(await countRows(receiver), NO_ROWS);
});

test('a payment that was found needs no Merchant API any more', async (t) => {
  const { receiver, api } = await startConfirmingReceiver(t);
  const id = randomUUID();
  api.hold(id);
  await post(receiver, PATH, authorization(id, 'FROZEN'));
  await api.close();

  const response = await post(receiver, PATH, authorization(id));

  assertMapiResponse(response, OK);
});

test('a slow Merchant API is waited for as long as the response may take', async (t) => {
  const { receiver, api } = await startConfirmingReceiver(t);
  const id = randomUUID();
  api.override(PAYMENTS, (request, response) => {
    setTimeout(
      () => respondJson(response, 200, { id: request.path.slice(PAYMENTS.length), status: 'ACCEPTED' }),
      1_200,
    );
  });

  // Its time-out is 0.8 s away, which a busy machine may take from this process once.
  const isStored = await waitUntil(async () => (await post(receiver, PATH, authorization(id))).status === 204);

  assert.ok(isStored);
});

test('an unknown payment is not believed when there was no time to ask for it again', async (t) => {
  const { receiver, api } = await startConfirmingReceiver(t);
  api.override(PAYMENTS, (_request, response) => {
    setTimeout(() => respondJson(response, 404, { code: 'PAYMENT_NOT_FOUND' }), 1_200);
  });

  const response = await post(receiver, PATH, authorization(randomUUID()));

  assertMapiResponse(response, TRY_AGAIN);
});

test('after 429 nothing is asked until Resurs allows it', async (t) => {
  const { receiver, api } = await startConfirmingReceiver(t);
  api.override(PAYMENTS, (_request, response) => respondJson(response, 429, {}, { 'retry-after': '60' }));
  const first = await post(receiver, PATH, authorization(randomUUID()));
  const asked = api.count(PAYMENTS);
  api.override(PAYMENTS, null);

  const second = await post(receiver, PATH, authorization(randomUUID()));

  for (const response of [first, second]) assertMapiResponse(response, TRY_AGAIN);
  assert.deepEqual([asked, api.count(PAYMENTS)], [1, 1]);
});

test('after five failures in a row nothing is asked for a while', async (t) => {
  const { receiver, api } = await startConfirmingReceiver(t);
  api.override(PAYMENTS, answer(500));

  for (let n = 0; n < 7; n += 1) assertMapiResponse(await post(receiver, PATH, authorization(randomUUID())), TRY_AGAIN);

  assert.equal(api.count(PAYMENTS), 5);
});

test('a token that is not accepted any more is renewed once, and the callback is stored', async (t) => {
  const { receiver, api } = await startConfirmingReceiver(t);
  const ids = Array.from({ length: 4 }, () => randomUUID());
  for (const id of ids) api.hold(id);
  const [first = '', ...later] = ids;
  await post(receiver, PATH, authorization(first));
  api.endTokens();

  const responses = await Promise.all(later.map((id) => post(receiver, PATH, authorization(id))));

  for (const response of responses) assertMapiResponse(response, OK);
  assert.equal(api.count(TOKEN), 2);
});

test('an expires_in of any kind does not matter', async (t) => {
  const { receiver: shared, api, account } = await startConfirmingReceiver(t);
  const odd = [
    {},
    { expires_in: 0 },
    { expires_in: -5 },
    { expires_in: '3599' },
    { expires_in: 1e300 },
    { expires_in: {} },
  ];

  for (const members of odd) {
    api.tokenMembers = members;
    const receiver = await startTestService(t, { env: account, databaseUrl: shared.databaseUrl });
    const ids = [randomUUID(), randomUUID()];
    for (const id of ids) {
      api.hold(id);
      assertMapiResponse(await post(receiver, PATH, authorization(id)), OK);
    }
    await receiver.service.stop();
  }
});

test('in a flood of unknown payments eight are read at once, and every response is in time', async (t) => {
  const { receiver, api } = await startConfirmingReceiver(t);
  const reads = { now: 0, most: 0 };
  api.override(PAYMENTS, (_request, response) => {
    reads.now += 1;
    response.on('close', () => {
      reads.now -= 1;
    });
    // A read that was given up before this one may be seen to end a little later.
    setTimeout(() => {
      reads.most = Math.max(reads.most, reads.now);
    }, 20);
  });
  const watch = startStopwatch();

  const responses = await Promise.all(
    Array.from({ length: 120 }, () => post(receiver, PATH, authorization(randomUUID()))),
  );
  const durationMs = watch.elapsedMs();

  for (const response of responses) assertMapiResponse(response, TRY_AGAIN);
  assert.ok(durationMs < MAX_RESPONSE_MS, `${durationMs} ms`);
  // On a busy machine a callback that came later may read when the first ones have given up.
  assert.equal(reads.most, 8);
  assert.deepEqual(await countRows(receiver), NO_ROWS);
});
