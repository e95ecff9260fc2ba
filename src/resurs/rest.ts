/**
 * The REST interface of Resurs Checkout, as far as callbacks go. It can list everything at once, which SOAP cannot,
 * and can be used without using the checkout. A POST or DELETE that was answered 2xx is done, whatever the body. What
 * Resurs says no to is an outcome; nothing but the caller's own wish to stop is thrown.
 */
import {
  type Call,
  failed,
  isSuccess,
  isWebPage,
  NO_COMPLAINT,
  notUnderstood,
  refusal,
  unanswered,
} from './complaint.ts';
import { type Answer, type ClientOptions, exchange, type Sent } from './exchange.ts';
import type { ResursFailure, ResursResult } from './failure.ts';
import type { Registration } from './registration.ts';
import { type Reading, readComplaint, readList, readTemplate } from './rest-answer.ts';
import { secretsOf } from './showable.ts';

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
interface Question<T> {
  readonly method: Sent['method'];
  readonly type: string | null;
  readonly registration: Registration | null;
  readonly body: string | null;
  readonly read: (answer: Answer) => Reading<T>;
}

const NOT_FOUND = 404;

/** A client of one account. It keeps nothing between calls, so several may run at once. */
export function createRestClient(options: ClientOptions): RestClient {
  const plain = { registration: null, body: null };
  return {
    list: (signal) => ask(options, { ...plain, method: 'GET', type: null, read: reader(readList) }, signal),
    async read(type, signal) {
      const result = await ask(options, { ...plain, method: 'GET', type, read: reader(readTemplate) }, signal);
      const isNothing = result.outcome === 'failed' && result.failure.kind === 'does_not_exist';
      return isNothing ? { outcome: 'done', value: null } : result;
    },
    register(type, registration, signal) {
      const body = registrationBody(registration);
      return ask(options, { method: 'POST', type, registration, body, read: readNothing }, signal);
    },
    // Without a JSON body a DELETE is answered 415.
    unregister: (type, signal) =>
      ask(options, { ...plain, method: 'DELETE', type, body: '{}', read: readNothing }, signal),
  };
}

async function ask<T>(options: ClientOptions, question: Question<T>, signal: AbortSignal): Promise<ResursResult<T>> {
  const { method, type, registration, body, read } = question;
  const operation = type === null ? `${method} /callbacks` : `${method} /callbacks/${type}`;
  const call: Call = { channel: 'REST', operation, secrets: secretsOf(options.account, registration) };
  const url = `${options.baseUrl}/callbacks${type === null ? '' : `/${encodeURIComponent(type)}`}`;
  const headers = { accept: 'application/json', ...(body === null ? {} : { 'content-type': 'application/json' }) };

  const exchanged = await exchange(options, { method, url, headers, body }, signal);
  if (exchanged.outcome === 'failed') return failed(unanswered(call, exchanged));
  const { answer } = exchanged;
  if (!isSuccess(answer.status)) return failed(refused(call, answer, question));
  const reading = read(answer);
  if (reading.outcome === 'unreadable') return failed(notUnderstood(call, answer, reading.problem));
  return { outcome: 'done', value: reading.value };
}

function refused<T>(call: Call, answer: Answer, { method, type }: Question<T>): ResursFailure {
  const { body, status } = answer;
  const failure = refusal(call, answer, body.outcome === 'read' ? readComplaint(body.text) : NO_COMPLAINT);
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

function reader<T>(read: (text: string) => Reading<T>): (answer: Answer) => Reading<T> {
  return (answer) => {
    if (answer.body.outcome === 'lost') return { outcome: 'unreadable', problem: answer.body.problem };
    return isWebPage(answer) ? { outcome: 'unreadable', problem: 'is a web page' } : read(answer.body.text);
  };
}

function readNothing(): Reading<void> {
  return { outcome: 'read', value: undefined };
}
