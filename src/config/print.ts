/**
 * How settings look to people: as they would be written into an environment, with every secret masked. Whatever prints a setting
 * goes through here. What is shown is the text that was given, so that a line can be compared with its source;
 * it is not the expanded value the program works with.
 */
import type { Origins } from './load.ts';
import { type SettingName, settingOf } from './settings.ts';
import { MASK } from './types/urls.ts';

/** Where the sources stand when values are short; longer lines push theirs to the right. */
const MAX_COLUMN = 56;

/** One line per setting, `NAME=value` and behind it where the value came from; `unset` when there is none. */
export function formatSettings(origins: Origins): string[] {
  const rows = [...origins].map(([name, { source, text }]) => ({
    assignment: `${name}=${maskValue(name, text ?? '')}`,
    source: text === null || text === '' ? 'unset' : source,
  }));
  const column = Math.min(MAX_COLUMN, Math.max(...rows.map(({ assignment }) => assignment.length)));

  return rows.map(({ assignment, source }) => `${assignment.padEnd(column)}  ${source}`);
}

/** The text of a setting without anything secret in it. */
export function maskValue(name: SettingName, text: string): string {
  if (text === '') return '';
  const { kind, secret } = settingOf(name);
  return kind.mask?.(text) ?? (secret ? MASK : text);
}
