/**
 * A fake account for the tests of the two clients. A real HTTP server records every request and responds as the test
 * says; the clients of one account have connections of their own.
 */

import * as http from 'node:http';
import type { TestContext } from 'node:test';
import { Agent } from 'undici';
import type { Registration } from '../../src/protocol/ecom/registration.ts';
import type { ResursFailure, ResursResult } from '../../src/resurs/failure.ts';
import { createPaymentSearch } from '../../src/resurs/find-payments.ts';
import type { ClientOptions } from '../../src/resurs/http.ts';
import { createPaymentClient } from '../../src/resurs/payments.ts';
import { createRestClient } from '../../src/resurs/rest.ts';
import { createSoapClient } from '../../src/resurs/soap.ts';
import { listenForTest } from './listen.ts';

/** One request, unchanged. */
export interface ReceivedRequest {
  readonly method: string;
  readonly url: string;
  /** Names as written, in order of arrival. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Sends the response to one request. */
export type Responder = (response: http.ServerResponse) => void;

export const ACCOUNT = { username: 'shop', password: 'p"ss&wörd-1' };
/** Made with printf and base64. */
export const ACCOUNT_HEADER = 'Basic c2hvcDpwInNzJnfDtnJkLTE=';

export const BOOKED: Registration = {
  uriTemplate: 'https://pay.shop.example/callbacks/resurs?c=BOOKED&t=1700000000&p={paymentId}&d={digest}',
  digest: { algorithm: 'sha1', parameters: ['paymentId'], salt: '<salt> & "pepper" \'for\' BÖÖKED' },
  basic: { username: 'resurs', password: 'cdata]]>cdata' },
};

/** A registration without digest, as TEST over REST, and without credentials. */
export const BARE: Registration = {
  uriTemplate: 'https://pay.shop.example/callbacks/resurs?c=TEST&t=1700000000&param1={param1}',
  digest: null,
  basic: null,
};

/** Never aborted. */
export const NEVER = new AbortController().signal;

/** Responds with a status, a content type and a body. */
export function respondWith(status: number, contentType: string, body: string | Buffer): Responder {
  return (response) => void response.writeHead(status, { 'content-type': contentType }).end(body);
}

export function respondJson(status: number, body: unknown): Responder {
  return respondWith(status, 'application/json', JSON.stringify(body));
}

export function respondXml(status: number, body: string | Buffer): Responder {
  return respondWith(status, 'text/xml;charset=UTF-8', body);
}

/** Starts a server that responds so to every request; closed after the test, with its connections. */
export async function startFakeServer(t: TestContext, respond: Responder) {
  const requests: ReceivedRequest[] = [];
  const server = http.createServer(async (request, response) => {
    const chunks = await request.toArray();
    const pairs = request.rawHeaders.flatMap((name, at, all) => (at % 2 === 0 ? [[name, all[at + 1]]] : []));
    const { method = '', url = '' } = request;
    requests.push({ method, url, headers: Object.fromEntries(pairs), body: Buffer.concat(chunks).toString() });
    respond(response);
  });
  const { url } = await listenForTest(t, server);
  return { requests, baseUrl: url };
}

/** The clients for an address; their connections end after the test. */
export function clientsFor(t: TestContext, baseUrl: string, options: Partial<ClientOptions> = {}) {
  const dispatcher = new Agent();
  t.after(() => dispatcher.destroy());
  const all = { baseUrl, account: ACCOUNT, dispatcher, timeoutMs: 20_000, ...options };
  return {
    rest: createRestClient(all),
    soap: createSoapClient(all),
    payments: createPaymentClient(all),
    search: createPaymentSearch(all),
  };
}

/** Starts the server and clients for it. */
export async function startFakeAccount(t: TestContext, respond: Responder, options: Partial<ClientOptions> = {}) {
  const { requests, baseUrl } = await startFakeServer(t, respond);
  return { requests, ...clientsFor(t, baseUrl, options) };
}

/** Returns the failure of a call that must have failed. */
export function failureOf(result: ResursResult<unknown>): ResursFailure {
  if (result.outcome === 'done') throw new Error(`done with ${JSON.stringify(result.value)}`);
  return result.failure;
}
