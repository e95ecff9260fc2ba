/**
 * The OpenAPI document of the status API: valid, complete and correct. Clients are generated from it, so a wrong route,
 * status or field breaks them. Real service; responses to real requests are validated against it.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { Validator } from '@seriousme/openapi-schema-validator';
import { type RawResponse, send, target } from '../helpers/callbacks.ts';
import { sendCallback, waitForStates, webhookEnv } from '../helpers/deliveries.ts';
import { respondXml, startFakeServer } from '../helpers/fake-account.ts';
import { startMerchant } from '../helpers/merchant.ts';
import { askReplay } from '../helpers/replays.ts';
import { startTestService, type TestService } from '../helpers/service.ts';
import { requestStatusApi } from '../helpers/status.ts';
import { paymentResponse, paymentXml } from '../resurs/payment-responses.ts';
import { type Schema, schemaErrors } from './json-schema.ts';

interface Operation {
  readonly operationId?: string;
  readonly summary?: string;
  readonly security?: readonly unknown[];
  readonly responses: Readonly<Record<string, { description: string; content?: Record<string, { schema: Schema }> }>>;
}
interface Document {
  readonly openapi: string;
  readonly info: { readonly version: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

/** Contract section 7. */
const ROUTES = [
  'DELETE /orders/{paymentId}',
  'DELETE /payments/{paymentId}',
  'DELETE /replays/{id}',
  'GET /access',
  'GET /actions',
  'GET /alerts',
  'GET /dead-letters',
  'GET /events',
  'GET /events/{id}',
  'GET /events/{id}/webhook',
  'GET /healthz',
  'GET /metrics',
  'GET /openapi.json',
  'GET /orders/{paymentId}',
  'GET /payments/{paymentId}',
  'GET /payments/{paymentId}/now',
  'GET /readyz',
  'GET /refusals',
  'GET /rejections',
  'GET /replays',
  'GET /replays/{id}',
  'GET /statistics',
  'GET /status',
  'POST /events/{id}/replay',
  'POST /replays',
  'POST /webhook/probe',
  'PUT /orders/{paymentId}',
];
const WITHOUT_TOKEN = ['GET /healthz', 'GET /readyz'];
const NO_SUCH_EVENT = 'evt_01234567-89ab-7cde-8f01-23456789abcd';
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'];

async function readDocument(receiver: TestService): Promise<Document> {
  const response = await requestStatusApi(receiver, 'GET', '/openapi.json');
  assert.equal(response.status, 200);
  assert.match(String(response.headers['content-type']), /^application\/json\b/);
  return JSON.parse(response.body);
}

function routesOf({ paths }: Document): string[] {
  const routes = Object.entries(paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
  );
  return routes.sort();
}

function operationOf({ paths }: Document, route: string): Operation {
  const [method = '', path = ''] = route.split(' ');
  return paths[path]?.[method.toLowerCase()] ?? assert.fail(`${route} is not in the document`);
}

/** Two events of p1, one delivered and one dead letter, an order p2 that is not ours, and p1 registered. */
async function setup(t: TestContext) {
  const merchant = await startMerchant(t);
  merchant.answerWith(({ body }, response) => {
    response.writeHead(body.includes('payment.unfrozen') ? 410 : 204).end('no');
  });
  const resurs = await startFakeServer(t, respondXml(200, paymentResponse(paymentXml({ id: 'p1' }))));
  const account = { RESURS_USERNAME: 'shop', RESURS_PASSWORD: 'a-password', RESURS_SOAP_URL: resurs.baseUrl };
  const env = { ORDER_OWNERSHIP: 'registered', MOCK_ERRORS: 'true', ...account, ...webhookEnv(merchant.url) };
  const receiver = await startTestService(t, { env });
  await requestStatusApi(receiver, 'PUT', '/orders/p1');
  await sendCallback(receiver, 'BOOKED', 'p1', { method: 'POST', body: '{"a": [1.0]}' });
  await sendCallback(receiver, 'UNFREEZE', 'p1');
  await waitForStates(receiver, ['delivered', 'dead_letter'], 2);
  assert.equal((await send(receiver.url, target('UNFREEZE', 'p2'))).status, 410);
  assert.equal((await send(receiver.url, target('UNFREEZE', 'p2', { salt: 'wrong' }))).status, 406);
  assert.equal((await send(receiver.url, '/callbacks/resurs')).status, 400);
  const [event] = await receiver.query<{ id: string }>(
    `select 'evt_' || id as id from events where callback = 'UNFREEZE'`,
  );
  return { receiver, document: await readDocument(receiver), eventId: event?.id ?? assert.fail('no event') };
}

test('the document is valid OpenAPI 3.1', async (t) => {
  const document = await readDocument(await startTestService(t));

  const { valid, errors } = await new Validator().validate({ ...document });

  assert.ok(valid, JSON.stringify(errors));
  assert.match(document.openapi, /^3\.1\./);
});

