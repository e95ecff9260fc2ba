/**
 * Formats settings for people, as they would be written in an environment, with every secret masked. All code that
 * prints a setting uses this file. It prints the text as given, so that a line can be compared with its source, and not
 * the expanded value that the program uses.
 */
import type { Origins } from './load.ts';
import { type SettingName, settingOf } from './settings.ts';
import { MASK } from './types/urls.ts';

/** Rightmost column in which the sources are aligned; the source of a longer line follows its value. */
const MAX_COLUMN = 56;

/** Formats one line per setting: `NAME=value`, followed by the source of the value, or `unset` when there is none. */
export function formatSettings(origins: Origins): string[] {
  const rows = [...origins].map(([name, { source, text }]) => ({
    assignment: `${name}=${maskValue(name, text ?? '')}`,
    source: text === null || text === '' ? 'unset' : source,
  }));
  const column = Math.min(MAX_COLUMN, Math.max(...rows.map(({ assignment }) => assignment.length)));

  return rows.map(({ assignment, source }) => `${assignment.padEnd(column)}  ${source}`);
}

/** Returns the text of a setting with everything secret masked. */
export function maskValue(name: SettingName, text: string): string {
  if (text === '') return '';
  const { kind, secret } = settingOf(name);
  return kind.mask?.(text) ?? (secret ? MASK : text);
}
