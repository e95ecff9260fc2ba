/**
 * The public side of a shop: a TLS proxy in front of the receiver, which can spoil what passes through it in the ways that web
 * servers and firewalls do. It says of every caller that it came from Resurs.
 */
import { once } from 'node:events';
import * as http from 'node:http';
import * as https from 'node:https';
import * as net from 'node:net';
import type { TestContext } from 'node:test';

/** One of the addresses from which Resurs calls. */
const RESURS = '192.121.110.100';

/** What a proxy does besides passing on. */
export interface Manners {
  /** Answers by itself, or leaves the request hanging; true when the receiver is not to be asked. */
  readonly interfere?: (request: http.IncomingMessage, response: http.ServerResponse) => boolean;
  /** The target that the receiver gets. */
  readonly rewrite?: (target: string) => string;
  /** The headers that the receiver gets. */
  readonly change?: (headers: http.IncomingHttpHeaders) => http.IncomingHttpHeaders;
  /** The status that the caller gets. */
  readonly restate?: (status: number) => number;
}

/** Starts the proxy; ended after the test. `tls` is what node:https takes. Returns its port on 127.0.0.1. */
export async function startPublicSite(
  t: TestContext,
  receiverUrl: string,
  { tls, manners = {} }: { readonly tls: https.ServerOptions; readonly manners?: Manners },
): Promise<number> {
  const server = https.createServer(tls, (request, response) => {
    if (manners.interfere?.(request, response) === true) request.resume();
    else passOn(request, response, { receiverUrl, manners });
  });
  return listen(t, server);
}

/** A web server that speaks plain http where TLS is expected. */
export function startPlainHttp(t: TestContext): Promise<number> {
  return listen(
    t,
    http.createServer((_request, response) => response.end('hello')),
  );
}

/** Takes connections and says nothing. */
export function startSilence(t: TestContext): Promise<number> {
  return listen(t, net.createServer());
}

/** A port of 127.0.0.1 on which nobody listens. */
export async function closedPort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

interface Passing {
  readonly receiverUrl: string;
  readonly manners: Manners;
}

function passOn(request: http.IncomingMessage, response: http.ServerResponse, { receiverUrl, manners }: Passing): void {
  const { hostname, port } = new URL(receiverUrl);
  const { rewrite = (same: string) => same, change = (same) => same, restate = (same: number) => same } = manners;
  const headers = { ...change(request.headers), 'x-forwarded-for': RESURS };
  const options = { hostname, port, method: request.method, path: rewrite(request.url ?? '/'), headers, agent: false };
  const onward = http.request(options, (answer) => {
    response.writeHead(restate(answer.statusCode ?? 502), answer.headers);
    answer.pipe(response);
  });
  onward.on('error', () => response.destroy());
  request.pipe(onward);
}

/** Also ends the connections: callers may leave some open. */
async function listen(t: TestContext, server: net.Server): Promise<number> {
  const open = new Set<net.Socket>();
  server.on('connection', (socket) => {
    open.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => open.delete(socket));
  });
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(async () => {
    server.close();
    for (const socket of open) socket.destroy();
    await once(server, 'close');
  });
  return (server.address() as net.AddressInfo).port;
}
