/** A fake Resurs for one test, and raw calls to it as any client could make them, without our own clients. */
import type { TestContext } from 'node:test';
import { DOMParser } from '@xmldom/xmldom';
import type { CallbackType } from '../../src/protocol/ecom/callback-types.ts';
import { basicHeader, placeholdersFor } from '../../src/protocol/ecom/registration.ts';
import { urlTemplate } from '../../src/protocol/ecom/url-template.ts';
import { type FakeResurs, type FakeResursOptions, startFakeResurs } from '../../src/simulator/fake-resurs.ts';
import { SALT } from './receiver.ts';

export const ACCOUNT = { username: 'merchant', password: 'a-pässword-of-the-tests' };
export const TEMPLATE = 'https://shop.example/callbacks/resurs?c=BOOKED&t=1700000000&p={paymentId}&d={digest}';

/** Starts it and stops it after the test. The delays between tries are almost zero. */
export async function setUpFakeResurs(t: TestContext, options: Partial<FakeResursOptions> = {}): Promise<FakeResurs> {
  const resurs = await startFakeResurs({ account: ACCOUNT, speed: 1_000_000_000, ...options });
  t.after(() => resurs.stop());
  return resurs;
}

/** What a client needs to call it, from this process or another one. */
export type Address = Pick<FakeResurs, 'restUrl' | 'soapUrl' | 'account'>;

export interface RestRequest {
  readonly body?: string;
  readonly contentType?: string | null;
  readonly authorization?: string | null;
  readonly signal?: AbortSignal;
}

/** Makes a REST call, by default as documented: JSON and the right credentials. */
export async function callRest({ restUrl, account }: Address, call: string, request: RestRequest = {}) {
  const { body, contentType = 'application/json', authorization = basicHeader(account), signal } = request;
  const [method = '', path = ''] = call.split(' ');
  const response = await fetch(restUrl + path, {
    method,
    headers: {
      ...(contentType === null ? {} : { 'content-type': contentType }),
      ...(authorization === null ? {} : { authorization }),
    },
    ...(body === undefined ? {} : { body: Buffer.from(body) }),
    ...(signal === undefined ? {} : { signal }),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** A REST registration with a digest and credentials. */
export const REST_REGISTRATION = {
  uriTemplate: TEMPLATE,
  basicAuthUserName: 'resurs',
  basicAuthPassword: 'a-callback-password',
  digestConfiguration: { digestAlgorithm: 'SHA1', digestSalt: 'a-callback-salt', digestParameters: ['paymentId'] },
};

/** Registers over REST with the given digest, or none. */
export function register(
  resurs: Address,
  type: CallbackType,
  { uriTemplate = TEMPLATE, digestConfiguration }: { uriTemplate?: string; digestConfiguration?: object } = {},
) {
  const body = JSON.stringify({ uriTemplate, digestConfiguration });
  return callRest(resurs, `POST /callbacks/${type}`, { body });
}

export interface SoapRequest {
  readonly service?: 'ConfigurationService' | 'DeveloperWebService' | 'AfterShopFlowService';
  /** The whole document, instead of a body with the message. */
  readonly document?: string;
  readonly headers?: Record<string, string>;
}

/**
 * Makes a SOAP call. `message` is the content of the body, with `c:`, `d:` and `a:` for the namespaces of the services.
 */
export async function callSoap({ soapUrl, account }: Address, message: string, request: SoapRequest = {}) {
  const { service = 'ConfigurationService', document = envelope(message), headers } = request;
  const response = await fetch(`${soapUrl}/${service}`, {
    method: 'POST',
    headers: {
      'content-type': 'text/xml; charset=utf-8',
      soapaction: '""',
      authorization: basicHeader(account),
      ...headers,
    },
    body: document,
  });
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
}

function envelope(message: string): string {
  const namespaces = [
    ['e', 'http://schemas.xmlsoap.org/soap/envelope/'],
    ['c', 'http://ecommerce.resurs.com/v4/msg/configuration'],
    ['d', 'http://ecommerce.resurs.com/v4/msg/developer'],
    ['a', 'http://ecommerce.resurs.com/v4/msg/aftershopflow'],
    ['xsi', 'http://www.w3.org/2001/XMLSchema-instance'],
  ].map(([prefix, namespace]) => `xmlns:${prefix}="${namespace}"`);
  return `<e:Envelope ${namespaces.join(' ')}><e:Header/><e:Body>${message}</e:Body></e:Envelope>`;
}

/**
 * Returns the text of the only element with this name and namespace, `''` for none; undefined without such an element.
 */
export function textIn(xml: string, name: string, namespace = ''): string | undefined {
  const document = new DOMParser().parseFromString(xml, 'text/xml');
  const found = [...document.getElementsByTagName('*')].filter(
    (element) => element.localName === name && (element.namespaceURI ?? '') === namespace,
  );
  return found.length === 1 ? (found[0]?.textContent ?? '') : undefined;
}

/** Calls triggerEvent with parameters. */
export function trigger(resurs: Address, type: CallbackType, params: readonly string[] = []) {
  const inside = params.map((param) => `<param>${param}</param>`).join('');
  return callSoap(resurs, `<d:triggerEvent><eventType>${type}</eventType>${inside}</d:triggerEvent>`, {
    service: 'DeveloperWebService',
  });
}

/** The password of every callback that was registered by `registerReceiver`. */
export const CALLBACK_PASSWORD = 'a-password-of-callbacks';

/** Registers a type as a receiver at `target` with SALT does: signed, over SOAP, which sends signed TESTs as well. */
export function registerReceiver(resurs: Address, type: CallbackType, target: string) {
  const template = urlTemplate(type, { target, form: 'query', registeredAt: '1700000000', signed: true });
  const parameters = placeholdersFor(type).map((name) => `<digestParameters>${name}</digestParameters>`);
  return callSoap(
    resurs,
    `<c:registerEventCallback>
      <eventType>${type}</eventType>
      <uriTemplate>${template.replaceAll('&', '&amp;')}</uriTemplate>
      <basicAuthUserName>resurs</basicAuthUserName>
      <basicAuthPassword>${CALLBACK_PASSWORD}</basicAuthPassword>
      <digestConfiguration>
        <digestAlgorithm>SHA1</digestAlgorithm>
        ${parameters.join('')}
        <digestSalt>${SALT}</digestSalt>
      </digestConfiguration>
    </c:registerEventCallback>`,
  );
}
