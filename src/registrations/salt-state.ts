/**
 * Compares the salt and credentials that a type is registered with and those of the settings. Resurs returns URLs only,
 * so a changed DIGEST_KEY, salt, algorithm or password would show when a callback is refused. The comparison goes by
 * what `register` has stored: a registration that it did not make is unknown.
 */
import type { Config } from '../config/settings.ts';
import type { Database } from '../db/client.ts';
import {
  checkRegistrationTime,
  createDigestPolicy,
  type DigestPolicy,
  fixedSaltSetting,
  fixedSaltsFor,
  isDigestRequired,
  settingAt,
} from '../protocol/ecom/salts.ts';
import { registrationTime } from '../protocol/ecom/url-template.ts';
import { basicText } from '../secrets/configured-secrets.ts';
import { createFingerprints, type Fingerprints } from '../secrets/fingerprint.ts';
import { listRegisteredSalts, type RegisteredSalt } from '../secrets/registered-salts.ts';
import type { Registered } from './registered.ts';

/**
 * `older`: its callbacks are accepted, but `register` would use another salt or password now. `changed`: its callbacks
 * are refused. `settings` are the previous ones that have the registered secrets; `problem` completes "TYPE …".
 */
export type SaltState =
  | { readonly outcome: 'current' }
  | { readonly outcome: 'older'; readonly settings: readonly string[]; readonly problem: string }
  | { readonly outcome: 'changed'; readonly problem: string };

/** The state of one type that `register` has registered. */
export interface TypeSaltState {
  readonly type: string;
  /** `t` in the URL: unix seconds. */
  readonly registeredAt: number;
  readonly state: SaltState;
}

export interface SaltStateOptions {
  readonly config: Config;
  readonly fingerprints: Fingerprints;
  /** Unix time. */
  readonly nowMs: number;
}

/** Returns the state of each type that `register` has registered. Throws the errors of the database. */
export async function findSaltStates(
  db: Database,
  {
    config,
    nowMs,
    fingerprints = createFingerprints(db),
  }: Omit<SaltStateOptions, 'fingerprints'> & Partial<SaltStateOptions>,
): Promise<TypeSaltState[]> {
  const states: TypeSaltState[] = [];
  for (const salt of await listRegisteredSalts(db, config.RESURS_ENVIRONMENT)) {
    const state = await saltStateOf(salt, { config, fingerprints, nowMs });
    states.push({ type: salt.type, registeredAt: salt.registeredAt, state });
  }
  return states;
}

/**
 * Returns the state of the registration that Resurs has; null when it is not the one that `register` has made, or not
 * known to be.
 */
export function knownSaltState(
  type: string,
  registered: Registered,
  states: readonly TypeSaltState[],
): SaltState | null {
  if (registered.outcome !== 'registered') return null;
  const time = registrationTime(registered.uriTemplate);
  return states.find((each) => each.type === type && each.registeredAt === time)?.state ?? null;
}

/** Compares one registration. The digest comes first: without a right one nothing else matters. */
async function saltStateOf(salt: RegisteredSalt, options: SaltStateOptions): Promise<SaltState> {
  const digest = await digestState(salt, options);
  if (digest.outcome === 'changed') return digest;
  const basic = await basicState(salt, options);
  if (basic.outcome === 'changed') return basic;
  const settings = [digest, basic].flatMap((state) => (state.outcome === 'older' ? state.settings : []));
  return settings.length === 0 ? CURRENT : older(settings);
}

const CURRENT: SaltState = { outcome: 'current' };

async function digestState(salt: RegisteredSalt, options: SaltStateOptions): Promise<SaltState> {
  const policy = createDigestPolicy(options.config);
  if (!isDigestRequired(policy)) return CURRENT;

  const { type, digest } = salt;
  if (digest === null) {
    return type === 'TEST' ? CURRENT : changed('is registered without a digest, and its callbacks are refused (406)');
  }
  if (!policy.algorithms.includes(digest.algorithm)) {
    const name = digest.algorithm === 'md5' ? 'MD5' : 'SHA-1';
    return changed(
      `is registered with ${name}, which DIGEST_ALGORITHM does not accept: its callbacks are refused (406)`,
    );
  }
  const setting = await matchingSetting(salt, policy, options);
  if (setting === null) {
    return changed('is registered with another salt than the settings have now: its callbacks are refused (406)');
  }
  const isCurrent = setting === settingToRegister(type, policy);
  return isCurrent ? CURRENT : older([setting]);
}

/** The setting that `register` would take the salt from now. */
function settingToRegister(type: string, policy: DigestPolicy): string {
  return policy.keys.length > 0 ? 'DIGEST_KEY' : fixedSaltSetting(type, policy);
}

/** Returns the setting that has the registered salt and is accepted; null when none has. */
async function matchingSetting(
  { type, registeredAt, digest }: RegisteredSalt,
  policy: DigestPolicy,
  { fingerprints, nowMs }: SaltStateOptions,
): Promise<string | null> {
  if (digest === null) return null;
  const isDerived = digest.origin === 'digest_key';
  if (isDerived && checkRegistrationTime(registeredAt, policy, nowMs) !== 'valid') return null;

  const name = isDerived ? 'DIGEST_KEY' : fixedSaltSetting(type, policy);
  for (const [place, secret] of (isDerived ? policy.keys : fixedSaltsFor(type, policy)).entries()) {
    if ((await fingerprints(digest.origin, secret)) === digest.fingerprint) return settingAt(name, place);
  }
  return null;
}

async function basicState(
  { basicFingerprint }: RegisteredSalt,
  { config, fingerprints }: SaltStateOptions,
): Promise<SaltState> {
  const current = basicText(config.BASIC_AUTH_USERNAME, config.BASIC_AUTH_PASSWORD);
  if (current === null) return CURRENT;

  if ((await fingerprints('basic', current)) === basicFingerprint) return CURRENT;
  const previous = basicText(config.BASIC_AUTH_USERNAME_PREVIOUS, config.BASIC_AUTH_PASSWORD_PREVIOUS);
  if (previous !== null && (await fingerprints('basic', previous)) === basicFingerprint) {
    return older(['BASIC_AUTH_PASSWORD_PREVIOUS']);
  }
  return changed(
    'is registered with other Basic credentials than the settings have now: its callbacks are refused (401)',
  );
}

function changed(problem: string): SaltState {
  return { outcome: 'changed', problem };
}

function older(settings: readonly string[]): SaltState {
  return { outcome: 'older', settings, problem: `is still registered with ${settings.join(' and ')}` };
}
