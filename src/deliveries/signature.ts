/**
 * Signs webhooks by Standard Webhooks (https://www.standardwebhooks.com): HMAC-SHA256 over `id.timestamp.body`, one
 * signature for each secret, so that the merchant can rotate while both are valid. Signs the bytes that are sent, never
 * a second rendering.
 */
import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';

const PREFIX = 'whsec_';

/** Parses the key of a `whsec_…` secret. Settings are checked at startup, so its form is not checked again. */
export function signingKey(secret: string): KeyObject {
  // From a Buffer, Node would create a key for each signature, which costs five times as much as signing.
  return createSecretKey(Buffer.from(secret.slice(PREFIX.length), 'base64'));
}

/** Renders the value of `webhook-signature`. `timestamp` is in seconds, of this attempt. */
export function signatureHeader(
  keys: readonly KeyObject[],
  message: { readonly id: string; readonly timestamp: number; readonly body: Buffer },
): string {
  const prefix = `${message.id}.${message.timestamp}.`;
  return keys
    .map((key) => `v1,${createHmac('sha256', key).update(prefix).update(message.body).digest('base64')}`)
    .join(' ');
}
