/**
 * The one table of all settings. The configuration's type, the parsing, the masking, the check for misspelt names,
 * `.env.example` and `docs/settings.md` all come from it: a setting that is added to a group exists everywhere. The rows are kept
 * in one file per direction; the rules between settings are in relations.ts.
 */
import type { Setting, SettingValue } from './setting.ts';
import { AUTHENTICATION, OWNERSHIP, RECEIVING } from './settings/callbacks.ts';
import { RESURS } from './settings/resurs.ts';
import { DATABASE, LISTENING, PROCESS, STATUS } from './settings/service.ts';
import { WEBHOOK } from './settings/webhook.ts';

/** Every setting by name, in the order in which people read them. */
export const SETTINGS = {
  ...LISTENING,
  ...DATABASE,
  ...RECEIVING,
  ...AUTHENTICATION,
  ...OWNERSHIP,
  ...WEBHOOK,
  ...STATUS,
  ...RESURS,
  ...PROCESS,
};

/** The name of a setting: its environment variable and its key in the configuration. */
export type SettingName = keyof typeof SETTINGS;

/** What the program works with: parsed, complete and frozen. A setting that may be left out is null when it is. */
export type Config = { readonly [N in SettingName]: SettingValue<(typeof SETTINGS)[N]> };

/** All names, in the order of the table. */
export const SETTING_NAMES: readonly SettingName[] = Object.keys(SETTINGS).filter(isSettingName);

/** The groups as the documents show them. */
export const SETTING_GROUPS: readonly { readonly title: string; readonly names: readonly SettingName[] }[] = [
  { title: 'Listening', names: namesOf(LISTENING) },
  { title: 'Database', names: namesOf(DATABASE) },
  { title: 'Callbacks', names: namesOf(RECEIVING) },
  { title: 'Proof that a callback is genuine', names: namesOf(AUTHENTICATION) },
  { title: 'Which orders are ours', names: namesOf(OWNERSHIP) },
  { title: 'Webhook', names: namesOf(WEBHOOK) },
  { title: 'Status API', names: namesOf(STATUS) },
  { title: 'Talking to Resurs', names: namesOf(RESURS) },
  { title: 'Process', names: namesOf(PROCESS) },
];

/** True for the name of a setting; NAME_FILE is not one. */
export function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(SETTINGS, name);
}

/** The row of one setting, without its exact type: for code that treats all settings alike. */
export function settingOf(name: SettingName): Setting<unknown> {
  return SETTINGS[name];
}

function namesOf(group: Partial<Record<SettingName, unknown>>): readonly SettingName[] {
  return Object.keys(group).filter(isSettingName);
}
