/**
 * An HTTP proxy as companies have them between their machines and the Internet: it forwards requests that name a whole
 * URL, opens tunnels (CONNECT), and may ask for a user name and password.
 */
import * as http from 'node:http';
import * as net from 'node:net';
import { type Listener, listenLocally } from './listen.ts';

export interface ForwardProxyOptions {
  /** The value of `proxy-authorization` that it asks for; null: none. */
  readonly authorization?: string | null;
  /** Where all requests and tunnels lead, whatever they name; default: to what they name. */
  readonly leadsTo?: { readonly host: string; readonly port: number };
}

export interface ForwardProxy extends Listener {
  /** Every request line, such as `CONNECT shop.example:443` or `POST http://shop.example/hook`. */
  readonly requests: readonly string[];
}

/** Starts the proxy on a free port of 127.0.0.1. */
export async function startForwardProxy(options: ForwardProxyOptions = {}): Promise<ForwardProxy> {
  const { authorization = null, leadsTo } = options;
  const requests: string[] = [];
  const isAllowed = ({ headers }: http.IncomingMessage) =>
    authorization === null || headers['proxy-authorization'] === authorization;
  const server = http.createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    if (!isAllowed(request)) response.writeHead(407, { 'proxy-authenticate': 'Basic realm="proxy"' }).end();
    else forward(request, response, leadsTo);
  });
  server.on('connect', (request: http.IncomingMessage, client: net.Socket) => {
    requests.push(`CONNECT ${request.url}`);
    client.on('error', () => undefined);
    if (!isAllowed(request)) return void client.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
    const { hostname, port } = new URL(`http://${request.url}`);
    return openTunnel(client, leadsTo ?? { host: hostname, port: Number(port) });
  });
  const listener = await listenLocally(server);
  return { ...listener, requests };
}

function forward(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  leadsTo: ForwardProxyOptions['leadsTo'],
): void {
  const { hostname, port, pathname, search } = new URL(request.url ?? '');
  const target = leadsTo ?? { host: hostname, port: Number(port) };
  const { 'proxy-authorization': _, ...headers } = request.headers;
  const options = { ...target, method: request.method, path: pathname + search, headers, agent: false };
  const upstream = http.request(options, (received) => {
    response.writeHead(received.statusCode ?? 502, received.headers);
    received.pipe(response);
  });
  upstream.on('error', () => response.writeHead(502).end());
  request.pipe(upstream);
}

function openTunnel(client: net.Socket, { host, port }: { host: string; port: number }): void {
  const upstream = net.connect(port, host, () => {
    client.write('HTTP/1.1 200 Connection established\r\n\r\n');
    upstream.pipe(client);
    client.pipe(upstream);
  });
  upstream.on('error', () => client.destroy());
  client.on('close', () => upstream.destroy());
}
