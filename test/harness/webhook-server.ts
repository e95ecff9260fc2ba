/** A merchant's webhook endpoint: a real HTTP server that reads each request to its end before it responds. */
import * as http from 'node:http';
import { type Listener, listenLocally } from './listen.ts';

export type WebhookHandler = (request: http.IncomingMessage, body: Buffer, response: http.ServerResponse) => void;

export interface WebhookServerOptions {
  /** Called for each request that ends before its body is complete. */
  readonly onAborted?: () => void;
}

/** Creates the server without listening. */
export function createWebhookServer(
  handle: WebhookHandler,
  { onAborted = () => undefined }: WebhookServerOptions = {},
): http.Server {
  return http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => handle(request, Buffer.concat(chunks), response));
    request.on('close', () => request.complete || onAborted());
    // The sender may be dead when the response is written.
    response.on('error', () => undefined);
  });
}

/** Starts the server on a free port of 127.0.0.1. */
export function startWebhookServer(handle: WebhookHandler, options: WebhookServerOptions = {}): Promise<Listener> {
  return listenLocally(createWebhookServer(handle, options));
}
