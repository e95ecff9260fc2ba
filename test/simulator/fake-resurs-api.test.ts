/**
 * What both interfaces of the fake Resurs do, as Resurs documents its own: registrations are stored, read back,
 * overwritten and removed, with the right credentials only. A real HTTP server on one side, plain requests on the
 * other. rest.test.ts and soap.test.ts have what only one of them does.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CallbackType } from '../../src/protocol/ecom/callback-types.ts';
import type { Registration } from '../../src/protocol/ecom/registration.ts';
import type { FakeResurs } from '../../src/simulator/fake-resurs.ts';
import { callRest, callSoap, REST_REGISTRATION, setUpFakeResurs, TEMPLATE, textIn } from './fake-resurs.ts';

const CONFIGURATION = 'http://ecommerce.resurs.com/v4/msg/configuration';
const OTHER = 'https://new.example/{paymentId}';
const WRONG = 'Basic eDp5';

/** How a client calls one interface. A URL that was not returned is undefined. */
interface Api {
  readonly name: 'REST' | 'SOAP';
  /** Registers BOOKED with a digest and credentials. */
  registerFully(resurs: FakeResurs, authorization?: string): Promise<{ status: number; text: string }>;
  /** What `registerFully` registers. */
  readonly full: Registration;
  register(resurs: FakeResurs, type: CallbackType, uriTemplate: string): Promise<{ status: number }>;
  readBack(resurs: FakeResurs, type: CallbackType): Promise<{ status: number; uriTemplate: string | undefined }>;
  remove(resurs: FakeResurs, type: CallbackType): Promise<{ status: number }>;
}

const REST: Api = {
  name: 'REST',
  registerFully: (resurs, authorization) =>
    callRest(resurs, 'POST /callbacks/BOOKED', {
      body: JSON.stringify(REST_REGISTRATION),
      ...(authorization === undefined ? {} : { authorization }),
    }),
  full: {
    uriTemplate: TEMPLATE,
    digest: { algorithm: 'sha1', parameters: ['paymentId'], salt: 'a-callback-salt' },
    basic: { username: 'resurs', password: 'a-callback-password' },
  },
  register: (resurs, type, uriTemplate) =>
    callRest(resurs, `POST /callbacks/${type}`, { body: JSON.stringify({ uriTemplate }) }),
  async readBack(resurs, type) {
    const { status, text } = await callRest(resurs, `GET /callbacks/${type}`);
    return { status, uriTemplate: text === '' ? undefined : JSON.parse(text).uriTemplate };
  },
  remove: (resurs, type) => callRest(resurs, `DELETE /callbacks/${type}`, { body: '{}' }),
};

const xmlEscape = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

const SOAP: Api = {
  name: 'SOAP',
  registerFully: (resurs, authorization) =>
    callSoap(
      resurs,
      `<c:registerEventCallback><eventType>BOOKED</eventType><uriTemplate>${xmlEscape(TEMPLATE)}</uriTemplate>
        <basicAuthUserName>resurs</basicAuthUserName><basicAuthPassword>a&lt;b</basicAuthPassword>
        <digestConfiguration><digestAlgorithm>MD5</digestAlgorithm><digestParameters>paymentId</digestParameters>
        <digestParameters>result</digestParameters><digestSalt>a-callback-salt</digestSalt></digestConfiguration>
        </c:registerEventCallback>`,
      authorization === undefined ? {} : { headers: { authorization } },
    ),
  full: {
    uriTemplate: TEMPLATE,
    digest: { algorithm: 'md5', parameters: ['paymentId', 'result'], salt: 'a-callback-salt' },
    basic: { username: 'resurs', password: 'a<b' },
  },
  register: (resurs, type, uriTemplate) =>
    callSoap(
      resurs,
      `<c:registerEventCallback><eventType>${type}</eventType><uriTemplate>${xmlEscape(uriTemplate)}</uriTemplate>
        </c:registerEventCallback>`,
    ),
  async readBack(resurs, type) {
    const message = `<c:getRegisteredEventCallback><eventType>${type}</eventType></c:getRegisteredEventCallback>`;
    const { status, text } = await callSoap(resurs, message);
    return { status, uriTemplate: textIn(text, 'uriTemplate') };
  },
  remove: (resurs, type) =>
    callSoap(resurs, `<c:unregisterEventCallback><eventType>${type}</eventType></c:unregisterEventCallback>`),
};

for (const api of [REST, SOAP]) {
  test(`${api.name}: a registration is stored as it was sent`, async (t) => {
    const resurs = await setUpFakeResurs(t);

    const { status, text } = await api.registerFully(resurs);

    assert.equal(status, 200);
    if (api === SOAP) assert.equal(textIn(text, 'registerEventCallbackResponse', CONFIGURATION), '');
    assert.deepEqual(resurs.registered.get('BOOKED'), api.full);
  });

  test(`${api.name}: a URL is read back as it was registered, and an unregistered type has none`, async (t) => {
    const resurs = await setUpFakeResurs(t);
    await api.register(resurs, 'BOOKED', TEMPLATE);

    const registered = await api.readBack(resurs, 'BOOKED');
    const absent = await api.readBack(resurs, 'UPDATE');

    assert.deepEqual(registered, { status: 200, uriTemplate: TEMPLATE });
    assert.deepEqual(absent, { status: 200, uriTemplate: undefined });
  });

  test(`${api.name}: registering again overwrites the registration`, async (t) => {
    const resurs = await setUpFakeResurs(t);
    await api.registerFully(resurs);

    const { status } = await api.register(resurs, 'BOOKED', OTHER);

    assert.equal(status, 200);
    assert.deepEqual(resurs.registered.get('BOOKED'), { uriTemplate: OTHER, digest: null, basic: null });
  });

  test(`${api.name}: removing ends a registration`, async (t) => {
    const resurs = await setUpFakeResurs(t);
    await api.register(resurs, 'BOOKED', TEMPLATE);

    const { status } = await api.remove(resurs, 'BOOKED');

    assert.equal(status, 200);
    assert.equal(resurs.registered.size, 0);
  });

  test(`${api.name}: wrong credentials get 401 and register nothing`, async (t) => {
    const resurs = await setUpFakeResurs(t);

    const { status } = await api.registerFully(resurs, WRONG);

    assert.equal(status, 401);
    assert.equal(resurs.registered.size, 0);
  });
}
