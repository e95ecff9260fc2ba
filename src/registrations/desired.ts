/**
 * Derives the desired registration of a type from the settings. The salt is derived where there is a key, else it is
 * the fixed salt of the type. The credentials are those that callbacks have to carry. TEST carries a digest over SOAP
 * only: for one registered over REST without a paymentId, Resurs sends nothing. A registration whose callbacks the
 * running service would refuse is never desired.
 */
import type { Config } from '../config/settings.ts';
import type { CallbackType } from '../protocol/ecom/callback-types.ts';
import {
  type BasicCredentials,
  type DigestRule,
  placeholdersFor,
  type Registration,
} from '../protocol/ecom/registration.ts';
import {
  checkRegistrationTime,
  createDigestPolicy,
  deriveSalt,
  fixedSaltsFor,
  isDigestRequired,
} from '../protocol/ecom/salts.ts';
import { urlTemplate } from '../protocol/ecom/url-template.ts';

/** The registration to make, or why all its callbacks would be refused. */
export type DesiredRegistration =
  | { readonly outcome: 'possible'; readonly registration: Registration; readonly salt: SaltKind }
  | NotRegistrable;

/** `problem` completes "TYPE …"; `fix` is an instruction. */
interface NotRegistrable {
  readonly outcome: 'impossible';
  readonly problem: string;
  readonly fix: string;
}

/** The origin of the salt of a registration. */
export type SaltKind = 'derived' | 'fixed' | 'none';

/** Returns the URL that all templates begin with. */
export function callbackUrl(publicUrl: string, callbackPaths: readonly string[]): string {
  return new URL(publicUrl + (callbackPaths[0] ?? '/')).href;
}

/**
 * Returns the registration of `type` at `registeredAt` (unix seconds) over `channel`, which matters for TEST alone.
 * Throws without PUBLIC_URL.
 */
export function desiredRegistration(
  type: CallbackType,
  config: Config,
  { registeredAt, now }: RegistrationTimes,
  channel: 'REST' | 'SOAP' = 'REST',
): DesiredRegistration {
  if (config.PUBLIC_URL === null) throw new TypeError('a registration needs PUBLIC_URL');
  const salt = type === 'TEST' && channel === 'REST' ? NO_SALT : saltFor(type, config, registeredAt);
  if (salt.outcome === 'impossible') return salt;

  const error = salt.kind === 'derived' ? timeError(config, { registeredAt, now }) : null;
  if (error !== null) return error;

  const target = callbackUrl(config.PUBLIC_URL, config.CALLBACK_PATHS);
  const signed = salt.text !== null;
  const uriTemplate = urlTemplate(type, { target, form: 'query', registeredAt: String(registeredAt), signed });
  const digest: DigestRule | null =
    salt.text === null
      ? null
      : { algorithm: digestAlgorithm(config), parameters: placeholdersFor(type), salt: salt.text };
  return {
    outcome: 'possible',
    registration: { uriTemplate, digest, basic: callbackCredentials(config) },
    salt: salt.kind,
  };
}

/** Both in unix seconds. */
export interface RegistrationTimes {
  readonly registeredAt: number;
  readonly now: number;
}

/** Returns the credentials that callbacks have to carry, or null. */
export function callbackCredentials(
  config: Pick<Config, 'BASIC_AUTH_USERNAME' | 'BASIC_AUTH_PASSWORD'>,
): BasicCredentials | null {
  const { BASIC_AUTH_USERNAME: username, BASIC_AUTH_PASSWORD: password } = config;
  return username === null || password === null ? null : { username, password };
}

/** Returns SHA-1 wherever the receiver accepts it, else MD5. */
export function digestAlgorithm({ DIGEST_ALGORITHM }: Pick<Config, 'DIGEST_ALGORITHM'>): 'sha1' | 'md5' {
  return DIGEST_ALGORITHM.includes('sha1') ? 'sha1' : 'md5';
}

type SaltResult =
  | { readonly outcome: 'chosen'; readonly kind: SaltKind; readonly text: string | null }
  | NotRegistrable;

const NO_SALT: SaltResult = { outcome: 'chosen', kind: 'none', text: null };

function saltFor(type: CallbackType, config: Config, registeredAt: number): SaltResult {
  if (config.DIGEST_KEY !== null) {
    return { outcome: 'chosen', kind: 'derived', text: deriveSalt(config.DIGEST_KEY, type, String(registeredAt)) };
  }

  const policy = createDigestPolicy(config);
  const [text] = fixedSaltsFor(type, policy);
  if (text !== undefined) return { outcome: 'chosen', kind: 'fixed', text };
  // A TEST without a digest is accepted, whatever the others carry.
  if (type === 'TEST' || !isDigestRequired(policy)) return NO_SALT;
  return {
    outcome: 'impossible',
    problem: 'has no salt while others have one, and the service refuses its callbacks (406)',
    fix: `set DIGEST_SALT_${type}, or DIGEST_KEY for all types`,
  };
}

function timeError(config: Config, { registeredAt, now }: RegistrationTimes): NotRegistrable | null {
  switch (checkRegistrationTime(registeredAt, { validFromSeconds: config.DIGEST_VALID_FROM }, now * 1000)) {
    case 'valid':
      return null;
    case 'ahead':
      return {
        outcome: 'impossible',
        problem: 'has a time of registration more than a day ahead, and the service refuses its callbacks (406)',
        fix: 'correct the clock of this machine, or unregister the type and register it again',
      };
    case 'retired':
      return {
        outcome: 'impossible',
        problem: 'has a time of registration before DIGEST_VALID_FROM, and the service refuses its callbacks (406)',
        fix: 'wait until then, or set DIGEST_VALID_FROM to a time in the past',
      };
  }
}
