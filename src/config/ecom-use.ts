/** Whether the eCom API is in use, as far as settings tell. */
import { SETTING_NAMES, type SettingName } from './settings.ts';

/**
 * What only a shop with eCom sets. DIGEST_KEY says nothing: a shop of the Merchant API alone sets one, too, since
 * CALLBACK_PATHS always has a path.
 */
const SIGNS = /^(?:RESURS_USERNAME|BASIC_AUTH_USERNAME|DIGEST_SALT)/;

/** Beside the Merchant API, eCom is in use where an account, a fixed salt or Basic credentials are set. */
export function usesEcom(isSet: (name: SettingName) => boolean): boolean {
  return !isSet('MAPI_CALLBACK_PATHS') || SETTING_NAMES.some((name) => SIGNS.test(name) && isSet(name));
}
