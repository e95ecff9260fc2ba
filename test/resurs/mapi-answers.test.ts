/**
 * Whatever the Merchant API answers, or does not, a read ends in one of three ways: found, unknown, or failed with a
 * reason. Only its own word makes a payment unknown, since that refuses the callbacks of the payment. Real HTTP.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeFailure } from '../../src/resurs/failure.ts';
import { type Respond, respondJson } from '../harness/merchant-api.ts';
import { waitUntil } from '../harness/wait.ts';
import { startFakeServer } from '../helpers/fake-account.ts';
import { endOf, limitsOf, PAYMENT_ID, startMapiClient } from '../helpers/mapi-client.ts';

const OTHER_ID = '0a1b2c3d-0000-4000-8000-000000000002';
const ERROR = { traceId: 'trace-1', code: 'PAYMENT_NOT_FOUND', message: 'No such payment', timestamp: 'x' };

function text(status: number, body: string, contentType = 'application/json'): Respond {
  return (_, response) => void response.writeHead(status, { 'content-type': contentType }).end(body);
}

function json(status: number, body: object, headers: Record<string, string> = {}): Respond {
  return (_, response) => respondJson(response, status, body, headers);
}

const PAGE = '<!doctype html><html>customer@example.com</html>';

/** By name: the answer, how the read ends, and the whole line of its failure. */
const ANSWERS: Readonly<Record<string, readonly [Respond, string, string?]>> = {
  'an error of its own for an unknown payment': [json(404, ERROR), 'unknown'],
  'a payment of another store': [json(403, { ...ERROR, code: 'FORBIDDEN' }), 'unknown'],
  'a page instead of the API': [
    text(404, PAGE, 'text/html'),
    'refused',
    'HTTP 404: refused with a web page, which is not a response of this interface',
  ],
  'nothing for an unknown path': [text(404, ''), 'refused', 'HTTP 404: refused without a reason'],
  'half an error': [
    (_, response) =>
      response.writeHead(404, { 'content-length': '90' }).write('{"code": "PAY', () => response.destroy()),
    'refused',
    'HTTP 404: refused, and the response broke off (UND_ERR_SOCKET)',
  ],
  'a firewall': [text(403, PAGE, 'text/html'), 'refused', 'HTTP 403: the credentials are not accepted'],
  'a scope that does not suffice': [
    json(403, { error: 'insufficient_scope' }),
    'refused',
    'HTTP 403, code insufficient_scope: the credentials are not accepted',
  ],
  'a server before the API': [
    json(403, { status: 403, error: 'Forbidden', path: '/v2/payments' }),
    'refused',
    'HTTP 403, code Forbidden: the credentials are not accepted',
  ],
  'a gateway': [json(403, { message: 'Forbidden' }), 'refused', 'HTTP 403: Forbidden'],
  'a gateway without a route': [json(404, { message: 'no route' }), 'refused', 'HTTP 404: no route'],
  'a bad request': [
    json(400, { traceId: 't-2', validationErrors: [{ fieldName: 'id', message: 'must be a UUID' }, {}] }),
    'refused',
    'HTTP 400: id: must be a UUID, a field: invalid, traceId t-2',
  ],
  'a code that is a number': [json(422, { code: 4711, message: 'No' }), 'refused', 'HTTP 422, code 4711: No'],
  'too many requests': [
    json(429, ERROR),
    'limited',
    'HTTP 429, code PAYMENT_NOT_FOUND: No such payment, traceId trace-1',
  ],
  'an error of the server': [
    json(500, { ...ERROR, code: 'INTERNAL' }),
    'refused',
    'HTTP 500, code INTERNAL: No such payment, traceId trace-1',
  ],
  'an error that names what does not exist': [
    json(500, { message: 'x does not exist' }),
    'refused',
    'HTTP 500: x does not exist',
  ],
  'a page of maintenance': [
    text(503, PAGE, 'text/html'),
    'refused',
    'HTTP 503: refused with a web page, which is not a response of this interface',
  ],
  'a login page': [text(200, PAGE, 'text/html'), 'not_understood', 'HTTP 200: the response is a web page'],
  'a page that says it is JSON': [text(200, PAGE), 'not_understood', 'HTTP 200: the response is a web page'],
  'no JSON': [text(200, '{"id": '), 'not_understood', 'HTTP 200: the response is not a JSON object'],
  'a list': [json(200, []), 'not_understood', 'HTTP 200: the response is not a JSON object'],
  'a number': [text(200, '7'), 'not_understood', 'HTTP 200: the response is not a JSON object'],
  'deep JSON': [text(200, '['.repeat(500_000)), 'not_understood', 'HTTP 200: the response is not a JSON object'],
  nothing: [text(200, ''), 'not_understood', 'HTTP 200: the response is not a JSON object'],
  'no content': [
    (_, response) => void response.writeHead(204).end(),
    'not_understood',
    'HTTP 204: the response is not a JSON object',
  ],
  'a payment without an id': [
    json(200, { status: 'ACCEPTED' }),
    'not_understood',
    'HTTP 200: the response has a payment without an id',
  ],
  'a payment without a status': [
    json(200, { id: PAYMENT_ID }),
    'not_understood',
    'HTTP 200: the response has a payment without a status',
  ],
  'another payment': [
    json(200, { id: OTHER_ID, status: 'ACCEPTED' }),
    'not_understood',
    'the response is about another payment',
  ],
  'the payment in upper case': [json(200, { id: PAYMENT_ID.toUpperCase(), status: 'ACCEPTED' }), 'found'],
  'the payment with a new status': [json(200, { id: PAYMENT_ID, status: 'NEW_WORD' }), 'found'],
  'half a body': [
    (_, response) => response.writeHead(200, { 'content-length': '90' }).write('{"id": "', () => response.destroy()),
    'not_understood',
    'HTTP 200: the response broke off (UND_ERR_SOCKET)',
  ],
  'a body over 1 MiB': [
    text(200, `{"id": "${PAYMENT_ID}", "status": "ACCEPTED"}${' '.repeat(1_048_576)}`),
    'not_understood',
    'HTTP 200: the response is longer than 1 MiB',
  ],
  'a reset connection': [(_, response) => void response.socket?.resetAndDestroy(), 'unreachable'],
};

