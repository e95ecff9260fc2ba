/**
 * Warnings about settings that are valid but risky: weak secrets, missing authentication, names that look misspelled. A
 * warning never prevents the start, because a shop may depend on a salt that was registered long ago. A warning names
 * settings and never contains a value, not even its length.
 */
import { isLoopbackHost } from '../lib/loopback.ts';
import { usesEcom } from './ecom-use.ts';
import type { Environment } from './environment.ts';
import { misspelledNames } from './misspelled-names.ts';
import { hasAuthentication, type ParsedSettings } from './parsed-settings.ts';
import { secretWarnings } from './secret-warnings.ts';
import { SETTING_NAMES, settingOf } from './settings.ts';
import { parseDatabaseUrl } from './types/database-url.ts';

/** DATABASE_URL and those beside it. */
const DATABASE_URLS = SETTING_NAMES.filter((name) => /DATABASE_(?:\w+_)?URL$/.test(name));

/** Returns all warnings; those about misspelled names come last. */
export function findWarnings(parsed: ParsedSettings, env: Environment): string[] {
  return [
    ...exposureWarnings(parsed),
    ...unusedSettings(parsed),
    ...unusedParameters(parsed),
    ...secretWarnings(parsed),
    ...doubleNames(env),
    ...misspelledNames(env),
  ];
}

/** Warns about a setting that is given twice, by its name and by its name in lower case, with different values. */
function doubleNames(env: Environment): string[] {
  return SETTING_NAMES.filter((name) => settingOf(name).lowerCase).flatMap((name) => {
    const [given, lowerCase] = [env[name] ?? '', env[name.toLowerCase()] ?? ''];
    if (given === '' || lowerCase === '' || given === lowerCase) return [];
    return [`${name} has no effect, because ${name.toLowerCase()} is set to another value: set only one of them`];
  });
}

function exposureWarnings(parsed: ParsedSettings): string[] {
  const { values } = parsed;
  const warnings: string[] = [];

  if (values.ALLOW_UNAUTHENTICATED === true && !hasAuthentication(parsed)) {
    warnings.push(
      'ALLOW_UNAUTHENTICATED is true and no authentication is configured: CALLBACKS ARE NOT AUTHENTICATED. Anyone who knows the URL can forge payment events',
    );
  }
  if (isMapiExposed(parsed)) {
    warnings.push(
      'ALLOW_UNAUTHENTICATED is true and neither MAPI_CALLBACK_TOKEN nor MAPI_CLIENT_ID is set: CALLBACKS OF THE MERCHANT API ARE NOT AUTHENTICATED. Anyone who knows the URL can forge payment events',
    );
  }
  if (values.DIGEST_ALGORITHM?.includes('md5') === true) {
    warnings.push('DIGEST_ALGORITHM allows md5, which is weak: register with SHA-1, then remove md5');
  }
  if (isDigestSentInPlaintext(parsed)) {
    warnings.push(
      'DIGEST_KEY or DIGEST_SALT is the only authentication, and no TLS is configured: anyone who reads one URL can send it again. Set BASIC_AUTH_USERNAME and BASIC_AUTH_PASSWORD, and serve HTTPS (TLS_CERT_FILE, or a proxy in TRUST_PROXY)',
    );
  }
  if (isTokenSentInPlaintext(parsed)) {
    warnings.push(
      'MAPI_CALLBACK_TOKEN is sent in the URLs of callbacks, and no TLS is configured: anyone who reads one URL can invent callbacks of every payment. Serve HTTPS (TLS_CERT_FILE, or a proxy in TRUST_PROXY)',
    );
  }
  if (values.MOCK_ERRORS === true) {
    warnings.push(
      'MOCK_ERRORS is true: PUT /mock-error makes callbacks fail on purpose. Unset it when the trial is over',
    );
  }
  if (values.TRUST_PROXY?.some((range) => range.endsWith('/0')) === true) {
    warnings.push('TRUST_PROXY trusts every address: any client can claim any source address');
  }
  return warnings;
}

function isMapiExposed({ given, values }: ParsedSettings): boolean {
  if (values.ALLOW_UNAUTHENTICATED !== true || !given.has('MAPI_CALLBACK_PATHS')) return false;
  return !given.has('MAPI_CALLBACK_TOKEN') && !given.has('MAPI_CLIENT_ID');
}

/** A digest neither changes nor expires, so it is only as secret as the connection it is sent over. */
function isDigestSentInPlaintext(parsed: ParsedSettings): boolean {
  const { given } = parsed;
  const hasDigest = [...given].some((name) => /^DIGEST_(?:KEY|SALT)/.test(name));
  return hasDigest && !given.has('BASIC_AUTH_USERNAME') && usesEcom((name) => given.has(name)) && !isEncrypted(parsed);
}

/** A token does not change either, and is in every URL. On a loopback address it leaves this machine with a proxy alone. */
function isTokenSentInPlaintext(parsed: ParsedSettings): boolean {
  const { given, values } = parsed;
  const isOpen = given.has('MAPI_CALLBACK_PATHS') && given.has('MAPI_CALLBACK_TOKEN');
  return isOpen && !isLoopbackHost(values.HOST ?? '') && !isEncrypted(parsed);
}

function isEncrypted({ given, values }: ParsedSettings): boolean {
  return given.has('TLS_CERT_FILE') || given.has('TRUST_PROXY') || values.PUBLIC_URL?.startsWith('https:') === true;
}

/** Warns about settings that have no effect, given the others. */
function unusedSettings({ given }: ParsedSettings): string[] {
  const warnings: string[] = [];

  if (given.has('WEBHOOK_SECRET') && !given.has('WEBHOOK_URL')) {
    warnings.push('WEBHOOK_SECRET is set without WEBHOOK_URL: deliveries are held until WEBHOOK_URL is set');
  }
  if (given.has('DIGEST_VALID_FROM') && !given.has('DIGEST_KEY')) {
    warnings.push('DIGEST_VALID_FROM has no effect without DIGEST_KEY: it only expires derived salts');
  }
  if (given.has('MAPI_CALLBACK_TOKEN') && !given.has('MAPI_CALLBACK_PATHS')) {
    warnings.push(
      'MAPI_CALLBACK_TOKEN has no effect without MAPI_CALLBACK_PATHS: no callbacks of the Merchant API are accepted',
    );
  }
  return warnings;
}

/** Warns about parameters of a database URL that are accepted and have no effect. */
function unusedParameters({ values }: ParsedSettings): string[] {
  return DATABASE_URLS.flatMap((name) => {
    const parsed = parseDatabaseUrl(String(values[name] ?? ''));
    if (parsed.outcome === 'refused' || parsed.value.withoutEffect.length === 0) return [];
    const names = parsed.value.withoutEffect.join(', ');
    return [`${name} has parameters without effect: ${names}. The receiver decides these by itself; remove them`];
  });
}
