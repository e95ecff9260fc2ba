/**
 * Parses Basic credentials (RFC 7617) as bytes: senders encode characters outside ASCII in UTF-8 or in ISO-8859-1, and
 * the header does not say which.
 */

/** Credentials as they came. */
export interface CredentialBytes {
  readonly username: Buffer;
  readonly password: Buffer;
}

/** One or more blanks behind the scheme, then base64 or base64url, with or without padding. */
const BASIC = /^basic[ \t]+([\w.~+/-]+=*)[ \t]*$/i;

/** Parses an Authorization header; null if it carries no Basic credentials. The first colon ends the user name. */
export function parseBasicCredentials(header: string | undefined): CredentialBytes | null {
  const encoded = BASIC.exec(header ?? '')?.[1];
  if (encoded === undefined) return null;
  const bytes = Buffer.from(encoded, 'base64');
  const colonAt = bytes.indexOf(':');
  return colonAt === -1 ? null : { username: bytes.subarray(0, colonAt), password: bytes.subarray(colonAt + 1) };
}
