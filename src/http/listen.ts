/** Ports: where the service is listened for, and the certificate that stays current while it is. */
import type { AddressInfo } from 'node:net';
import type { Server } from 'node:tls';
import type { Config } from '../config/settings.ts';
import type { Logger } from '../lib/logger.ts';
import type { HttpServer, HttpServers } from './server.ts';
import { watchTlsFiles } from './tls.ts';

/** Addresses as http://host:port, without a slash behind. The same twice when there is one port for both. */
export interface ListenUrls {
  readonly callbacks: string;
  readonly status: string;
}

/** Listens on PORT, and on STATUS_PORT where it is set. Throws when a port is taken. */
export async function listen({ callbacks, status }: HttpServers, config: Config): Promise<ListenUrls> {
  await callbacks.app.listen({ host: config.HOST, port: config.PORT });
  const main = urlOf(callbacks, config.TLS_CERT_FILE !== null);
  if (status === null) return { callbacks: main, status: main };
  await status.app.listen({ host: config.HOST, port: config.STATUS_PORT ?? 0 });
  return { callbacks: main, status: urlOf(status, config.TLS_CERT_FILE !== null) };
}

function urlOf({ app }: HttpServer, isTls: boolean): string {
  const { address, family, port } = app.server.address() as AddressInfo;
  const host = family === 'IPv6' ? `[${address}]` : address;
  return `${isTls ? 'https' : 'http'}://${host}:${port}`;
}

/** Watches the certificate's files for both listeners. Returns what ends it. */
export function watchCertificate({ callbacks, status }: HttpServers, config: Config, logger: Logger): () => void {
  const { TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile } = config;
  if (certFile === null || keyFile === null) return () => undefined;
  const servers = [callbacks, status].flatMap((one) => (one === null ? [] : [one.app.server as unknown as Server]));
  const ends = servers.map((server) => watchTlsFiles(server, { certFile, keyFile, logger }));
  return () => {
    for (const end of ends) end();
  };
}
