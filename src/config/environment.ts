/**
 * Reads the text of every setting from the environment, or for a secret from the file that NAME_FILE names. The parser
 * checks the text afterwards. An empty variable counts as unset, but an empty file is an error: NAME_FILE shows that a
 * secret is intended, and a service that silently runs without it is unprotected.
 */
import { readFileSync } from 'node:fs';
import type { SettingError } from './setting-error.ts';
import { SETTING_NAMES, type SettingName, settingOf } from './settings.ts';

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Returns the text of a file or throws. */
export type ReadFile = (path: string) => string;

/** Where a setting's text came from. */
export type SettingSource = 'default' | 'environment' | 'file';

/** The text of one setting. `broken`: the setting was given but cannot be read. */
export type RawSetting =
  | { readonly outcome: 'absent' }
  | { readonly outcome: 'given'; readonly text: string; readonly source: 'environment' | 'file' }
  | { readonly outcome: 'broken'; readonly error: SettingError };

/** Reads every setting, in the order of the table. Does not throw, even if `readFile` does. */
export function readEnvironment(env: Environment, readFile: ReadFile): ReadonlyMap<SettingName, RawSetting> {
  return new Map(SETTING_NAMES.map((name) => [name, readSetting(name, env, readFile)]));
}

/** Reads UTF-8 strictly: a secret with a replaced character would be another secret. A byte order mark is dropped. */
export function readTextFile(path: string): string {
  return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
}

/**
 * Describes why a file could not be read, without its path: an operator may have put the secret itself in its place.
 */
export function describeReadError(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  return code === 'ERR_ENCODING_INVALID_ENCODED_DATA' ? 'it is not UTF-8 text' : code;
}

function readSetting(name: SettingName, env: Environment, readFile: ReadFile): RawSetting {
  const text = env[name] ?? '';
  const fileName = `${name}_FILE`;
  const path = settingOf(name).secret ? (env[fileName] ?? '') : '';

  if (path === '') return text === '' ? { outcome: 'absent' } : { outcome: 'given', text, source: 'environment' };
  if (text !== '') return unreadable(name, `and ${fileName} are both set`, `unset ${name} or ${fileName}`);

  return readSettingFromFile(fileName, path, readFile);
}

/** The text of a secret's file; `broken`: it cannot be read. */
export type SecretFile =
  | { readonly outcome: 'read'; readonly text: string }
  | { readonly outcome: 'broken'; readonly reason: string };

/** Reads a secret from its file. Editors and `echo` end a file with a line break that is not part of the secret. */
export function readSecretFile(path: string, readFile: ReadFile): SecretFile {
  try {
    return { outcome: 'read', text: readFile(path).replace(/\r?\n$/, '') };
  } catch (error) {
    return { outcome: 'broken', reason: describeReadError(error) };
  }
}

function readSettingFromFile(fileName: string, path: string, readFile: ReadFile): RawSetting {
  const read = readSecretFile(path, readFile);
  if (read.outcome === 'broken') {
    const fix = 'set it to the path of a file that exists and that the user of the service can read';
    return unreadable(fileName, `names a file that cannot be read (${read.reason})`, fix);
  }
  if (read.text !== '') return { outcome: 'given', text: read.text, source: 'file' };
  return unreadable(fileName, 'names an empty file', `put the secret into the file, or unset ${fileName}`);
}

function unreadable(setting: string, problem: string, fix: string): RawSetting {
  return { outcome: 'broken', error: { setting, problem, fix } };
}
