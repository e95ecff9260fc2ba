/**
 * What the clients send, byte for byte, and how they parse the responses. Resurs' SOAP schema requires the order of
 * elements and their namespaces, REST takes URLs literally, and both add fields and entries without notice. So requests
 * are exact and parsing is tolerant. Real HTTP.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Registration } from '../../src/protocol/ecom/registration.ts';
import {
  ACCOUNT_HEADER,
  BARE,
  BOOKED,
  NEVER,
  type Responder,
  respondJson,
  respondWith,
  respondXml,
  startFakeAccount,
} from '../helpers/fake-account.ts';

const CONFIGURATION = 'http://ecommerce.resurs.com/v4/msg/configuration';
const SOAP = 'http://schemas.xmlsoap.org/soap/envelope/';

/** A SOAP request around its operation. */
function soapRequest(namespace: string, operation: string): string {
  const start = `<?xml version="1.0" encoding="UTF-8"?><soap:Envelope xmlns:soap="${SOAP}" xmlns:m="${namespace}">`;
  return `${start}<soap:Body>${operation}</soap:Body></soap:Envelope>`;
}

/** A SOAP response around its body. */
function envelope(body: string): string {
  return `<soap:Envelope xmlns:soap="${SOAP}" xmlns:c="${CONFIGURATION}"><soap:Body>${body}</soap:Body></soap:Envelope>`;
}

const REGISTERED = respondXml(200, envelope('<c:registerEventCallbackResponse/>'));
const PARAMETERS = ['paymentId', 'result'];
const WITH_MD5: Registration = {
  uriTemplate: 'u',
  basic: null,
  digest: { algorithm: 'md5', parameters: PARAMETERS, salt: 's' },
};

for (const { api, what, registration, respond, body } of [
  {
    api: 'rest',
    what: 'sends the whole registration, its URL with plain ampersands',
    registration: BOOKED,
    respond: respondJson(200, {}),
    body:
      '{"uriTemplate":"https://pay.shop.example/callbacks/resurs?c=BOOKED&t=1700000000&p={paymentId}&d={digest}",' +
      '"basicAuthUserName":"resurs","basicAuthPassword":"cdata]]>cdata","digestConfiguration":{' +
      '"digestAlgorithm":"SHA1","digestSalt":"<salt> & \\"pepper\\" \'for\' BÖÖKED","digestParameters":["paymentId"]}}',
  },
  {
    api: 'soap',
    what: 'sends the registration in the order of the schema, every text escaped',
    registration: BOOKED,
    respond: REGISTERED,
    body: soapRequest(
      CONFIGURATION,
      '<m:registerEventCallback><eventType>BOOKED</eventType><uriTemplate>https://pay.shop.example/callbacks/resurs' +
        '?c=BOOKED&amp;t=1700000000&amp;p={paymentId}&amp;d={digest}</uriTemplate>' +
        '<basicAuthUserName>resurs</basicAuthUserName><basicAuthPassword>cdata]]&gt;cdata</basicAuthPassword>' +
        '<digestConfiguration><digestAlgorithm>SHA1</digestAlgorithm><digestParameters>paymentId</digestParameters>' +
        '<digestSalt>&lt;salt&gt; &amp; &quot;pepper&quot; &apos;for&apos; BÖÖKED</digestSalt></digestConfiguration>' +
        '</m:registerEventCallback>',
    ),
  },
  {
    api: 'rest',
    what: 'leaves out the parts that a registration does not have',
    registration: { ...BARE, uriTemplate: 'u' },
    respond: respondWith(201, 'text/plain', ''),
    body: '{"uriTemplate":"u"}',
  },
  {
    api: 'soap',
    what: 'leaves out the parts that a registration does not have',
    registration: { ...BARE, uriTemplate: 'u' },
    respond: REGISTERED,
    body: soapRequest(
      CONFIGURATION,
      '<m:registerEventCallback><eventType>BOOKED</eventType><uriTemplate>u</uriTemplate></m:registerEventCallback>',
    ),
  },
  {
    api: 'rest',
    what: 'sends MD5 by its name, and the parameters as a list',
    registration: WITH_MD5,
    respond: respondWith(204, 'text/plain', ''),
    body:
      '{"uriTemplate":"u","digestConfiguration":{"digestAlgorithm":"MD5","digestSalt":"s",' +
      '"digestParameters":["paymentId","result"]}}',
  },
  {
    api: 'soap',
    what: 'sends MD5 by its name, and each parameter as an element of its own',
    registration: WITH_MD5,
    respond: REGISTERED,
    body: soapRequest(
      CONFIGURATION,
      '<m:registerEventCallback><eventType>BOOKED</eventType><uriTemplate>u</uriTemplate>' +
        '<digestConfiguration><digestAlgorithm>MD5</digestAlgorithm>' +
        '<digestParameters>paymentId</digestParameters><digestParameters>result</digestParameters>' +
        '<digestSalt>s</digestSalt></digestConfiguration></m:registerEventCallback>',
    ),
  },
] satisfies { api: 'rest' | 'soap'; what: string; registration: Registration; respond: Responder; body: string }[]) {
  test(`register over ${api.toUpperCase()} ${what}`, async (t) => {
    const { requests, ...clients } = await startFakeAccount(t, respond);

    const result = await clients[api].register('BOOKED', registration, NEVER);

    assert.deepEqual(result, { outcome: 'done', value: undefined });
    assert.equal(requests[0]?.body, body);
  });
}

