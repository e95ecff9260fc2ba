/**
 * The SOAP interface of the stand-in, by Resurs' schema and its own test suite: order of elements, faults and their
 * ids. Requests are written by hand, answers are read by an XML parser and never as text, because their prefixes
 * change.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { callSoap, type SoapRequest, setUpStandIn, TEMPLATE, textIn, trigger } from './fake-resurs.ts';

const CONFIGURATION = 'http://ecommerce.resurs.com/v4/msg/configuration';
const ENVELOPE = 'http://schemas.xmlsoap.org/soap/envelope/';
const ESCAPED = TEMPLATE.replaceAll('&', '&amp;');
const TYPE = '<eventType>BOOKED</eventType>';
const URI = `<uriTemplate>${ESCAPED}</uriTemplate>`;
const DIGEST =
  '<digestConfiguration><digestAlgorithm>MD5</digestAlgorithm><digestParameters>paymentId</digestParameters>' +
  '<digestParameters>result</digestParameters><digestSalt>a-callback-salt</digestSalt></digestConfiguration>';

async function setup(t: TestContext) {
  const standIn = await setUpStandIn(t);
  const soap = (operation: string, fields: string, request?: SoapRequest) =>
    callSoap(standIn, `<c:${operation}>${fields}</c:${operation}>`, request);
  return { standIn, soap };
}

test('a registration is kept as it was sent', async (t) => {
  const { standIn, soap } = await setup(t);
  const credentials = '<basicAuthUserName>resurs</basicAuthUserName><basicAuthPassword>a&lt;b</basicAuthPassword>';

  const answer = await soap('registerEventCallback', TYPE + URI + credentials + DIGEST);

  assert.equal(answer.status, 200);
  assert.equal(textIn(answer.text, 'registerEventCallbackResponse', CONFIGURATION), '');
  assert.deepEqual(standIn.held.get('BOOKED'), {
    uriTemplate: TEMPLATE,
    digest: { algorithm: 'md5', parameters: ['paymentId', 'result'], salt: 'a-callback-salt' },
    basic: { username: 'resurs', password: 'a<b' },
  });
});

test('elements that are nil count as left out', async (t) => {
  const { standIn, soap } = await setup(t);
  const nil = ['basicAuthUserName', 'basicAuthPassword', 'digestConfiguration'].map(
    (name) => `<${name} xsi:nil="true"/>`,
  );

  await soap('registerEventCallback', TYPE + URI + nil.join(''));

  assert.deepEqual(standIn.held.get('BOOKED'), { uriTemplate: TEMPLATE, digest: null, basic: null });
});

test('a URL is read back as it was registered, and nothing when there is none', async (t) => {
  const { soap } = await setup(t);
  await soap('registerEventCallback', TYPE + URI);

  const there = await soap('getRegisteredEventCallback', TYPE);
  const absent = await soap('getRegisteredEventCallback', '<eventType>UPDATE</eventType>');

  assert.equal(textIn(there.text, 'uriTemplate'), TEMPLATE);
  assert.deepEqual([absent.status, textIn(absent.text, 'uriTemplate')], [200, undefined]);
});

test('the prefixes of answers change, their meaning does not', async (t) => {
  const { soap } = await setup(t);
  await soap('registerEventCallback', TYPE + URI);
  const ask = () => soap('getRegisteredEventCallback', TYPE);

  const answers = [await ask(), await ask(), await ask()];

  assert.equal(new Set(answers.map(({ text }) => text)).size, 3);
  for (const { text } of answers) {
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
    name: 'a removal of what is not there',
    operation: 'unregisterEventCallback',
    fields: TYPE,
    id: '8',
    error: 'REFERENCED_DATA_DONT_EXISTS',
    message: 'Callback of type BOOKED does not exist!',
  },
]) {
  test(`${name} is the documented fault, whatever its prefixes`, async (t) => {
    const { soap } = await setup(t);

    for (const answer of [
      await soap(operation, fields),
      await soap(operation, fields),
      await soap(operation, fields),
    ]) {
      const detail = ['errorTypeId', 'errorTypeDescription', 'fixableByYou', 'userErrorMessage'];
      assert.equal(answer.status, 500);
      assert.match(textIn(answer.text, 'faultcode') ?? '', /(^|:)Server$/);
      assert.notEqual(textIn(answer.text, 'ECommerceError', 'http://ecommerce.resurs.com/v4/msg/exception'), undefined);
      assert.deepEqual(
        detail.map((field) => textIn(answer.text, field)),
        [id, error, 'true', message],
      );
    }
  });
}

test('a type that is registered cannot be triggered before, and can be removed after', async (t) => {
  const { standIn, soap } = await setup(t);

  const early = await trigger(standIn, 'TEST');
  await soap('registerEventCallback', TYPE + URI);
  const removed = await soap('unregisterEventCallback', TYPE);

  assert.equal(textIn(early.text, 'userErrorMessage'), 'Callback of type TEST is not registered!');
  assert.equal(removed.status, 200);
  assert.equal(standIn.held.size, 0);
});

for (const { name, operation = 'registerEventCallback', fields } of [
  { name: 'elements in another order', fields: URI + TYPE },
  { name: 'an element twice', fields: TYPE + URI + URI },
  { name: 'an element that does not belong there', fields: `${TYPE}${URI}<more/>` },
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
  test(`${name} is a fault without Resurs' own detail`, async (t) => {
    const { standIn, soap } = await setup(t);

    const answer = await soap(operation, fields);

    assert.equal(answer.status, 500);
    assert.match(textIn(answer.text, 'faultcode') ?? '', /(^|:)Client$/);
    assert.equal(textIn(answer.text, 'detail'), undefined);
    assert.equal(standIn.held.size, 0);
  });
}

for (const { name, status, ...request } of [
  { name: 'no XML', status: 500, document: 'plain' },
  { name: 'a document type', status: 500, document: `<!DOCTYPE x><e:Envelope xmlns:e="${ENVELOPE}"/>` },
  { name: 'no envelope', status: 500, document: '<Envelope/>' },
  { name: 'an empty body', status: 500, document: `<e:Envelope xmlns:e="${ENVELOPE}"><e:Body/></e:Envelope>` },
  { name: 'an action', status: 500, headers: { soapaction: '"registerEventCallback"' } },
  { name: 'SOAP 1.2', status: 415, headers: { 'content-type': 'application/soap+xml' } },
  { name: 'wrong credentials', status: 401, headers: { authorization: 'Basic eDp5' } },
]) {
  test(`a request with ${name} gets ${status}`, async (t) => {
    const { standIn, soap } = await setup(t);

    const answer = await soap('registerEventCallback', TYPE + URI, request);

    assert.equal(answer.status, status);
    assert.equal(standIn.held.size, 0);
  });
}
