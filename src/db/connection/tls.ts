/** Options of TLS for one server. The files are read for every connection, so that renewed ones are used. */
import { readFile } from 'node:fs/promises';
import type { ConnectionOptions } from 'node:tls';
import type { DatabaseTls } from '../../config/types/database-url-parameters.ts';
import type { Server } from './servers.ts';

/** Returns the options, or false for a connection without TLS, as on every Unix socket. Rejects if a file is missing. */
export async function tlsOptionsOf(tls: DatabaseTls | null, server: Server): Promise<ConnectionOptions | false> {
  if (tls === null || server.isSocket) return false;
  const [ca, cert, key] = await Promise.all([tls.rootCert, tls.cert, tls.key].map(readPem));
  return {
    rejectUnauthorized: tls.verify !== 'none',
    ...(tls.verify === 'ca' ? { checkServerIdentity: () => undefined } : {}),
    ...(server.name === null ? {} : { servername: server.name }),
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
    ...(tls.keyPassword === null ? {} : { passphrase: tls.keyPassword }),
    ...(tls.minVersion === null ? {} : { minVersion: tls.minVersion }),
    ...(tls.maxVersion === null ? {} : { maxVersion: tls.maxVersion }),
  };
}

async function readPem(path: string | null): Promise<Buffer | undefined> {
  return path === null ? undefined : readFile(path);
}