test('a REST registration is a POST of JSON to the type', async (t) => {
  const { rest, requests } = await startFakeAccount(t, respondJson(200, {}));

  await rest.register('BOOKED', BOOKED, NEVER);

  const [request] = requests;
  assert.deepEqual(
    [request?.method, request?.url, request?.headers['content-type']],
    ['POST', '/callbacks/BOOKED', 'application/json'],
  );
});

test('a SOAP request has its content type, an empty action, and the credentials unasked', async (t) => {
  const { soap, requests } = await startFakeAccount(t, REGISTERED);

  await soap.register('TEST', BARE, NEVER);

  const [request] = requests;
  assert.deepEqual([request?.method, request?.url], ['POST', '/ConfigurationService']);
  assert.equal(request?.headers['content-type'], 'text/xml; charset=utf-8');
  assert.equal(request?.headers.SOAPAction, '""');
  assert.equal(request?.headers.authorization, ACCOUNT_HEADER);
});

test('every REST call has the credentials unasked', async (t) => {
  const { rest, requests } = await startFakeAccount(t, respondWith(401, 'text/plain', ''));

  await rest.list(NEVER);
  await rest.read('BOOKED', NEVER);
  await rest.register('BOOKED', BOOKED, NEVER);
  await rest.unregister('BOOKED', NEVER);

  const received = requests.map(({ method, url, headers }) => [method, url, headers.authorization]);
  assert.deepEqual(received, [
    ['GET', '/callbacks', ACCOUNT_HEADER],
    ['GET', '/callbacks/BOOKED', ACCOUNT_HEADER],
    ['POST', '/callbacks/BOOKED', ACCOUNT_HEADER],
    ['DELETE', '/callbacks/BOOKED', ACCOUNT_HEADER],
  ]);
});

test('a REST removal has an empty JSON body, without which Resurs responds 415', async (t) => {
  const { rest, requests } = await startFakeAccount(t, respondWith(200, 'text/plain', ''));

  const result = await rest.unregister('UPDATE', NEVER);

  assert.equal(result.outcome, 'done');
  const [request] = requests;
  assert.deepEqual(
    [request?.url, request?.headers['content-type'], request?.body],
    ['/callbacks/UPDATE', 'application/json', '{}'],
  );
});

