/** The settings that commands about the Merchant API require, although the service runs without them. */
import type { SettingError } from '../config/setting-error.ts';
import type { Config } from '../config/settings.ts';
import { printSettingErrors, type Terminal } from './command.ts';

/** Settings that a command about the Merchant API requires. */
export type MapiSetting = 'PUBLIC_URL' | 'MAPI_CALLBACK_PATHS' | 'MAPI_CLIENT_ID';

const MISSING: Readonly<Record<MapiSetting, SettingError>> = {
  PUBLIC_URL: {
    setting: 'PUBLIC_URL',
    problem: 'is not set, so there is no URL that Resurs could call',
    fix: 'set it to the https URL under which Resurs reaches this service, such as https://pay.shop.example',
  },
  MAPI_CALLBACK_PATHS: {
    setting: 'MAPI_CALLBACK_PATHS',
    problem: 'is not set, so no callbacks of the Merchant API are accepted',
    fix: 'set it to a path of this service, such as /callbacks/mapi, and restart the service',
  },
  MAPI_CLIENT_ID: {
    setting: 'MAPI_CLIENT_ID',
    problem: 'is not set, so the Merchant API cannot be called',
    fix: "set MAPI_CLIENT_ID and MAPI_CLIENT_SECRET to the shop's own account of the Merchant API",
  },
};

/** Prints which of the needed settings are missing, with their fixes, and returns the exit code 78. */
export function reportMissing(
  needed: readonly MapiSetting[],
  { config, terminal }: { readonly config: Config; readonly terminal: Terminal },
): number {
  const missing = needed.filter((name) => config[name] === null).map((name) => MISSING[name]);
  return printSettingErrors(missing, terminal);
}
