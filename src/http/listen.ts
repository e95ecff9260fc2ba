/** Listens on the ports of the service, and keeps their certificate current. */
import type { AddressInfo } from 'node:net';
import type { Server } from 'node:tls';
import type { Config } from '../config/settings.ts';
import type { Logger } from '../lib/logger.ts';
import type { HttpServer, HttpServers } from './server.ts';
import { watchTlsFiles } from './tls.ts';

/** URLs such as http://host:port, without a trailing slash. Both are equal when there is only one port. */
export interface ListenUrls {
  readonly callbacks: string;
  readonly status: string;
}

/** Listens on PORT, and on STATUS_PORT if it is set. Throws if a port is in use. */
export async function listen({ callbacks, status }: HttpServers, config: Config): Promise<ListenUrls> {
  await callbacks.app.listen({ host: config.HOST, port: config.PORT });
  const callbacksUrl = urlOf(callbacks, config.TLS_CERT_FILE !== null);
  if (status === null) return { callbacks: callbacksUrl, status: callbacksUrl };
  await status.app.listen({ host: config.HOST, port: config.STATUS_PORT ?? 0 });
  return { callbacks: callbacksUrl, status: urlOf(status, config.TLS_CERT_FILE !== null) };
}

const LOOPBACK: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/** Returns the URL at which this machine reaches a listener, once it listens. */
export function localUrlOf({ app }: Pick<HttpServer, 'app'>, isTls: boolean): string {
  const { address, family, port } = app.server.address() as AddressInfo;
  return formatUrl({ address: LOOPBACK[address] ?? address, family, port }, isTls);
}

function urlOf({ app }: HttpServer, isTls: boolean): string {
  return formatUrl(app.server.address() as AddressInfo, isTls);
}

function formatUrl({ address, family, port }: AddressInfo, isTls: boolean): string {
  const host = family === 'IPv6' ? `[${address}]` : address;
  return `${isTls ? 'https' : 'http'}://${host}:${port}`;
}

/** Watches the certificate's files for both listeners. Returns a function that ends the watch. */
export function watchCertificate({ callbacks, status }: HttpServers, config: Config, logger: Logger): () => void {
  const { TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile } = config;
  if (certFile === null || keyFile === null) return () => undefined;
  const servers = [callbacks, status].flatMap((server) =>
    server === null ? [] : [server.app.server as unknown as Server],
  );
  const endWatches = servers.map((server) => watchTlsFiles(server, { certFile, keyFile, logger }));
  return () => {
    for (const endWatch of endWatches) endWatch();
  };
}
