/** Rules about settings that are useful only together. */
import type { ParsedSettings } from '../parsed-settings.ts';
import type { SettingError } from '../setting-error.ts';
import { SETTING_NAMES, type SettingName } from '../settings.ts';

/** The first setting needs the second. A pair that needs each other is listed in both directions. */
const NEEDS: readonly (readonly [SettingName, SettingName])[] = [
  ['TLS_CERT_FILE', 'TLS_KEY_FILE'],
  ['TLS_KEY_FILE', 'TLS_CERT_FILE'],
  ['BASIC_AUTH_USERNAME', 'BASIC_AUTH_PASSWORD'],
  ['BASIC_AUTH_PASSWORD', 'BASIC_AUTH_USERNAME'],
  ['BASIC_AUTH_USERNAME_PREVIOUS', 'BASIC_AUTH_PASSWORD_PREVIOUS'],
  ['BASIC_AUTH_PASSWORD_PREVIOUS', 'BASIC_AUTH_USERNAME_PREVIOUS'],
  ['WEBHOOK_URL', 'WEBHOOK_SECRET'],
  ['WEBHOOK_CLIENT_CERT_FILE', 'WEBHOOK_CLIENT_KEY_FILE'],
  ['WEBHOOK_CLIENT_KEY_FILE', 'WEBHOOK_CLIENT_CERT_FILE'],
  ['RESURS_USERNAME', 'RESURS_PASSWORD'],
  ['RESURS_PASSWORD', 'RESURS_USERNAME'],
  ['MAPI_CLIENT_ID', 'MAPI_CLIENT_SECRET'],
  ['MAPI_CLIENT_SECRET', 'MAPI_CLIENT_ID'],
  ['STATUS_READ_TOKEN', 'STATUS_TOKEN'],
  ['STATUS_URL', 'STATUS_TOKEN'],
  ['ALERT_AUTHORIZATION', 'ALERT_URL'],
  ['MIGRATION_DATABASE_URL', 'DATABASE_URL'],
  ['DATABASE_DIRECT_URL', 'DATABASE_URL'],
];

/** Returns an error for each setting whose companion is not set. */
export function missingCompanions({ given }: ParsedSettings): SettingError[] {
  return NEEDS.filter(([name, needed]) => given.has(name) && !given.has(needed)).map(([name, needed]) => ({
    setting: name,
    problem: `is set without ${needed}`,
    fix: `set ${needed} as well, or unset ${name}`,
  }));
}

/** A previous value alone means a change that was made in the wrong order, or a current value that got lost. */
export function previousWithoutCurrent({ given }: ParsedSettings): SettingError[] {
  return SETTING_NAMES.flatMap((current) => {
    const previous = SETTING_NAMES.find((name) => name === `${current}_PREVIOUS`);
    if (previous === undefined || !given.has(previous) || given.has(current)) return [];
    return [
      { setting: previous, problem: `is set without ${current}`, fix: `set ${current} as well, or unset ${previous}` },
    ];
  });
}
