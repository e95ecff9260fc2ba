/**
 * What the SOAP client sends, byte for byte (Resurs' schema insists on the order and on which elements have a
 * namespace), and that it understands every way to write the same answer. Real HTTP.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ACCOUNT_HEADER, BARE, BOOKED, NEVER, saysXml, startWith } from '../helpers/fake-account.ts';

const CONFIGURATION = 'http://ecommerce.resurs.com/v4/msg/configuration';
const SOAP = 'http://schemas.xmlsoap.org/soap/envelope/';

/** A request around its operation, and an answer around its body. */
function asSent(namespace: string, operation: string): string {
  const start = `<?xml version="1.0" encoding="UTF-8"?><soap:Envelope xmlns:soap="${SOAP}" xmlns:m="${namespace}">`;
  return `${start}<soap:Body>${operation}</soap:Body></soap:Envelope>`;
}

function envelope(body: string): string {
  return `<soap:Envelope xmlns:soap="${SOAP}" xmlns:c="${CONFIGURATION}"><soap:Body>${body}</soap:Body></soap:Envelope>`;
}

test('a registration is sent in the order of the schema, every text escaped', async (t) => {
  const { soap, asked } = await startWith(t, saysXml(200, envelope('<c:registerEventCallbackResponse/>')));

  const result = await soap.register('BOOKED', BOOKED, NEVER);

  assert.deepEqual(result, { outcome: 'done', value: undefined });
  assert.equal(
    asked[0]?.body,
    asSent(
      CONFIGURATION,
      '<m:registerEventCallback><eventType>BOOKED</eventType><uriTemplate>https://pay.shop.example/callbacks/resurs' +
        '?c=BOOKED&amp;t=1700000000&amp;p={paymentId}&amp;d={digest}</uriTemplate>' +
        '<basicAuthUserName>resurs</basicAuthUserName><basicAuthPassword>knock]]&gt;knock</basicAuthPassword>' +
        '<digestConfiguration><digestAlgorithm>SHA1</digestAlgorithm><digestParameters>paymentId</digestParameters>' +
        '<digestSalt>&lt;salt&gt; &amp; &quot;pepper&quot; &apos;for&apos; BÖÖKED</digestSalt></digestConfiguration>' +
        '</m:registerEventCallback>',
    ),
  );
});

test('the request names its kind, an empty action and the credentials unasked', async (t) => {
  const { soap, asked } = await startWith(t, saysXml(200, envelope('<c:registerEventCallbackResponse/>')));

  await soap.register('TEST', BARE, NEVER);

  const [request] = asked;
  assert.deepEqual([request?.method, request?.url], ['POST', '/ConfigurationService']);
  assert.equal(request?.headers['content-type'], 'text/xml; charset=utf-8');
  assert.equal(request?.headers.SOAPAction, '""');
  assert.equal(request?.headers.authorization, ACCOUNT_HEADER);
});

test('what a registration does not have is left out, and each parameter is an element of its own', async (t) => {
  const { soap, asked } = await startWith(t, saysXml(200, envelope('<c:registerEventCallbackResponse/>')));
  const parameters = ['paymentId', 'result'];

  await soap.register('TEST', { ...BARE, uriTemplate: 'u' }, NEVER);
  await soap.register(
    'X',
    { uriTemplate: 'u', basic: null, digest: { algorithm: 'md5', parameters, salt: 's' } },
    NEVER,
  );

  const operations = asked.map(({ body }) => /<uriTemplate>.*(?=<\/m:)/.exec(body)?.[0]);
  assert.deepEqual(operations, [
    '<uriTemplate>u</uriTemplate>',
    '<uriTemplate>u</uriTemplate><digestConfiguration><digestAlgorithm>MD5</digestAlgorithm>' +
      '<digestParameters>paymentId</digestParameters><digestParameters>result</digestParameters>' +
      '<digestSalt>s</digestSalt></digestConfiguration>',
  ]);
});

