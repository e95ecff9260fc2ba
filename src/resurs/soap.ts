/**
 * Client of the callback part of Resurs' SOAP services: ConfigurationService registers, DeveloperWebService triggers a
 * callback from Resurs for a test. SOAP is older and more reliable than REST, and the only interface that triggers. A
 * refusal is an outcome. Only an abort by the caller is thrown, and a RangeError for a text that XML cannot hold,
 * before anything is sent.
 */
import type { DigestRule, Registration } from '../protocol/ecom/registration.ts';
import {
  type ApiCall,
  failed,
  isSuccess,
  isWebPage,
  NO_REMOTE_ERROR,
  noResponse,
  type ResursResult,
  rejected,
  unexpectedResponse,
} from './failure.ts';
import { type ClientOptions, type HttpResponse, sendRequest } from './http.ts';
import { secretsIn } from './redact.ts';
import { type EnvelopeContent, type Operation, parseEnvelope, renderEnvelope } from './soap-envelope.ts';
import { textOf, type Xml, xml } from './xml.ts';

export interface SoapClient {
  /** Reads the URL template of a type, null when nothing is registered. */
  read(type: string, signal: AbortSignal): Promise<ResursResult<string | null>>;
  /** Registers the type. Resurs may overwrite a present registration, or refuse as `already_exists`. */
  register(type: string, registration: Registration, signal: AbortSignal): Promise<ResursResult<void>>;
  /** Removes the registration; `does_not_exist` without one. */
  unregister(type: string, signal: AbortSignal): Promise<ResursResult<void>>;
  /** Requests a callback of the type with these values; done means requested, not arrived. TEST takes exactly five. */
  trigger(type: string, params: readonly string[], signal: AbortSignal): Promise<ResursResult<void>>;
}

/** The path of a service below the base, and the namespace of its messages. Source: docs/protocol.md. */
interface Service {
  readonly path: string;
  readonly namespace: string;
}

const CONFIGURATION: Service = {
  path: '/ConfigurationService',
  namespace: 'http://ecommerce.resurs.com/v4/msg/configuration',
};
const DEVELOPER: Service = {
  path: '/DeveloperWebService',
  namespace: 'http://ecommerce.resurs.com/v4/msg/developer',
};

/** One call before it is sent; `parts` follow the event type. */
interface SoapCall {
  readonly service: Service;
  readonly name: string;
  readonly type: string;
  readonly parts: readonly Xml[];
  readonly registration: Registration | null;
}

type ResponseElement = Extract<EnvelopeContent, { outcome: 'answered' }>['response'];

/** Creates a client of one account. It keeps no state between calls, so several may run at once. */
export function createSoapClient(options: ClientOptions): SoapClient {
  const plain = { service: CONFIGURATION, parts: [], registration: null };
  return {
    async read(type, signal) {
      const result = await call(options, { ...plain, name: 'getRegisteredEventCallback', type }, signal);
      if (result.outcome === 'done') return { outcome: 'done', value: textOf(result.value, 'uriTemplate') };
      return result.failure.kind === 'does_not_exist' ? { outcome: 'done', value: null } : result;
    },
    async register(type, registration, signal) {
      const parts = registrationParts(registration);
      const soapCall = { service: CONFIGURATION, name: 'registerEventCallback', type, parts, registration };
      return withoutValue(await call(options, soapCall, signal));
    },
    async unregister(type, signal) {
      return withoutValue(await call(options, { ...plain, name: 'unregisterEventCallback', type }, signal));
    },
    async trigger(type, params, signal) {
      const parts = params.map((param) => xml`<param>${param}</param>`);
      const soapCall = { service: DEVELOPER, name: 'triggerEvent', type, parts, registration: null };
      return withoutValue(await call(options, soapCall, signal));
    },
  };
}

async function call(
  options: ClientOptions,
  soapCall: SoapCall,
  signal: AbortSignal,
): Promise<ResursResult<ResponseElement>> {
  const { service, name, type, parts, registration } = soapCall;
  const operation: Operation = { namespace: service.namespace, name };
  const secrets = secretsIn(options.account, registration);
  const call: ApiCall = { channel: 'SOAP', operation: `${name} ${type}`, secrets };
  const url = options.baseUrl + service.path;
  const headers = { 'content-type': 'text/xml; charset=utf-8', accept: 'text/xml', SOAPAction: '""' };
  const body = renderEnvelope(operation, [xml`<eventType>${type}</eventType>`, ...parts]);

  const result = await sendRequest(options, { method: 'POST', url, headers, body }, signal);
  if (result.outcome === 'failed') return failed(noResponse(call, result));
  const { response } = result;
  const content = parseResponse(operation, response);
  if (content.outcome === 'fault') return failed(rejected(call, response, content.error));
  if (!isSuccess(response.status)) return failed(rejected(call, response, NO_REMOTE_ERROR));
  if (content.outcome === 'unreadable') return failed(unexpectedResponse(call, response, content.problem));
  return { outcome: 'done', value: content.response };
}

/** Parses the envelope, unless the response claims to be a web page. */
function parseResponse(operation: Operation, response: HttpResponse): EnvelopeContent {
  if (isWebPage(response)) return { outcome: 'unreadable', problem: 'is a web page' };
  if (response.body.outcome === 'lost') return { outcome: 'unreadable', problem: response.body.problem };
  return parseEnvelope(operation, response.body.text);
}

/** In the order of Resurs' schema. */
function registrationParts({ uriTemplate, basic, digest }: Registration): readonly Xml[] {
  const user = (pair: NonNullable<typeof basic>) => [
    xml`<basicAuthUserName>${pair.username}</basicAuthUserName>`,
    xml`<basicAuthPassword>${pair.password}</basicAuthPassword>`,
  ];
  return [
    xml`<uriTemplate>${uriTemplate}</uriTemplate>`,
    ...(basic === null ? [] : user(basic)),
    ...(digest === null ? [] : [digestPart(digest)]),
  ];
}

function digestPart({ algorithm, parameters, salt }: DigestRule): Xml {
  const parts = [
    xml`<digestAlgorithm>${algorithm.toUpperCase()}</digestAlgorithm>`,
    ...parameters.map((name) => xml`<digestParameters>${name}</digestParameters>`),
    xml`<digestSalt>${salt}</digestSalt>`,
  ];
  return xml`<digestConfiguration>${parts}</digestConfiguration>`;
}

function withoutValue(result: ResursResult<unknown>): ResursResult<void> {
  return result.outcome === 'done' ? { outcome: 'done', value: undefined } : result;
}
