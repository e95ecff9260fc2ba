/**
 * Sends callbacks as Resurs does, over a real socket, and returns the raw response: status, reason phrase, headers,
 * body.
 */
import * as http from 'node:http';
import * as net from 'node:net';
import { computeDigest } from '../../src/protocol/ecom/digest.ts';

export const SALT = 'a-salt-of-the-tests-7Jx2';

export interface RawResponse {
  readonly status: number;
  readonly reason: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

export interface SendOptions {
  readonly method?: string;
  readonly headers?: http.OutgoingHttpHeaders;
  readonly body?: string | Buffer;
  /** Called when the last byte has been sent. */
  readonly onSent?: () => void;
}

/** Sends one request on a connection of its own. The target is sent as it is, not normalised. */
export function send(
  baseUrl: string,
  target: string,
  { method = 'GET', headers = {}, body, onSent = () => undefined }: SendOptions = {},
): Promise<RawResponse> {
  const { hostname, port } = new URL(baseUrl);
  const { promise, resolve, reject } = Promise.withResolvers<RawResponse>();
  const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
  const request = http.request({
    hostname,
    port,
    path: target,
    method,
    headers: { ...length, ...headers },
    agent: false,
  });
  request.on('error', reject);
  request.on('finish', onSent);
  request.on('response', (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('error', reject);
    response.on('end', () => {
      const { statusCode = 0, statusMessage = '' } = response;
      resolve({
        status: statusCode,
        reason: statusMessage,
        headers: response.headers,
        body: Buffer.concat(chunks).toString(),
      });
    });
  });
  request.end(body);
  return promise;
}

/** Sends several GETs on one connection without waiting for responses; returns the statuses in order. */
export async function sendPipelined(baseUrl: string, targets: readonly string[]): Promise<number[]> {
  const { hostname, port } = new URL(baseUrl);
  const requests = targets.map((path, i) => {
    const connection = i === targets.length - 1 ? 'close' : 'keep-alive';
    return `GET ${path} HTTP/1.1\r\nhost: ${hostname}\r\nconnection: ${connection}\r\n\r\n`;
  });
  const socket = net.connect(Number(port), hostname);
  socket.write(requests.join(''));
  const text = (await socket.toArray()).join('');
  return [...text.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status));
}

/** Returns the target of a correctly signed callback in the query form. `extra` is appended as it is. */
export function target(
  type: string,
  paymentId: string,
  { salt = SALT, extra = '', path = '/callbacks/resurs' } = {},
): string {
  const digest = computeDigest('sha1', paymentId, salt);
  return `${path}?c=${type}&p=${encodeURIComponent(paymentId)}&d=${digest}${extra}`;
}
