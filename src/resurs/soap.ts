/**
 * Client of the callback part of Resurs' SOAP services: ConfigurationService registers, DeveloperWebService triggers a
 * callback from Resurs for a test. SOAP is older and more reliable than REST, and the only interface that triggers. A
 * refusal is an outcome. Only an abort by the caller is thrown, and a RangeError for a text that XML cannot hold,
 * before anything is sent.
 */
import type { DigestRule, Registration } from '../protocol/ecom/registration.ts';
import type { ResursResult } from './failure.ts';
import type { ClientOptions } from './http.ts';
import { secretsIn } from './redact.ts';
import { callSoap, type ResponseElement, type Service } from './soap-call.ts';
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

const CONFIGURATION: Service = {
  path: '/ConfigurationService',
  namespace: 'http://ecommerce.resurs.com/v4/msg/configuration',
};
const DEVELOPER: Service = {
  path: '/DeveloperWebService',
  namespace: 'http://ecommerce.resurs.com/v4/msg/developer',
};

/** One call before it is sent; `parts` follow the event type. */
interface RegistrationCall {
  readonly service: Service;
  readonly name: string;
  readonly type: string;
  readonly parts: readonly Xml[];
  readonly registration: Registration | null;
}

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
  { service, name, type, parts, registration }: RegistrationCall,
  signal: AbortSignal,
): Promise<ResursResult<ResponseElement>> {
  const allParts = [xml`<eventType>${type}</eventType>`, ...parts];
  const secrets = secretsIn(options.account, registration);
  return callSoap(options, { service, name, subject: type, parts: allParts, secrets }, signal);
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
