/** Checks the files of TLS that a Postgres URL names, so that a missing one stops the start and not every connection. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { invalid, type Refused } from './basic.ts';
import type { DatabaseTls } from './database-url-parameters.ts';

/** Returns the first fault, or null. `readFile` returns the text of a file or throws. */
export function checkTlsFiles(tls: DatabaseTls, readFile: (path: string) => string): Refused | null {
  const root = tls.rootCert === null ? null : checkFile('sslrootcert', tls.rootCert, certificateIn, readFile);
  if (root?.outcome === 'refused') return root;
  if (tls.cert === null || tls.key === null) return null;
  const cert = checkFile('sslcert', tls.cert, certificateIn, readFile);
  if (cert.outcome === 'refused') return cert;
  const parseKey = (pem: string) => createPrivateKey({ key: pem, passphrase: tls.keyPassword ?? undefined });
  const key = checkFile('sslkey', tls.key, parseKey, readFile);
  if (key.outcome === 'refused') return key;
  if (cert.value.checkPrivateKey(key.value)) return null;
  return invalid('names in sslkey the key of another certificate', 'let sslkey name the key of the file in sslcert');
}

function certificateIn(pem: string): X509Certificate {
  return new X509Certificate(pem);
}

type Checked<T> = { readonly outcome: 'checked'; readonly value: T } | Refused;

function checkFile<T>(
  parameter: string,
  path: string,
  parse: (pem: string) => T,
  readFile: (path: string) => string,
): Checked<T> {
  const fix = `set ${parameter} to the path of a PEM file that the user of the service can read, or remove it`;
  let pem: string;
  try {
    pem = readFile(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    return invalid(`names in ${parameter} a file that cannot be read (${code})`, fix);
  }
  try {
    return { outcome: 'checked', value: parse(pem) };
  } catch {
    const content = parameter === 'sslkey' ? 'private key that sslpassword opens' : 'certificate';
    return invalid(`names in ${parameter} a file without a ${content}`, fix);
  }
}
