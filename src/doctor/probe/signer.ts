/**
 * Signs a TEST as Resurs would after a registration made now: with the salt derived from DIGEST_KEY, else with a fixed salt of
 * TEST. Digests go into requests and nowhere else.
 */
import { computeDigest } from '../../protocol/ecom/digest.ts';
import { createDigestPolicy, type DigestSettings, deriveSalt, fixedSaltsFor } from '../../protocol/ecom/salts.ts';
import { digestAlgorithm } from '../../registrations/desired.ts';

/** The digest over the five values of a TEST. */
export type Signer = (values: readonly string[]) => string;

/** Null when the settings hold nothing that signs a TEST. `registeredAt`: `t` of the URL, unix seconds as text. */
export function signerFor(config: DigestSettings, registeredAt: string): Signer | null {
  const { DIGEST_KEY, DIGEST_VALID_FROM } = config;
  const isDerivable = DIGEST_KEY !== null && Number(registeredAt) >= (DIGEST_VALID_FROM ?? 0);
  const salt = isDerivable
    ? deriveSalt(DIGEST_KEY, 'TEST', registeredAt)
    : fixedSaltsFor('TEST', createDigestPolicy(config))[0];
  return salt === undefined ? null : (values) => computeDigest(digestAlgorithm(config), values.join(''), salt);
}