test('each answer ends the read in its way, with a reason', async (t) => {
  const { api, createClient, clock } = await startMapiClient(t);
  for (const [name, [respond, end, line]] of Object.entries(ANSWERS)) {
    api.override('/v2/', respond);

    const result = await createClient().payment(PAYMENT_ID, limitsOf());

    assert.equal(endOf(result), end, name);
    if (result.outcome !== 'failed') continue;
    const described = describeFailure(result.failure);
    if (line !== undefined) assert.equal(described, `MAPI GET /v2/payments/${PAYMENT_ID}: ${line}`, name);
    assert.doesNotMatch(described, /customer/);
    // Nothing is sent before the wait is over.
    clock.moveOn(60_000);
  }
});

test('a time-out covers the token, the answer and its body', async (t) => {
  for (const [path, respond] of [
    ['/oauth2/token', () => undefined],
    ['/v2/', () => undefined],
    ['/v2/', (_, response) => void response.writeHead(200, { 'content-type': 'application/json' }).write('{')],
    ['/v2/', (_, response) => void response.writeHead(401)],
  ] as const satisfies readonly (readonly [string, Respond])[]) {
    const { api, read } = await startMapiClient(t);
    api.override(path, respond);

    assert.equal(endOf(await read({ timeoutMs: 200 })), 'timed_out');
  }
});

test('a server that is down is unreachable', async (t) => {
  const { api, read } = await startMapiClient(t);
  await api.close();

  const result = await read();

  assert.ok(result.outcome === 'failed' && result.failure.kind === 'unreachable');
  assert.equal(describeFailure(result.failure), 'MAPI POST /oauth2/token: ECONNREFUSED');
});

test('a redirect is a refusal, and neither token nor secret goes elsewhere', async (t) => {
  const elsewhere = await startFakeServer(t, (response) => void response.writeHead(204).end());
  for (const path of ['/oauth2/token', '/v2/']) {
    for (const status of [301, 302, 303, 307, 308]) {
      const { api, read } = await startMapiClient(t);
      api.override(path, (_, response) => void response.writeHead(status, { location: elsewhere.baseUrl }).end());

      const result = await read();

      assert.ok(result.outcome === 'failed');
      assert.deepEqual(
        [result.failure.kind, result.failure.status, result.failure.text],
        ['refused', status, 'redirected, and redirects are not followed'],
      );
    }
  }
  assert.equal(elsewhere.requests.length, 0);
});

test("an abort ends a call with the caller's reason, also while it waits for a token", async (t) => {
  for (const path of ['/oauth2/token', '/v2/']) {
    const { api, read } = await startMapiClient(t);
    api.override(path, () => undefined);
    const stop = new AbortController();

    const settled = Promise.allSettled([read({ signal: stop.signal })]);
    assert.ok(await waitUntil(async () => api.count(path) === 1));
    stop.abort('enough');

    assert.deepEqual(await settled, [{ status: 'rejected', reason: 'enough' }]);
  }
});

test('an abort before the call sends nothing', async (t) => {
  const { api, read } = await startMapiClient(t);

  await assert.rejects(read({ signal: AbortSignal.abort(new Error('before')) }), /before/);

  assert.equal(api.requests.length, 0);
});

test('payments are searched in one store, stores are listed, and Resurs is asked for a test callback', async (t) => {
  const { api, client } = await startMapiClient(t);
  api.override('/v2/stores', (_, response) => {
    respondJson(response, 200, { content: [{ id: 'store-1' }, { id: 'a b' }, {}, { id: 'store-2', name: 'x' }] });
  });
  api.override('/v2/callbacks/test', (_, response) => respondJson(response, 200, { status: 'TIMEOUT', code: 504 }));

  const found = await client.search({ storeId: 'store-1', orderReference: 'order-0a1b2c3d' }, limitsOf());
  const none = await client.search({ storeId: 'store-1', orderReference: 'other' }, limitsOf());
  const stores = await client.stores(limitsOf());
  const report = await client.testCallback('https://pay.shop.example/callbacks/mapi?token=x', limitsOf());

  assert.ok(found.outcome === 'done');
  assert.deepEqual(
    found.value.map(({ id, order }) => [id, order?.orderReference]),
    [[PAYMENT_ID, 'order-0a1b2c3d']],
  );
  assert.deepEqual(none, { outcome: 'done', value: [] });
  assert.deepEqual(stores, { outcome: 'done', value: ['store-1', 'store-2'] });
  assert.deepEqual(report, { outcome: 'done', value: { status: 'TIMEOUT', code: 504 } });
  const bodies = api.requests.filter(({ method, path }) => method === 'POST' && path.startsWith('/v2/'));
  assert.deepEqual(
    bodies.map(({ path, headers, body }) => [path, headers['content-type'], JSON.parse(body)]),
    [
      ['/v2/payments/search', 'application/json', { storeId: 'store-1', orderReference: 'order-0a1b2c3d' }],
      ['/v2/payments/search', 'application/json', { storeId: 'store-1', orderReference: 'other' }],
      ['/v2/callbacks/test', 'application/json', { url: 'https://pay.shop.example/callbacks/mapi?token=x' }],
    ],
  );
});
