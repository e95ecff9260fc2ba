/**
 * Client of the callback part of the REST interface of Resurs Checkout. It can list all registrations at once, which
 * SOAP cannot, and works for shops that do not use the checkout. A POST or DELETE that was answered 2xx is done,
 * whatever the body. A refusal is an outcome; only an abort by the caller is thrown.
 */
import { basicHeader, type Registration } from '../protocol/ecom/registration.ts';
import {
  type ApiCall,
  failed,
  isSuccess,
  isWebPage,
  NO_REMOTE_ERROR,
  noResponse,
  type ResursFailure,
  type ResursResult,
  rejected,
  unexpectedResponse,
} from './failure.ts';
import { type ClientOptions, type HttpRequest, type HttpResponse, sendRequest } from './http.ts';
import { secretsIn } from './redact.ts';
import { type ParseResult, parseError, parseList, parseTemplate } from './rest-response.ts';

export interface RestClient {
  /** Lists the URL templates by type; entries of an unknown shape are left out. */
  list(signal: AbortSignal): Promise<ResursResult<ReadonlyMap<string, string>>>;
  /** Reads the URL template of a type, null when nothing is registered. */
  read(type: string, signal: AbortSignal): Promise<ResursResult<string | null>>;
  /** Registers over the present registration, unless Resurs refuses that as `already_exists`. */
  register(type: string, registration: Registration, signal: AbortSignal): Promise<ResursResult<void>>;
  /** Removes the registration. Without one, Resurs may respond either way: done, or `does_not_exist`. */
  unregister(type: string, signal: AbortSignal): Promise<ResursResult<void>>;
}

/** One call before it is sent; `type` is null for the list. */
interface RestCall<T> {
  readonly method: HttpRequest['method'];
  readonly type: string | null;
  readonly registration: Registration | null;
  readonly body: string | null;
  readonly parse: (response: HttpResponse) => ParseResult<T>;
}

const NOT_FOUND = 404;

/** Creates a client of one account. It keeps no state between calls, so several may run at once. */
export function createRestClient(options: ClientOptions): RestClient {
  const plain = { registration: null, body: null };
  return {
    list: (signal) => call(options, { ...plain, method: 'GET', type: null, parse: parseWith(parseList) }, signal),
    async read(type, signal) {
      const result = await call(options, { ...plain, method: 'GET', type, parse: parseWith(parseTemplate) }, signal);
      const isMissing = result.outcome === 'failed' && result.failure.kind === 'does_not_exist';
      return isMissing ? { outcome: 'done', value: null } : result;
    },
    register(type, registration, signal) {
      const body = registrationBody(registration);
      return call(options, { method: 'POST', type, registration, body, parse: ignoreBody }, signal);
    },
    // Without a JSON body a DELETE is answered 415.
    unregister: (type, signal) =>
      call(options, { ...plain, method: 'DELETE', type, body: '{}', parse: ignoreBody }, signal),
  };
}

async function call<T>(options: ClientOptions, restCall: RestCall<T>, signal: AbortSignal): Promise<ResursResult<T>> {
  const { method, type, registration, body, parse } = restCall;
  const operation = type === null ? `${method} /callbacks` : `${method} /callbacks/${type}`;
  const call: ApiCall = { channel: 'REST', operation, secrets: secretsIn(options.account, registration) };
  const url = `${options.baseUrl}/callbacks${type === null ? '' : `/${encodeURIComponent(type)}`}`;
  const headers = {
    authorization: basicHeader(options.account),
    accept: 'application/json',
    ...(body === null ? {} : { 'content-type': 'application/json' }),
  };

  const result = await sendRequest(options, { method, url, headers, body }, signal);
  if (result.outcome === 'failed') return failed(noResponse(call, result));
  const { response } = result;
  if (!isSuccess(response.status)) return failed(refused(call, response, restCall));
  const parsed = parse(response);
  if (parsed.outcome === 'unreadable') return failed(unexpectedResponse(call, response, parsed.problem));
  return { outcome: 'done', value: parsed.value };
}

function refused<T>(call: ApiCall, response: HttpResponse, { method, type }: RestCall<T>): ResursFailure {
  const { body, status } = response;
  const failure = rejected(call, response, body.outcome === 'read' ? parseError(body.text) : NO_REMOTE_ERROR);
  // A web page means that the server does not know the path, as behind a wrong address, and nothing about the
  // registration.
  const isAboutType = status === NOT_FOUND && method !== 'POST' && type !== null && !isWebPage(response);
  return isAboutType && failure.kind === 'refused' ? { ...failure, kind: 'does_not_exist' } : failure;
}

/** `&` in the URL is not escaped: Resurs takes the text literally. */
function registrationBody({ uriTemplate, digest, basic }: Registration): string {
  return JSON.stringify({
    uriTemplate,
    ...(basic === null ? {} : { basicAuthUserName: basic.username, basicAuthPassword: basic.password }),
    ...(digest === null
      ? {}
      : {
          digestConfiguration: {
            digestAlgorithm: digest.algorithm.toUpperCase(),
            digestSalt: digest.salt,
            digestParameters: digest.parameters,
          },
        }),
  });
}

function parseWith<T>(parse: (text: string) => ParseResult<T>): (response: HttpResponse) => ParseResult<T> {
  return (response) => {
    if (response.body.outcome === 'lost') return { outcome: 'unreadable', problem: response.body.problem };
    return isWebPage(response) ? { outcome: 'unreadable', problem: 'is a web page' } : parse(response.body.text);
  };
}

function ignoreBody(): ParseResult<void> {
  return { outcome: 'read', value: undefined };
}