test('SOAP removals and reads send the type alone', async (t) => {
  const { soap, requests } = await startFakeAccount(
    t,
    respondXml(200, envelope('<c:unregisterEventCallbackResponse/>')),
  );

  const result = await soap.unregister('UPDATE', NEVER);
  await soap.read('UPDATE', NEVER);

  assert.equal(result.outcome, 'done');
  assert.deepEqual(
    requests.map(({ body }) => body),
    ['unregisterEventCallback', 'getRegisteredEventCallback'].map((name) =>
      soapRequest(CONFIGURATION, `<m:${name}><eventType>UPDATE</eventType></m:${name}>`),
    ),
  );
});

test('a trigger goes to the developer service with its values in order', async (t) => {
  const namespace = 'http://ecommerce.resurs.com/v4/msg/developer';
  const respond = respondXml(200, envelope(`<triggerEventResponse xmlns="${namespace}"/>`));
  const { soap, requests } = await startFakeAccount(t, respond);

  const result = await soap.trigger('TEST', ['a', '', '<3>', 'å', '5'], NEVER);

  assert.deepEqual(result, { outcome: 'done', value: undefined });
  assert.equal(requests[0]?.url, '/DeveloperWebService');
  const params = '<param>a</param><param></param><param>&lt;3&gt;</param><param>å</param><param>5</param>';
  const operation = `<m:triggerEvent><eventType>TEST</eventType>${params}</m:triggerEvent>`;
  assert.equal(requests[0]?.body, soapRequest(namespace, operation));
});

for (const [what, contentType, body] of [
  ['a web page', 'text/html', '<html>Thank you</html>'],
  ['half a JSON object', 'application/json', '{"a":'],
  ['longer than is read', 'text/plain', 'x'.repeat(3_000_000)],
] as const) {
  test(`a REST registration or removal answered 2xx is done, although the body is ${what}`, async (t) => {
    const { rest } = await startFakeAccount(t, respondWith(200, contentType, body));

    assert.equal((await rest.register('BOOKED', BOOKED, NEVER)).outcome, 'done');
    assert.equal((await rest.unregister('BOOKED', NEVER)).outcome, 'done');
  });
}

test('the REST list maps types to templates and ignores entries of an unknown shape', async (t) => {
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
  const { rest } = await startFakeAccount(t, respondJson(200, entries));

  const result = await rest.list(NEVER);

  assert.deepEqual(result, {
    outcome: 'done',
    value: new Map([
      ['BOOKED', 'https://a.example/?c=BOOKED&p={paymentId}'],
      ['BRAND_NEW', 'https://d.example'],
    ]),
  });
});

const json = (body: string, status = 200) => respondWith(status, 'application/json', body);
const registeredXml = (inner: string) =>
  envelope(`<c:getRegisteredEventCallbackResponse>${inner}</c:getRegisteredEventCallbackResponse>`);
/** XML without a content type, unless one is given. */
const xml = (body: string | Buffer, contentType?: string): Responder => {
  const headers = contentType === undefined ? {} : { 'content-type': contentType };
  return (response) => void response.writeHead(200, headers).end(body);
};

