/**
 * Failures of the Merchant API are printed and logged. None holds the secret, the token, or anything about a customer,
 * wherever in an error it stands; and nothing about a customer is in a payment that was read. Real HTTP.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeFailure } from '../../src/resurs/failure.ts';
import { respondJson } from '../harness/merchant-api.ts';
import { failureOf } from '../helpers/fake-account.ts';
import { limitsOf, startMapiClient } from '../helpers/mapi-client.ts';

const CUSTOMER = ['anna@example.com', '19830514-7715', '198305147715', '+46 70-123 45 67', 'Storgatan', 'Andersson'];
const MESSAGE = 'anna@example.com (198305147715, 19830514-7715, +46 70-123 45 67, anna%40example.com) is unknown';
const UUID = '0a1b2c3d-0000-4000-8000-000000000001';

test("a customer's address or number is in no failure, wherever the error holds it", async (t) => {
  const { api, createClient, clock } = await startMapiClient(t);
  const person = { firstName: 'Anna', lastName: 'Andersson', address: { street: 'Storgatan 1' }, email: CUSTOMER[0] };
  for (const [body, text] of [
    [{ message: MESSAGE, code: 'INVALID' }, '… (…, …, …, … is unknown'],
    [{ message: `No payment ${UUID}, traceId 5`, code: 'INVALID', customer: person }, `No payment ${UUID}, traceId 5`],
    [{ code: 'anna@example.com', message: 'No' }, 'No'],
    [{ code: 198305147715, message: 'No' }, 'No'],
    [{ code: 'P198305147715', message: 'No' }, 'No'],
    [{ message: { text: 'anna@example.com' }, error: ['Andersson'] }, 'refused without a readable reason'],
    [{ message: 'No', traceId: 'anna@example.com' }, 'No'],
    [
      {
        validationErrors: [{ fieldName: 'anna@example.com', message: '198305147715 is no email', value: 'Andersson' }],
      },
      'a field: … is no email',
    ],
    [{ error_description: 'mailto:anna@example.com', details: [person], path: '/customers/Andersson' }, '…'],
    [person, 'refused without a readable reason'],
  ] as const) {
    for (const path of ['/v2/', '/oauth2/token']) {
      api.override(path, (_, response) => respondJson(response, 400, body));
      clock.moveOn(86_400_000);
      const failure = failureOf(await createClient().stores(limitsOf()));
      api.override(path, null);

      assert.equal(failure.text, text);
      for (const word of CUSTOMER) assert.ok(!describeFailure(failure).includes(word), describeFailure(failure));
      assert.ok([null, 'INVALID'].includes(failure.code));
    }
  }
});

test('a server that echoes what it got puts neither secret nor token into a failure', async (t) => {
  const { api, createClient } = await startMapiClient(t);
  const token = 'a-token-that-nobody-may-see';
  const url = 'https://pay.shop.example/callbacks/mapi?order=1&token=callback-token-that-is-long';
  for (const path of ['/oauth2/token', '/v2/']) {
    api.override('/oauth2/token', (_, response) => respondJson(response, 200, { access_token: token }));
    for (const pick of ['body', 'headers'] as const) {
      api.override(path, (request, response) => {
        const echo = `cannot read ${JSON.stringify(request[pick])}`;
        respondJson(response, 400, { code: 'BAD', message: echo, traceId: 'x' });
      });

      const line = describeFailure(failureOf(await createClient().testCallback(url, limitsOf())));

      for (const secret of [api.clientSecret, encodeURIComponent(api.clientSecret), token, 'callback-token']) {
        assert.ok(!line.includes(secret), line);
      }
    }
    api.override(path, null);
  }
});

test('an error becomes one line of limited length', async (t) => {
  const { api, client } = await startMapiClient(t);
  const message = ` No\r\n\tway \u001b[31mred\u0000\u202Eback${' xxxxxxxxx'.repeat(100_000)}`;
  api.override('/v2/', (_, response) => respondJson(response, 400, { message }));

  const { text } = failureOf(await client.stores(limitsOf()));

  assert.match(text, /^No way \[31mred back( x{9}){20,} x+…$/);
  assert.equal(text.length, 300);
});

test('a payment that was read holds nothing about its customer', async (t) => {
  const { api, read } = await startMapiClient(t);
  api.hold(UUID, {
    customer: { governmentId: CUSTOMER[2], email: CUSTOMER[0], deliveryAddress: { street: 'Storgatan' } },
    metadata: { creator: 'Andersson', custom: [{ key: 'note', value: 'Andersson' }] },
    rejectedReason: { category: 'anna@example.com', description: 'Andersson' },
    order: { orderReference: 'order-1', orderLines: [{ description: 'Storgatan' }], totalOrderAmount: 300 },
  });

  const result = await read();

  assert.ok(result.outcome === 'found');
  const text = JSON.stringify(result, (_, value) => (typeof value === 'bigint' ? String(value) : value));
  for (const word of CUSTOMER) assert.ok(!text.includes(word), text);
  assert.equal(result.payment.order?.orderReference, 'order-1');
});
