/**
 * The single table of all settings. The configuration's type, the parsing, the masking, the check for misspelled names,
 * `.env.example` and `docs/settings.md` are all derived from it, so a setting added to a group exists everywhere. The
 * rows are in settings/, one file per subject; cross-checks.ts contains the rules between settings.
 */
import type { Setting, SettingValue } from './setting.ts';
import { ALERTS } from './settings/alerts.ts';
import { AUTHENTICATION, OWNERSHIP, RECEIVING } from './settings/callbacks.ts';
import { MAPI } from './settings/mapi.ts';
import { OUTBOUND } from './settings/outbound.ts';
import { RECONCILIATION } from './settings/reconciliation.ts';
import { RESURS } from './settings/resurs.ts';
import { DATABASE, LISTENING, PROCESS, STATUS } from './settings/service.ts';
import { WEBHOOK } from './settings/webhook.ts';

/** Every setting by name, in the order of the documents. */
export const SETTINGS = {
  ...LISTENING,
  ...DATABASE,
  ...RECEIVING,
  ...AUTHENTICATION,
  ...OWNERSHIP,
  ...WEBHOOK,
  ...OUTBOUND,
  ...STATUS,
  ...RESURS,
  ...MAPI,
  ...RECONCILIATION,
  ...ALERTS,
  ...PROCESS,
};

/** The name of a setting: its environment variable and its key in the configuration. */
export type SettingName = keyof typeof SETTINGS;

/** The configuration that the program uses: parsed, complete and frozen. An optional setting that is unset is null. */
export type Config = { readonly [N in SettingName]: SettingValue<(typeof SETTINGS)[N]> };

/** All names, in the order of the table. */
export const SETTING_NAMES: readonly SettingName[] = Object.keys(SETTINGS).filter(isSettingName);

/** The groups of settings with their titles in the documents. */
export const SETTING_GROUPS: readonly { readonly title: string; readonly names: readonly SettingName[] }[] = [
  { title: 'Listening', names: namesOf(LISTENING) },
  { title: 'Database', names: namesOf(DATABASE) },
  { title: 'Callbacks', names: namesOf(RECEIVING) },
  { title: 'Authentication', names: namesOf(AUTHENTICATION) },
  { title: 'Order ownership', names: namesOf(OWNERSHIP) },
  { title: 'Webhook', names: namesOf(WEBHOOK) },
  { title: 'Outgoing requests', names: namesOf(OUTBOUND) },
  { title: 'Status API', names: namesOf(STATUS) },
  { title: 'Resurs API', names: namesOf(RESURS) },
  { title: 'Merchant API', names: namesOf(MAPI) },
  { title: 'Missed callbacks', names: namesOf(RECONCILIATION) },
  { title: 'Alerts', names: namesOf(ALERTS) },
  { title: 'Process', names: namesOf(PROCESS) },
];

/** True for the name of a setting; NAME_FILE is not one. */
export function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(SETTINGS, name);
}

/** Returns the row of one setting without its exact type, for code that treats all settings alike. */
export function settingOf(name: SettingName): Setting<unknown> {
  return SETTINGS[name];
}

function namesOf(group: Partial<Record<SettingName, unknown>>): readonly SettingName[] {
  return Object.keys(group).filter(isSettingName);
}
