/**
 * A minimal receiver for tests: a real HTTP server that records each request and sends the response that the test
 * defines.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { computeDigest } from '../../src/protocol/ecom/digest.ts';

export interface ReceivedRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

export interface ReceiverResponse {
  readonly status: number;
  readonly phrase: string;
  /** The header `x-callback-reason`, when it differs from the phrase; null leaves it out. */
  readonly reason?: string | null;
  readonly location?: string;
}

export const OK: ReceiverResponse = { status: 204, phrase: 'OK' };
export const UNAVAILABLE: ReceiverResponse = { status: 503, phrase: 'Try again.' };
export const SALT = 'a-salt-only-for-these-tests';

/** Returns the response to a request, given its number from 1; null sends none. */
export type RespondTo = (
  received: ReceivedRequest,
  number: number,
) => ReceiverResponse | null | Promise<ReceiverResponse | null>;

/** Listens until the test ends. */
export async function startReceiver(t: TestContext, respond: RespondTo) {
  const requests: ReceivedRequest[] = [];
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://receiver.test');
    const received = { method: request.method ?? '', url, headers: request.headers, body: await text(request) };
    const number = requests.push(received);
    server.emit('seen');
    const given = await respond(received, number);
    if (given === null) return;

    const { status, phrase, reason = phrase, location } = given;
    if (reason !== null) response.setHeader('x-callback-reason', reason);
    if (location !== undefined) response.setHeader('location', location);
    response.writeHead(status, phrase).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(async () => {
    server.close();
    server.closeAllConnections();
    if (server.listening) await once(server, 'close');
  });

  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { origin, target: `${origin}/callbacks/resurs`, requests, nextRequest: () => once(server, 'seen') };
}

/**
 * Responds as contract 4.2 says to query-form callbacks signed with SALT; paymentIds that begin with FOREIGN are not
 * ours.
 */
export function correctResponse({ url }: Pick<ReceivedRequest, 'url'>): ReceiverResponse {
  const value = (name: string): string => url.searchParams.get(name) ?? '';
  const params = [1, 2, 3, 4, 5].map((number) => value(`param${number}`)).join('');
  const signed = value('p') + (value('c') === 'AUTOMATIC_FRAUD_CONTROL' ? value('r') : '') + params;

  if (value('d') !== computeDigest('sha1', signed, SALT)) return { status: 406, phrase: 'Digest rejected.' };
  if (value('p').startsWith('FOREIGN')) return { status: 410, phrase: 'Order is not ours.' };
  return value('c') === 'TEST' ? { status: 204, phrase: 'Test OK' } : OK;
}
