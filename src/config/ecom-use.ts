/** Whether the eCom API is in use, as far as settings tell. */
import { SETTING_NAMES, type SettingName } from './settings.ts';

/**
 * What only a shop with eCom sets. DIGEST_KEY and Basic credentials say nothing: a shop of the Merchant API alone sets them,
 * too, since CALLBACK_PATHS always has a path.
 */
const SIGNS = /^(?:RESURS_USERNAME|DIGEST_SALT)/;

/** Beside the Merchant API, eCom is in use where an account or a fixed salt is set. */
export function usesEcom(isSet: (name: SettingName) => boolean): boolean {
  return !isSet('MAPI_CALLBACK_PATHS') || SETTING_NAMES.some((name) => SIGNS.test(name) && isSet(name));
}
