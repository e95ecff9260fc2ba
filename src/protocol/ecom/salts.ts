/**
 * Selects the salts that a callback may be signed with. Fixed salts come from the settings; derived ones are computed
 * from a master key, the type and the time of registration, so that each registration has its own salt and none has to
 * be stored. digest.ts defines the values that are hashed with them. A type with salts of its own must never fall back
 * to the general ones: an operator who sets them expects the general ones to be rejected there.
 */
import { createHmac } from 'node:crypto';
import type { Callback } from './callback.ts';
import { CALLBACK_TYPES, type CallbackType } from './callback-types.ts';

export type DigestAlgorithm = 'sha1' | 'md5';

/** The digests that are accepted. `fixed` is keyed by type, with `*` for types without salts of their own. */
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

/** The settings that make up a policy, named as in the environment. */
export type DigestSettings = Readonly<Record<SecretName, string | null>> & {
  readonly DIGEST_VALID_FROM: number | null;
  readonly DIGEST_ALGORITHM: readonly DigestAlgorithm[];
};

/** `isDerived` matters for AUTOMATIC_FRAUD_CONTROL: registrations of ours always sign the result too. */
export interface Salt {
  readonly text: string;
  readonly isDerived: boolean;
  /** The setting that it comes from, as `DIGEST_KEY_PREVIOUS`. */
  readonly setting: string;
}

/** A day of tolerance, because `t` comes from the clock of the machine that ran the registration. */
const CLOCK_TOLERANCE_SECONDS = 86_400;

/** Creates the policy from the settings; unset salts and keys are left out. */
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

/** Returns true with any salt or key at all: a type without one is then rejected, not accepted unsigned. */
export function isDigestRequired(policy: DigestPolicy): boolean {
  return policy.keys.length > 0 || Object.values(policy.fixed).some((salts) => salts.length > 0);
}

/**
 * Returns the salts to try: derived ones first, current before previous. Empty if none applies. `nowMs` is unix time.
 */
export function candidateSalts(callback: Callback, policy: DigestPolicy, nowMs: number): Salt[] {
  const { type, registrationTime } = callback;
  const derived =
    registrationTime !== null && checkRegistrationTime(Number(registrationTime), policy, nowMs) === 'valid'
      ? policy.keys.map((key, place) => ({
          text: deriveSalt(key, type, registrationTime),
          isDerived: true,
          setting: settingAt('DIGEST_KEY', place),
        }))
      : [];
  const name = fixedSaltSetting(type, policy);
  const fixed = fixedSaltsFor(type, policy).map((text, place) => ({
    text,
    isDerived: false,
    setting: settingAt(name, place),
  }));
  return [...derived, ...fixed];
}

/** Returns the setting of the fixed salt of a type: its own, or the general one. */
export function fixedSaltSetting(type: string, policy: DigestPolicy): string {
  return Object.hasOwn(policy.fixed, type) ? `DIGEST_SALT_${type}` : 'DIGEST_SALT';
}

/** Returns the setting of the value at `place`: the current one comes first, and the previous one never alone. */
export function settingAt(name: string, place: number): string {
  return place === 0 ? name : `${name}_PREVIOUS`;
}

/** Returns the fixed salts of a type, or the general ones if it has none of its own. */
export function fixedSaltsFor(type: string, policy: DigestPolicy): readonly string[] {
  return (Object.hasOwn(policy.fixed, type) ? policy.fixed[type] : policy.fixed['*']) ?? [];
}

/** Derives the salt of one registration: 40 lower-case hex digits. `t` is used verbatim, leading zeros included. */
export function deriveSalt(key: string, type: string, t: string): string {
  return createHmac('sha256', key).update(`${type.toUpperCase()}:${t}`).digest('hex').slice(0, 40);
}

/** Checks whether URLs registered at `t` (unix seconds) are valid with a derived salt now. */
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