/** Lints with the recommended rules; errors and warnings alike. */
async function lint(t: TestContext, document: Document): Promise<readonly string[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'openapi-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await writeFile(path.join(folder, 'openapi.json'), JSON.stringify(document));
  const manifest = createRequire(import.meta.url).resolve('@redocly/cli/package.json');
  const cli = path.join(path.dirname(manifest), 'bin', 'cli.js');
  // Without these, it looks for updates and reports its use.
  const env = { ...process.env, REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true', REDOCLY_TELEMETRY: 'off' };
  const run = promisify(execFile)(process.execPath, [cli, 'lint', 'openapi.json', '--format=json'], {
    cwd: folder,
    env,
  });
  const { stdout } = await run.catch((error: { stdout: string }) => error);
  const { problems }: { problems: readonly { ruleId: string; location: readonly { pointer: string }[] }[] } =
    JSON.parse(stdout);
  return problems.map(({ ruleId, location }) => `${ruleId} ${location[0]?.pointer}`);
}

test('redocly finds nothing to improve in the document', async (t) => {
  const document = await readDocument(await startTestService(t));

  assert.deepEqual(await lint(t, document), []);

  const { '/status': _, ...others } = document.paths;
  const undescribed = { '/status': { get: { responses: {} } } };
  const worse = { ...document, paths: { ...others, ...undescribed } };
  assert.ok((await lint(t, worse)).includes('operation-operationId #/paths/~1status/get/operationId'));
});

test('each operation has a name of its own and a summary, and each response a description', async (t) => {
  const document = await readDocument(await startTestService(t));

  const names = ROUTES.map((route) => operationOf(document, route).operationId ?? assert.fail(route));
  assert.equal(new Set(names).size, ROUTES.length, String(names));
  for (const route of ROUTES) {
    const { summary, responses } = operationOf(document, route);
    assert.match(summary ?? '', /^[A-Z][a-z]+s /, route);
    for (const [status, { description }] of Object.entries(responses)) {
      assert.ok(description !== '' && description !== 'Default Response', `${route} ${status}: ${description}`);
    }
  }
});

for (const [name, env] of Object.entries({ 'one port': {}, STATUS_PORT: { STATUS_PORT: '0' } })) {
  test(`with ${name} the document lists exactly the routes of the contract, and these exist`, async (t) => {
    const receiver = await startTestService(t, { env });

    const routes = routesOf(await readDocument(receiver));

    assert.deepEqual(routes, ROUTES);
    const existing: string[] = [];
    for (const path of new Set(ROUTES.map((route) => route.split(' ')[1] ?? ''))) {
      for (const method of METHODS) {
        const { status, body } = await requestStatusApi(receiver, method, path.replace(/{\w+}/, 'x'));
        const isThere = status !== 405 && !(status === 404 && (method === 'HEAD' || body.includes('Route not found')));
        if (isThere) existing.push(`${method} ${path}`);
      }
    }
    assert.deepEqual(existing.sort(), [...ROUTES, 'HEAD /healthz', 'HEAD /readyz'].sort());
  });
}

test('the document requires the token where the service does', async (t) => {
  const receiver = await startTestService(t);
  const document = await readDocument(receiver);

  for (const route of ROUTES) {
    const [method = '', path = ''] = route.split(' ');
    const { status } = await send(receiver.url, path.replace(/{\w+}/, 'x'), { method });

    const isOpen = WITHOUT_TOKEN.includes(route);
    assert.equal(status === 401, !isOpen, route);
    const { security, responses } = operationOf(document, route);
    assert.deepEqual([security?.length === 0, responses['401'] === undefined], [isOpen, isOpen], route);
  }
});

/** Asserts that the document has the status, and that the response matches its schema. */
function assertAsDocumented(document: Document, route: string, response: RawResponse): void {
  const described = operationOf(document, route).responses[response.status];
  assert.ok(described !== undefined, `${route} responds with ${response.status}, which is not in the document`);
  const [type, content] = Object.entries(described.content ?? {})[0] ?? [];
  if (type === undefined || content === undefined) {
    assert.equal(response.body, '', route);
    return;
  }
  assert.equal(String(response.headers['content-type']).split(';')[0], type, route);
  const value: unknown = type === 'application/json' ? JSON.parse(response.body) : response.body;
  assert.deepEqual(schemaErrors(value, content.schema), [], `${route} ${response.status}`);
}

test('responses to real requests match the document', async (t) => {
  const { receiver, document, eventId } = await setup(t);
  const json = { 'content-type': 'application/json' };
  const replayId = (await askReplay(receiver, { paymentId: 'unknown' })).json.id ?? '';

  for (const [route, address, status, body] of [
    ['GET /healthz', '/healthz', 200],
    ['GET /readyz', '/readyz', 200],
    ['GET /status', '/status', 200],
    ['GET /access', '/access', 200],
    ['GET /alerts', '/alerts', 200],
    ['GET /actions', '/actions', 200],
    ['GET /actions', '/actions?cursor=x', 400],
    ['GET /dead-letters', '/dead-letters', 200],
    ['GET /dead-letters', '/dead-letters?reason=410', 400],
    ['GET /events', '/events', 200],
    ['GET /events', '/events?reason=x', 400],
    ['GET /events', '/events?limit=1', 200],
    ['GET /events', '/events?limit=x', 400],
    ['GET /events', '/events?from=x', 400],
    ['GET /events/{id}', `/events/${eventId}`, 200],
    ['GET /events/{id}', `/events/${NO_SUCH_EVENT}`, 404],
    ['GET /events/{id}/webhook', `/events/${eventId}/webhook`, 200],
    ['GET /events/{id}/webhook', `/events/${NO_SUCH_EVENT}/webhook`, 404],
    ['GET /payments/{paymentId}', '/payments/p1', 200],
    ['GET /payments/{paymentId}', '/payments/p1?attempts=true&order=newest', 200],
    ['GET /payments/{paymentId}', '/payments/p1?attempts=x', 400],
    ['GET /payments/{paymentId}', '/payments/unknown', 404],
    ['GET /payments/{paymentId}', '/payments/%00', 400],
    ['GET /payments/{paymentId}/now', '/payments/p1/now', 200],
    ['GET /payments/{paymentId}/now', '/payments/unknown/now', 503],
    ['GET /payments/{paymentId}/now', '/payments/%00/now', 400],
    ['POST /events/{id}/replay', `/events/${NO_SUCH_EVENT}/replay`, 404],
    ['POST /events/{id}/replay', `/events/${eventId}/replay`, 202],
    ['POST /replays', '/replays', 202, '{"state": "delivered", "dryRun": true}'],
    ['POST /replays', '/replays', 202, '{"paymentId": "unknown"}'],
    ['POST /replays', '/replays', 409, '{"from": "2020-01-01", "expected": 0}'],
    ['GET /replays', '/replays', 200],
    ['GET /replays', '/replays?limit=0', 400],
    ['GET /rejections', '/rejections?limit=0', 400],
    ['GET /replays/{id}', `/replays/${replayId}`, 200],
    ['GET /replays/{id}', '/replays/unknown', 404],
    ['DELETE /replays/{id}', `/replays/${replayId}`, 202],
    ['DELETE /replays/{id}', '/replays/unknown', 404],
    ['POST /replays', '/replays', 400, '{}'],
    ['POST /replays', '/replays', 400, '{'],
    ['POST /replays', '/replays', 413, `{"paymentId": "${'1'.repeat(1_100_000)}"}`],
    ['PUT /orders/{paymentId}', '/orders/p1', 200],
    ['PUT /orders/{paymentId}', '/orders/p3', 201],
    ['PUT /orders/{paymentId}', '/orders/%00', 400],
    ['GET /orders/{paymentId}', '/orders/p1', 200],
    ['GET /orders/{paymentId}', '/orders/unknown', 404],
    ['GET /orders/{paymentId}', '/orders/%00', 400],
    ['DELETE /orders/{paymentId}', '/orders/p3', 204],
    ['DELETE /orders/{paymentId}', '/orders/%00', 400],
    ['GET /rejections', '/rejections', 200],
    ['GET /refusals', '/refusals', 200],
    ['PUT /mock-error', '/mock-error', 200, '{"code": 500, "message": "x", "times": 1}'],
    ['PUT /mock-error', '/mock-error', 400, '{}'],
    ['GET /mock-error', '/mock-error', 200],
    ['DELETE /mock-error', '/mock-error', 204],
    ['GET /mock-error', '/mock-error', 404],
    ['GET /metrics', '/metrics', 200],
    ['GET /openapi.json', '/openapi.json', 200],
  ] as const) {
    const sending = body === undefined ? {} : { headers: json, body };
    const response = await requestStatusApi(receiver, route.split(' ')[0] ?? '', address, sending);

    assert.equal(response.status, status, `${route}: ${response.body}`);
    assertAsDocumented(document, route, response);
  }
});

test('error responses match the document: no token, a replay of a delivery in flight, and an unsupported content type', async (t) => {
  const withoutWebhook = await startTestService(t);
  await sendCallback(withoutWebhook, 'UNFREEZE', 'p1');
  const [event] = await withoutWebhook.query<{ id: string }>(`select 'evt_' || id as id from events`);
  const document = await readDocument(withoutWebhook);

  const replay = await requestStatusApi(withoutWebhook, 'POST', `/events/${event?.id}/replay`);
  const xml = { headers: { 'content-type': 'text/xml' }, body: '<state>delivered</state>' };
  const unsupported = await requestStatusApi(withoutWebhook, 'POST', '/replays', xml);
  const text = { headers: { 'content-type': 'text/plain' }, body: '{"state":"delivered"}' };
  const plain = await requestStatusApi(withoutWebhook, 'POST', '/replays', text);
  const unauthorized = await send(withoutWebhook.url, '/status');

  assert.deepEqual([replay.status, unauthorized.status, unsupported.status, plain.status], [409, 401, 415, 415]);
  assertAsDocumented(document, 'POST /replays', unsupported);
  assertAsDocumented(document, 'POST /events/{id}/replay', replay);
  assertAsDocumented(document, 'GET /status', unauthorized);
});
