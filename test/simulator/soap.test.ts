/**
 * What only the SOAP interface of the fake Resurs does, by Resurs' schema and its own test suite: order of elements,
 * faults and their ids. Requests are written by hand. Responses are read by an XML parser and never as text, because
 * their prefixes change. fake-resurs-api.test.ts has what REST does as well.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { callSoap, type SoapRequest, setUpFakeResurs, TEMPLATE, textIn, trigger } from './fake-resurs.ts';

const CONFIGURATION = 'http://ecommerce.resurs.com/v4/msg/configuration';
const ENVELOPE = 'http://schemas.xmlsoap.org/soap/envelope/';
const ESCAPED = TEMPLATE.replaceAll('&', '&amp;');
const TYPE = '<eventType>BOOKED</eventType>';
const URI = `<uriTemplate>${ESCAPED}</uriTemplate>`;
const DIGEST =
  '<digestConfiguration><digestAlgorithm>MD5</digestAlgorithm><digestParameters>paymentId</digestParameters>' +
  '<digestParameters>result</digestParameters><digestSalt>a-callback-salt</digestSalt></digestConfiguration>';

async function setup(t: TestContext) {
  const resurs = await setUpFakeResurs(t);
  const soap = (operation: string, fields: string, request?: SoapRequest) =>
    callSoap(resurs, `<c:${operation}>${fields}</c:${operation}>`, request);
  return { resurs, soap };
}

test('nil elements count as missing', async (t) => {
  const { resurs, soap } = await setup(t);
  const nil = ['basicAuthUserName', 'basicAuthPassword', 'digestConfiguration'].map(
    (name) => `<${name} xsi:nil="true"/>`,
  );

  await soap('registerEventCallback', TYPE + URI + nil.join(''));

  assert.deepEqual(resurs.registered.get('BOOKED'), { uriTemplate: TEMPLATE, digest: null, basic: null });
});

test('the prefixes of responses change, their meaning does not', async (t) => {
  const { soap } = await setup(t);
  await soap('registerEventCallback', TYPE + URI);
  const read = () => soap('getRegisteredEventCallback', TYPE);

  const responses = [await read(), await read(), await read()];

  assert.equal(new Set(responses.map(({ text }) => text)).size, 3);
  for (const { text } of responses) {
    assert.equal(textIn(text, 'Body', ENVELOPE), TEMPLATE);
    assert.equal(textIn(text, 'getRegisteredEventCallbackResponse', CONFIGURATION), TEMPLATE);
    assert.equal(textIn(text, 'uriTemplate'), TEMPLATE);
  }
});

for (const { name, operation, fields, id, error, message } of [
  {
    name: 'an unknown type',
    operation: 'registerEventCallback',
    fields: `<eventType>PAID</eventType>${URI}`,
    id: '1',
    error: 'ILLEGAL_ARGUMENT',
    message: 'Unknown callback type!',
  },
  {
    name: 'a type in lower case',
    operation: 'getRegisteredEventCallback',
    fields: '<eventType>booked</eventType>',
    id: '1',
    error: 'ILLEGAL_ARGUMENT',
    message: 'Unknown callback type!',
  },
  {
    name: 'a removal of an unregistered type',
    operation: 'unregisterEventCallback',
    fields: TYPE,
    id: '8',
    error: 'REFERENCED_DATA_DONT_EXISTS',
    message: 'Callback of type BOOKED does not exist!',
  },
]) {
  test(`${name} gets the documented fault, whatever its prefixes`, async (t) => {
    const { soap } = await setup(t);

    for (const response of [
      await soap(operation, fields),
      await soap(operation, fields),
      await soap(operation, fields),
    ]) {
      const detail = ['errorTypeId', 'errorTypeDescription', 'fixableByYou', 'userErrorMessage'];
      assert.equal(response.status, 500);
      assert.match(textIn(response.text, 'faultcode') ?? '', /(^|:)Server$/);
      assert.notEqual(
        textIn(response.text, 'ECommerceError', 'http://ecommerce.resurs.com/v4/msg/exception'),
        undefined,
      );
      assert.deepEqual(
        detail.map((field) => textIn(response.text, field)),
        [id, error, 'true', message],
      );
    }
  });
}

test('a type cannot be triggered before it is registered', async (t) => {
  const { resurs } = await setup(t);

  const { text } = await trigger(resurs, 'TEST');

  assert.equal(textIn(text, 'userErrorMessage'), 'Callback of type TEST is not registered!');
});

for (const { name, operation = 'registerEventCallback', fields } of [
  { name: 'elements in another order', fields: URI + TYPE },
  { name: 'an element twice', fields: TYPE + URI + URI },
  { name: 'an unexpected element', fields: `${TYPE}${URI}<more/>` },
  { name: 'an element that has a namespace', fields: `<c:eventType>BOOKED</c:eventType>${URI}` },
  { name: 'no URL', fields: TYPE },
  { name: 'an empty URL', fields: `${TYPE}<uriTemplate/>` },
  { name: 'a nil type', fields: `<eventType xsi:nil="true"/>${URI}` },
  {
    name: 'the salt before the parameters',
    fields: TYPE + URI + DIGEST.replace(/(<digestP.*>)(<digestSalt>.*<\/digestSalt>)/, '$2$1'),
  },
  { name: 'another algorithm', fields: TYPE + URI + DIGEST.replace('MD5', 'SHA256') },
  { name: 'an operation of the other service', operation: 'triggerEvent', fields: TYPE },
]) {
  test(`${name} gets a fault without an error of Resurs`, async (t) => {
    const { resurs, soap } = await setup(t);

    const response = await soap(operation, fields);

    assert.equal(response.status, 500);
    assert.match(textIn(response.text, 'faultcode') ?? '', /(^|:)Client$/);
    assert.equal(textIn(response.text, 'detail'), undefined);
    assert.equal(resurs.registered.size, 0);
  });
}

for (const { name, status, ...request } of [
  { name: 'no XML', status: 500, document: 'plain' },
  { name: 'a document type', status: 500, document: `<!DOCTYPE x><e:Envelope xmlns:e="${ENVELOPE}"/>` },
  { name: 'no envelope', status: 500, document: '<Envelope/>' },
  { name: 'an empty body', status: 500, document: `<e:Envelope xmlns:e="${ENVELOPE}"><e:Body/></e:Envelope>` },
  { name: 'an action', status: 500, headers: { soapaction: '"registerEventCallback"' } },
  { name: 'SOAP 1.2', status: 415, headers: { 'content-type': 'application/soap+xml' } },
]) {
  test(`a request with ${name} gets ${status}`, async (t) => {
    const { resurs, soap } = await setup(t);

    const response = await soap('registerEventCallback', TYPE + URI, request);

    assert.equal(response.status, status);
    assert.equal(resurs.registered.size, 0);
  });
}
