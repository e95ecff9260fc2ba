/**
 * The REST interface of Resurs Checkout, as far as callbacks go. It can list everything at once, which SOAP cannot,
 * and can be used without using the checkout. A POST or DELETE that was answered 2xx is done, whatever the body. What
 * Resurs says no to is an outcome; nothing but the caller's own wish to stop is thrown.
 */
import type { Registration } from '../protocol/ecom/registration.ts';
import type { ResursFailure, ResursResult } from './failure.ts';
import { type ClientOptions, type HttpRequest, type HttpResponse, sendRequest } from './http.ts';
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
import { type ParseResult, readComplaint, readList, readTemplate } from './rest-response.ts';

export interface RestClient {
  /** The URL templates by type; entries that are not understood are left out. */
  list(signal: AbortSignal): Promise<ResursResult<ReadonlyMap<string, string>>>;
  /** The URL template of a type, null when nothing is registered. */
  read(type: string, signal: AbortSignal): Promise<ResursResult<string | null>>;
  /** Overwrites what is registered, unless Resurs refuses that as `already_exists`. */
  register(type: string, registration: Registration, signal: AbortSignal): Promise<ResursResult<void>>;
  /** Where nothing is registered Resurs may answer either way: done, or `does_not_exist`. */
  unregister(type: string, signal: AbortSignal): Promise<ResursResult<void>>;
}

/** One call before it is sent; `type` is null for the list. */
interface RestCall<T> {
  readonly method: HttpRequest['method'];
  readonly type: string | null;
  readonly registration: Registration | null;
  readonly body: string | null;
  readonly read: (answer: HttpResponse) => ParseResult<T>;
}

const NOT_FOUND = 404;

/** A client of one account. It keeps nothing between calls, so several may run at once. */
export function createRestClient(options: ClientOptions): RestClient {
  const plain = { registration: null, body: null };
  return {
    list: (signal) => call(options, { ...plain, method: 'GET', type: null, read: parseWith(readList) }, signal),
    async read(type, signal) {
      const result = await call(options, { ...plain, method: 'GET', type, read: parseWith(readTemplate) }, signal);
      const isNothing = result.outcome === 'failed' && result.failure.kind === 'does_not_exist';
      return isNothing ? { outcome: 'done', value: null } : result;
    },
    register(type, registration, signal) {
      const body = registrationBody(registration);
      return call(options, { method: 'POST', type, registration, body, read: ignoreBody }, signal);
    },
    // Without a JSON body a DELETE is answered 415.
    unregister: (type, signal) =>
      call(options, { ...plain, method: 'DELETE', type, body: '{}', read: ignoreBody }, signal),
  };
}

async function call<T>(options: ClientOptions, question: RestCall<T>, signal: AbortSignal): Promise<ResursResult<T>> {
  const { method, type, registration, body, read } = question;
  const operation = type === null ? `${method} /callbacks` : `${method} /callbacks/${type}`;
  const call: ApiCall = { channel: 'REST', operation, secrets: secretsIn(options.account, registration) };
  const url = `${options.baseUrl}/callbacks${type === null ? '' : `/${encodeURIComponent(type)}`}`;
  const headers = { accept: 'application/json', ...(body === null ? {} : { 'content-type': 'application/json' }) };

  const exchanged = await sendRequest(options, { method, url, headers, body }, signal);
  if (exchanged.outcome === 'failed') return failed(noResponse(call, exchanged));
  const { answer } = exchanged;
  if (!isSuccess(answer.status)) return failed(refused(call, answer, question));
  const reading = read(answer);
  if (reading.outcome === 'unreadable') return failed(unexpectedResponse(call, answer, reading.problem));
  return { outcome: 'done', value: reading.value };
}

function refused<T>(call: ApiCall, answer: HttpResponse, { method, type }: RestCall<T>): ResursFailure {
  const { body, status } = answer;
  const failure = rejected(call, answer, body.outcome === 'read' ? readComplaint(body.text) : NO_REMOTE_ERROR);
  // A web page says that the path is unknown there, as behind a wrong address, and nothing about the registration.
  const isAboutType = status === NOT_FOUND && method !== 'POST' && type !== null && !isWebPage(answer);
  return isAboutType && failure.kind === 'refused' ? { ...failure, kind: 'does_not_exist' } : failure;
}

/** `&` in the URL stays as it is: Resurs takes the text literally. */
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

function parseWith<T>(read: (text: string) => ParseResult<T>): (answer: HttpResponse) => ParseResult<T> {
  return (answer) => {
    if (answer.body.outcome === 'lost') return { outcome: 'unreadable', problem: answer.body.problem };
    return isWebPage(answer) ? { outcome: 'unreadable', problem: 'is a web page' } : read(answer.body.text);
  };
}

function ignoreBody(): ParseResult<void> {
  return { outcome: 'read', value: undefined };
}