test('removing and reading send the type alone', async (t) => {
  const { soap, asked } = await startWith(t, saysXml(200, envelope('<c:unregisterEventCallbackResponse/>')));

  const result = await soap.unregister('UPDATE', NEVER);
  await soap.read('UPDATE', NEVER);

  assert.equal(result.outcome, 'done');
  assert.deepEqual(
    asked.map(({ body }) => body),
    ['unregisterEventCallback', 'getRegisteredEventCallback'].map((name) =>
      asSent(CONFIGURATION, `<m:${name}><eventType>UPDATE</eventType></m:${name}>`),
    ),
  );
});

test('a trigger goes to the other service with its values in order', async (t) => {
  const namespace = 'http://ecommerce.resurs.com/v4/msg/developer';
  const { soap, asked } = await startWith(t, saysXml(200, envelope(`<triggerEventResponse xmlns="${namespace}"/>`)));

  const result = await soap.trigger('TEST', ['a', '', '<3>', 'å', '5'], NEVER);

  assert.deepEqual(result, { outcome: 'done', value: undefined });
  assert.equal(asked[0]?.url, '/DeveloperWebService');
  const params = '<param>a</param><param></param><param>&lt;3&gt;</param><param>å</param><param>5</param>';
  const operation = `<m:triggerEvent><eventType>TEST</eventType>${params}</m:triggerEvent>`;
  assert.equal(asked[0]?.body, asSent(namespace, operation));
});

/** As Resurs' own page shows it, but for the escape of the ampersand, which the page has lost. */
const DOCUMENTED = `<?xml version="1.0" encoding="UTF-8"?>
<soap:Envelope xmlns:soap="${SOAP}">
   <soap:Body>
      <ns3:getRegisteredEventCallbackResponse xmlns:ns3="${CONFIGURATION}" xmlns:ns2="http://ecommerce.resurs.com/v4/msg/exception">
         <uriTemplate>https://a.example/?callback=BOOKED&amp;ts=1586864389</uriTemplate>
      </ns3:getRegisteredEventCallbackResponse>
   </soap:Body>
</soap:Envelope>`;

function held(inner: string): string {
  return envelope(`<c:getRegisteredEventCallbackResponse>${inner}</c:getRegisteredEventCallbackResponse>`);
}

const LATIN = Buffer.from(`<?xml version="1.0"?>${held('<uriTemplate>https://å.example</uriTemplate>')}`, 'latin1');

for (const [what, body, value, contentType] of [
  ['as documented', DOCUMENTED, 'https://a.example/?callback=BOOKED&ts=1586864389'],
  [
    'with entities',
    held('<uriTemplate>https://&#229;.example/?a&amp;b&#x3D;&quot;</uriTemplate>'),
    'https://å.example/?a&b="',
  ],
  ['in CDATA', held('<uriTemplate><![CDATA[https://a.example/?a&b=<c>]]></uriTemplate>'), 'https://a.example/?a&b=<c>'],
  [
    'behind a byte order mark and blank lines',
    `\uFEFF\r\n\n${DOCUMENTED}`,
    'https://a.example/?callback=BOOKED&ts=1586864389',
  ],
  ['among what is new', held('<eventType>X</eventType><uriTemplate>u</uriTemplate><more><uriTemplate/></more>'), 'u'],
  ['with a comment', held('<!-- new --><uriTemplate>u<!-- v -->w</uriTemplate>'), 'uw'],
  [
    'without prefixes, with a header',
    `<Envelope xmlns="${SOAP}"><Header><Fault/></Header><Body><getRegisteredEventCallbackResponse xmlns="${CONFIGURATION}"><uriTemplate>u</uriTemplate></getRegisteredEventCallbackResponse></Body></Envelope>`,
    'u',
  ],
  ['in another character set', LATIN, 'https://å.example', 'text/xml; charset="ISO-8859-1"'],
  ['as nothing', held(''), null],
  ['as nil', held('<uriTemplate xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"/>'), null],
] satisfies [string, string | Buffer, string | null, string?][]) {
  test(`a template is understood ${what}`, async (t) => {
    const answer = contentType === undefined ? {} : { 'content-type': contentType };
    const { soap } = await startWith(t, (response) => void response.writeHead(200, answer).end(body));

    assert.deepEqual(await soap.read('BOOKED', NEVER), { outcome: 'done', value });
  });
}
