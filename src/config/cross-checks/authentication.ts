/** Rules about what proves who calls: Resurs on the callback paths, operators and readers on the status API. */
import { hasAuthentication, type ParsedSettings } from '../parsed-settings.ts';
import type { SettingError } from '../setting-error.ts';

/** A shop of the Merchant API alone has no digest. Its CALLBACK_PATHS is there all the same, and has to be closed. */
const CLOSE_CALLBACK_PATHS: SettingError = {
  setting: 'ALLOW_UNAUTHENTICATED',
  problem:
    'is false, but nothing authenticates the callbacks of eCom at CALLBACK_PATHS: no salt, no key and no Basic credentials are set, and the token of the Merchant API does not count there',
  fix: 'set DIGEST_KEY, also in a shop without eCom: a random one (openssl rand -hex 24) has every callback there refused; for a trial only, set ALLOW_UNAUTHENTICATED=true',
};

/** Returns an error where a stranger's callback would be stored, unless ALLOW_UNAUTHENTICATED allows it. */
export function missingAuthentication(parsed: ParsedSettings): SettingError[] {
  if (hasAuthentication(parsed) || parsed.values.ALLOW_UNAUTHENTICATED !== false) return [];
  if (parsed.given.has('MAPI_CALLBACK_PATHS')) return [CLOSE_CALLBACK_PATHS];
  return [
    {
      setting: 'ALLOW_UNAUTHENTICATED',
      problem: 'is false, but no authentication is configured: no salt, no key and no Basic credentials are set',
      fix: 'set DIGEST_KEY, a DIGEST_SALT, or BASIC_AUTH_USERNAME and BASIC_AUTH_PASSWORD; for a trial only, set ALLOW_UNAUTHENTICATED=true',
    },
  ];
}

/** The same for the Merchant API, whose callbacks have a proof of their own. */
export function unconfirmedMapi(parsed: ParsedSettings): SettingError[] {
  if (!isMapiUnconfirmed(parsed) || parsed.values.ALLOW_UNAUTHENTICATED !== false) return [];
  return [
    {
      setting: 'MAPI_CALLBACK_PATHS',
      problem: 'is set, but nothing authenticates callbacks of the Merchant API: no token and no account are set',
      fix: 'set MAPI_CALLBACK_TOKEN, or MAPI_CLIENT_ID and MAPI_CLIENT_SECRET; for a trial only, set ALLOW_UNAUTHENTICATED=true',
    },
  ];
}

/** Neither a token nor an account proves that a callback of the Merchant API is genuine. */
export function isMapiUnconfirmed({ given }: ParsedSettings): boolean {
  return given.has('MAPI_CALLBACK_PATHS') && !given.has('MAPI_CALLBACK_TOKEN') && !given.has('MAPI_CLIENT_ID');
}

/** With the same value a reader could do everything. */
export function readTokenThatChanges({ values }: ParsedSettings): SettingError[] {
  const { STATUS_READ_TOKEN: readToken } = values;
  if (typeof readToken !== 'string') return [];
  return (['STATUS_TOKEN', 'STATUS_TOKEN_PREVIOUS'] as const)
    .filter((name) => values[name] === readToken)
    .map((name) => ({
      setting: 'STATUS_READ_TOKEN',
      problem: `is the same as ${name}, so it would do more than read`,
      fix: 'set another random token, or unset it',
    }));
}
