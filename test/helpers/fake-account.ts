/**
 * The other side for the tests of the two clients: a real HTTP server that keeps every request as it came and answers
 * as the test says, and clients of one account that talk to it over connections of their own.
 */
import { once } from 'node:events';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { Agent } from 'undici';
import type { Registration } from '../../src/protocol/ecom/registration.ts';
import type { ResursFailure, ResursResult } from '../../src/resurs/failure.ts';
import type { ClientOptions } from '../../src/resurs/http.ts';
import { createRestClient } from '../../src/resurs/rest.ts';
import { createSoapClient } from '../../src/resurs/soap.ts';

/** One request as it came. */
export interface Asked {
  readonly method: string;
  readonly url: string;
  /** Names as written, in order of arrival. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type Answer = (response: http.ServerResponse) => void;

export const ACCOUNT = { username: 'shop', password: 'p"ss&wörd-1' };
/** Made with printf and base64. */
export const ACCOUNT_HEADER = 'Basic c2hvcDpwInNzJnfDtnJkLTE=';

export const BOOKED: Registration = {
  uriTemplate: 'https://pay.shop.example/callbacks/resurs?c=BOOKED&t=1700000000&p={paymentId}&d={digest}',
  digest: { algorithm: 'sha1', parameters: ['paymentId'], salt: '<salt> & "pepper" \'for\' BÖÖKED' },
  basic: { username: 'resurs', password: 'knock]]>knock' },
};

/** Resurs holds no digest for TEST over REST, and no credentials where none are set. */
export const BARE: Registration = {
  uriTemplate: 'https://pay.shop.example/callbacks/resurs?c=TEST&t=1700000000&param1={param1}',
  digest: null,
  basic: null,
};

/** Never aborted. */
export const NEVER = new AbortController().signal;

/** Answers with the status, a content type and a body. */
export function says(status: number, contentType: string, body: string | Buffer): Answer {
  return (response) => void response.writeHead(status, { 'content-type': contentType }).end(body);
}

export function saysJson(status: number, body: unknown): Answer {
  return says(status, 'application/json', JSON.stringify(body));
}

export function saysXml(status: number, body: string | Buffer): Answer {
  return says(status, 'text/xml;charset=UTF-8', body);
}

/** A server that gives this answer to everything; closed after the test, with what hangs on it. */
export async function startServer(t: TestContext, answer: Answer) {
  const asked: Asked[] = [];
  const server = http.createServer(async (request, response) => {
    const chunks = await request.toArray();
    const pairs = request.rawHeaders.flatMap((name, at, all) => (at % 2 === 0 ? [[name, all[at + 1]]] : []));
    const { method = '', url = '' } = request;
    asked.push({ method, url, headers: Object.fromEntries(pairs), body: Buffer.concat(chunks).toString() });
    answer(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });
  return { asked, baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** Both clients for an address; their connections end after the test. */
export function clientsFor(t: TestContext, baseUrl: string, options: Partial<ClientOptions> = {}) {
  const dispatcher = new Agent();
  t.after(() => dispatcher.destroy());
  const all = { baseUrl, account: ACCOUNT, dispatcher, timeoutMs: 20_000, ...options };
  return { rest: createRestClient(all), soap: createSoapClient(all) };
}

/** Clients and the server that answers them so. */
export async function startWith(t: TestContext, answer: Answer, options: Partial<ClientOptions> = {}) {
  const { asked, baseUrl } = await startServer(t, answer);
  return { asked, ...clientsFor(t, baseUrl, options) };
}

/** The failure of a call that must have failed. */
export function failureOf(result: ResursResult<unknown>): ResursFailure {
  if (result.outcome === 'done') throw new Error(`done with ${JSON.stringify(result.value)}`);
  return result.failure;
}
