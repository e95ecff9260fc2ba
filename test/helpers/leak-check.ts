/**
 * Whether what commands print tells a secret. Values are known from the settings and from what Resurs holds; what is computed from
 * them is known by its form.
 */
import assert from 'node:assert/strict';
import { basicHeader, type Registration } from '../../src/protocol/ecom/registration.ts';

/** Salt, password and Authorization value of a registration. */
export function secretsIn({ digest, basic }: Registration): string[] {
  const ofBasic = basic === null ? [] : [basic.password, basicHeader(basic).slice('Basic '.length)];
  return digest === null ? ofBasic : [digest.salt, ...ofBasic];
}

/** Whether the value of a setting is one. */
export function isSecret(name: string): boolean {
  return /^DIGEST_(?:KEY|SALT)|PASSWORD|TOKEN|DATABASE_URL/.test(name);
}

/** Fails for the first line with a secret. Digests, derived salts and proofs are the only long hex numbers there are. */
export function assertSecrecy(printed: readonly string[], secrets: ReadonlySet<string>): void {
  for (const line of printed) {
    assert.doesNotMatch(line, /[0-9a-f]{32}/i, 'a digest, a derived salt or a proof was printed');
    assert.ok(![...secrets].some((secret) => line.includes(secret)), `a secret was printed: ${line}`);
  }
}
