/**
 * The SOAP services of Resurs, as far as callbacks go: ConfigurationService registers, DeveloperWebService lets
 * Resurs send a callback for a try. Older and more trusted than REST, and the only way to trigger. What Resurs says
 * no to is an outcome; nothing is thrown but the caller's own wish to stop, and a RangeError for a text that XML
 * cannot hold, before anything is sent.
 */
import type { DigestRule, Registration } from '../protocol/ecom/registration.ts';
import type { ResursResult } from './failure.ts';
import { type ClientOptions, type HttpResponse, sendRequest } from './http.ts';
import { secretsIn } from './redact.ts';
import {
  type ApiCall,
  failed,
  isSuccess,
  isWebPage,
  NO_REMOTE_ERROR,
  noResponse,
  rejected,
  unexpectedResponse,
} from './remote-error.ts';
import { type EnvelopeContent, type Operation, readEnvelope, writeEnvelope } from './soap-envelope.ts';
import { textOf, type Xml, xml } from './xml.ts';

export interface SoapClient {
  /** The URL template of a type, null when nothing is registered. */
  read(type: string, signal: AbortSignal): Promise<ResursResult<string | null>>;
  /** Where something is registered Resurs may overwrite it, or refuse as `already_exists`. */
  register(type: string, registration: Registration, signal: AbortSignal): Promise<ResursResult<void>>;
  /** `does_not_exist` where nothing is registered. */
  unregister(type: string, signal: AbortSignal): Promise<ResursResult<void>>;
  /** Asks for a callback of the type with these values; done means asked for, not arrived. TEST takes exactly five. */
  trigger(type: string, params: readonly string[], signal: AbortSignal): Promise<ResursResult<void>>;
}

/** Where a service lies below the base, and the namespace of its messages. Source: docs/protocol.md. */
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

type Response = Extract<EnvelopeContent, { outcome: 'answered' }>['response'];

/** A client of one account. It keeps nothing between calls, so several may run at once. */
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
      const question = { service: CONFIGURATION, name: 'registerEventCallback', type, parts, registration };
      return withoutValue(await call(options, question, signal));
    },
    async unregister(type, signal) {
      return withoutValue(await call(options, { ...plain, name: 'unregisterEventCallback', type }, signal));
    },
    async trigger(type, params, signal) {
      const parts = params.map((param) => xml`<param>${param}</param>`);
      const question = { service: DEVELOPER, name: 'triggerEvent', type, parts, registration: null };
      return withoutValue(await call(options, question, signal));
    },
  };
}

async function call(options: ClientOptions, question: SoapCall, signal: AbortSignal): Promise<ResursResult<Response>> {
  const { service, name, type, parts, registration } = question;
  const operation: Operation = { namespace: service.namespace, name };
  const secrets = secretsIn(options.account, registration);
  const call: ApiCall = { channel: 'SOAP', operation: `${name} ${type}`, secrets };
  const url = options.baseUrl + service.path;
  const headers = { 'content-type': 'text/xml; charset=utf-8', accept: 'text/xml', SOAPAction: '""' };
  const body = writeEnvelope(operation, [xml`<eventType>${type}</eventType>`, ...parts]);

  const exchanged = await sendRequest(options, { method: 'POST', url, headers, body }, signal);
  if (exchanged.outcome === 'failed') return failed(noResponse(call, exchanged));
  const { answer } = exchanged;
  const said = readAnswer(operation, answer);
  if (said.outcome === 'fault') return failed(rejected(call, answer, said.complaint));
  if (!isSuccess(answer.status)) return failed(rejected(call, answer, NO_REMOTE_ERROR));
  if (said.outcome === 'unreadable') return failed(unexpectedResponse(call, answer, said.problem));
  return { outcome: 'done', value: said.response };
}

/** What calls itself a web page is not parsed. */
function readAnswer(operation: Operation, answer: HttpResponse): EnvelopeContent {
  if (isWebPage(answer)) return { outcome: 'unreadable', problem: 'is a web page' };
  if (answer.body.outcome === 'lost') return { outcome: 'unreadable', problem: answer.body.problem };
  return readEnvelope(operation, answer.body.text);
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
