/**
 * TLS from files, TLS 1.2 or newer. A renewed certificate is loaded without a restart: the files are checked once a
 * minute. If the new pair is not valid, the old one stays in use.
 */
import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import { createSecureContext, type Server } from 'node:tls';
import type { Config } from '../config/settings.ts';
import { errorSummary } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';

const CHECK_INTERVAL_MS = 60_000;

/** Options for node:tls. */
export interface TlsFiles {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly minVersion: 'TLSv1.2';
}

/** Reads certificate and key and checks that they match; throws the error of node:tls if they do not. */
function readTlsFiles(certFile: string, keyFile: string): TlsFiles {
  const files = { cert: readFileSync(certFile), key: readFileSync(keyFile), minVersion: 'TLSv1.2' } as const;
  createSecureContext(files);
  return files;
}

/** Reads the files that the settings name; null where they name none. */
export function tlsFilesOf(config: Pick<Config, 'TLS_CERT_FILE' | 'TLS_KEY_FILE'>): TlsFiles | null {
  const { TLS_CERT_FILE: cert, TLS_KEY_FILE: key } = config;
  return cert === null || key === null ? null : readTlsFiles(cert, key);
}

/** Loads changed files into `server`. Returns a function that ends the watch. */
export function watchTlsFiles(
  server: Pick<Server, 'setSecureContext'>,
  { certFile, keyFile, logger }: { certFile: string; keyFile: string; logger: Logger },
): () => void {
  const renew = () => {
    try {
      server.setSecureContext(readTlsFiles(certFile, keyFile));
      logger.info({ event: 'tls.renewed' });
    } catch (error) {
      // While only one of the two files is written, they do not match; the second change calls this again.
      logger.error({ event: 'tls.not_renewed', reason: errorSummary(error) });
    }
  };
  for (const file of [certFile, keyFile]) watchFile(file, { interval: CHECK_INTERVAL_MS, persistent: false }, renew);
  return () => {
    for (const file of [certFile, keyFile]) unwatchFile(file, renew);
  };
}
