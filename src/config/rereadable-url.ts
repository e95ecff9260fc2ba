/**
 * A database URL that may change while the program runs: a password that a secret store has rotated is in the file of
 * NAME_FILE long before the next restart. It is read again only after the server has refused the old one.
 */
import { type Environment, type ReadFile, readSecretFile, readTextFile } from './environment.ts';
import type { SettingName } from './settings.ts';
import { databaseUrl } from './types/database-url.ts';

export interface RereadableUrl {
  current(): string;
  /** Reads the file again and returns the URL to use from now on. A file that is not valid now changes nothing. */
  reread(): string;
}

/** A text never changes. */
export type DatabaseUrl = string | RereadableUrl;

/** Returns the URL to use now. */
export function currentUrl(url: DatabaseUrl): string {
  return typeof url === 'string' ? url : url.current();
}

export interface RereadableOptions {
  readonly env: Environment;
  readonly readFile?: ReadFile;
  /** Called when the file has another URL than before. */
  onChange(setting: SettingName): void;
}

/** Makes the URL of a setting rereadable if it came from a file; else returns it as it is. */
export function rereadable(setting: SettingName, url: string, options: RereadableOptions): DatabaseUrl {
  const { env, readFile = readTextFile, onChange } = options;
  const path = env[`${setting}_FILE`] ?? '';
  if (path === '') return url;
  let current = url;
  return {
    current: () => current,
    reread() {
      const read = readSecretFile(path, readFile);
      const parsed = read.outcome === 'read' ? databaseUrl().parse(read.text) : null;
      if (parsed?.outcome === 'parsed' && parsed.value !== current) {
        current = parsed.value;
        onChange(setting);
      }
      return current;
    },
  };
}
