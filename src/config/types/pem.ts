/**
 * What a PEM file must contain. A file that holds something else would be noticed only when a connection fails, by an
 * error that names no file. No problem text repeats anything of the file.
 */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';

export type PemContent = 'certificates' | 'private key';

const CERTIFICATE =
  /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[\s\S]*?-----END (?:X509 |TRUSTED )?CERTIFICATE-----/g;

/** Returns what is wrong with the content of a file, to follow "names a file that"; null when nothing is. */
export function pemProblem(content: PemContent, text: string): string | null {
  if (content === 'certificates') {
    const certificates = text.match(CERTIFICATE) ?? [];
    if (certificates.length === 0) return 'contains no certificate';
    return certificates.every(isCertificate) ? null : 'contains a certificate that cannot be read';
  }
  if (!text.includes('PRIVATE KEY-----')) return 'contains no private key';
  if (text.includes('ENCRYPTED')) return 'contains a private key with a passphrase, which cannot be given';
  return readKey(text) === null ? 'contains a private key that cannot be read' : null;
}

/** Whether the key belongs to the first certificate of the file; true when one of them cannot be read. */
export function isPair(certificates: string, key: string): boolean {
  const [first] = certificates.match(CERTIFICATE) ?? [];
  const privateKey = readKey(key);
  if (first === undefined || !isCertificate(first) || privateKey === null) return true;
  return new X509Certificate(first).checkPrivateKey(privateKey);
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}

function readKey(text: string): KeyObject | null {
  try {
    return createPrivateKey(text);
  } catch {
    return null;
  }
}
