/**
 * The webhook in the OpenAPI document is the request that the merchant gets: its headers, its body, and what follows from
 * each response. Real service, real requests.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { sendCallback, waitForAttempts, waitForStates, webhookEnv } from '../helpers/deliveries.ts';
import { startMerchant } from '../helpers/merchant.ts';
import { startTestService, type TestService } from '../helpers/service.ts';
import { requestStatusApi } from '../helpers/status.ts';

interface Header {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly schema: { readonly pattern?: string };
}
interface Document {
  readonly webhooks: {
    readonly event: {
      readonly post: {
        readonly parameters: readonly Header[];
        readonly security: readonly Readonly<Record<string, readonly string[]>>[];
        readonly requestBody: { readonly content: { readonly 'application/json': { readonly schema: object } } };
        readonly responses: Readonly<Record<string, { readonly description: string }>>;
      };
    };
  };
  readonly components: {
    readonly securitySchemes: Readonly<Record<string, { readonly in: string; readonly name: string }>>;
  };
}

/** Headers of HTTP itself. */
const TRANSPORT = ['host', 'connection', 'content-type', 'content-length'];

/** What each response leads to, as the document says it, and the state of the delivery afterwards. */
const OUTCOMES = [
  [410, '410', /given up/, 'dead_letter'],
  [204, '2XX', /is delivered/, 'delivered'],
  [429, '429', /sent again/, 'pending'],
  [422, '422', /given up/, 'dead_letter'],
  [409, '409', /is delivered/, 'delivered'],
  [503, '503', /sent again/, 'pending'],
  [500, 'default', /sent again/, 'pending'],
] as const;

async function readDocument(receiver: TestService): Promise<Document> {
  return JSON.parse((await requestStatusApi(receiver, 'GET', '/openapi.json')).body);
}

test('the merchant gets the request that the document describes', async (t) => {
  const merchant = await startMerchant(t);
  const receiver = await startTestService(t, { env: webhookEnv(merchant.url, { WEBHOOK_AUTHORIZATION: 'Bearer x' }) });
  const document = await readDocument(receiver);
  const { parameters, security, requestBody } = document.webhooks.event.post;

  await sendCallback(receiver, 'BOOKED', 'p1', { method: 'POST', body: '{"a": [1.0]}' });
  const [request] = await merchant.waitFor(1);

  const schemes = security.flatMap((one) => Object.keys(one)).map((name) => document.components.securitySchemes[name]);
  const described = [...parameters, ...schemes].map((header) => header?.name);
  const sent = Object.keys(request?.headers ?? {}).filter((name) => !TRANSPORT.includes(name));
  assert.deepEqual(sent.sort(), described.sort());
  for (const { name, schema } of parameters) {
    assert.match(String(request?.headers[name]), new RegExp(schema.pattern ?? '.'), name);
  }
  const ajv = new Ajv2020({ strictSchema: false });
  formats.default(ajv);
  const { schema } = requestBody.content['application/json'];
  const validate = ajv.compile({ ...schema, components: document.components });
  assert.ok(validate(JSON.parse(request?.body ?? '')), JSON.stringify(validate.errors));
  assert.equal(validate({ type: 'payment.booked' }), false);
});

test('each response leads to what the document says of it', async (t) => {
  const merchant = await startMerchant(t);
  merchant.answerWith(({ body }, response) => {
    response.writeHead(Number(JSON.parse(body).data.paymentId)).end();
  });
  const receiver = await startTestService(t, { env: webhookEnv(merchant.url, { WEBHOOK_RETRY_SCHEDULE: '1h' }) });
  const { responses } = (await readDocument(receiver)).webhooks.event.post;

  assert.deepEqual(Object.keys(responses).sort(), OUTCOMES.map(([, name]) => name as string).sort());
  for (const [index, [status, name, meaning]] of OUTCOMES.entries()) {
    await sendCallback(receiver, 'UNFREEZE', String(status));
    await waitForAttempts(receiver, index + 1);
    assert.match(responses[name]?.description ?? '', meaning, name);
  }
  const rows = await waitForStates(receiver, ['delivered', 'dead_letter', 'pending'], OUTCOMES.length);
  assert.deepEqual(
    rows.map(({ paymentId, state }) => [Number(paymentId), state]),
    OUTCOMES.map(([status, , , state]) => [status, state]),
  );
});
