/**
 * Sample secrets: what `.env.example` holds so that a first start works as it is. Everybody can read them there, so they are known by
 * what they say of themselves, warned about at every start, and failed by `doctor`.
 */
import { type Config, SETTING_NAMES, type SettingName, settingOf } from './settings.ts';

/** Also within a URL, and in the alphabet of base64. */
const SAYS_SO = /change[-_.]?me/i;

/** True for a secret that asks to be changed. */
export function isSampleSecret(text: string): boolean {
  return SAYS_SO.test(text);
}

/** The secrets whose values are samples, in the order of the table. */
export function findSampleSecrets(values: Partial<Config>): SettingName[] {
  return SETTING_NAMES.filter((name) => {
    const value = values[name];
    return settingOf(name).secret && typeof value === 'string' && isSampleSecret(value);
  });
}
