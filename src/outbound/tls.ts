/**
 * What TLS needs beside Node's defaults for the merchant: a private certificate authority, and a client certificate.
 * An authority is added to those that Node trusts already: its own, NODE_EXTRA_CA_CERTS, and the system's where Node is
 * told to use them.
 */
import { readFileSync } from 'node:fs';
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';

/** Paths of PEM files. Certificate and key come together. */
export interface TlsFiles {
  readonly caFile: string | null;
  readonly certFile: string | null;
  readonly keyFile: string | null;
}

/** Reads the files; null when none is named. Throws when one cannot be read, or when key and certificate differ. */
export function readTls({ caFile, certFile, keyFile }: TlsFiles): SecureContext | null {
  if (caFile === null && certFile === null) return null;
  return createSecureContext({
    ...(caFile === null ? {} : { ca: [...getCACertificates('default'), readFileSync(caFile, 'utf8')] }),
    ...(certFile === null || keyFile === null ? {} : { cert: readFileSync(certFile), key: readFileSync(keyFile) }),
  });
}
