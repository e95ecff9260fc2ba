/**
 * What the REST client sends, byte for byte, and what it makes of the answers it asked for. Resurs adds fields and
 * entries without notice and takes URLs literally, so tolerance on one side and exactness on the other are the
 * promise. Real HTTP.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ACCOUNT_HEADER, BARE, BOOKED, NEVER, says, saysJson, startWith } from '../helpers/fake-account.ts';

test('a registration is posted whole, its URL with plain ampersands', async (t) => {
  const { rest, asked } = await startWith(t, saysJson(200, {}));

  const result = await rest.register('BOOKED', BOOKED, NEVER);

  assert.deepEqual(result, { outcome: 'done', value: undefined });
  const [request] = asked;
  assert.deepEqual(
    [request?.method, request?.url, request?.headers['content-type']],
    ['POST', '/callbacks/BOOKED', 'application/json'],
  );
  assert.equal(
    request?.body,
    '{"uriTemplate":"https://pay.shop.example/callbacks/resurs?c=BOOKED&t=1700000000&p={paymentId}&d={digest}",' +
      '"basicAuthUserName":"resurs","basicAuthPassword":"knock]]>knock","digestConfiguration":{' +
      '"digestAlgorithm":"SHA1","digestSalt":"<salt> & \\"pepper\\" \'for\' BÖÖKED","digestParameters":["paymentId"]}}',
  );
});

test('what a registration does not have is left out', async (t) => {
  const { rest, asked } = await startWith(t, says(201, 'text/plain', ''));

  await rest.register('TEST', BARE, NEVER);

  assert.deepEqual(JSON.parse(asked[0]?.body ?? ''), { uriTemplate: BARE.uriTemplate });
});

test('MD5 is registered under its name', async (t) => {
  const { rest, asked } = await startWith(t, says(204, 'text/plain', ''));
  const parameters = ['paymentId', 'result'];

  await rest.register(
    'AUTOMATIC_FRAUD_CONTROL',
    { ...BARE, digest: { algorithm: 'md5', parameters, salt: 's' } },
    NEVER,
  );

  const { digestConfiguration } = JSON.parse(asked[0]?.body ?? '');
  assert.deepEqual(digestConfiguration, { digestAlgorithm: 'MD5', digestSalt: 's', digestParameters: parameters });
});

test('every call carries the credentials unasked', async (t) => {
  const { rest, asked } = await startWith(t, says(401, 'text/plain', ''));

  await rest.list(NEVER);
  await rest.read('BOOKED', NEVER);
  await rest.register('BOOKED', BOOKED, NEVER);
  await rest.unregister('BOOKED', NEVER);

  const seen = asked.map(({ method, url, headers }) => [method, url, headers.authorization]);
  assert.deepEqual(seen, [
    ['GET', '/callbacks', ACCOUNT_HEADER],
    ['GET', '/callbacks/BOOKED', ACCOUNT_HEADER],
    ['POST', '/callbacks/BOOKED', ACCOUNT_HEADER],
    ['DELETE', '/callbacks/BOOKED', ACCOUNT_HEADER],
  ]);
});

test('a removal carries an empty JSON body, without which Resurs answers 415', async (t) => {
  const { rest, asked } = await startWith(t, says(200, 'text/plain', ''));

  const result = await rest.unregister('UPDATE', NEVER);

  assert.equal(result.outcome, 'done');
  const [request] = asked;
  assert.deepEqual(
    [request?.url, request?.headers['content-type'], request?.body],
    ['/callbacks/UPDATE', 'application/json', '{}'],
  );
});

for (const [what, contentType, body] of [
  ['a web page', 'text/html', '<html>Thank you</html>'],
  ['half a JSON', 'application/json', '{"a":'],
  ['more than is read', 'text/plain', 'x'.repeat(3_000_000)],
] as const) {
  test(`a registration answered 2xx is done, although the body is ${what}`, async (t) => {
    const { rest } = await startWith(t, says(200, contentType, body));

    assert.equal((await rest.register('BOOKED', BOOKED, NEVER)).outcome, 'done');
    assert.equal((await rest.unregister('BOOKED', NEVER)).outcome, 'done');
  });
}

test('the list maps types to templates and passes over what is no entry', async (t) => {
  const entries = [
    { eventType: 'BOOKED', uriTemplate: 'https://a.example/?c=BOOKED&p={paymentId}', new: { field: 1 } },
    'BOOKED',
    null,
    ['UPDATE', 'https://b.example'],
    { eventType: 'UPDATE' },
    { eventType: 7, uriTemplate: 'https://c.example' },
    { eventType: 'ANNULMENT', uriTemplate: null },
    { uriTemplate: 'https://d.example', eventType: 'BRAND_NEW' },
  ];
  const { rest } = await startWith(t, saysJson(200, entries));

  const result = await rest.list(NEVER);

  assert.deepEqual(result, {
    outcome: 'done',
    value: new Map([
      ['BOOKED', 'https://a.example/?c=BOOKED&p={paymentId}'],
      ['BRAND_NEW', 'https://d.example'],
    ]),
  });
});

for (const [what, status, contentType, body, value] of [
  [
    'an object',
    200,
    'application/json',
    '{"eventType":"BOOKED","uriTemplate":"https://a.example/å?x&y"}',
    'https://a.example/å?x&y',
  ],
  ['an object behind a byte order mark', 200, 'application/json', '\uFEFF{"uriTemplate":"u"}', 'u'],
  ['an object without a content type of its own', 200, 'text/plain', ' {"uriTemplate":"u"}\n', 'u'],
  ['an empty body', 200, 'application/json', '', null],
  ['no content', 204, 'application/json', '', null],
  ['an object without a template', 200, 'application/json', '{"eventType":"BOOKED"}', null],
  ['a null template', 200, 'application/json', '{"uriTemplate":null}', null],
  ['404', 404, 'application/json', '{"message":"Not Found"}', null],
  ['a refusal that says so', 400, 'application/json', '{"message":"Callback of type BOOKED does not exist!"}', null],
] as const) {
  test(`reading one type understands ${what}`, async (t) => {
    const { rest } = await startWith(t, says(status, contentType, body));

    assert.deepEqual(await rest.read('BOOKED', NEVER), { outcome: 'done', value });
  });
}
