/**
 * Turns an environment into one frozen configuration, or into the list of all its errors, so that an operator can fix
 * them in one restart. Nothing here reads the process: the caller passes the environment. No error or warning contains
 * a value that was given.
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
import { isPair, type PemContent, pemProblem } from './types/pem.ts';
import { findWarnings } from './warnings.ts';

/** Where a setting came from, and its text; null when it is unset and has no default. */
export interface Origin {
  readonly source: SettingSource;
  readonly text: string | null;
}

/** One origin for every setting, in the order of the table. */
export type Origins = ReadonlyMap<SettingName, Origin>;

/** The result of loading. A warning is a sentence that names a setting and never contains its value. */
export type LoadResult =
  | {
      readonly outcome: 'loaded';
      readonly config: Config;
      readonly origins: Origins;
      readonly warnings: readonly string[];
    }
  | { readonly outcome: 'invalid'; readonly errors: readonly SettingError[]; readonly warnings: readonly string[] };

/**
 * Loads and checks all settings. Reads the files that NAME_FILE settings name and checks that certificate files can be
 * read; does not throw. The configuration and everything in it is frozen.
 */
export function loadConfig(env: Environment, readFile: ReadFile = readTextFile): LoadResult {
  const raw = readEnvironment(env, readFile);
  const results = SETTING_NAMES.map((name) => ({ name, result: parseSetting(name, raw.get(name), readFile) }));

  const given = new Set(SETTING_NAMES.filter((name) => raw.get(name)?.outcome !== 'absent'));
  const values = Object.fromEntries(
    results.flatMap(({ name, result }) => (result.outcome === 'parsed' ? [[name, result.value]] : [])),
  );
  // Each value comes from the parser of its own row, and `Config` takes its types from the same rows.
  const parsed: ParsedSettings = { given, values: values as Partial<Config> };

  const parseErrors = results.flatMap(({ result }) => (result.outcome === 'invalid' ? [result.error] : []));
  const errors = [...parseErrors, ...crossCheck(parsed), ...pairErrors(parsed, readFile)];
  const warnings = findWarnings(parsed, env);
  if (errors.length > 0) return { outcome: 'invalid', errors, warnings };

  return { outcome: 'loaded', config: freeze(parsed.values as Config), origins: originsOf(raw), warnings };
}

type SettingResult =
  | { readonly outcome: 'parsed'; readonly value: unknown }
  | { readonly outcome: 'invalid'; readonly error: SettingError };

function parseSetting(name: SettingName, raw: RawSetting | undefined, readFile: ReadFile): SettingResult {
  if (raw?.outcome === 'broken') return { outcome: 'invalid', error: raw.error };

  const { kind, defaultText, readable, pem } = settingOf(name);
  const text = raw?.outcome === 'given' ? raw.text : defaultText;
  if (text === null) return { outcome: 'parsed', value: null };

  const result = kind.parse(text);
  if (result.outcome === 'refused') {
    return settingError(name, result.problem, result.fix ?? `set it to ${kind.expected}`);
  }
  const refusedFile = checkFiles(name, text, readFile);
  if (refusedFile !== null) return refusedFile;

  const problem = readable ? fileProblem(text, pem, readFile) : null;
  if (problem === null) return { outcome: 'parsed', value: result.value };
  return settingError(name, `names a file that ${problem}`, `set it to the path of a ${fileWith(pem)}`);
}

function checkFiles(name: SettingName, text: string, readFile: ReadFile): SettingResult | null {
  const { kind } = settingOf(name);
  const refused = kind.checkFiles?.(text, readFile) ?? null;
  return refused && settingError(name, refused.problem, refused.fix ?? `set it to ${kind.expected}`);
}

/** Returns what is wrong with a file, to follow "names a file that"; null when nothing is. */
export function fileProblem(path: string, pem: PemContent | undefined, readFile: ReadFile): string | null {
  try {
    const text = readFile(path);
    return pem === undefined ? null : pemProblem(pem, text);
  } catch (error) {
    return `cannot be read (${describeReadError(error)})`;
  }
}

function fileWith(pem: PemContent | undefined): string {
  const file = pem === undefined ? 'PEM file' : `PEM file with ${pem === 'certificates' ? pem : `a ${pem}`}`;
  return `${file} that the user of the service can read`;
}

/** A key that belongs to another certificate fails every handshake, so it stops the start. */
function pairErrors({ values }: ParsedSettings, readFile: ReadFile): SettingError[] {
  const { WEBHOOK_CLIENT_CERT_FILE: cert = null, WEBHOOK_CLIENT_KEY_FILE: key = null } = values;
  if (cert === null || key === null || isPair(readFile(cert), readFile(key))) return [];
  return [
    {
      setting: 'WEBHOOK_CLIENT_KEY_FILE',
      problem: 'names a key that does not belong to the first certificate in WEBHOOK_CLIENT_CERT_FILE',
      fix: 'set both to the files of one certificate, its own certificate before those of its chain',
    },
  ];
}

function settingError(setting: SettingName, problem: string, fix: string): SettingResult {
  return { outcome: 'invalid', error: { setting, problem, fix } };
}

function originsOf(settings: ReadonlyMap<SettingName, RawSetting>): Origins {
  return new Map(
    [...settings].map(([name, raw]): [SettingName, Origin] => {
      if (raw.outcome === 'given') return [name, { source: raw.source, text: raw.text }];
      return [name, { source: 'default', text: settingOf(name).defaultText }];
    }),
  );
}

/** Values are plain or lists of plain values, so freezing two levels is enough. */
function freeze(config: Config): Config {
  for (const value of Object.values(config)) Object.freeze(value);
  return Object.freeze(config);
}
