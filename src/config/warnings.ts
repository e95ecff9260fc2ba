/**
 * What works but deserves a second look: weak secrets, open doors, names that look misspelt. A warning never keeps the
 * service from starting, because a shop may have to live with a salt that was registered long ago. Warnings name
 * settings and never hold a value, not even its length.
 */
import type { Environment } from './environment.ts';
import { misspelledNames } from './misspelled-names.ts';
import { hasAuthentication, type ParsedSettings } from './parsed-settings.ts';
import { saltWarnings } from './salt-warnings.ts';
import { findSampleSecrets, isSampleSecret } from './sample-secrets.ts';
import { SETTING_NAMES, type SettingName, settingOf } from './settings.ts';

/** Fewest characters that are not warned about. Shorter ones can be guessed offline or, for passwords, by patience. */
const COMFORTABLE_LENGTHS: readonly { readonly names: RegExp; readonly length: number }[] = [
  { names: /^DIGEST_SALT/, length: 16 },
  { names: /^STATUS_TOKEN/, length: 24 },
  { names: /^BASIC_AUTH_PASSWORD/, length: 12 },
];

/** Twelve random characters of any usual alphabet hold at least this many different ones, practically always. */
const MIN_DISTINCT_CHARACTERS = 5;

/** Database URLs are not judged: their secret is only a part of them and the database's matter. */
const JUDGED = /^(?:DIGEST_|STATUS_TOKEN|BASIC_AUTH_PASSWORD|WEBHOOK_SECRET)/;

/** All warnings, those about misspelt names last. */
export function findWarnings(draft: ParsedSettings, env: Environment): string[] {
  return [
    ...exposureWarnings(draft),
    ...unusedSettings(draft),
    ...findSampleSecrets(draft.values).map((name) => {
      return `${name} is a sample that anybody can read in .env.example: replace it before real callbacks arrive`;
    }),
    ...findWeakSecrets(draft),
    ...saltWarnings(draft),
    ...misspelledNames(env),
  ];
}

function exposureWarnings(draft: ParsedSettings): string[] {
  const { values } = draft;
  const warnings: string[] = [];

  if (values.ALLOW_UNAUTHENTICATED === true && !hasAuthentication(draft)) {
    warnings.push(
      'ALLOW_UNAUTHENTICATED is true and nothing else is configured: CALLBACKS ARE NOT AUTHENTICATED. Whoever knows the URL can invent payment events',
    );
  }
  if (values.DIGEST_ALGORITHM?.includes('md5') === true) {
    warnings.push('DIGEST_ALGORITHM allows md5, which is weak: register with SHA-1 and take md5 out afterwards');
  }
  if (isDigestSentInPlaintext(draft)) {
    warnings.push(
      'DIGEST_KEY or DIGEST_SALT alone proves callbacks, and no TLS is in sight: whoever reads one URL can send it again. Set BASIC_AUTH_USERNAME and BASIC_AUTH_PASSWORD, and serve HTTPS (TLS_CERT_FILE, or a proxy named in TRUST_PROXY)',
    );
  }
  if (values.TRUST_PROXY?.some((range) => range.endsWith('/0')) === true) {
    warnings.push('TRUST_PROXY trusts every address: then anybody can claim any source address');
  }
  return warnings;
}

/** A digest neither changes nor ends, so it is only as secret as the way it takes. */
function isDigestSentInPlaintext({ given, values }: ParsedSettings): boolean {
  const hasDigest = [...given].some((name) => /^DIGEST_(?:KEY|SALT)/.test(name));
  const isEncrypted = given.has('TLS_CERT_FILE') || given.has('TRUST_PROXY') || values.PUBLIC_URL?.startsWith('https:');
  return hasDigest && !given.has('BASIC_AUTH_USERNAME') && isEncrypted !== true;
}

/** Settings that do nothing as things are. */
function unusedSettings({ given }: ParsedSettings): string[] {
  const warnings: string[] = [];

  if (given.has('WEBHOOK_SECRET') && !given.has('WEBHOOK_URL')) {
    warnings.push('WEBHOOK_SECRET is set without WEBHOOK_URL: deliveries are held until WEBHOOK_URL is set');
  }
  if (given.has('DIGEST_VALID_FROM') && !given.has('DIGEST_KEY')) {
    warnings.push('DIGEST_VALID_FROM has no effect without DIGEST_KEY: it only retires derived salts');
  }
  return warnings;
}

function findWeakSecrets({ values }: ParsedSettings): string[] {
  return SETTING_NAMES.flatMap((name) => {
    const value = values[name];
    // A sample is warned about as such, and there is nothing worse to say.
    if (!settingOf(name).secret || typeof value !== 'string' || isSampleSecret(value)) return [];
    return [...findWeakness(name, value), ...findReuse(name, value, values)];
  });
}

function findWeakness(name: SettingName, value: string): string[] {
  if (!JUDGED.test(name)) return [];

  const characters = [...value.replace(/^whsec_/, '')];
  const comfortable = COMFORTABLE_LENGTHS.find(({ names }) => names.test(name))?.length ?? 0;
  const warnings: string[] = [];
  if (characters.length < comfortable) warnings.push(`${name} is weak: use at least ${comfortable} random characters`);
  if (new Set(characters).size < MIN_DISTINCT_CHARACTERS) {
    warnings.push(`${name} is weak: it repeats a few characters; use random ones`);
  }
  if (value.trim() !== value) warnings.push(`${name} begins or ends with white space, which counts as part of it`);
  return warnings;
}

function findReuse(name: SettingName, value: string, values: ParsedSettings['values']): string[] {
  const current = SETTING_NAMES.find((candidate) => `${candidate}_PREVIOUS` === name);
  if (current === undefined || values[current] !== value) return [];
  return [`${name} is the same as ${current}: nothing was changed, so it can be unset`];
}