/** As Resurs' own page shows it, except for the escape of the ampersand, which the page has lost. */
const DOCUMENTED = `<?xml version="1.0" encoding="UTF-8"?>
<soap:Envelope xmlns:soap="${SOAP}">
   <soap:Body>
      <ns3:getRegisteredEventCallbackResponse xmlns:ns3="${CONFIGURATION}" xmlns:ns2="http://ecommerce.resurs.com/v4/msg/exception">
         <uriTemplate>https://a.example/?callback=BOOKED&amp;ts=1586864389</uriTemplate>
      </ns3:getRegisteredEventCallbackResponse>
   </soap:Body>
</soap:Envelope>`;
const DOCUMENTED_URL = 'https://a.example/?callback=BOOKED&ts=1586864389';
const LATIN = Buffer.from(
  `<?xml version="1.0"?>${registeredXml('<uriTemplate>https://å.example</uriTemplate>')}`,
  'latin1',
);
const WITHOUT_PREFIXES = `<Envelope xmlns="${SOAP}"><Header><Fault/></Header><Body><getRegisteredEventCallbackResponse xmlns="${CONFIGURATION}"><uriTemplate>u</uriTemplate></getRegisteredEventCallbackResponse></Body></Envelope>`;
const GONE =
  '<soap:Fault><faultcode>soap:Server</faultcode><faultstring>Callback of type BOOKED does not exist!</faultstring>' +
  '<detail><e:ECommerceError xmlns:e="http://ecommerce.resurs.com/v4/msg/exception"><errorTypeId>8</errorTypeId>' +
  '<userErrorMessage>Callback of type BOOKED does not exist!</userErrorMessage></e:ECommerceError></detail></soap:Fault>';

for (const [api, what, respond, value] of [
  [
    'rest',
    'an object',
    json('{"eventType":"BOOKED","uriTemplate":"https://a.example/å?x&y"}'),
    'https://a.example/å?x&y',
  ],
  ['rest', 'an object after a byte order mark', json('\uFEFF{"uriTemplate":"u"}'), 'u'],
  ['rest', 'an object declared as plain text', respondWith(200, 'text/plain', ' {"uriTemplate":"u"}\n'), 'u'],
  ['rest', 'an empty body as nothing', json(''), null],
  ['rest', '204 as nothing', json('', 204), null],
  ['rest', 'an object without a template as nothing', json('{"eventType":"BOOKED"}'), null],
  ['rest', 'a null template as nothing', json('{"uriTemplate":null}'), null],
  ['rest', '404 as nothing', json('{"message":"Not Found"}', 404), null],
  [
    'rest',
    'a refusal with "does not exist" as nothing',
    json('{"message":"Callback of type BOOKED does not exist!"}', 400),
    null,
  ],

  ['soap', 'the documented response', xml(DOCUMENTED), DOCUMENTED_URL],
  [
    'soap',
    'entities',
    xml(registeredXml('<uriTemplate>https://&#229;.example/?a&amp;b&#x3D;&quot;</uriTemplate>')),
    'https://å.example/?a&b="',
  ],
  [
    'soap',
    'CDATA',
    xml(registeredXml('<uriTemplate><![CDATA[https://a.example/?a&b=<c>]]></uriTemplate>')),
    'https://a.example/?a&b=<c>',
  ],
  ['soap', 'a byte order mark and blank lines before it', xml(`\uFEFF\r\n\n${DOCUMENTED}`), DOCUMENTED_URL],
  [
    'soap',
    'new elements around it',
    xml(registeredXml('<eventType>X</eventType><uriTemplate>u</uriTemplate><more><uriTemplate/></more>')),
    'u',
  ],
  ['soap', 'comments', xml(registeredXml('<!-- new --><uriTemplate>u<!-- v -->w</uriTemplate>')), 'uw'],
  ['soap', 'an envelope without prefixes and with a header', xml(WITHOUT_PREFIXES), 'u'],
  ['soap', 'another character set', xml(LATIN, 'text/xml; charset="ISO-8859-1"'), 'https://å.example'],
  ['soap', 'an empty element as nothing', xml(registeredXml('')), null],
  [
    'soap',
    'nil as nothing',
    xml(registeredXml('<uriTemplate xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"/>')),
    null,
  ],
  ['soap', 'the fault "does not exist" as nothing', respondXml(500, envelope(GONE)), null],
] satisfies [api: 'rest' | 'soap', what: string, respond: Responder, value: string | null][]) {
  test(`reading one type over ${api.toUpperCase()} understands ${what}`, async (t) => {
    const clients = await startFakeAccount(t, respond);

    assert.deepEqual(await clients[api].read('BOOKED', NEVER), { outcome: 'done', value });
  });
}
