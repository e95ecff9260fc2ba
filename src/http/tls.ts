/**
 * TLS from files, TLS 1.2 or newer. A renewed certificate is picked up without a restart: the files are looked at once
 * a minute, and a pair that does not work leaves the old one in use.
 */
import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import { createSecureContext, type Server } from 'node:tls';
import { errorSummary } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';

const CHECK_INTERVAL_MS = 60_000;

/** What node:tls takes. */
export interface TlsFiles {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly minVersion: 'TLSv1.2';
}

/** Reads the pair and proves that it works together; throws what node:tls says when it does not. */
export function readTlsFiles(certFile: string, keyFile: string): TlsFiles {
  const files = { cert: readFileSync(certFile), key: readFileSync(keyFile), minVersion: 'TLSv1.2' } as const;
  createSecureContext(files);
  return files;
}

/** Keeps `server` on the newest pair. Returns what ends the watching. */
export function watchTlsFiles(
  server: Pick<Server, 'setSecureContext'>,
  { certFile, keyFile, logger }: { certFile: string; keyFile: string; logger: Logger },
): () => void {
  const renew = () => {
    try {
      server.setSecureContext(readTlsFiles(certFile, keyFile));
      logger.info({ event: 'tls.renewed' });
    } catch (error) {
      // Between the writing of the two files they do not match; the second change brings us here again.
      logger.error({ event: 'tls.not_renewed', reason: errorSummary(error) });
    }
  };
  for (const file of [certFile, keyFile]) watchFile(file, { interval: CHECK_INTERVAL_MS, persistent: false }, renew);
  return () => {
    for (const file of [certFile, keyFile]) unwatchFile(file, renew);
  };
}
