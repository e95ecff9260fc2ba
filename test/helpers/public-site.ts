/**
 * The public side of a shop: a TLS proxy in front of the receiver. It can change requests and responses in the ways
 * that web servers and firewalls do. It forwards every caller as if it were Resurs.
 */

import * as http from 'node:http';
import * as https from 'node:https';
import * as net from 'node:net';
import type { TestContext } from 'node:test';
import { listenForTest } from './listen.ts';

/** One of the addresses from which Resurs calls. */
const RESURS_ADDRESS = '192.121.110.100';

/** What a proxy does besides passing on. */
export interface ProxyBehaviour {
  /** Responds itself, or leaves the request hanging; true when the request must not reach the receiver. */
  readonly interfere?: (request: http.IncomingMessage, response: http.ServerResponse) => boolean;
  /** The target that the receiver gets. */
  readonly rewrite?: (target: string) => string;
  /** The headers that the receiver gets. */
  readonly change?: (headers: http.IncomingHttpHeaders) => http.IncomingHttpHeaders;
  /** The `X-Forwarded-For` that the receiver gets, from what the caller sent; one of Resurs when left out. */
  readonly forwardedFor?: (received: string | undefined) => string;
  /** The status that the caller gets. */
  readonly restate?: (status: number) => number;
}

/** Starts the proxy; closed after the test. `tls`: options of node:https. Returns its port on 127.0.0.1. */
export async function startPublicSite(
  t: TestContext,
  receiverUrl: string,
  { tls, proxy = {} }: { readonly tls: https.ServerOptions; readonly proxy?: ProxyBehaviour },
): Promise<number> {
  const server = https.createServer(tls, (request, response) => {
    if (proxy.interfere?.(request, response) === true) request.resume();
    else passOn(request, response, { receiverUrl, proxy });
  });
  return listen(t, server);
}

/** Starts a web server that speaks plain http where TLS is expected. */
export function startPlainHttp(t: TestContext): Promise<number> {
  return listen(
    t,
    http.createServer((_request, response) => response.end('hello')),
  );
}

/** Starts a server that accepts connections and sends nothing. */
export function startSilentServer(t: TestContext): Promise<number> {
  return listen(t, net.createServer());
}

interface PassOnOptions {
  readonly receiverUrl: string;
  readonly proxy: ProxyBehaviour;
}

function passOn(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  { receiverUrl, proxy }: PassOnOptions,
): void {
  const { hostname, port } = new URL(receiverUrl);
  const { rewrite = (same: string) => same, change = (same) => same, restate = (same: number) => same } = proxy;
  const { forwardedFor = () => RESURS_ADDRESS } = proxy;
  const received = request.headers['x-forwarded-for']?.toString();
  const headers = { ...change(request.headers), 'x-forwarded-for': forwardedFor(received) };
  const options = { hostname, port, method: request.method, path: rewrite(request.url ?? '/'), headers, agent: false };
  const onward = http.request(options, (received) => {
    response.writeHead(restate(received.statusCode ?? 502), received.headers);
    received.pipe(response);
  });
  onward.on('error', () => response.destroy());
  request.pipe(onward);
}

async function listen(t: TestContext, server: net.Server): Promise<number> {
  server.on('tlsClientError', () => undefined);
  return (await listenForTest(t, server)).port;
}
