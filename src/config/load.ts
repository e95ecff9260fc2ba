/**
 * Turns an environment into the one frozen configuration, or into the list of everything that is wrong with it: an operator
 * repairs all faults in one go instead of one per start. Nothing here reads the process: the caller passes
 * the environment in. No fault or warning holds a value that was given.
 */
import { crossCheck } from './cross-checks.ts';
import {
  describeReadError,
  type Environment,
  type RawSetting,
  type ReadFile,
  readEnvironment,
  readTextFile,
  type SettingSource,
} from './environment.ts';
import type { ParsedSettings } from './parsed-settings.ts';
import type { SettingError } from './setting-error.ts';
import { type Config, SETTING_NAMES, type SettingName, settingOf } from './settings.ts';
import { findWarnings } from './warnings.ts';

/** Where a setting came from, and its text; null when it is unset and has no default. */
export interface Origin {
  readonly source: SettingSource;
  readonly text: string | null;
}

/** One origin for every setting, in the order of the table. */
export type Origins = ReadonlyMap<SettingName, Origin>;

/** The result of loading. Warnings are sentences that name a setting and never hold its value. */
export type LoadResult =
  | {
      readonly outcome: 'loaded';
      readonly config: Config;
      readonly origins: Origins;
      readonly warnings: readonly string[];
    }
  | { readonly outcome: 'invalid'; readonly faults: readonly SettingError[]; readonly warnings: readonly string[] };

/**
 * Judges the whole environment. Reads the files that NAME_FILE settings name, and looks whether certificate files can be
 * read; does not throw. The configuration and everything in it is frozen.
 */
export function loadConfig(env: Environment, readFile: ReadFile = readTextFile): LoadResult {
  const found = readEnvironment(env, readFile);
  const results = SETTING_NAMES.map((name) => ({ name, result: parseSetting(name, found.get(name), readFile) }));

  const given = new Set(SETTING_NAMES.filter((name) => found.get(name)?.outcome !== 'absent'));
  const values = Object.fromEntries(
    results.flatMap(({ name, result }) => (result.outcome === 'judged' ? [[name, result.value]] : [])),
  );
  // Each value comes from the parser of its own row, which is where `Config` takes its type from.
  const draft: ParsedSettings = { given, values: values as Partial<Config> };

  const faults = results.flatMap(({ result }) => (result.outcome === 'faulty' ? [result.fault] : []));
  faults.push(...crossCheck(draft));
  const warnings = findWarnings(draft, env);
  if (faults.length > 0) return { outcome: 'invalid', faults, warnings };

  return { outcome: 'loaded', config: freeze(draft.values as Config), origins: originsOf(found), warnings };
}

type Judged =
  | { readonly outcome: 'judged'; readonly value: unknown }
  | { readonly outcome: 'faulty'; readonly fault: SettingError };

function parseSetting(name: SettingName, found: RawSetting | undefined, readFile: ReadFile): Judged {
  if (found?.outcome === 'broken') return { outcome: 'faulty', fault: found.fault };

  const { kind, defaultText, readable } = settingOf(name);
  const text = found?.outcome === 'given' ? found.text : defaultText;
  if (text === null) return { outcome: 'judged', value: null };

  const result = kind.parse(text);
  if (result.outcome === 'refused') return settingError(name, result.problem, `set it to ${kind.expected}`);

  const trouble = readable ? fileReadError(text, readFile) : null;
  if (trouble === null) return { outcome: 'judged', value: result.value };
  return settingError(
    name,
    `names a file that cannot be read (${trouble})`,
    'name a PEM file that the user of the service may read',
  );
}

function fileReadError(path: string, readFile: ReadFile): string | null {
  try {
    readFile(path);
    return null;
  } catch (error) {
    return describeReadError(error);
  }
}

function settingError(setting: SettingName, problem: string, fix: string): Judged {
  return { outcome: 'faulty', fault: { setting, problem, fix } };
}

function originsOf(found: ReadonlyMap<SettingName, RawSetting>): Origins {
  return new Map(
    [...found].map(([name, entry]): [SettingName, Origin] => {
      if (entry.outcome === 'given') return [name, { source: entry.source, text: entry.text }];
      return [name, { source: 'default', text: settingOf(name).defaultText }];
    }),
  );
}

/** Values are plain or lists of plain ones, so two levels are all there is. */
function freeze(config: Config): Config {
  for (const value of Object.values(config)) Object.freeze(value);
  return Object.freeze(config);
}
