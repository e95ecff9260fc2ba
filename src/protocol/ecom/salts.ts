/**
 * Which salts a callback may be signed with. Fixed salts come from the settings; derived ones are computed from a master
 * key, the type and the time of registration, so that each registration has its own salt and none has to be stored.
 * What is hashed with them is left to digest.ts. A type that has salts of its own must never fall back to the general
 * ones: whoever set them wanted the general ones refused there.
 */
import { createHmac } from 'node:crypto';
import type { Callback } from './callback.ts';
import { CALLBACK_TYPES, type CallbackType } from './callback-types.ts';

export type DigestAlgorithm = 'sha1' | 'md5';

/** `fixed` is keyed by type, or `*` for types without own salts. */
export interface DigestPolicy {
  readonly fixed: Readonly<Record<string, readonly string[]>>;
  readonly keys: readonly string[];
  readonly validFromSeconds: number | null;
  readonly algorithms: readonly DigestAlgorithm[];
}

type SecretName =
  | 'DIGEST_SALT'
  | 'DIGEST_SALT_PREVIOUS'
  | `DIGEST_SALT_${CallbackType}`
  | `DIGEST_SALT_${CallbackType}_PREVIOUS`
  | 'DIGEST_KEY'
  | 'DIGEST_KEY_PREVIOUS';

/** The settings a policy is made of, named as in the environment. */
export type DigestSettings = Readonly<Record<SecretName, string | null>> & {
  readonly DIGEST_VALID_FROM: number | null;
  readonly DIGEST_ALGORITHM: readonly DigestAlgorithm[];
};

/** `isDerived` matters for AUTOMATIC_FRAUD_CONTROL: our own registrations always sign the result too. */
export interface Salt {
  readonly text: string;
  readonly isDerived: boolean;
}

/** A day of tolerance, because `t` is written by the clock of whatever machine ran the registration. */
const CLOCK_TOLERANCE_SECONDS = 86_400;

export function createDigestPolicy(settings: DigestSettings): DigestPolicy {
  const fixed: Record<string, readonly string[]> = {
    '*': nonEmpty([settings.DIGEST_SALT, settings.DIGEST_SALT_PREVIOUS]),
  };
  for (const type of CALLBACK_TYPES) {
    const own = nonEmpty([settings[`DIGEST_SALT_${type}`], settings[`DIGEST_SALT_${type}_PREVIOUS`]]);
    if (own.length > 0) fixed[type] = own;
  }
  return {
    fixed,
    keys: nonEmpty([settings.DIGEST_KEY, settings.DIGEST_KEY_PREVIOUS]),
    validFromSeconds: settings.DIGEST_VALID_FROM,
    algorithms: settings.DIGEST_ALGORITHM,
  };
}

/** True with any salt or key at all: a type without one is then refused, not let through. */
export function isDigestRequired(policy: DigestPolicy): boolean {
  return policy.keys.length > 0 || Object.values(policy.fixed).some((salts) => salts.length > 0);
}

/** Derived ones first, current before previous; none when nothing applies. `nowMs` is unix time. */
export function candidateSalts(callback: Callback, policy: DigestPolicy, nowMs: number): Salt[] {
  const { type, registrationTime } = callback;
  const derived =
    registrationTime !== null && checkRegistrationTime(Number(registrationTime), policy, nowMs) === 'valid'
      ? policy.keys.map((key) => ({ text: deriveSalt(key, type, registrationTime), isDerived: true }))
      : [];
  return [...derived, ...fixedSaltsFor(type, policy).map((text) => ({ text, isDerived: false }))];
}

export function fixedSaltsFor(type: string, policy: DigestPolicy): readonly string[] {
  return (Object.hasOwn(policy.fixed, type) ? policy.fixed[type] : policy.fixed['*']) ?? [];
}

/** The salt of one registration: 40 lower-case hex digits. `t` goes in as it stands in the URL, leading zeros included. */
export function deriveSalt(key: string, type: string, t: string): string {
  return createHmac('sha256', key).update(`${type.toUpperCase()}:${t}`).digest('hex').slice(0, 40);
}

/** Whether URLs registered at `t` (unix seconds) pass with a derived salt now. */
export function checkRegistrationTime(
  t: number,
  { validFromSeconds }: Pick<DigestPolicy, 'validFromSeconds'>,
  nowMs: number,
): 'valid' | 'retired' | 'ahead' {
  if (t < (validFromSeconds ?? 0)) return 'retired';
  return t <= nowMs / 1000 + CLOCK_TOLERANCE_SECONDS ? 'valid' : 'ahead';
}

function nonEmpty(values: readonly (string | null)[]): string[] {
  return values.filter((value): value is string => value !== null && value !== '');
}
